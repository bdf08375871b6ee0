/*
 * Opening: what cannot be used is refused with words that help, files are for the owner only, one
 * process at a time, and intents left behind become orphans.
 */
#include "store_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

static struct fixture it;

static void make_fixture(void)
{
    fixture_init(&it);
}

static void drop_fixture(void)
{
    fixture_done(&it);
}

TestSuite(store_open, .init = make_fixture, .fini = drop_fixture, .timeout = 60);

static void expect_refusal(const char *words)
{
    cr_assert_null(fixture_try_open(&it));
    cr_expect(strstr(it.error, words), "\"%s\" does not say \"%s\"", it.error, words);
    cr_expect_not(uv_loop_alive(&it.loop), "a failed open leaves a handle");
}

Test(store_open, says_that_the_folder_is_missing)
{
    (void)snprintf(it.path, sizeof it.path, "%s/missing/sessions.db", it.folder);
    expect_refusal("no such file or directory");
    cr_expect(strstr(it.error, it.path), "%s", it.error);
}

Test(store_open, says_that_the_folder_is_not_writable)
{
    cr_assert_eq(chmod(it.folder, 0555), 0);
    /* root may write everywhere */
    bool dropped = geteuid() == 0 && seteuid(65534) == 0;
    expect_refusal("permission denied");
    cr_expect(strstr(it.error, it.path), "%s", it.error);
    cr_assert(!dropped || seteuid(0) == 0);
}

Test(store_open, says_that_the_file_is_not_writable)
{
    fixture_open(&it);
    fixture_close(&it);
    char intents[160];
    (void)snprintf(intents, sizeof intents, "%s.intents", it.path);
    cr_assert_eq(chmod(it.path, 0444), 0);
    cr_assert_eq(chmod(it.folder, 0777), 0);
    cr_assert_eq(chmod(intents, 0666), 0);
    bool dropped = geteuid() == 0 && seteuid(65534) == 0;
    expect_refusal("cannot write to");
    cr_assert(!dropped || seteuid(0) == 0);
}

Test(store_open, says_that_the_file_is_no_database)
{
    FILE *file = fopen(it.path, "w");
    cr_assert_not_null(file);
    for (int i = 0; i < 500; i++) {
        (void)fputs("a letter to nobody\n", file);
    }
    (void)fclose(file);
    expect_refusal("not a SQLite database");
    file = fopen(it.path, "r");
    char line[64] = "";
    cr_expect(fgets(line, sizeof line, file) && strcmp(line, "a letter to nobody\n") == 0);
    (void)fclose(file);
}

Test(store_open, says_that_the_path_is_a_folder)
{
    cr_assert_eq(mkdir(it.path, 0700), 0);
    expect_refusal("sessions.db");
    cr_assert_eq(rmdir(it.path), 0);
}

Test(store_open, refuses_a_second_one)
{
    fixture_open(&it);
    struct store_config config = fixture_config(&it);
    char error[512] = "";
    cr_assert_null(store_open(&it.loop, &config, error, sizeof error));
    cr_expect(strstr(error, "another livenessd uses"), "%s", error);
    struct session_record record = new_record(&it);
    cr_expect_eq(insert(&it, &record), STORE_OK, "the first one goes on");
}

Test(store_open, refuses_a_second_one_behind_a_link)
{
    fixture_open(&it);
    char link[160];
    (void)snprintf(link, sizeof link, "%s/other.db", it.folder);
    cr_assert_eq(symlink(it.path, link), 0);
    struct store_config config = fixture_config(&it);
    config.path = link;
    char error[512] = "";
    cr_assert_null(store_open(&it.loop, &config, error, sizeof error));
    cr_expect(strstr(error, "another livenessd uses"), "%s", error);
}

Test(store_open, takes_every_name_for_a_file)
{
    cr_assert_eq(chdir(it.folder), 0);
    static const char *const names[] = {":memory:", "file:x?mode=memory"};
    for (size_t i = 0; i < 2; i++) {
        SET_TEXT(it.path, names[i]);
        fixture_open(&it);
        struct session_record record = new_record(&it);
        cr_expect_eq(insert(&it, &record), STORE_OK);
        fixture_close(&it);
        cr_expect_eq(access(names[i], F_OK), 0, "%s", names[i]);
        fixture_open(&it);
        cr_expect_eq(load(&it, record.id), STORE_OK);
        fixture_close(&it);
    }
}

static void expect_private(const char *suffix)
{
    char name[160];
    struct stat status;
    (void)snprintf(name, sizeof name, "%s%s", it.path, suffix);
    cr_assert_eq(stat(name, &status), 0, "%s", name);
    cr_expect_eq(status.st_mode & 0777, 0600, "%s", name);
}

Test(store_open, makes_files_for_the_owner_only)
{
    (void)umask(0);
    fixture_open(&it);
    struct session_record record = new_record(&it);
    cr_assert_eq(insert(&it, &record), STORE_OK);
    expect_private("");
    expect_private("-wal");
    expect_private("-shm");
    expect_private(".intents");
}

/* A process that stores one session, notes three creates, finishes one of them, and is killed. */
static void live_and_die(const char *path, char ids[4][UUID_SIZE])
{
    struct fixture own = {0};
    SET_TEXT(own.path, path);
    fake_clock_init(&own.clock, noon);
    struct store_config config = fixture_config(&own);
    if (uv_loop_init(&own.loop) != 0 ||
        !(own.store = store_open(&own.loop, &config, own.error, sizeof own.error))) {
        _exit(1);
    }
    struct session_record record = {.created_at = noon};
    memcpy(record.id, ids[0], UUID_SIZE);
    int stored = store_intend(own.store, ids[0], noon);
    int cut_off = store_intend(own.store, ids[1], noon + 1);
    int other = store_intend(own.store, ids[2], noon + 2);
    int finished = store_intend(own.store, ids[3], noon + 3);
    if (stored < 0 || cut_off < 0 || other < 0 || finished < 0 ||
        insert(&own, &record) != STORE_OK) {
        _exit(2);
    }
    store_intent_done(own.store, finished);
    (void)kill(getpid(), SIGKILL);
}

static void run_and_kill(char ids[4][UUID_SIZE])
{
    for (size_t i = 0; i < 4; i++) {
        uuid7(&it.random.random, noon, ids[i]);
    }
    pid_t child = fork();
    if (child == 0) {
        live_and_die(it.path, ids);
        _exit(3);
    }
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "status %d", status);
}

Test(store_open, turns_creates_that_were_cut_off_into_orphans)
{
    char ids[4][UUID_SIZE];
    run_and_kill(ids);
    fixture_open(&it);
    cr_assert_eq(load(&it, ids[0]), STORE_OK);
    cr_expect_eq(it.record->state, SESSION_CREATED, "this one was stored");
    cr_assert_eq(load(&it, ids[1]), STORE_OK);
    cr_expect_eq(it.record->state, SESSION_ORPHANED);
    cr_expect_eq(it.record->created_at, noon + 1);
    cr_expect_eq(it.record->forget_at, noon + 1 + 48LL * 3600 * 1000);
    cr_expect_eq(it.record->deletion, DELETION_NONE);
    cr_expect_str_empty(it.record->upstream_id);
    cr_expect_eq(load(&it, ids[3]), STORE_NOT_FOUND, "this one was over");
    cr_expect_eq(count(&it)->orphaned, 2);
}

Test(store_open, makes_orphans_once)
{
    char ids[4][UUID_SIZE];
    run_and_kill(ids);
    fixture_open(&it);
    cr_expect_eq(count(&it)->orphaned, 2);
    cr_assert_eq(forget(&it, noon + 49LL * 3600 * 1000, 10), STORE_OK);
    cr_expect_eq(count(&it)->orphaned, 0);
    fixture_close(&it);
    fixture_open(&it);
    cr_expect_eq(count(&it)->orphaned, 0);
    for (int i = 0; i < 8; i++) {
        cr_expect_geq(store_intend(it.store, ids[i % 4], noon), 0, "all slots are free again");
    }
    cr_expect_eq(store_intend(it.store, ids[0], noon), -1);
}

Test(store_open, works_without_a_metrics_registry)
{
    struct store_config config = fixture_config(&it);
    config.metrics = NULL;
    it.store = store_open(&it.loop, &config, it.error, sizeof it.error);
    cr_assert_not_null(it.store, "%s", it.error);
    struct session_record record = new_record(&it);
    cr_expect_eq(insert(&it, &record), STORE_OK);
}

/*
 * Disks that are full or read-only, a file that somebody else locks, damaged pages, files that
 * cannot be used: said clearly, nothing answered that is not on disk, and over by itself where it
 * can be.
 */
#include "support/leaving.h"
#include "support/stored.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(store_trouble, .timeout = 120);

static int admin_status(const struct rig *rig, const char *path)
{
    return http_do("GET", daemon_url(rig->server, "admin", path), NULL)->status;
}

static const struct http_answer *create(const struct rig *rig)
{
    return http_do("POST", daemon_url(rig->server, "http", SESSIONS_PATH), PLAIN_CREATE);
}

static const char *store_path(const struct rig *rig)
{
    return text_of("%s/livenessd.db", daemon_folder(rig->server));
}

/* Nothing can be written: what was settled can be read, a verdict that cannot be kept is not told,
 * and a create leaves nothing upstream. */
static void expect_clear_refusals(const struct rig *rig, const struct story *settled,
                                  const struct story *played)
{
    expect_error(create(rig), 503, "StoreUnavailable");
    const struct http_answer *answer =
        expect_error(story_get(rig, played), 503, "StoreUnavailable");
    cr_assert_null(json_find(answer->json, "verdict"));
    expect_verdict(story_get(rig, settled), "live", true);
    expect_soon(admin_status(rig, "/readyz") == 503);
    cr_assert_eq(admin_status(rig, "/livez"), 200);
    expect_soon(emulator_sessions(rig) == 1);
}

static void expect_recovery(const struct rig *rig, const struct story *played)
{
    expect_soon(admin_status(rig, "/readyz") == 200);
    expect_verdict(story_get(rig, played), "live", true);
    expect_status(create(rig), 200);
    expect_soon(daemon_log_contains(rig->server, "\"event\":\"store works again\""));
}

static void survive_writes_failing(int error, const char *words)
{
    struct rig_options options = {.sync = sync_control_new()};
    struct rig rig = rig_open_with(&options);
    struct story settled = story_begin(&rig);
    struct story played = story_begin(&rig);
    (void)play_device(&rig, settled.auth_token, SAW_REAL);
    (void)play_device(&rig, played.auth_token, SAW_REAL);
    expect_verdict(story_get(&rig, &settled), "live", true);
    expect_soon(records_changed(&rig) == 2);
    sync_fail_writes(options.sync, error);
    expect_clear_refusals(&rig, &settled, &played);
    cr_assert(daemon_log_contains(rig.server, "\"event\":\"store failed\""));
    cr_assert(daemon_log_contains(rig.server, words), "no \"%s\" in %s", words,
              daemon_log(rig.server));
    sync_fail_writes(options.sync, 0);
    expect_recovery(&rig, &played);
}

Test(store_trouble, of_a_full_disk_is_said_and_passes)
{
    survive_writes_failing(ENOSPC, "disk is full");
}

Test(store_trouble, of_a_disk_that_turned_read_only_is_said_and_passes)
{
    survive_writes_failing(EROFS, "disk I/O error");
}

static sqlite3 *open_file(const char *path)
{
    sqlite3 *db = NULL;
    cr_assert_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    return db;
}

static void execute(sqlite3 *db, const char *sql)
{
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK, "%s: %s", sql,
                 sqlite3_errmsg(db));
}

Test(store_trouble, of_a_file_that_another_process_locks_is_said_and_passes)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    sqlite3 *other = open_file(store_path(&rig));
    execute(other, "BEGIN IMMEDIATE");
    expect_error(create(&rig), 503, "StoreUnavailable");
    cr_assert_eq(admin_status(&rig, "/livez"), 200);
    cr_assert(daemon_log_contains(rig.server, "database is locked"));
    execute(other, "COMMIT");
    (void)sqlite3_close(other);
    expect_soon(admin_status(&rig, "/readyz") == 200);
    expect_status(create(&rig), 200);
    expect_verdict(story_get(&rig, &story), "pending", false);
    expect_soon(emulator_sessions(&rig) == 2);
}

/* ---- damaged pages ---- */

enum { PAGE = 4096, ROWS = 400, MARKED = 200 };
static const char mark[] = "here-is-the-damage";

static void fill(struct session_record *record, size_t index, void *context)
{
    char *id = context;
    if (index == MARKED) {
        memcpy(record->transaction_id, mark, sizeof mark);
        memcpy(id, record->id, UUID_SIZE);
    }
}

/* The page of the file that contains the text; -1: none. */
static off_t page_with(int fd, const char *text)
{
    static char page[PAGE];
    for (off_t at = 0; pread(fd, page, sizeof page, at) == PAGE; at += PAGE)
        if (memmem(page, sizeof page, text, strlen(text)))
            return at;
    return -1;
}

static void damage(const char *path, off_t at, size_t size)
{
    static char garbage[PAGE];
    memset(garbage, 0xA5, sizeof garbage);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    if (at < 0)
        at = page_with(fd, mark);
    cr_assert_geq(at, 0);
    cr_assert_eq(pwrite(fd, garbage, size, at), (ssize_t)size);
    (void)close(fd);
}

Test(store_trouble, of_a_damaged_page_is_that_of_the_sessions_on_it)
{
    struct rig rig = rig_open();
    struct story sound = story_begin(&rig);
    struct story lost = {.owner = sound.owner};
    char id[UUID_SIZE] = "";
    daemon_stop(rig.server);
    stored_fill(&rig, ROWS, fill, id);
    damage(store_path(&rig), -1, PAGE);
    daemon_restart(rig.server);
    lost.id = id;
    for (unsigned i = 0; i < 3; i++) {
        expect_error(story_get(&rig, &lost), 503, "StoreUnavailable");
        expect_verdict(story_get(&rig, &sound), "pending", false);
        expect_status(create(&rig), 200);
    }
    cr_assert(daemon_log_contains(rig.server, "malformed"));
    cr_assert_eq(admin_status(&rig, "/livez"), 200);
    cr_assert_eq(admin_status(&rig, "/readyz"), 200);
}

/* ---- starting ---- */

static void expect_start_refused(const struct rig *rig, const char *path, const char *words)
{
    const char *key[] = {"LIVENESSD_UPSTREAM_KEY=" UPSTREAM_KEY, NULL};
    const char *arguments[] = {
        "--set", text_of("upstream.endpoint=%s", daemon_url(rig->emulator, "emulator", "")),
        "--set", text_of("store.path=%s", path),
        "--set", text_of("keys.dir=%s.keys", store_path(rig)),
        NULL};
    const char *said = NULL;
    cr_assert_eq(daemon_refuses("serve", arguments, key, &said), 1, "it said: %s", said);
    cr_assert(strstr(said, words) && strstr(said, path), "it said: %s", said);
}

Test(store_trouble, of_a_locked_file_refuses_the_start)
{
    struct rig rig = rig_open();
    daemon_stop(rig.server);
    sqlite3 *other = open_file(store_path(&rig));
    execute(other, "BEGIN IMMEDIATE");
    expect_start_refused(&rig, store_path(&rig), "database is locked");
    execute(other, "COMMIT");
    (void)sqlite3_close(other);
    daemon_restart(rig.server);
}

Test(store_trouble, of_a_newer_schema_refuses_the_start)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    daemon_stop(rig.server);
    sqlite3 *other = open_file(store_path(&rig));
    sqlite3_stmt *statement = NULL;
    cr_assert_eq(sqlite3_prepare_v2(other, "PRAGMA user_version", -1, &statement, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_step(statement), SQLITE_ROW);
    int version = sqlite3_column_int(statement, 0);
    (void)sqlite3_finalize(statement);
    execute(other, "PRAGMA user_version = 1000");
    expect_start_refused(&rig, store_path(&rig), "newer livenessd");
    execute(other, text_of("PRAGMA user_version = %d", version));
    (void)sqlite3_close(other);
    daemon_restart(rig.server);
    expect_verdict(story_get(&rig, &story), "pending", false);
}

Test(store_trouble, of_a_damaged_file_refuses_the_start)
{
    struct rig rig = rig_open();
    daemon_stop(rig.server);
    damage(store_path(&rig), 100, PAGE - 100);
    expect_start_refused(&rig, store_path(&rig), "is damaged");
}

Test(store_trouble, of_a_folder_nobody_can_write_to_refuses_the_start)
{
    struct rig rig = rig_open();
    expect_start_refused(&rig, "/proc/livenessd.db", "cannot create");
}

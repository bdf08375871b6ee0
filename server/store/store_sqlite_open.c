/*
 * Opening and closing the SQLite store. Everything here may block: it runs before the loop serves
 * and after it has stopped serving. Invariant: the lock on the intents file is taken before the
 * database is touched and given back after it is closed.
 */
#include "base/cleanup.h"
#include "store/store_sqlite_private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* After this long upstream has dropped the session by itself. */
static const int64_t orphan_keep_ms = (int64_t)48 * 60 * 60 * 1000;

/* The real path: no link can lead around the lock, and SQLite gives names such as "file:x" or
 * ":memory:" a meaning of their own, which an absolute path cannot have. */
static char *resolve(const char *path, const struct error_text *error)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno != EEXIST) {
        error_say(error, "cannot create %s: %s; its folder has to exist and be writable", path,
                  uv_strerror(-errno));
        return NULL;
    }
    /* never opened here when it was there before: closing would drop SQLite's locks on it */
    if (fd >= 0) {
        (void)close(fd);
    }
    char *resolved = realpath(path, NULL);
    if (!resolved) {
        error_say(error, "cannot find %s: %s", path, uv_strerror(-errno));
    }
    return resolved;
}

static struct intents *open_intents(const char *path, unsigned slots,
                                    const struct error_text *error)
{
    char name[PATH_MAX + sizeof ".intents"];
    (void)snprintf(name, sizeof name, "%s.intents", path);
    struct intents *intents = NULL;
    int failure = intents_open(name, slots, &intents);
    if (failure == -EWOULDBLOCK) {
        error_say(error, "another livenessd uses %s; stop it, or give this one another store.path",
                  path);
    } else if (failure != 0) {
        error_say(error, "cannot open %s: %s; the folder of store.path has to be writable", name,
                  uv_strerror(failure));
    }
    return intents;
}

/* A create that was cut off: upstream may hold a session whose id nobody knows. */
static bool insert_orphan(struct sqlite_db *db, const struct intent *intent)
{
    struct session_record orphan = {
        .state = SESSION_ORPHANED,
        .created_at = intent->created_at,
        .forget_at = intent->created_at + orphan_keep_ms,
        .deletion = DELETION_NONE,
    };
    uuid_bytes_format(intent->id, orphan.id);
    /* a conflict means that the record was stored and only the slot not given back */
    enum store_result result = STORE_OK;
    return sqlite_db_insert(db, &orphan, &result);
}

static bool adopt_intents(struct sqlite_db *db, struct intents *intents, const char *path,
                          const struct error_text *error)
{
    struct intent intent;
    size_t index = 0;
    bool going = sqlite_db_begin(db, true);
    while (going && intents_left(intents, &index, &intent)) {
        going = insert_orphan(db, &intent);
    }
    if (!going || !sqlite_db_commit(db)) {
        error_say(error, "cannot write to %s: %s", path, sqlite_db_trouble(db));
        sqlite_db_rollback(db);
        return false;
    }
    intents_clear(intents);
    return true;
}

static bool open_files(struct sqlite_store *store, const struct store_config *config,
                       const struct error_text *error)
{
    CLEANUP(text) char *path = resolve(config->path, error);
    if (!path) {
        return false;
    }
    store->intents = open_intents(path, config->intents_max, error);
    if (!store->intents) {
        return false;
    }
    store->db = sqlite_db_open(path, error);
    if (!store->db) {
        return false;
    }
    return adopt_intents(store->db, store->intents, path, error);
}

static void close_files(struct sqlite_store *store)
{
    store->db = sqlite_db_close(store->db);
    store->intents = intents_close(store->intents);
}

/* Signals are the loop's. Those that report a fault of the thread itself cannot be blocked. */
static int start_thread(struct sqlite_store *store)
{
    static const int faults[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP};
    sigset_t blocked;
    sigset_t before;
    (void)sigfillset(&blocked);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        (void)sigdelset(&blocked, faults[i]);
    }
    (void)pthread_sigmask(SIG_SETMASK, &blocked, &before);
    int failure = uv_thread_create(&store->thread, sqlite_store_thread_main, store);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure;
}

static void check_uv(int failure)
{
    if (failure != 0) {
        abort(); /* no memory or no descriptors at start-up */
    }
}

struct store *store_sqlite_open(uv_loop_t *uv, const struct store_config *config,
                                const struct error_text *error)
{
    struct sqlite_store *store = xcalloc(1, sizeof *store);
    if (!open_files(store, config, error)) {
        close_files(store);
        free(store);
        return NULL;
    }
    store_init(&store->base, &sqlite_store_ops, config);
    atomic_init(&store->ready, true);
    check_uv(uv_mutex_init(&store->lock));
    check_uv(uv_cond_init(&store->asked));
    check_uv(uv_cond_init(&store->ending));
    check_uv(uv_async_init(uv, &store->answered, sqlite_store_on_answered));
    check_uv(uv_timer_init(uv, &store->deadline));
    store->answered.data = store;
    store->deadline.data = store;
    store->handles = 2;
    check_uv(start_thread(store));
    return &store->base;
}

static void drop_calls(struct call_queue *queue)
{
    struct store_call *call = NULL;
    while ((call = call_queue_pop(queue))) {
        (void)store_call_free(call);
    }
}

/* False when the disk holds the thread; it will not touch the handles any more. */
static bool end_thread(struct sqlite_store *store)
{
    int waited = 0;
    uv_mutex_lock(&store->lock);
    store->closing = true;
    uv_cond_signal(&store->asked);
    while (!store->ended && waited == 0) {
        waited = uv_cond_timedwait(&store->ending, &store->lock, store->base.timeout_ms * 1000000U);
    }
    store->left_behind = !store->ended;
    uv_mutex_unlock(&store->lock);
    if (!store->left_behind) {
        check_uv(uv_thread_join(&store->thread));
    }
    return !store->left_behind;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct sqlite_store *store = handle->data;
    if (--store->handles == 0 && !store->left_behind) {
        free(store);
    }
}

void sqlite_store_close(struct store *store)
{
    struct sqlite_store *own = sqlite_store_of(store);
    store_flush(store);
    /* what a thread left behind may still touch is leaked: this process is about to end */
    if (end_thread(own)) {
        drop_calls(&own->done);
        close_files(own);
        uv_cond_destroy(&own->asked);
        uv_cond_destroy(&own->ending);
        uv_mutex_destroy(&own->lock);
    }
    drop_calls(&own->delivering);
    own->oldest = NULL;
    own->listening = false;
    uv_close((uv_handle_t *)&own->answered, on_handle_closed);
    uv_close((uv_handle_t *)&own->deadline, on_handle_closed);
}

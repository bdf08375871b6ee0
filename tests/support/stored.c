/*
 * Through the store itself, so that the rows are what a server writes.
 */
#include "support/stored.h"

#include "base/random.h"

#include <string.h>

enum { QUEUE_MAX = 2000, TIMEOUT_MS = 60000, TOKEN_MS = 600 * 1000 };

struct filling {
    size_t waiting;
    bool failed;
};

struct session_record stored_session(void)
{
    int64_t now = clock_wall_ms(clock_system());
    struct session_record record = {
        .state = SESSION_CREATED,
        .attempts_allowed = 3,
        .created_at = now,
        .token_expires_at = now + TOKEN_MS,
    };
    uuid7(random_system(), now, record.id);
    uuid4(random_system(), record.upstream_id);
    return record;
}

static void on_stored(void *context, enum store_result result, struct session_record *record)
{
    struct filling *filling = context;
    (void)record;
    filling->waiting--;
    filling->failed |= result != STORE_OK;
}

static void drain(uv_loop_t *loop, const struct filling *filling, size_t down_to)
{
    while (filling->waiting > down_to)
        (void)uv_run(loop, UV_RUN_ONCE);
}

struct opened {
    uv_loop_t loop;
    struct store *store;
};

static void open_stored(const struct rig *rig, struct opened *ret)
{
    char error[512] = "";
    const struct store_config config = {
        .path = text_of("%s/livenessd.db", daemon_folder(rig->server)),
        .redis_url = rig->redis ? redis_server_url(rig->redis, NULL) : NULL,
        .redis_prefix = "livenessd:",
        .lease_ms = 1,
        .queue_max = QUEUE_MAX,
        .timeout_ms = TIMEOUT_MS,
        .intents_max = 1,
        .clock = clock_system(),
    };
    (void)uv_loop_init(&ret->loop);
    ret->store = store_open(&ret->loop, &config, error, sizeof error);
    if (!ret->store)
        fail_at(HERE, "the store of a server that was stopped: %s", error);
}

static void close_stored(struct opened *opened)
{
    (void)store_close(opened->store);
    (void)uv_run(&opened->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&opened->loop);
}

void stored_fill(const struct rig *rig, size_t count,
                 void (*fill)(struct session_record *record, size_t index, void *context),
                 void *context)
{
    struct opened opened;
    struct filling filling = {0};
    open_stored(rig, &opened);
    for (size_t i = 0; i < count; i++) {
        struct session_record record = stored_session();
        fill(&record, i, context);
        filling.waiting++;
        (void)store_insert(opened.store, &record, on_stored, &filling);
        drain(&opened.loop, &filling, QUEUE_MAX - 1);
    }
    drain(&opened.loop, &filling, 0);
    close_stored(&opened);
    if (filling.failed)
        fail_at(HERE, "a record could not be stored");
}

struct finding {
    bool answered;
    enum store_result result;
    size_t found;
};

static void on_found(void *context, enum store_result result, struct session_record *const *records,
                     size_t count)
{
    struct finding *finding = context;
    (void)records;
    finding->answered = true;
    finding->result = result;
    finding->found += count;
}

size_t stored_known(const struct rig *rig, const char *const *upstream_ids, size_t count)
{
    struct opened opened;
    struct finding finding = {0};
    open_stored(rig, &opened);
    for (size_t i = 0; i < count && finding.result == STORE_OK; i += STORE_FIND_MAX) {
        size_t some = count - i < STORE_FIND_MAX ? count - i : STORE_FIND_MAX;
        finding.answered = false;
        (void)store_find_upstream(opened.store, upstream_ids + i, some, on_found, &finding);
        while (!finding.answered)
            (void)uv_run(&opened.loop, UV_RUN_ONCE);
    }
    close_stored(&opened);
    if (finding.result != STORE_OK)
        fail_at(HERE, "the records could not be read");
    return finding.found;
}

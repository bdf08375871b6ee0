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

void stored_fill(const struct daemon *daemon, size_t count,
                 void (*fill)(struct session_record *record, size_t index, void *context),
                 void *context)
{
    uv_loop_t loop;
    struct filling filling = {0};
    char error[512] = "";
    const struct store_config config = {
        .path = text_of("%s/livenessd.db", daemon_folder(daemon)),
        .queue_max = QUEUE_MAX,
        .timeout_ms = TIMEOUT_MS,
        .intents_max = 1,
        .clock = clock_system(),
    };
    (void)uv_loop_init(&loop);
    struct store *store = store_open(&loop, &config, error, sizeof error);
    if (!store)
        fail_at(HERE, "the store of a server that was stopped: %s", error);
    for (size_t i = 0; i < count; i++) {
        struct session_record record = stored_session();
        fill(&record, i, context);
        filling.waiting++;
        (void)store_insert(store, &record, on_stored, &filling);
        drain(&loop, &filling, QUEUE_MAX - 1);
    }
    drain(&loop, &filling, 0);
    (void)store_close(store);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&loop);
    if (filling.failed)
        fail_at(HERE, "a record could not be stored");
}

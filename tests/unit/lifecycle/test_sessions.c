/*
 * Promises of lifecycle/sessions.h: what has been kept long enough goes, however much it is.
 */
#include "lifecycle_world.h"

enum { MANY = 350, EVERY_MS = 5000 };

static void on_kept(void *context, enum store_result result, struct session_record *record)
{
    unsigned *stored = context;
    (void)record;
    *stored += result == STORE_OK;
}

/* Stores many; `fill` makes each due one millisecond after the one before. The last one's id. */
static void keep_many(struct world *it, void (*fill)(struct session_record *record, int64_t due),
                      char ret_last[UUID_SIZE])
{
    unsigned stored = 0;
    for (int64_t i = 0; i < MANY; i++) {
        struct session_record record = new_record(&it->files);
        fill(&record, record.created_at + i);
        (void)store_insert(it->files.store, &record, on_kept, &stored);
        memcpy(ret_last, record.id, UUID_SIZE);
    }
    turn_until(it, stored == MANY);
}

static void settle(struct session_record *record, int64_t due)
{
    record->state = SESSION_SETTLED;
    record->forget_at = due;
}

Test(sessions, are_forgotten_all_that_are_due)
{
    static struct world world;
    char last[UUID_SIZE];
    world_open(&world);
    keep_many(&world, settle, last);
    cr_assert_eq(load(&world.files, last), STORE_OK);
    pass(&world, EVERY_MS);
    turn_until(&world, load(&world.files, last) == STORE_NOT_FOUND);
    world_close(&world);
}

static void key(struct session_record *record, int64_t due)
{
    static char answer[] = "sealed";
    record->state = SESSION_SETTLED;
    record->token_expires_at = due;
    memcpy(record->idempotency_key, record->id, RECORD_HASH_BYTES);
    record->sealed_answer = answer;
}

static bool has_key(struct world *it, const char *id)
{
    cr_assert_eq(load(&it->files, id), STORE_OK);
    return it->files.record->sealed_answer != NULL;
}

Test(sessions, let_go_of_all_keys_whose_token_has_expired)
{
    static struct world world;
    char last[UUID_SIZE];
    world_open(&world);
    keep_many(&world, key, last);
    cr_assert(has_key(&world, last));
    pass(&world, EVERY_MS);
    turn_until(&world, !has_key(&world, last));
    world_close(&world);
}

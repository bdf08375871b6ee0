/*
 * Many deletions owed at once, and creates that come meanwhile: the debt is worked off at the rate
 * that upstream allows, no create waits in vain, and upstream refuses nothing.
 * LIVENESSD_TEST_OWED deletions and a create every LIVENESSD_TEST_CREATE_EVERY_MS ask for more than
 * the short form; the figures are printed.
 */
#include "support/rig.h"
#include "support/stored.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { OWED = 1000, CREATE_EVERY_MS = 10, PENDING_MAX = 512, DONE_MS = 240000, A_SECOND_MS = 1000 };

/* Waits when it was too fast for the emulator. */
static const char *make_one_upstream(const char *url)
{
    static const char body[] =
        "{\"livenessOperationMode\":\"Passive\",\"deviceCorrelationId\":\"d\"}";
    static const char key[] = "Ocp-Apim-Subscription-Key: " UPSTREAM_KEY;
    const struct http_answer *answer = http_do("POST", url, body, key);
    while (answer->status == 429) {
        (void)wait_until(false, A_SECOND_MS);
        answer = http_do("POST", url, body, key);
    }
    return json_text_at(expect_status(answer, 200)->json, "sessionId");
}

/* The upstream sessions that are owed; ids live until the test ends. */
static const char **make_upstream(const struct rig *rig, size_t count)
{
    const char **ids = keep(xcalloc(count, sizeof *ids), free);
    const char *url = daemon_url(rig->emulator, "emulator", FACE_SESSIONS_PATH);
    for (size_t i = 0; i < count; i++)
        ids[i] = make_one_upstream(url);
    return ids;
}

static void owe(struct session_record *record, size_t index, void *context)
{
    const char *const *ids = context;
    memcpy(record->upstream_id, ids[index], UUID_SIZE);
    record->state = SESSION_REMOVED;
    record->deletion = DELETION_OWED;
    record->deletion_at = record->created_at;
    record->forget_at = record->created_at + (int64_t)24 * 3600 * 1000;
}

struct creates {
    const struct rig *rig;
    struct http_pending *pending[PENDING_MAX];
    unsigned begun, ended;
    double slowest_s;
};

/* One more create; those that are answered have to be so well. */
static void create_one(struct creates *creates)
{
    const char *url = daemon_url(creates->rig->server, "http", SESSIONS_PATH);
    creates->pending[creates->begun++ % PENDING_MAX] = http_begin_do("POST", url, PLAIN_CREATE);
}

static void end_one(struct creates *creates)
{
    const struct http_answer *answer = http_end(creates->pending[creates->ended++ % PENDING_MAX]);
    expect_status(answer, 200);
    if (answer->seconds > creates->slowest_s)
        creates->slowest_s = answer->seconds;
}

static void end_answered(struct creates *creates)
{
    while (creates->ended < creates->begun &&
           (creates->begun - creates->ended == PENDING_MAX ||
            http_answered(creates->pending[creates->ended % PENDING_MAX])))
        end_one(creates);
}

static double deleted(const struct rig *rig)
{
    return metric_sum(rig, "livenessd_upstream_requests_total",
                      "operation=\"delete\",outcome=\"ok\"");
}

/* Creates keep coming until all is deleted. */
static void create_until_deleted(struct creates *creates, size_t owed)
{
    int64_t every = (int64_t)test_number("LIVENESSD_TEST_CREATE_EVERY_MS", CREATE_EVERY_MS);
    int64_t began = now_ms();
    int64_t next = began;
    while (deleted(creates->rig) < (double)owed) {
        cr_assert_lt(now_ms(), began + DONE_MS, "%.0f of %zu deleted", deleted(creates->rig), owed);
        for (; next <= now_ms(); next += every)
            create_one(creates);
        end_answered(creates);
        give_way();
    }
    int64_t took = now_ms() - began;
    while (creates->ended < creates->begun)
        end_one(creates);
    printf("%zu deletions in %.1f s (%.0f/s); %u creates (%.0f/s), slowest %.0f ms\n", owed,
           (double)took / 1000, (double)owed * 1000 / (double)took, creates->begun,
           creates->begun * 1000.0 / (double)took, creates->slowest_s * 1000);
}

Test(outbox_load, leaves_room_for_creates, .timeout = 280)
{
    const struct rig_options options = {.settings = {"upstream.rate=2000"},
                                        .emulator = {"--rate-limit", "2000"}};
    struct rig rig = rig_open_with(&options);
    struct creates *creates = keep(xcalloc(1, sizeof *creates), free);
    creates->rig = &rig;
    size_t owed = test_number("LIVENESSD_TEST_OWED", OWED);
    daemon_stop(rig.server);
    stored_fill(&rig, owed, owe, make_upstream(&rig, owed));
    (void)wait_until(false,
                     A_SECOND_MS); /* what was made above is not to count among what follows */
    daemon_restart(rig.server);
    create_until_deleted(creates, owed);
    cr_assert_eq(emulator_sessions(&rig), creates->begun);
    cr_assert_eq(metric_sum(&rig, "livenessd_upstream_requests_total", "outcome=\"busy\""), 0);
    cr_assert_eq(
        metric_sum(&rig, "livenessd_upstream_requests_total", "outcome=\"refused_by_queue\""), 0);
}

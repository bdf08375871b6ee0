/*
 * Replicas over one Redis have their limits together; while it fails each counts by itself, or lets
 * nobody through.
 */
#include "base/random.h"
#include "support/repeating.h"
#include "support/replicas.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(limits_of_replicas, .timeout = 180);

#define TOKEN "t0ken-of-the-shop"
#define APP   "Authorization: Bearer " TOKEN
#define WRONG "Authorization: Bearer wr0ng"
#define ONLY                                                                                       \
    "limits.enabled=true", "limits.create_device=off", "limits.create_principal=off",              \
        "limits.create_address=off", "limits.create_total=off", "limits.read=off",                 \
        "limits.failed_auth=off"

static const struct http_answer *create(const struct rig *rig, const char *header)
{
    return http_do("POST", daemon_url(rig->server, "http", SESSIONS_PATH), PLAIN_CREATE, header);
}

static const struct http_answer *make_device(const struct rig *rig)
{
    return http_do("POST", daemon_url(rig->server, "http", "/api/devices"), NULL);
}

Test(limits_of_replicas, a_device_has_one_burst_at_all_of_them)
{
    struct replicas both = replicas_open_set(ONLY, "limits.create_device=1/1h burst 4");
    const char *owner = new_device(&both.one);
    for (unsigned i = 0; i < 4; i++)
        expect_status(create(i % 2 == 0 ? &both.one : &both.other, owner), 200);
    expect_error(create(&both.one, owner), 429, "RateLimited");
    expect_error(create(&both.other, owner), 429, "RateLimited");
    cr_assert_eq(replicas_metric(&both, "livenessd_limited_total{limit=\"create_device\"}"), 2);
    cr_assert_eq(replicas_metric(&both, "livenessd_limiter_keys"), 0, "Redis counts");
}

Test(limits_of_replicas, an_outcome_counts_at_all_of_them)
{
    struct replicas both = replicas_open_set(ONLY, "limits.create_device=1/1h burst 4");
    const char *owner = new_device(&both.one);
    const struct http_answer *created = create(&both.one, owner);
    struct story story = {.id = json_text_at(created->json, "sessionId"), .owner = owner};
    (void)play_device(&both.one, json_text_at(created->json, "authToken"), SAW_SPOOF);
    expect_verdict(story_get(&both.other, &story), "spoof", false);
    expect_status(create(&both.one, owner), 200);
    expect_error(create(&both.one, owner), 429, "RateLimited");
}

/* The other one has to see one more before it knows. */
Test(limits_of_replicas, wrong_credentials_are_counted_together)
{
    struct replicas both =
        replicas_open_set(ONLY, "limits.failed_auth=1/1h burst 3", "auth.mode=app_token",
                          text_of("auth.app_tokens=%s", app_token_entry("shop", TOKEN, NULL)));
    for (unsigned i = 0; i < 3; i++)
        expect_error(create(&both.one, WRONG), 401, "NotAuthenticated");
    expect_error(create(&both.one, WRONG), 429, "RateLimited");
    expect_status(create(&both.other, APP), 200);
    expect_error(create(&both.other, WRONG), 401, "NotAuthenticated");
    expect_soon(create(&both.other, APP)->status == 429);
}

/* Both are past the look for the first one before either is charged. */
Test(limits_of_replicas, creates_with_one_key_are_charged_once)
{
    enum { AT_ONCE = 6 };
    struct replicas both = replicas_open_set(ONLY, "limits.create_device=1/1h burst 20");
    const char *owner = new_device(&both.one);
    struct http_pending *pending[AT_ONCE];
    for (unsigned i = 0; i < AT_ONCE; i++)
        pending[i] = begin_keyed(i % 2 == 0 ? &both.one : &both.other, owner, KEY_ONE);
    for (unsigned i = 0; i < AT_ONCE; i++) {
        int status = http_end(pending[i])->status;
        cr_assert(status == 200 || status == 409, "%d", status);
    }
    emulator_fault(&both.one, "{\"route\":\"create\",\"status\":500}"); /* such cost nothing */
    expect_soon(strstr(answer_header(create(&both.one, owner), "ratelimit"), ";r=19;"));
}

/* ---- the promise ---- */

/* What was asked of both at random and how it ended. */
struct tally {
    struct http_pending *pending[8];
    unsigned admitted, given_back, refused;
};

static void count(struct tally *tally, struct http_pending **slot)
{
    int status = http_end(*slot)->status;
    cr_assert(status == 200 || status == 429 || status == 502, "%d", status);
    tally->admitted += status != 429;
    tally->given_back += status == 502; /* upstream failed: it costs nothing */
    tally->refused += status == 429;
    *slot = NULL;
}

/* Charged less what was given back is at most the burst and what comes back in the time, however
 * the requests of one device to two replicas meet. */
Test(limits_of_replicas, no_interleaving_admits_more_than_burst_and_rate)
{
    enum { BURST = 5, A_SECOND = 4, REQUESTS = 240, SLOTS = 8 };
    struct replicas both = replicas_open_set(ONLY, "limits.create_device=4/1s burst 5");
    const char *owner = new_device(&both.one);
    struct tally tally = {.admitted = 0};
    uint32_t rolls[REQUESTS];
    random_fill(random_system(), rolls, sizeof rolls);
    emulator_fault(&both.one, "{\"route\":\"create\",\"status\":500,\"count\":4}");
    int64_t began = now_ms();
    for (unsigned i = 0; i < REQUESTS; i++) {
        struct http_pending **slot = &tally.pending[rolls[i] % SLOTS];
        const struct rig *rig = rolls[i] & 0x100 ? &both.one : &both.other;
        if (*slot)
            count(&tally, slot);
        *slot = http_begin_do("POST", daemon_url(rig->server, "http", SESSIONS_PATH), PLAIN_CREATE,
                              owner);
    }
    for (unsigned i = 0; i < SLOTS; i++)
        if (tally.pending[i])
            count(&tally, &tally.pending[i]);
    unsigned most = BURST + (unsigned)((now_ms() - began) * A_SECOND / 1000) + 1;
    cr_assert_leq(tally.admitted - tally.given_back, most);
    cr_assert_geq(tally.admitted, BURST);
    cr_assert_gt(tally.refused, 0);
    cr_assert_gt(tally.given_back, 0);
}

Test(limits_of_replicas, each_counts_by_itself_while_redis_fails)
{
    struct replicas both = replicas_open_set(ONLY, "limits.create_address=1/1h burst 2");
    expect_status(make_device(&both.one), 200);
    expect_status(make_device(&both.other), 200);
    expect_error(make_device(&both.one), 429, "RateLimited");
    redis_server_kill(both.one.redis);
    expect_soon(make_device(&both.one)->status == 200);
    expect_status(make_device(&both.one), 200);
    expect_error(make_device(&both.one), 429, "RateLimited");
    cr_assert_eq(metric_value(&both.one, "livenessd_limiter_keys"), 1);
}

Test(limits_of_replicas, nobody_is_let_through_while_redis_fails_if_that_is_wanted)
{
    struct replicas both =
        replicas_open_set(ONLY, "limits.create_address=1/1h burst 5", "limits.store_down=refuse");
    expect_status(make_device(&both.one), 200);
    redis_server_kill(both.one.redis);
    expect_soon(make_device(&both.one)->status == 503);
    const struct http_answer *refused = make_device(&both.one);
    expect_error(refused, 503, "StoreUnavailable");
    cr_assert_null(answer_header(refused, "x-device-token"));
    redis_server_restart(both.one.redis);
    expect_soon(make_device(&both.one)->status == 200);
}

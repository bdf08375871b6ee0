/*
 * kill -9 at random moments under a little load: what was answered before is there after, and
 * nothing lives upstream that the store does not know of.
 */
#include "base/random.h"
#include "support/rig.h"

#include <criterion/criterion.h>
#include <string.h>

enum { CLIENTS = 6, CRASHES = 5, VISITS_MAX = 2000, ALIVE_MIN_MS = 40, ALIVE_SPREAD_MS = 300 };

/* One session whose create was answered. */
struct visit {
    struct story story;
    const char *digest;
    const cJSON *verdict; /* as answered; NULL: not yet */
};

/* One client: has one request under way, for a new visit or to complete `visit`. */
struct client {
    struct http_pending *pending;
    struct visit *visit;
};

struct load {
    struct rig rig;
    struct client clients[CLIENTS];
    struct visit visits[VISITS_MAX];
    unsigned count;
};

static void begin_next(struct load *load, struct client *client)
{
    const struct rig *rig = &load->rig;
    struct visit *visit = client->visit;
    if (visit && !visit->verdict)
        client->pending = http_begin_do("POST", story_url(rig, &visit->story, "/completion"),
                                        digest_body(visit->digest), visit->story.owner);
    else
        client->pending =
            http_begin_do("POST", daemon_url(rig->server, "http", SESSIONS_PATH), PLAIN_CREATE);
}

static struct visit *visit_of(struct load *load, const struct http_answer *created)
{
    cr_assert_lt(load->count, VISITS_MAX);
    struct visit *visit = &load->visits[load->count++];
    const char *device = answer_header(created, "x-device-token");
    visit->story = (struct story){.id = json_text_at(created->json, "sessionId"),
                                  .auth_token = json_text_at(created->json, "authToken"),
                                  .owner = text_of("X-Device-Token: %s", device)};
    visit->digest = play_device(&load->rig, visit->story.auth_token, SAW_REAL);
    return visit;
}

static void note_verdict(struct visit *visit, const struct http_answer *answer)
{
    expect_verdict(answer, "live", true);
    visit->verdict = json_at(answer->json, "verdict");
}

/* What a client was told, or nothing when it was cut off. */
static void finish(struct load *load, struct client *client)
{
    bool creating = !client->visit || client->visit->verdict;
    const struct http_answer *answer = http_end(client->pending);
    if (answer->status == 0) {
        client->visit = NULL; /* whoever it was, starts from the beginning */
        return;
    }
    expect_status(answer, 200);
    if (creating)
        client->visit = visit_of(load, answer);
    else
        note_verdict(client->visit, answer);
}

static int64_t random_lifetime_ms(void)
{
    uint32_t roll;
    random_fill(random_system(), &roll, sizeof roll);
    return ALIVE_MIN_MS + (int64_t)(roll % ALIVE_SPREAD_MS);
}

static void run_until_crash(struct load *load)
{
    int64_t end = now_ms() + random_lifetime_ms();
    for (unsigned i = 0; i < CLIENTS; i++)
        begin_next(load, &load->clients[i]);
    while (now_ms() < end) {
        for (unsigned i = 0; i < CLIENTS && now_ms() < end; i++) {
            struct client *client = &load->clients[i];
            if (!http_answered(client->pending))
                continue;
            finish(load, client);
            begin_next(load, client);
        }
        give_way();
    }
    daemon_kill(load->rig.server);
    for (unsigned i = 0; i < CLIENTS; i++)
        finish(load, &load->clients[i]);
}

/* Whoever has no verdict yet can be completed; every verdict is as it was answered. */
static void expect_all_there(struct load *load)
{
    for (unsigned i = 0; i < load->count; i++) {
        struct visit *visit = &load->visits[i];
        if (!visit->verdict) {
            note_verdict(visit,
                         story_complete(&load->rig, &visit->story, digest_body(visit->digest)));
            continue;
        }
        const struct http_answer *answer = expect_status(story_get(&load->rig, &visit->story), 200);
        cr_assert(cJSON_Compare(json_at(answer->json, "verdict"), visit->verdict, true),
                  "the verdict changed to %s", answer->body);
    }
}

static unsigned known_unsettled(const struct rig *rig)
{
    return (unsigned)(metric_value(rig, "livenessd_sessions_open") +
                      metric_value(rig, "livenessd_sessions_orphaned"));
}

Test(crash_load, changes_nothing_that_was_answered, .timeout = 120)
{
    struct load *load = keep(xcalloc(1, sizeof *load), free);
    load->rig = rig_open();
    for (unsigned i = 0; i < CRASHES; i++) {
        run_until_crash(load);
        daemon_restart(load->rig.server);
        expect_all_there(load);
    }
    cr_assert_gt(load->count, 0U);
    /* counted when it starts; creates that were cut off are all that may be left upstream */
    daemon_stop(load->rig.server);
    daemon_restart(load->rig.server);
    expect_soon(metric_sum(&load->rig, "livenessd_store_calls_total", "operation=\"count\"") > 0);
    expect_soon(emulator_sessions(&load->rig) <= known_unsettled(&load->rig));
    cr_assert_leq(known_unsettled(&load->rig), (unsigned)CLIENTS * CRASHES);
}

/*
 * kill -9 at random moments under load: what was answered before is there after, unchanged; every
 * session that reached our disk is in the end deleted upstream; what else lives there are creates
 * that a kill cut off, and those are counted. LIVENESSD_TEST_CRASHES asks for more kills, and the
 * figures are printed.
 */
#include "base/random.h"
#include "support/rig.h"
#include "support/stored.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CLIENTS = 8, /* every other one only creates */
    CRASHES = 10,
    VISITS_MAX = 50000,
    SAMPLE = 100, /* of older visits, looked at after each crash; all are at the end */
    ALIVE_MIN_MS = 40,
    ALIVE_SPREAD_MS = 300,
    TOKEN_OVER_MS = 610 * 1000
};

/* One session whose create was answered. */
struct visit {
    struct story story;
    const char *digest;   /* NULL: the device has not begun */
    const cJSON *verdict; /* as answered; NULL: not yet */
};

/* One client: has one request under way, for a new visit or to complete `visit`. */
struct client {
    struct http_pending *pending;
    struct visit *visit; /* NULL: creates */
};

struct load {
    struct rig rig;
    struct sync_control *sync;
    struct client clients[CLIENTS];
    struct visit visits[VISITS_MAX];
    unsigned count;
    unsigned known;   /* of those, there since an earlier crash */
    unsigned cut_off; /* creates that a crash left without an answer */
};

static unsigned roll_below(unsigned limit)
{
    uint32_t roll;
    random_fill(random_system(), &roll, sizeof roll);
    return roll % limit;
}

static void begin_next(struct load *load, struct client *client)
{
    const struct rig *rig = &load->rig;
    struct visit *visit = client->visit;
    if (visit)
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
    return visit;
}

static void play(const struct load *load, struct visit *visit)
{
    visit->digest = play_device(&load->rig, visit->story.auth_token, SAW_REAL);
}

static void note_verdict(struct visit *visit, const struct http_answer *answer)
{
    expect_verdict(answer, "live", true);
    visit->verdict = json_at(answer->json, "verdict");
}

/* What a client was told, or nothing when it was cut off. */
static void finish(struct load *load, struct client *client)
{
    bool creating = !client->visit;
    const struct http_answer *answer = http_end(client->pending);
    if (answer->status == 0) {
        load->cut_off += creating;
        client->visit = NULL; /* whoever it was, starts from the beginning */
        return;
    }
    expect_status(answer, 200);
    if (!creating) {
        note_verdict(client->visit, answer);
        client->visit = NULL;
        return;
    }
    struct visit *visit = visit_of(load, answer);
    if (daemon_pid(load->rig.server) != 0 && (client - load->clients) % 2 == 0) {
        play(load, visit);
        client->visit = visit;
    }
}

static void run_until_crash(struct load *load)
{
    int64_t end = now_ms() + ALIVE_MIN_MS + roll_below(ALIVE_SPREAD_MS);
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
static void expect_there(const struct load *load, struct visit *visit)
{
    if (!visit->verdict && !visit->digest)
        play(load, visit);
    if (!visit->verdict) {
        note_verdict(visit, story_complete(&load->rig, &visit->story, digest_body(visit->digest)));
        return;
    }
    const struct http_answer *answer = expect_status(story_get(&load->rig, &visit->story), 200);
    cr_assert(cJSON_Compare(json_at(answer->json, "verdict"), visit->verdict, true),
              "the verdict changed to %s", answer->body);
}

/* Those since the last crash, and some of the others. */
static void expect_new_ones_there(struct load *load)
{
    for (unsigned i = 0; i < SAMPLE && load->known > 0; i++)
        expect_there(load, &load->visits[roll_below(load->known)]);
    for (; load->known < load->count; load->known++)
        expect_there(load, &load->visits[load->known]);
}

static void expect_all_there(struct load *load)
{
    for (unsigned i = 0; i < load->count; i++)
        expect_there(load, &load->visits[i]);
}

static unsigned orphaned(const struct rig *rig)
{
    return (unsigned)metric_value(rig, "livenessd_sessions_orphaned");
}

/* Counted when it starts and every few seconds. */
static bool owes_nothing(const struct rig *rig)
{
    return metric_sum(rig, "livenessd_store_calls_total", "operation=\"count\"") > 0 &&
           metric_value(rig, "livenessd_sessions_open") == 0 &&
           metric_value(rig, "livenessd_deletions_owed") == 0;
}

/* What lives upstream is none of the sessions whose id reached our disk. */
static void expect_unknown_left(const struct load *load)
{
    const struct http_answer *answer =
        http_do("GET", daemon_url(load->rig.emulator, "emulator", "/emulator/sessions"), NULL);
    const cJSON *list = json_at(expect_status(answer, 200)->json, "sessions");
    size_t count = 0;
    const char **ids = keep(xcalloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *ids), free);
    const cJSON *session = NULL;
    cJSON_ArrayForEach (session, list)
        ids[count++] = json_text_at(session, "sessionId");
    cr_assert_eq(stored_known(&load->rig, ids, count), 0);
}

Test(crash_load, changes_nothing_that_was_answered, .timeout = 3000)
{
    size_t crashes = test_number("LIVENESSD_TEST_CRASHES", CRASHES);
    struct load *load = keep(xcalloc(1, sizeof *load), free);
    load->sync = sync_control_new();
    load->rig = rig_open_with(&(struct rig_options){.sync = load->sync});
    for (size_t i = 0; i < crashes; i++) {
        unsigned before = load->cut_off;
        unsigned orphans_before = i == 0 ? 0 : orphaned(&load->rig);
        run_until_crash(load);
        daemon_restart(load->rig.server);
        expect_new_ones_there(load);
        expect_soon(metric_sum(&load->rig, "livenessd_store_calls_total", "operation=\"count\"") >
                    0);
        cr_assert_leq(orphaned(&load->rig), orphans_before + load->cut_off - before);
    }
    cr_assert_gt(load->count, 0U);
    /* records of creates that were stored, but not answered before the kill */
    sync_advance_clock(load->sync, TOKEN_OVER_MS);
    expect_soon(owes_nothing(&load->rig));
    unsigned left = emulator_sessions(&load->rig);
    cr_assert_leq(left, orphaned(&load->rig));
    expect_all_there(load);
    printf("%zu crashes: %u sessions as they were, %u creates cut off, %u orphaned, %u of them "
           "upstream\n",
           crashes, load->count, load->cut_off, orphaned(&load->rig), left);
    daemon_stop(load->rig.server);
    expect_unknown_left(load);
}

/*
 * The clients, their sessions, and asking for them again.
 */
#include "support/visits.h"

#include "base/random.h"
#include "support/stored.h"

#include <stdlib.h>
#include <string.h>

enum { FEW = 1024 };

/* One session whose create was answered. */
struct visit {
    struct story story;
    const char *digest;   /* NULL: the device has not begun */
    const cJSON *verdict; /* as answered; NULL: not yet */
};

/* Has one request under way or none: for a new session, or to complete `visit`. */
struct client {
    struct http_pending *pending;
    size_t visit; /* NONE: creates */
    bool completes;
};

#define NONE SIZE_MAX

struct visits {
    const struct rig *rigs;
    size_t rig_count;
    struct client *clients;
    unsigned client_count;
    unsigned turn; /* of the next request */
    struct visit *list;
    unsigned count, room;
    unsigned known; /* of those, asked for again by visits_expect_new */
    unsigned cut_off, excused;
};

static void release(void *object)
{
    struct visits *visits = object;
    free(visits->clients);
    free(visits->list);
    free(visits);
}

struct visits *visits_new(const struct rig *rigs, size_t rig_count, unsigned clients)
{
    struct visits *visits = keep(xcalloc(1, sizeof *visits), release);
    visits->rigs = rigs;
    visits->rig_count = rig_count;
    visits->client_count = clients;
    visits->clients = xcalloc(clients, sizeof *visits->clients);
    for (unsigned i = 0; i < clients; i++) {
        visits->clients[i].visit = NONE;
        visits->clients[i].completes = i % 2 == 0;
    }
    return visits;
}

unsigned visits_count(const struct visits *visits)
{
    return visits->count;
}

unsigned visits_cut_off(const struct visits *visits)
{
    return visits->cut_off;
}

unsigned visits_excused(const struct visits *visits)
{
    return visits->excused;
}

/* ---- the clients ---- */

/* NULL: none is alive. */
static const struct rig *next_rig(struct visits *visits)
{
    for (size_t i = 0; i < visits->rig_count; i++) {
        const struct rig *rig = &visits->rigs[visits->turn++ % visits->rig_count];
        if (daemon_pid(rig->server) != 0)
            return rig;
    }
    return NULL;
}

static void begin(struct visits *visits, struct client *client)
{
    const struct rig *rig = next_rig(visits);
    if (!rig)
        return;
    if (client->visit == NONE) {
        client->pending =
            http_begin_do("POST", daemon_url(rig->server, "http", SESSIONS_PATH), PLAIN_CREATE);
        return;
    }
    const struct visit *visit = &visits->list[client->visit];
    client->pending = http_begin_do("POST", story_url(rig, &visit->story, "/completion"),
                                    digest_body(visit->digest), visit->story.owner);
}

static void play(const struct visits *visits, struct visit *visit)
{
    visit->digest = play_device(&visits->rigs[0], visit->story.auth_token, SAW_REAL);
}

static void note_created(struct visits *visits, struct client *client,
                         const struct http_answer *created)
{
    if (visits->count == visits->room) {
        visits->room = visits->room ? 2 * visits->room : FEW;
        visits->list = xrealloc(visits->list, visits->room * sizeof *visits->list);
    }
    struct visit *visit = &visits->list[visits->count];
    const char *device = answer_header(created, "x-device-token");
    *visit = (struct visit){.story = {.id = json_text_at(created->json, "sessionId"),
                                      .auth_token = json_text_at(created->json, "authToken"),
                                      .owner = text_of("X-Device-Token: %s", device)}};
    if (client->completes) {
        play(visits, visit);
        client->visit = visits->count;
    }
    visits->count++;
}

static void note_verdict(struct visit *visit, const struct http_answer *answer)
{
    expect_verdict(answer, "live", true);
    visit->verdict = json_at(answer->json, "verdict");
}

static bool is_excuse(const struct http_answer *answer)
{
    return answer->status == 503 &&
           strcmp(json_text_at(answer->json, "error.code"), "StoreUnavailable") == 0;
}

/* What a client was told; when it was nothing it starts from the beginning, whoever it was. */
static void finish(struct visits *visits, struct client *client, bool excused)
{
    const struct http_answer *answer = http_end(client->pending);
    size_t visit = client->visit;
    client->pending = NULL;
    client->visit = NONE;
    if (answer->status == 0) {
        visits->cut_off += visit == NONE;
        return;
    }
    if (excused && is_excuse(answer)) {
        visits->excused += visit == NONE;
        return;
    }
    expect_status(answer, 200);
    if (visit == NONE)
        note_created(visits, client, answer);
    else
        note_verdict(&visits->list[visit], answer);
}

void visits_turn(struct visits *visits, bool excused)
{
    for (unsigned i = 0; i < visits->client_count; i++) {
        struct client *client = &visits->clients[i];
        if (client->pending && http_answered(client->pending))
            finish(visits, client, excused);
        if (!client->pending)
            begin(visits, client);
    }
}

void visits_rest(struct visits *visits, bool excused)
{
    for (unsigned i = 0; i < visits->client_count; i++) {
        if (visits->clients[i].pending)
            finish(visits, &visits->clients[i], excused);
        visits->clients[i].visit = NONE;
    }
}

/* ---- what became of the sessions ---- */

static void expect_there(const struct visits *visits, const struct rig *rig, struct visit *visit)
{
    if (!visit->verdict && !visit->digest)
        play(visits, visit);
    if (!visit->verdict) {
        note_verdict(visit, story_complete(rig, &visit->story, digest_body(visit->digest)));
        return;
    }
    const struct http_answer *answer = expect_status(story_get(rig, &visit->story), 200);
    if (!cJSON_Compare(json_at(answer->json, "verdict"), visit->verdict, true))
        fail_at(HERE, "the verdict changed to %s", answer->body);
}

void visits_expect_new(struct visits *visits, const struct rig *rig)
{
    for (; visits->known < visits->count; visits->known++)
        expect_there(visits, rig, &visits->list[visits->known]);
}

void visits_expect_some(struct visits *visits, const struct rig *rig, unsigned count)
{
    for (unsigned i = 0; i < count && visits->count > 0; i++) {
        uint32_t roll = 0;
        random_fill(random_system(), &roll, sizeof roll);
        expect_there(visits, rig, &visits->list[roll % visits->count]);
    }
}

void visits_expect_all(struct visits *visits, const struct rig *rig)
{
    for (unsigned i = 0; i < visits->count; i++)
        expect_there(visits, rig, &visits->list[i]);
}

void visits_expect_rest_unknown(const struct rig *rig)
{
    const struct http_answer *answer =
        http_do("GET", daemon_url(rig->emulator, "emulator", "/emulator/sessions"), NULL);
    const cJSON *list = json_at(expect_status(answer, 200)->json, "sessions");
    size_t count = 0;
    const char **ids = keep(xcalloc((size_t)cJSON_GetArraySize(list) + 1, sizeof *ids), free);
    const cJSON *session = NULL;
    cJSON_ArrayForEach (session, list)
        ids[count++] = json_text_at(session, "sessionId");
    size_t known = stored_known(rig, ids, count);
    if (known > 0)
        fail_at(HERE, "%zu sessions that are known here were left upstream", known);
}

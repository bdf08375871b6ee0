/*
 * The usual set-up of an end-to-end test: one `emulate` and one `serve` that has it as upstream,
 * and the steps every story is made of, in the words of the story: create, play the device,
 * complete. The sessions are in a SQLite file; with LIVENESSD_TEST_STORE=redis in the test's
 * environment they are in a Redis of the test's own.
 */
#pragma once

#include "support/daemon.h"
#include "support/http.h"
#include "support/redis_server.h"
#include "support/sync.h"

#define SESSIONS_PATH      "/api/detectLiveness-sessions"
#define VERIFY_PATH        "/api/detectLivenessWithVerify-sessions"
#define FACE_SESSIONS_PATH "/face/v1.2/detectLiveness-sessions"
#define PLAIN_CREATE       "{\"livenessOperationMode\":\"Passive\"}"
#define UPSTREAM_KEY       "k3y-of-the-test-resource"

/* What the camera can see. */
#define SAW_REAL  "{}"
#define SAW_SPOOF "{\"livenessDecision\":\"spoofface\"}"
#define SAW_MASK  "{\"error\":\"FaceWithMaskDetected\"}"

struct rig {
    struct daemon *emulator;
    struct daemon *server;
    struct redis_server *redis; /* NULL: the store is a file in the server's folder */
    const char *keys;           /* the folder of the server's keys */
};

struct rig_options {
    const char *settings[24]; /* "key=value" for --set */
    const char *environment[8];
    const char *emulator[8];   /* further arguments of `emulate` */
    struct sync_control *sync; /* NULL: syncs are let alone; those of Redis when it is the store */
    bool redis;                /* is the store whatever the environment says */
    const char *redis_arguments[24];
    const char *redis_credentials; /* "user:password" of the server's; NULL: none */
    bool redis_later;              /* is not there before redis_server_restart */
};

struct rig rig_open_at(struct place place, const struct rig_options *options);
#define rig_open()         rig_open_at(HERE, &(struct rig_options){0})
#define rig_open_with(...) rig_open_at(HERE, __VA_ARGS__)
/* rig_open_set("a.b=c", …): with these settings. */
#define rig_open_set(...)  rig_open_at(HERE, &(struct rig_options){.settings = {__VA_ARGS__}})

/* One more server with the same Redis, upstream and keys. */
struct rig rig_replica_at(struct place place, const struct rig *rig,
                          const struct rig_options *options);
/* Whether rigs have a Redis without asking for it. */
bool rig_has_redis(void);
/* The folder that holds all that the store has kept. */
const char *rig_store_folder(const struct rig *rig);
/* Skips the rest of a test that is about what only a file can do. */
#define rig_file_only()                                                                            \
    do {                                                                                           \
        if (rig_has_redis())                                                                       \
            cr_skip_test("it is about the store's file");                                          \
    } while (0)

/* "NAME:SHA-256 of the token[:SCOPES]", an entry of auth.app_tokens. */
const char *app_token_entry(const char *name, const char *token, const char *scopes);

/* ---- a session as its owner sees it ---- */

struct story {
    const char *id;
    const char *auth_token;
    const char *owner; /* a header that says who the owner is */
};

/* Creates a session as a device seen for the first time. */
struct story story_begin_at(struct place place, const struct rig *rig);
#define story_begin(rig) story_begin_at(HERE, rig)
/* The URL of the session, or of something below it ("/completion"). */
const char *story_url(const struct rig *rig, const struct story *story, const char *below);
const struct http_answer *story_get(const struct rig *rig, const struct story *story);
const struct http_answer *story_complete(const struct rig *rig, const struct story *story,
                                         const char *body);
const struct http_answer *story_delete(const struct rig *rig, const struct story *story);
/* A completion's body with this digest; NULL gives "{}". */
const char *digest_body(const char *digest);

/* Fails unless the answer is 200 with this decision. */
void expect_verdict_at(struct place place, const struct http_answer *answer, const char *decision,
                       bool accepted);
#define expect_verdict(answer, decision, accepted)                                                 \
    expect_verdict_at(HERE, answer, decision, accepted)
/* Whether a word is among the verdict's reasons. */
bool has_reason(const struct http_answer *answer, const char *word);

/* ---- the device and the emulator ---- */

/* POST with the token to session/start, detectLiveness/singleModal or session/attempt/end. */
const struct http_answer *device_call(const struct rig *rig, const char *auth_token,
                                      const char *path, const char *body);
/* One whole attempt; the digest the device gets, NULL when the camera saw an error. */
const char *play_device_at(struct place place, const struct rig *rig, const char *auth_token,
                           const char *saw);
#define play_device(rig, auth_token, saw) play_device_at(HERE, rig, auth_token, saw)

/* The same for a verify session. */
const char *play_verify_device_at(struct place place, const struct rig *rig, const char *auth_token,
                                  const char *saw);
#define play_verify_device(rig, auth_token, saw) play_verify_device_at(HERE, rig, auth_token, saw)

/* {"route":"create","status":500,…} as the emulator takes it. */
void emulator_fault(const struct rig *rig, const char *fault);
void emulator_faults_clear(const struct rig *rig);
/* How many calls with this method the emulator answered or got for paths that begin so. */
unsigned emulator_calls(const struct rig *rig, const char *method, const char *path);
/* How many sessions live upstream. */
unsigned emulator_sessions(const struct rig *rig);

/* ---- metrics ---- */

/* The value of a series as /metrics writes it: `name{label="value"}`; -1 when there is none. */
double metric_value(const struct rig *rig, const char *series);
/* The sum over all series of a family whose line contains `part` (NULL: all). */
double metric_sum(const struct rig *rig, const char *family, const char *part);

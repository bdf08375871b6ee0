/*
 * The usual set-up and its steps.
 */
#include "support/rig.h"

#include "base/crypto.h"
#include "support/command.h"

#include <stdlib.h>
#include <string.h>

/* What rig_options have room for. */
enum { SETTINGS_MAX = 24, ENVIRONMENT_MAX = 8, REDIS_ARGUMENTS_MAX = 24 };
enum { LIST_MAX = 2 * (SETTINGS_MAX + 8) };

static void let_go(void *sync)
{
    sync_set(sync, SYNC_PASS);
    sync_fail_writes(sync, 0);
}

/* ---- the set-up ---- */

bool rig_has_redis(void)
{
    const char *kind = secure_getenv("LIVENESSD_TEST_STORE");
    return kind && strcmp(kind, "redis") == 0;
}

const char *rig_store_folder(const struct rig *rig)
{
    return rig->redis ? redis_server_folder(rig->redis) : daemon_folder(rig->server);
}

/* Lists of words as they grow; they end with NULL. */
struct list {
    const char *words[LIST_MAX + 1];
    size_t count;
};

static void add(struct list *list, const char *word)
{
    if (list->count >= LIST_MAX)
        fail_at(HERE, "too many words");
    list->words[list->count++] = word;
}

static void add_all(struct list *list, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count && words && words[i]; i++)
        add(list, words[i]);
}

static void add_setting(struct list *list, const char *setting)
{
    add(list, "--set");
    add(list, setting);
}

static struct redis_server *start_redis(struct place place, const struct rig_options *options)
{
    static const char *const durable[] = {"--appendonly", "yes", "--appendfsync", "always"};
    struct list words = {0};
    add_all(&words, durable, 4);
    add_all(&words, options->redis_arguments, REDIS_ARGUMENTS_MAX);
    const struct redis_server_options how = {
        .arguments = words.words,
        .environment = options->sync ? sync_environment(options->sync) : NULL,
    };
    return options->redis_later ? redis_server_prepare(&how) : redis_server_start_at(place, &how);
}

static void add_store(const struct rig *rig, const struct rig_options *options,
                      struct list *arguments, struct list *environment)
{
    add_setting(arguments, text_of("keys.dir=%s", rig->keys));
    if (!rig->redis)
        return;
    add_setting(arguments, "store.kind=redis");
    add(environment, text_of("LIVENESSD_STORE_REDIS_URL=%s",
                             redis_server_url(rig->redis, options->redis_credentials)));
}

static struct daemon *start_server(struct place place, const struct rig *rig,
                                   const struct rig_options *options)
{
    struct list arguments = {0};
    struct list environment = {0};
    add_setting(&arguments,
                text_of("upstream.endpoint=%s", daemon_url(rig->emulator, "emulator", "")));
    add_setting(&arguments, "upstream.rate=1000");
    add_setting(&arguments, "upstream.poll_interval=10ms");
    add(&environment, "LIVENESSD_UPSTREAM_KEY=" UPSTREAM_KEY);
    add_store(rig, options, &arguments, &environment);
    for (size_t i = 0; i < SETTINGS_MAX && options->settings[i]; i++)
        add_setting(&arguments, options->settings[i]);
    add_all(&environment, options->environment, ENVIRONMENT_MAX);
    if (options->sync)
        add_all(&environment, sync_environment(options->sync), ENVIRONMENT_MAX);
    struct daemon *server = daemon_start_at(place, "serve", arguments.words, environment.words);
    if (options->sync) /* when the test ends early, before the daemon is told to stop */
        (void)keep(options->sync, let_go);
    return server;
}

struct rig rig_open_at(struct place place, const struct rig_options *options)
{
    const char *key[] = {"LIVENESSD_EMULATOR_KEY=" UPSTREAM_KEY, NULL};
    struct rig rig = {.emulator = daemon_start_at(place, "emulate", options->emulator, key),
                      .keys = text_of("%s/keys", folder_new())};
    if (options->redis || rig_has_redis())
        rig.redis = start_redis(place, options);
    rig.server = start_server(place, &rig, options);
    return rig;
}

struct rig rig_replica_at(struct place place, const struct rig *rig,
                          const struct rig_options *options)
{
    struct rig replica = *rig;
    replica.server = start_server(place, &replica, options);
    return replica;
}

const char *app_token_entry(const char *name, const char *token, const char *scopes)
{
    uint8_t hash[SHA256_BYTES];
    char hex[SHA256_HEX];
    sha256(token, strlen(token), hash);
    hex_encode(hash, sizeof hash, hex);
    return text_of("%s:%s%s%s", name, hex, scopes ? ":" : "", scopes ? scopes : "");
}

/* ---- a session as its owner sees it ---- */

struct story story_begin_at(struct place place, const struct rig *rig)
{
    const struct http_answer *created =
        http_do("POST", daemon_url(rig->server, "http", SESSIONS_PATH), PLAIN_CREATE);
    expect_status_at(place, created, 200);
    const char *device = answer_header(created, "x-device-token");
    if (!device)
        fail_at(place, "no X-Device-Token in %s", created->head);
    return (struct story){.id = json_text_at_place(place, created->json, "sessionId"),
                          .auth_token = json_text_at_place(place, created->json, "authToken"),
                          .owner = text_of("X-Device-Token: %s", device)};
}

const char *story_url(const struct rig *rig, const struct story *story, const char *below)
{
    return daemon_url(rig->server, "http", text_of(SESSIONS_PATH "/%s%s", story->id, below));
}

const struct http_answer *story_get(const struct rig *rig, const struct story *story)
{
    return http_do("GET", story_url(rig, story, ""), NULL, story->owner);
}

const struct http_answer *story_complete(const struct rig *rig, const struct story *story,
                                         const char *body)
{
    return http_do("POST", story_url(rig, story, "/completion"), body, story->owner);
}

const struct http_answer *story_delete(const struct rig *rig, const struct story *story)
{
    return http_do("DELETE", story_url(rig, story, ""), NULL, story->owner);
}

const char *digest_body(const char *digest)
{
    return digest ? text_of("{\"digest\":\"%s\"}", digest) : "{}";
}

void expect_verdict_at(struct place place, const struct http_answer *answer, const char *decision,
                       bool accepted)
{
    expect_status_at(place, answer, 200);
    const char *said = json_text_at_place(place, answer->json, "verdict.decision");
    if (strcmp(said, decision) != 0)
        fail_at(place, "decision %s, expected %s: %s", said, decision, answer->body);
    if (json_bool_at_place(place, answer->json, "verdict.accepted") != accepted)
        fail_at(place, "accepted is not %s: %s", accepted ? "true" : "false", answer->body);
}

bool has_reason(const struct http_answer *answer, const char *word)
{
    const cJSON *reason = NULL;
    cJSON_ArrayForEach (reason, json_find(answer->json, "verdict.reasons")) {
        if (cJSON_IsString(reason) && strcmp(reason->valuestring, word) == 0)
            return true;
    }
    return false;
}

/* ---- the device and the emulator ---- */

const struct http_answer *device_call(const struct rig *rig, const char *auth_token,
                                      const char *path, const char *body)
{
    return http_do("POST", daemon_url(rig->emulator, "emulator", text_of("/face/v1.2/%s", path)),
                   body, text_of("Authorization: Bearer %s", auth_token));
}

static const char *play_at(struct place place, const struct rig *rig, const char *auth_token,
                           const char *check, const char *saw)
{
    expect_status_at(place, device_call(rig, auth_token, "session/start", "{}"), 200);
    const struct http_answer *seen = device_call(rig, auth_token, check, saw);
    expect_status_at(place, seen, 200);
    expect_status_at(place, device_call(rig, auth_token, "session/attempt/end", "{}"), 200);
    const cJSON *digest = json_find(seen->json, "digest");
    return cJSON_IsString(digest) ? digest->valuestring : NULL;
}

const char *play_device_at(struct place place, const struct rig *rig, const char *auth_token,
                           const char *saw)
{
    return play_at(place, rig, auth_token, "detectLiveness/singleModal", saw);
}

const char *play_verify_device_at(struct place place, const struct rig *rig, const char *auth_token,
                                  const char *saw)
{
    return play_at(place, rig, auth_token, "detectLivenessWithVerify/singleModal", saw);
}

void emulator_fault(const struct rig *rig, const char *fault)
{
    expect_status(http_do("POST", daemon_url(rig->emulator, "emulator", "/emulator/faults"), fault),
                  200);
}

void emulator_faults_clear(const struct rig *rig)
{
    expect_status(
        http_do("DELETE", daemon_url(rig->emulator, "emulator", "/emulator/faults"), NULL), 204);
}

unsigned emulator_calls(const struct rig *rig, const char *method, const char *path)
{
    const struct http_answer *answer =
        http_do("GET", daemon_url(rig->emulator, "emulator", "/emulator/requests"), NULL);
    const cJSON *call = NULL;
    unsigned count = 0;
    expect_status(answer, 200);
    cJSON_ArrayForEach (call, json_at(answer->json, "requests")) {
        count += strcmp(json_text_at(call, "method"), method) == 0 &&
                 strncmp(json_text_at(call, "path"), path, strlen(path)) == 0;
    }
    return count;
}

unsigned emulator_sessions(const struct rig *rig)
{
    const struct http_answer *answer =
        http_do("GET", daemon_url(rig->emulator, "emulator", "/emulator/sessions"), NULL);
    expect_status(answer, 200);
    return (unsigned)cJSON_GetArraySize(json_at(answer->json, "sessions"));
}

/* ---- metrics ---- */

static const char *metrics_text(const struct rig *rig)
{
    const struct http_answer *answer =
        http_do("GET", daemon_url(rig->server, "admin", "/metrics"), NULL);
    return expect_status(answer, 200)->body;
}

static const char *next_line(const char *line)
{
    const char *end = strchr(line, '\n');
    return end ? end + 1 : line + strlen(line);
}

double metric_value(const struct rig *rig, const char *series)
{
    size_t length = strlen(series);
    for (const char *line = metrics_text(rig); *line; line = next_line(line)) {
        if (strncmp(line, series, length) == 0 && line[length] == ' ')
            return strtod(line + length, NULL);
    }
    return -1;
}

double metric_sum(const struct rig *rig, const char *family, const char *part)
{
    size_t length = strlen(family);
    double sum = 0;
    for (const char *line = metrics_text(rig); *line; line = next_line(line)) {
        const char *whole = text_of("%.*s", (int)strcspn(line, "\n"), line);
        if (strncmp(whole, family, length) != 0 || !strchr("{ ", whole[length]))
            continue;
        if (!part || strstr(whole, part))
            sum += strtod(strrchr(whole, ' '), NULL);
    }
    return sum;
}

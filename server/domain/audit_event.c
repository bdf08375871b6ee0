/*
 * Words and pseudonyms of audit entries. Invariant: the text is one JSON object and holds no id of
 * a caller, a device, a network or the upstream.
 */
#include "domain/audit_event.h"

#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "domain/bodies.h"

#include <string.h>

enum {
    REASON_MAX = RESET_REASON_SIZE - 1,
    PSEUDONYM_BYTES = 8,
    V4_NETWORK_BYTES = 3,
    V6_NETWORK_BYTES = 8
};

_Static_assert(AUDIT_PSEUDONYM_SIZE == 2 * PSEUDONYM_BYTES + 1, "in hex");

#define AUDIT_WORD(symbol, word) [AUDIT_##symbol] = (word),
static const char *const action_words[] = {AUDIT_ACTIONS(AUDIT_WORD)};

const char *audit_action_word(enum audit_action action)
{
    return action_words[action];
}

/* ---- who ---- */

void audit_pseudonym(const uint8_t key[SHA256_BYTES], const char *what, struct slice name,
                     char ret[AUDIT_PSEUDONYM_SIZE])
{
    uint8_t hash[SHA256_BYTES];
    const struct slice parts[] = {SLICE("audit"), slice_of(what), name};
    hmac_sha256(key, parts, sizeof parts / sizeof *parts, hash);
    hex_encode(hash, PSEUDONYM_BYTES, ret);
}

static void owner_pseudonym(const uint8_t key[SHA256_BYTES], const uint8_t owner[SHA256_BYTES],
                            char ret[AUDIT_PSEUDONYM_SIZE])
{
    audit_pseudonym(key, "owner", (struct slice){(const char *)owner, SHA256_BYTES}, ret);
}

void audit_subject(const uint8_t key[SHA256_BYTES], const struct audit_event *event,
                   char ret[AUDIT_PSEUDONYM_SIZE])
{
    ret[0] = '\0';
    if (event->principal) {
        owner_pseudonym(key, event->principal->owner, ret);
    } else if (event->client) {
        size_t size = event->client->v6 ? V6_NETWORK_BYTES : V4_NETWORK_BYTES;
        audit_pseudonym(key, "network", (struct slice){(const char *)event->client->bytes, size},
                        ret);
    }
}

static bool is_owner(const struct audit_event *event)
{
    return event->record &&
           memcmp(event->principal->owner, event->record->owner, SHA256_BYTES) == 0;
}

static const char *caller_of(const struct audit_event *event)
{
    static const char *const words[] = {
        [PRINCIPAL_ANONYMOUS] = "device", [PRINCIPAL_APP] = "app_token", [PRINCIPAL_JWT] = "jwt"};
    if (!event->principal) {
        return event->client ? "unknown" : "server";
    }
    if (!is_owner(event) && event->principal->scopes & SCOPE_OPERATE) {
        return "operator";
    }
    if (!is_owner(event) && event->principal->scopes & SCOPE_DELEGATE) {
        return "delegate";
    }
    return words[event->principal->kind];
}

/* ---- what ---- */

static void put_word(struct json_writer *json, const char *name, const char *word)
{
    if (word && word[0] != '\0') {
        json_put_string(json, name, word);
    }
}

static void put_caller(struct json_writer *json, const uint8_t key[SHA256_BYTES],
                       const struct audit_event *event)
{
    static const uint8_t nobody[RECORD_HASH_BYTES];
    char text[AUDIT_PSEUDONYM_SIZE];
    audit_subject(key, event, text);
    json_put_string(json, "caller", caller_of(event));
    put_word(json, "subject", text);
    if (event->action == AUDIT_CREATED && event->record &&
        memcmp(event->record->delegate, nobody, sizeof nobody) != 0) {
        owner_pseudonym(key, event->record->owner, text);
        json_put_string(json, "owner", text);
    }
}

static void put_session(struct json_writer *json, const uint8_t key[SHA256_BYTES],
                        const struct audit_event *event)
{
    const struct session_record *record = event->record;
    const char *device = event->device;
    if (record) {
        put_word(json, "session", record->id);
        json_put_string(json, "kind",
                        record->kind == KIND_LIVENESS ? "detectLiveness"
                                                      : "detectLivenessWithVerify");
    }
    if (!device && record && event->action == AUDIT_CREATED) {
        device = record->device_correlation_id;
    }
    if (device && device[0] != '\0') {
        char text[AUDIT_PSEUDONYM_SIZE];
        audit_pseudonym(key, "device", slice_of(device), text);
        json_put_string(json, "device", text);
    }
}

/* Without the rest of a character that is cut in two. */
static struct slice reason_of(struct slice reason)
{
    if (reason.len > REASON_MAX) {
        reason.len = REASON_MAX;
        while (reason.len > 0 && ((unsigned char)reason.data[reason.len] & 0xC0) == 0x80) {
            reason.len--;
        }
    }
    return reason;
}

static void put_rest(struct json_writer *json, const struct audit_event *event)
{
    put_word(json, "outcome", event->outcome);
    if (event->action == AUDIT_SETTLED && event->record) {
        json_put_bool(json, "accepted", event->record->verdict.accepted);
    }
    if (event->problem != PROBLEM_NONE) {
        json_put_string(json, "code", problem_info(event->problem)->code);
    }
    put_word(json, "limit", event->limit);
    if (event->reason.len > 0) {
        json_put_slice(json, "reason", reason_of(event->reason));
    }
    put_word(json, "receipt", event->receipt);
    if (event->count > 1) {
        json_put_integer(json, "count", event->count);
    }
}

static const uint8_t *tenant_of(const struct audit_event *event)
{
    static const uint8_t local[RECORD_HASH_BYTES];
    if (event->record) {
        return event->record->tenant;
    }
    return event->principal ? event->principal->tenant : local;
}

struct audit_entry *audit_entry_make(const uint8_t key[SHA256_BYTES], const char id[UUID_SIZE],
                                     int64_t at, const struct audit_event *event)
{
    CLEANUP(buf) struct buf text;
    char when[RFC3339_SIZE];
    rfc3339_format(at, when);
    buf_init(&text, AUDIT_TEXT_MAX);
    struct json_writer json = json_writer(&text);
    json_open(&json, NULL, '{');
    json_put_string(&json, "id", id);
    json_put_string(&json, "at", when);
    json_put_string(&json, "action", audit_action_word(event->action));
    put_caller(&json, key, event);
    put_session(&json, key, event);
    put_rest(&json, event);
    json_close(&json, '}');
    if (buf_failed(&text)) {
        return NULL;
    }
    struct audit_entry *entry = xcalloc(1, sizeof *entry);
    memcpy(entry->id, id, sizeof entry->id);
    memcpy(entry->tenant, tenant_of(event), sizeof entry->tenant);
    if (event->record) {
        memcpy(entry->session, event->record->id, sizeof entry->session);
    }
    entry->text = xstrdup(text.data);
    return entry;
}

/*
 * What a call asks of Redis: the script and its arguments, or the record to be read. Invariant: the
 * texts of a command live in the call, the store or the arguments.
 */
#include "base/crypto.h"
#include "store/store_redis_private.h"
#include "store/uuid_bytes.h"

#include <stdio.h>
#include <string.h>

#define SCRIPT_TEXT(name, flags, text) SLICE_INIT("#!lua flags=" flags "\n" text),

/* C99 asks compilers for 4095 characters only; ours take more. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"
static const struct slice script_texts[SCRIPT_COUNT] = {REDIS_SCRIPTS(SCRIPT_TEXT)};
#pragma GCC diagnostic pop

struct slice redis_script_text(enum redis_script script)
{
    return script_texts[script];
}

/* What frees memory, or takes no more of it, is let through when Redis is full: the verdict's
 * record has its full size then. */
static enum redis_script save_script(const struct session_record *record)
{
    bool grown = record->deletion == DELETION_DONE || record->state == SESSION_REMOVED ||
                 record->deletion_tries > 0;
    return grown ? SCRIPT_SAVE_LESS : SCRIPT_SAVE;
}

static enum redis_script script_of(const struct store_call *call)
{
    static const enum redis_script scripts[CALL_KIND_COUNT] = {
        [CALL_EXPIRED] = SCRIPT_EXPIRED,
        [CALL_COUNT] = SCRIPT_COUNT_RECORDS,
        [CALL_LIST] = SCRIPT_LIST,
        [CALL_FIND_UPSTREAM] = SCRIPT_FIND_UPSTREAM,
        [CALL_FIND_KEY] = SCRIPT_FIND_KEY,
        [CALL_DUE] = SCRIPT_DUE,
        [CALL_INSERT] = SCRIPT_INSERT,
        [CALL_FORGET] = SCRIPT_FORGET,
        [CALL_RELEASE_KEYS] = SCRIPT_RELEASE_KEYS,
        [CALL_AUDIT_APPEND] = SCRIPT_AUDIT_APPEND,
        [CALL_AUDIT_LIST] = SCRIPT_AUDIT_LIST,
        [CALL_AUDIT_FORGET] = SCRIPT_AUDIT_FORGET,
        [CALL_DEVICE_RESETS] = SCRIPT_DEVICE_RESETS,
        [CALL_RESET_DEVICE] = SCRIPT_RESET_DEVICE,
        [CALL_CLAIM_LOOK] = SCRIPT_CLAIM,
        [CALL_CHARGE] = SCRIPT_CHARGE,
        [CALL_PROBE] = SCRIPT_LOOKED, /* the end of a look is a call of our own */
    };
    return call->kind == CALL_SAVE ? save_script(call->record) : scripts[call->kind];
}

/* What a script compares times with. */
static int64_t time_of(const struct store_call *call)
{
    switch (call->kind) {
    case CALL_DUE:
    case CALL_EXPIRED:
    case CALL_FORGET:
    case CALL_FIND_KEY:
    case CALL_RELEASE_KEYS:
    case CALL_COUNT:
        return call->now;
    default:
        return clock_wall_ms(call->store->clock);
    }
}

static void put_limit(struct redis_arguments *arguments, size_t limit)
{
    arguments_put_number(arguments, limit < REDIS_RECORDS_MAX ? (int64_t)limit : REDIS_RECORDS_MAX);
}

/* See places() in redis_scripts.h. */
static void put_list_name(struct redis_arguments *arguments, const struct store_call *call)
{
    static const uint8_t local[RECORD_HASH_BYTES];
    char tenant[SHA256_HEX] = "";
    bool is_local = memcmp(call->key, local, sizeof local) == 0;
    if (!is_local)
        hex_encode(call->key, sizeof call->key, tenant);
    (void)snprintf(arguments->key, sizeof arguments->key, "%d%s%s", call->session_kind,
                   is_local ? "" : ":", tenant);
    arguments_put(arguments, slice_of(arguments->key));
}

static void put_page(struct redis_arguments *arguments, const struct store_call *call)
{
    put_limit(arguments, call->limit);
    if (call->kind == CALL_EXPIRED) {
        arguments_put_number(arguments, call->position.token_expires_at);
        arguments_put(arguments, slice_of(call->position.id));
    } else if (call->kind == CALL_LIST) {
        put_list_name(arguments, call);
        arguments_put(arguments, slice_of(call->after));
    }
}

/* See LUA_NOTES. */
static void put_notes(struct redis_arguments *arguments, const struct audit_entry *notes)
{
    static const uint8_t local[RECORD_HASH_BYTES];
    int64_t count = 0;
    for (const struct audit_entry *note = notes; note; note = note->next) {
        count++;
    }
    arguments_put_number(arguments, count);
    for (; notes; notes = notes->next) {
        bool is_local = memcmp(notes->tenant, local, sizeof local) == 0;
        arguments_put(arguments, (struct slice){(const char *)notes->tenant,
                                                is_local ? 0 : sizeof notes->tenant});
        arguments_put(arguments, slice_of(notes->session));
        arguments_put(arguments, slice_of(notes->id));
        arguments_put(arguments, slice_of(notes->text));
    }
}

/* In `arguments->key`: the first UUID behind the text; one that is none when there is none. */
static void put_first(struct redis_arguments *arguments, const char *after)
{
    uint8_t bytes[UUID_BYTES_SIZE];
    if (uuid_bytes_after(after, bytes)) {
        uuid_bytes_format(bytes, arguments->key);
    } else {
        (void)snprintf(arguments->key, sizeof arguments->key, "g");
    }
    arguments_put(arguments, slice_of(arguments->key));
}

static void put_audit(struct redis_arguments *arguments, const struct store_call *call)
{
    static const uint8_t local[RECORD_HASH_BYTES];
    put_limit(arguments, call->limit);
    if (call->kind == CALL_AUDIT_FORGET) {
        uuid7_floor(call->now, arguments->key);
        arguments_put(arguments, slice_of(arguments->key));
        return;
    }
    bool is_local = memcmp(call->key, local, sizeof local) == 0;
    arguments_put(arguments,
                  (struct slice){(const char *)call->key, is_local ? 0 : sizeof call->key});
    put_first(arguments, call->after);
    arguments_put(arguments, slice_of(call->id));
}

static void put_record(struct redis_arguments *arguments, const struct store_call *call)
{
    arguments_put(arguments, slice_of(call->record->id));
    if (call->kind == CALL_SAVE) {
        arguments_put_number(arguments, call->record->revision);
    }
    put_notes(arguments, call->record->notes);
    redis_row_write(arguments, call->record);
}

static void put_look(struct redis_arguments *arguments, const struct store_call *call)
{
    arguments_put(arguments, slice_of(call->id));
    if (call->kind == CALL_CLAIM_LOOK) {
        arguments_put_number(arguments, call->urgent);
        arguments_put_number(arguments, call->hold_ms > 0 ? (int64_t)call->hold_ms : 1);
    } else {
        arguments_put_number(arguments, (int64_t)call->hold_ms);
        arguments_put(arguments, slice_of(call->after));
    }
}

static void put_charges(struct redis_arguments *arguments, const struct store_charges *charging)
{
    arguments_put_number(arguments, charging->how);
    for (size_t i = 0; i < charging->count; i++) {
        const struct limit_charge *charge = &charging->charges[i];
        arguments_put_number(arguments, (int64_t)charge->key);
        arguments_put_number(arguments, (int64_t)charge->rule.interval_us);
        arguments_put_number(arguments, (int64_t)charge->rule.burst);
        arguments_put_number(arguments, (int64_t)charge->cost);
    }
}

/* See LUA_RESET_DEVICE. */
static void put_reset(struct redis_arguments *arguments, const struct device_reset *reset)
{
    static const uint8_t local[RECORD_HASH_BYTES];
    arguments->key[0] = '\0';
    if (memcmp(reset->tenant, local, sizeof local) != 0)
        hex_encode(reset->tenant, sizeof reset->tenant, arguments->key);
    arguments_put(arguments, slice_of(arguments->key));
    arguments_put(arguments, slice_of(reset->base));
    arguments_put_number(arguments, reset->epoch);
    arguments_put(arguments, slice_of(reset->id));
    arguments_put_number(arguments, reset->at);
    arguments_put_number(arguments, reset->at - DEVICE_RESET_KEPT_MS);
}

static void put_question(struct redis_arguments *arguments, const struct store_call *call)
{
    switch (call->kind) {
    case CALL_FIND_KEY:
        arguments_put(arguments, (struct slice){(const char *)call->key, sizeof call->key});
        break;
    case CALL_FIND_UPSTREAM:
        for (size_t i = 0; i < call->upstream_id_count; i++) {
            arguments_put(arguments, slice_of(call->upstream_ids[i]));
        }
        break;
    case CALL_INSERT:
    case CALL_SAVE:
        put_record(arguments, call);
        break;
    case CALL_AUDIT_APPEND:
        put_notes(arguments, call->entries);
        break;
    case CALL_AUDIT_LIST:
    case CALL_AUDIT_FORGET:
        put_audit(arguments, call);
        break;
    case CALL_DEVICE_RESETS:
        arguments_put_number(arguments, call->now);
        arguments_put_number(arguments, DEVICE_RESETS_MAX);
        break;
    case CALL_RESET_DEVICE:
        put_reset(arguments, call->resets);
        put_notes(arguments, call->entries);
        break;
    case CALL_CLAIM_LOOK:
    case CALL_PROBE:
        put_look(arguments, call);
        break;
    case CALL_CHARGE:
        put_charges(arguments, call->charging);
        break;
    case CALL_COUNT:
    case CALL_KIND_COUNT:
        break;
    default:
        put_page(arguments, call);
        break;
    }
}

/* Ids are stored in lower case, and asked for in either. */
static bool names_nothing(struct store_call *call)
{
    uint8_t bytes[UUID_BYTES_SIZE];
    if (call->kind != CALL_LOAD && call->kind != CALL_CLAIM_LOOK) {
        return false;
    }
    if (!uuid_bytes_parse(call->id, bytes)) {
        return true;
    }
    uuid_bytes_format(bytes, call->id);
    return false;
}

/* Nothing is decided, so no script is needed: for what is asked most, that is thrice as fast. */
static void ask_record(const struct store_redis *store, const char *id,
                       struct redis_arguments *arguments)
{
    (void)snprintf(arguments->key, sizeof arguments->key, "%ssession:%s", store->prefix, id);
    arguments_put(arguments, SLICE("HMGET"));
    arguments_put(arguments, slice_of(arguments->key));
    redis_row_ask(arguments);
}

static void ask_script(const struct store_redis *store, const struct redis_call *asking,
                       struct redis_arguments *arguments)
{
    const struct store_call *call = &asking->call;
    enum redis_script script = script_of(call);
    arguments_put(arguments, asking->as_text ? SLICE("EVAL") : SLICE("EVALSHA"));
    arguments_put(arguments, asking->as_text ? script_texts[script] : slice_of(store->sha[script]));
    arguments_put(arguments, SLICE("0"));
    arguments_put(arguments, slice_of(store->prefix));
    arguments_put(arguments, slice_of(store->instance));
    arguments_put_number(arguments, time_of(call));
    arguments_put_number(arguments, (int64_t)store->lease_ms);
    put_question(arguments, call);
}

bool redis_question(struct store_redis *store, struct redis_call *asking,
                    struct redis_arguments *ret_arguments)
{
    struct store_call *call = &asking->call;
    if (names_nothing(call)) {
        call->result = STORE_NOT_FOUND;
        return false;
    }
    ret_arguments->count = 0;
    ret_arguments->number_count = 0;
    if (call->kind == CALL_LOAD) {
        ask_record(store, call->id, ret_arguments);
    } else {
        ask_script(store, asking, ret_arguments);
    }
    return true;
}

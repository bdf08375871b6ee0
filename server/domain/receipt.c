/*
 * What receipts say. How they are signed is base/jwt's, when they are made domain/session's.
 * Invariant: people and devices are in them as pseudonyms only, upstream's ids not at all.
 */
#include "domain/receipt.h"

#include "base/json.h"
#include "domain/verdict.h"

#include <stdlib.h>
#include <string.h>

enum { CLAIMS_MAX = JWT_MAX_BYTES, MS_PER_S = 1000 };

const char receipt_type[] = "receipt+jwt";
const char deletion_receipt_type[] = "deletion-receipt+jwt";

const char *deletion_outcome_word(enum deletion_outcome outcome)
{
    static const char *const words[] = {
        [DELETION_BY_US] = "deleted",
        [DELETION_NOT_FOUND] = "not_found",
        [DELETION_BY_AGE] = "expired",
    };
    return words[outcome];
}

/* ---- claims ---- */

/* The same for the same name, and of no use to who does not have the key. */
static void put_pseudonym(const struct receipt_maker *maker, struct json_writer *json,
                          const char *claim, struct slice name)
{
    const struct slice parts[] = {SLICE_INIT("receipt"), slice_of(claim), name};
    uint8_t hash[SHA256_BYTES];
    char text[UUID_SIZE];
    hmac_sha256(maker->pseudonym_key, parts, sizeof parts / sizeof *parts, hash);
    uuid8_from(hash, text);
    json_put_string(json, claim, text);
}

static void put_session(const struct receipt_maker *maker, const struct session_record *record,
                        struct json_writer *json)
{
    bool verify = record->kind == KIND_LIVENESS_WITH_VERIFY;
    put_pseudonym(maker, json, "sub",
                  (struct slice){(const char *)record->owner, sizeof record->owner});
    json_put_string(json, "sid", record->id);
    json_put_string(json, "kind", verify ? "detectLivenessWithVerify" : "detectLiveness");
}

static void put_id(const struct receipt_maker *maker, struct json_writer *json)
{
    char id[UUID_SIZE];
    uuid4(maker->random, id);
    json_put_string(json, "jti", id);
}

static void put_verify(const struct session_record *record, struct json_writer *json)
{
    const struct session_verdict *verdict = &record->verdict;
    const char *reference = reference_word(record->reference);
    if (record->kind != KIND_LIVENESS_WITH_VERIFY) {
        return;
    }
    json_open(json, "verify", '{');
    if (reference) {
        json_put_string(json, "reference", reference);
    }
    if (verdict->verified) {
        json_put_number(json, "matchConfidence", (double)verdict->confidence_ppm / CONFIDENCE_UNIT);
        json_put_bool(json, "isIdentical", verdict->identical);
        json_put_bool(json, "imageHashChecked", verdict->image_hash_checked);
    }
    json_close(json, '}');
}

static void put_verdict(const struct session_record *record, struct json_writer *json)
{
    const struct session_verdict *verdict = &record->verdict;
    json_put_string(json, "decision", decision_word(verdict->decision));
    json_put_bool(json, "accepted", verdict->accepted);
    json_open(json, "reasons", '[');
    for (unsigned reason = 0; reason < REASON_COUNT; reason++) {
        if (verdict->reasons & (1U << reason)) {
            json_put_string(json, NULL, reason_word(reason));
        }
    }
    json_close(json, ']');
    json_put_bool(json, "digest_ok", verdict->digest_checked);
    put_verify(record, json);
}

static void put_texts(const struct receipt_maker *maker, const struct session_record *record,
                      struct json_writer *json)
{
    if (record->model_version[0] != '\0') {
        json_put_string(json, "model", record->model_version);
    }
    if (record->device_correlation_id[0] != '\0') {
        put_pseudonym(maker, json, "dev", slice_of(record->device_correlation_id));
    }
    if (record->transaction_id[0] != '\0') {
        json_put_string(json, "txn", record->transaction_id);
    }
}

/* ---- signing ---- */

static char *sign(const struct receipt_maker *maker, const char *type, const struct buf *claims)
{
    CLEANUP(buf) struct buf token;
    buf_init(&token, JWT_MAX_BYTES);
    if (buf_failed(claims) || jwt_sign_typed(maker->key, type, buf_slice(claims), &token) != 0) {
        return NULL;
    }
    return xstrdup(token.data);
}

int64_t receipt_end(const struct receipt_maker *maker, const struct session_record *record)
{
    return (record->settled_at + maker->lifetime_ms) / MS_PER_S * MS_PER_S;
}

char *receipt_sign(const struct receipt_maker *maker, const struct session_record *record)
{
    if (!maker) {
        return NULL;
    }
    CLEANUP(buf) struct buf claims;
    buf_init(&claims, CLAIMS_MAX);
    struct json_writer json = json_writer(&claims);
    json_open(&json, NULL, '{');
    json_put_string(&json, "iss", maker->issuer);
    json_put_string(&json, "aud", maker->audience);
    put_id(maker, &json);
    json_put_integer(&json, "iat", record->settled_at / MS_PER_S);
    json_put_integer(&json, "exp", receipt_end(maker, record) / MS_PER_S);
    put_session(maker, record, &json);
    put_verdict(record, &json);
    put_texts(maker, record, &json);
    json_close(&json, '}');
    return sign(maker, receipt_type, &claims);
}

char *deletion_receipt_sign(const struct receipt_maker *maker, const struct session_record *record,
                            enum deletion_outcome outcome, int64_t now)
{
    if (!maker) {
        return NULL;
    }
    CLEANUP(buf) struct buf claims;
    buf_init(&claims, CLAIMS_MAX);
    struct json_writer json = json_writer(&claims);
    json_open(&json, NULL, '{');
    json_put_string(&json, "iss", maker->issuer);
    put_id(maker, &json);
    json_put_integer(&json, "iat", now / MS_PER_S);
    put_session(maker, record, &json);
    json_put_integer(&json, "created_at", record->created_at / MS_PER_S);
    json_put_integer(&json, "deleted_at", now / MS_PER_S);
    json_put_string(&json, "outcome", deletion_outcome_word(outcome));
    json_close(&json, '}');
    return sign(maker, deletion_receipt_type, &claims);
}

/* ---- the record's ---- */

struct slice receipt_shown(const struct session_record *record, int64_t now)
{
    bool shown = record->receipt && now < record->receipt_expires_at;
    return shown ? slice_of(record->receipt) : (struct slice){NULL, 0};
}

void receipt_drop(struct session_record *record)
{
    free(TAKE(record->receipt));
    record->receipt_expires_at = 0;
}

/*
 * A receipt key and its maker, a settled record, and the receipts made of them taken apart.
 */
#pragma once

#include "base/crypto.h"
#include "base/ec_pem.h"
#include "base/json.h"
#include "base/jwk.h"
#include "domain/receipt.h"
#include "domain/session.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define SESSION_ID "0190163d-8694-739b-aea5-966c26f8ad91"
#define OWNER_BYTE 0x4f

static const int64_t settled_at = 1800000000999;
static const uint8_t receipt_seal[SHA256_BYTES] = {4, 4, 4};

struct receipts {
    struct jwt_key *key;
    struct fake_random random;
    struct receipt_maker maker;
    struct session_rules rules;
};

static inline struct jwt_key *new_receipt_key(void)
{
    CLEANUP(secret_buf) struct buf pem;
    buf_init_secret(&pem, 4096);
    ec_pem_generate(&pem);
    struct jwt_key *key = jwt_key_from_pem(buf_slice(&pem));
    cr_assert_not_null(key);
    return key;
}

static inline void receipts_begin(struct receipts *ret)
{
    *ret = (struct receipts){.key = new_receipt_key()};
    fake_random_init(&ret->random, 7);
    ret->maker = (struct receipt_maker){.key = ret->key,
                                        .issuer = "https://liveness.example.org",
                                        .audience = "bank",
                                        .lifetime_ms = 600000,
                                        .pseudonym_key = receipt_seal,
                                        .random = &ret->random.random};
    ret->rules = (struct session_rules){.digest = DIGEST_WHEN_GIVEN,
                                        .retention_verdict_ms = 86400000,
                                        .seal_key = receipt_seal,
                                        .receipts = &ret->maker};
}

static inline void receipts_end(struct receipts *receipts)
{
    receipts->key = jwt_key_free(receipts->key);
}

/* Live and accepted, its digest checked. */
static inline struct session_record accepted_record(void)
{
    struct session_record record = {
        .id = SESSION_ID,
        .state = SESSION_SETTLED,
        .upstream_id = "5f0c7c1e-9a42-4d0b-8a53-6d2f0b6f7a10",
        .device_correlation_id = "a-device",
        .transaction_id = "order-17",
        .model_version = "2025-05-20",
        .created_at = settled_at - 60000,
        .settled_at = settled_at,
        .verdict = {.decision = DECISION_LIVE, .accepted = true, .digest_checked = true},
    };
    memset(record.owner, OWNER_BYTE, sizeof record.owner);
    return record;
}

/* The token's claims, its signature and type checked, its times not; the caller's. */
static inline cJSON *claims_of(const struct receipts *receipts, const char *token, const char *type)
{
    const struct jwt_key *const keys[] = {receipts->key};
    const struct jwt_keys all = {.list = keys, .count = 1};
    CLEANUP(jwt_reading) struct jwt_reading reading = {.claims = NULL};
    cr_assert_not_null(token);
    cr_assert_eq(jwt_read_typed(slice_of(token), type, &reading), JWT_VALID);
    cr_assert_eq(jwt_check(&reading, &all, settled_at / 1000, UPSTREAM_LIFETIME_MS / 1000),
                 JWT_VALID);
    return TAKE(reading.claims);
}

static inline void expect_text(const cJSON *claims, const char *name, const char *wanted)
{
    struct slice said = {"(none)", 6};
    (void)!json_string(claims, name, 0, 4096, &said);
    cr_expect(slice_equal(said, slice_of(wanted)), "%s is '%.*s', not '%s'", name, SLICE_ARGS(said),
              wanted);
}

static inline void expect_number(const cJSON *claims, const char *name, int64_t wanted)
{
    int64_t said = -1;
    (void)!json_integer(claims, name, 0, INT64_MAX, &said);
    cr_expect_eq(said, wanted, "%s is %lld", name, (long long)said);
}

static inline void expect_bool(const cJSON *claims, const char *name, bool wanted)
{
    bool said = !wanted;
    cr_expect_eq(json_bool(claims, name, &said), JSON_OK, "%s is missing", name);
    cr_expect_eq(said, wanted, "%s", name);
}

/*
 * The verdict rules: pure functions from what the upstream says and the frontend said to a
 * decision. Everything that is not clearly a live, checked face denies.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/face_session.h"
#include "store/store.h"

enum decision {
    DECISION_PENDING,
    DECISION_LIVE,
    DECISION_SPOOF,
    DECISION_UNCERTAIN,
    DECISION_ERROR,
    DECISION_EXPIRED,
    DECISION_CANCELLED,
    DECISION_COMPROMISED,
    DECISION_COUNT
};

/* As ADVICE_… of the same names: what a verdict can advise. */
enum retry_advice { RETRY_SAME_SESSION, RETRY_NEW_SESSION, RETRY_STOP, RETRY_COUNT };

/* Bits of session_verdict.reasons. */
enum reason {
#define REASON(symbol, word, advice, meaning, say, operator_text) REASON_##symbol,
#include "domain/reason_table.h"
#undef REASON
    REASON_COUNT
};

enum digest_policy { DIGEST_REQUIRE, DIGEST_WHEN_GIVEN, DIGEST_OFF }; /* as verdict.digest */

enum { CONFIDENCE_UNIT = 1000000 }; /* of session_verdict.confidence_ppm */

const char *decision_word(enum decision decision);
const char *retry_word(enum retry_advice retry);
const char *reason_word(enum reason reason);

/* "delegate" "owner" "client"; NULL for REFERENCE_NONE. */
const char *reference_word(enum reference_source reference);

/* Keyed hash of a digest as stored: of its text in upper case. */
void digest_hash(const uint8_t key[SHA256_BYTES], struct slice digest, uint8_t ret[SHA256_BYTES]);

/* Whether the hash is that of the digest, under the key or the other one (NULL: there is none). */
bool digest_is(const uint8_t key[SHA256_BYTES], const uint8_t *other_key, struct slice digest,
               const uint8_t hash[SHA256_BYTES]);

struct evidence {
    const struct face_session *face; /* NULL: upstream answered 404 */
    enum session_kind kind;
    int32_t attempts_allowed;
    const struct session_completion *completion;
    bool token_expired;
    enum digest_policy policy;
    const uint8_t *digest_key; /* SHA256_BYTES */
    const uint8_t *other_key;  /* under which the hashes may be instead; NULL: none */
    const uint8_t *client;     /* SHA256_BYTES, of the network the device is expected in, keyed by
                                  digest_key: domain/client_network.h; NULL: it may be anywhere */
    const uint8_t *image_hash; /* SHA256_BYTES of the reference image sent; NULL: none was */
};

struct judgement {
    bool settled; /* else the verdict says pending */
    struct session_verdict verdict;
    bool has_upstream_digest; /* of the newest attempt, when it succeeded */
    uint8_t upstream_digest_hash[SHA256_BYTES];
};

/*
 * Settled: newest attempt (largest id) Succeeded; upstream Failed or Canceled; all allowed attempts
 * used; a completion with an error while no attempt Succeeded or Running; the token expired; or
 * upstream gone. Under DIGEST_REQUIRE nothing settles before a completion or the token's expiry.
 * Status words are a hint, attempts decide; a succeeded attempt is live only when it says realface.
 */
void verdict_judge(const struct evidence *evidence, struct judgement *ret);

/* {"decision",…}: decision accepted reasons[] retry attemptId? digestChecked
 * reference? ("delegate" "owner" "client": whose face it was compared with came from),
 * verify? {matchConfidence,isIdentical,imageHashChecked}, abuse? {detected:true},
 * clientAddressChecked? (false: the device was elsewhere),
 * settledAt? (RFC 3339; left out while pending, when settled_at is 0), receipt? (unless its data is
 * NULL). */
void verdict_write(const struct session_verdict *verdict, enum reference_source reference,
                   int64_t settled_at, struct slice receipt, struct buf *ret);

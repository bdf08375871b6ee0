/*
 * The verdict rules. Reading upstream's answer is base/face_session's, keeping the verdict
 * domain/session's. Invariant: `accepted` is set in one place, for a newest attempt that succeeded,
 * says realface, matches the reference and the digest, in a session without abuse.
 *
 *  what upstream says                      more                       decision: reasons
 *  404                                                                expired: session_gone
 *  (digest policy "require": below this line nothing settles before a completion or the expiry)
 *  newest attempt Succeeded                realface                   live
 *                                          spoofface                  spoof: spoof
 *                                          uncertain                  uncertain: uncertain
 *                                          no or another word         error: unknown_answer
 *      with another digest than given      whatever the word          compromised: digest_mismatch
 *      compared with another image than    whatever the word          compromised:
 *      the one we sent (verify session)                               verify_image_mismatch
 *      live, digest given, upstream none   or asked for, not given    not accepted: digest_missing
 *      live, verify session                not identical, or unsaid   not accepted: not_identical,
 *                                                                     verify_missing
 *  status Canceled                                                    cancelled: cancelled
 *  status Failed                           newest Failed, Canceled    error: attempt_error
 *                                          or the token lives
 *  newest Failed or Canceled               all attempts used          error: attempt_error,
 *                                                                     cancelled: cancelled
 *  newest Failed, Canceled, none           completed with an error,   error: attempt_error,
 *                                          nothing else Succeeded     cancelled: cancelled,
 *                                          or Running                 error: client_error
 *  anything else                           token expired              as newest_ended, with
 *                                                                     token_expired
 *  anything else                                                      pending
 *
 * Upstream's word on the image it compared with (verifyImageHash) may be missing: a version may not
 * have it. The verdict then says that the image was not checked, and denies nothing for it.
 * A device that was elsewhere than expected adds client_address_mismatch to a newest attempt that
 * succeeded and denies it, but proves nothing: networks change under way. So a new session may be
 * tried, and the decision stays what the attempt says.
 * Abuse detected on any attempt adds abuse_detected to every settled verdict and denies it.
 */
#include "domain/verdict.h"

#include "base/advice.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/secret.h"
#include "domain/client_network.h"

#include <stddef.h>

#define BIT(reason) (1U << (reason))

const char *decision_word(enum decision decision)
{
    static const char *const words[DECISION_COUNT] = {
        [DECISION_PENDING] = "pending",     [DECISION_LIVE] = "live",
        [DECISION_SPOOF] = "spoof",         [DECISION_UNCERTAIN] = "uncertain",
        [DECISION_ERROR] = "error",         [DECISION_EXPIRED] = "expired",
        [DECISION_CANCELLED] = "cancelled", [DECISION_COMPROMISED] = "compromised",
    };
    /* a record may come from a newer version of us: what we do not know denies */
    return decision < DECISION_COUNT ? words[decision] : "error";
}

_Static_assert((int)RETRY_SAME_SESSION == (int)ADVICE_SAME_SESSION &&
                   (int)RETRY_NEW_SESSION == (int)ADVICE_NEW_SESSION &&
                   (int)RETRY_STOP == (int)ADVICE_STOP,
               "one set of words");

const char *retry_word(enum retry_advice retry)
{
    return advice_word(retry < RETRY_COUNT ? (enum advice)retry : ADVICE_STOP);
}

const char *reason_word(enum reason reason)
{
    static const char *const words[REASON_COUNT] = {
#define REASON(symbol, word, advice, meaning, say, operator_text) [REASON_##symbol] = (word),
#include "domain/reason_table.h"
#undef REASON
    };
    return reason < REASON_COUNT ? words[reason] : words[REASON_UNKNOWN_ANSWER];
}

const char *reference_word(enum reference_source reference)
{
    static const char *const words[REFERENCE_SOURCE_COUNT] = {
        [REFERENCE_DELEGATE] = "delegate",
        [REFERENCE_OWNER] = "owner",
        [REFERENCE_CLIENT] = "client",
    };
    /* a record may come from a newer version of us: what we do not know is the least trusted */
    return reference < REFERENCE_SOURCE_COUNT ? words[reference] : "client";
}

void digest_hash(const uint8_t key[SHA256_BYTES], struct slice digest, uint8_t ret[SHA256_BYTES])
{
    CLEANUP(secret_buf) struct buf upper;
    buf_init_secret(&upper, digest.len + 1);
    buf_put_slice(&upper, digest);
    for (size_t i = 0; i < upper.len; i++) {
        if (upper.data[i] >= 'a' && upper.data[i] <= 'z') {
            upper.data[i] = (char)(upper.data[i] - 'a' + 'A');
        }
    }
    /* the label keeps this apart from whatever else the key is used for */
    const struct slice parts[] = {SLICE_INIT("digest"), buf_slice(&upper)};
    hmac_sha256(key, parts, sizeof parts / sizeof *parts, ret);
}

bool digest_is(const uint8_t key[SHA256_BYTES], const uint8_t *other_key, struct slice digest,
               const uint8_t hash[SHA256_BYTES])
{
    uint8_t expected[SHA256_BYTES];
    digest_hash(key, digest, expected);
    if (other_key && !secret_equal(expected, sizeof expected, hash, SHA256_BYTES)) {
        digest_hash(other_key, digest, expected);
    }
    return secret_equal(expected, sizeof expected, hash, SHA256_BYTES);
}

/* ---- what is known ---- */

static bool saw_status(const struct face_session *face, enum face_status status)
{
    for (size_t i = 0; i < face->attempt_count; i++) {
        if (face->attempts[i].status == status) {
            return true;
        }
    }
    return false;
}

static bool saw_abuse(const struct face_session *face)
{
    for (size_t i = 0; i < face->attempt_count; i++) {
        if (face->attempts[i].abuse_detected) {
            return true;
        }
    }
    return false;
}

static void settle(struct judgement *judgement, enum decision decision, uint32_t reasons)
{
    judgement->settled = true;
    judgement->verdict.decision = (uint8_t)decision;
    judgement->verdict.reasons |= reasons;
}

/* ---- a newest attempt that succeeded ---- */

static void judge_word(const struct face_attempt *attempt, struct judgement *ret)
{
    switch (attempt->decision) {
    case FACE_DECISION_REALFACE:
        settle(ret, DECISION_LIVE, 0);
        break;
    case FACE_DECISION_SPOOFFACE:
        settle(ret, DECISION_SPOOF, BIT(REASON_SPOOF));
        break;
    case FACE_DECISION_UNCERTAIN:
        settle(ret, DECISION_UNCERTAIN, BIT(REASON_UNCERTAIN));
        break;
    case FACE_DECISION_NONE:
    case FACE_DECISION_UNKNOWN:
    default:
        settle(ret, DECISION_ERROR, BIT(REASON_UNKNOWN_ANSWER));
        break;
    }
}

/* matchConfidence in millionths; a number that is none of 0 to 1 is brought there. */
static int32_t in_millionths(double confidence)
{
    if (!(confidence > 0)) {
        return 0;
    }
    return confidence < 1 ? (int32_t)(confidence * CONFIDENCE_UNIT + 0.5) : CONFIDENCE_UNIT;
}

static void note_match(const struct face_attempt *attempt, struct session_verdict *ret)
{
    ret->verified = attempt->has_verify;
    ret->identical = attempt->has_verify && attempt->is_identical;
    ret->confidence_ppm = attempt->has_verify ? in_millionths(attempt->match_confidence) : 0;
}

static void judge_match(const struct face_attempt *attempt, struct judgement *ret)
{
    if (ret->verdict.decision != DECISION_LIVE) {
        return;
    }
    if (!attempt->has_verify) {
        ret->verdict.reasons |= BIT(REASON_VERIFY_MISSING);
    } else if (!attempt->is_identical) {
        ret->verdict.reasons |= BIT(REASON_NOT_IDENTICAL);
    }
}

static void judge_image(const struct evidence *evidence, const struct face_attempt *attempt,
                        struct judgement *ret)
{
    if (!evidence->image_hash || !attempt->has_image_hash) {
        return;
    }
    ret->verdict.image_hash_checked =
        secret_equal(evidence->image_hash, SHA256_BYTES, attempt->image_hash, SHA256_BYTES);
    if (!ret->verdict.image_hash_checked) {
        settle(ret, DECISION_COMPROMISED, BIT(REASON_VERIFY_IMAGE_MISMATCH));
    }
}

static void judge_reference(const struct evidence *evidence, const struct face_attempt *attempt,
                            struct judgement *ret)
{
    if (evidence->kind == KIND_LIVENESS_WITH_VERIFY) {
        note_match(attempt, &ret->verdict);
        judge_match(attempt, ret);
        judge_image(evidence, attempt, ret);
    }
}

static void judge_digest(const struct evidence *evidence, const struct face_attempt *attempt,
                         struct judgement *ret)
{
    const struct session_completion *given = evidence->completion;
    ret->has_upstream_digest = attempt->digest[0] != '\0';
    if (ret->has_upstream_digest) {
        digest_hash(evidence->digest_key, slice_of(attempt->digest), ret->upstream_digest_hash);
    }
    if (evidence->policy == DIGEST_OFF) {
        return;
    }
    if (ret->has_upstream_digest && given->has_digest) {
        ret->verdict.digest_checked = digest_is(evidence->digest_key, evidence->other_key,
                                                slice_of(attempt->digest), given->digest_hash);
        if (!ret->verdict.digest_checked) {
            settle(ret, DECISION_COMPROMISED, BIT(REASON_DIGEST_MISMATCH));
        }
        return;
    }
    if ((given->has_digest || evidence->policy == DIGEST_REQUIRE) &&
        ret->verdict.decision == DECISION_LIVE) {
        ret->verdict.reasons |= BIT(REASON_DIGEST_MISSING);
    }
}

static void judge_client(const struct evidence *evidence, const struct face_attempt *attempt,
                         struct judgement *ret)
{
    if (!evidence->client) {
        return;
    }
    enum client_seen seen = client_network_compare(evidence->digest_key, evidence->client, attempt);
    if (seen == CLIENT_ELSEWHERE && evidence->other_key) {
        seen = client_network_compare(evidence->other_key, evidence->client, attempt);
    }
    ret->verdict.client_checked = seen == CLIENT_EXPECTED;
    if (seen == CLIENT_ELSEWHERE) {
        ret->verdict.reasons |= BIT(REASON_CLIENT_ADDRESS_MISMATCH);
    }
}

static void judge_success(const struct evidence *evidence, const struct face_attempt *attempt,
                          struct judgement *ret)
{
    judge_word(attempt, ret);
    judge_reference(evidence, attempt, ret);
    judge_digest(evidence, attempt, ret);
    judge_client(evidence, attempt, ret);
}

/* ---- no success ---- */

/* The attempts will not go on: what the newest says about why. */
static void judge_ended(const struct face_attempt *newest, struct judgement *ret)
{
    if (newest->status == FACE_STATUS_CANCELED) {
        settle(ret, DECISION_CANCELLED, BIT(REASON_CANCELLED));
    } else {
        settle(ret, DECISION_ERROR, BIT(REASON_ATTEMPT_ERROR));
    }
}

static bool is_ended(const struct face_attempt *attempt)
{
    return attempt &&
           (attempt->status == FACE_STATUS_FAILED || attempt->status == FACE_STATUS_CANCELED);
}

static bool is_unknown(const struct face_attempt *attempt)
{
    return attempt && attempt->status == FACE_STATUS_UNKNOWN;
}

/* The frontend gave up. A status we do not know may be an attempt under way, so it waits. */
static bool gave_up(const struct evidence *evidence, const struct face_attempt *newest)
{
    return evidence->completion->client_error && !is_unknown(newest) &&
           !saw_status(evidence->face, FACE_STATUS_SUCCEEDED) &&
           !saw_status(evidence->face, FACE_STATUS_RUNNING);
}

static void judge_given_up(const struct face_attempt *newest, struct judgement *ret)
{
    if (is_ended(newest)) {
        judge_ended(newest, ret);
    } else {
        settle(ret, DECISION_ERROR, BIT(REASON_CLIENT_ERROR));
    }
}

static void judge_expired(const struct face_attempt *newest, struct judgement *ret)
{
    if (is_ended(newest)) {
        judge_ended(newest, ret);
        ret->verdict.reasons |= BIT(REASON_TOKEN_EXPIRED);
    } else if (is_unknown(newest)) {
        settle(ret, DECISION_ERROR, BIT(REASON_UNKNOWN_ANSWER));
    } else {
        settle(ret, DECISION_EXPIRED, BIT(REASON_TOKEN_EXPIRED));
    }
}

static void judge_no_success(const struct evidence *evidence, const struct face_attempt *newest,
                             struct judgement *ret)
{
    const struct face_session *face = evidence->face;
    /* previews tell the newest attempt only: its number says how many there were */
    bool used_up = (int64_t)face->attempt_count >= evidence->attempts_allowed ||
                   (newest && newest->attempt_id >= evidence->attempts_allowed);
    if (face->status == FACE_STATUS_CANCELED) {
        settle(ret, DECISION_CANCELLED, BIT(REASON_CANCELLED));
    } else if (face->status == FACE_STATUS_FAILED &&
               (is_ended(newest) || !evidence->token_expired)) {
        settle(ret, DECISION_ERROR, BIT(REASON_ATTEMPT_ERROR));
    } else if (is_ended(newest) && used_up) {
        judge_ended(newest, ret);
    } else if (gave_up(evidence, newest)) {
        judge_given_up(newest, ret);
    } else if (evidence->token_expired) {
        judge_expired(newest, ret);
    }
}

/* ---- all together ---- */

/* Under DIGEST_REQUIRE the frontend gets its time to say the digest. */
static bool must_wait(const struct evidence *evidence)
{
    return evidence->policy == DIGEST_REQUIRE && evidence->completion->completed_at == 0 &&
           !evidence->token_expired;
}

static void conclude(struct session_verdict *verdict, bool abuse)
{
    if (abuse) {
        verdict->reasons |= BIT(REASON_ABUSE_DETECTED);
    }
    /* a live face is accepted only when nothing at all speaks against it */
    verdict->accepted = verdict->decision == DECISION_LIVE && verdict->reasons == 0;
    bool stop = verdict->accepted || abuse || verdict->decision == DECISION_COMPROMISED;
    verdict->retry = stop ? RETRY_STOP : RETRY_NEW_SESSION;
}

void verdict_judge(const struct evidence *evidence, struct judgement *ret)
{
    const struct face_session *face = evidence->face;
    *ret = (struct judgement){0};
    ret->verdict.decision = DECISION_PENDING;
    ret->verdict.retry = RETRY_SAME_SESSION;
    if (!face) {
        settle(ret, DECISION_EXPIRED, BIT(REASON_SESSION_GONE));
        conclude(&ret->verdict, false);
        return;
    }
    const struct face_attempt *newest = face_session_newest(face);
    ret->verdict.attempt_id = newest ? newest->attempt_id : 0;
    if (must_wait(evidence)) {
        return;
    }
    if (newest && newest->status == FACE_STATUS_SUCCEEDED) {
        judge_success(evidence, newest, ret);
    } else {
        judge_no_success(evidence, newest, ret);
    }
    if (ret->settled) {
        conclude(&ret->verdict, saw_abuse(face));
    }
}

static void write_reasons(uint32_t reasons, struct json_writer *writer)
{
    json_open(writer, "reasons", '[');
    for (unsigned reason = 0; reason < REASON_COUNT; reason++) {
        if (reasons & BIT(reason)) {
            json_put_string(writer, NULL, reason_word(reason));
        }
    }
    json_close(writer, ']');
}

static void write_match(const struct session_verdict *verdict, struct json_writer *writer)
{
    if (verdict->verified) {
        json_open(writer, "verify", '{');
        json_put_number(writer, "matchConfidence",
                        (double)verdict->confidence_ppm / CONFIDENCE_UNIT);
        json_put_bool(writer, "isIdentical", verdict->identical);
        json_put_bool(writer, "imageHashChecked", verdict->image_hash_checked);
        json_close(writer, '}');
    }
}

static void write_abuse(const struct session_verdict *verdict, struct json_writer *writer)
{
    if (verdict->reasons & BIT(REASON_ABUSE_DETECTED)) {
        json_open(writer, "abuse", '{');
        json_put_bool(writer, "detected", true);
        json_close(writer, '}');
    }
}

void verdict_write(const struct session_verdict *verdict, enum reference_source reference,
                   int64_t settled_at, struct slice receipt, struct buf *ret)
{
    struct json_writer writer = json_writer(ret);
    json_open(&writer, NULL, '{');
    json_put_string(&writer, "decision", decision_word(verdict->decision));
    json_put_bool(&writer, "accepted", verdict->accepted);
    write_reasons(verdict->reasons, &writer);
    json_put_string(&writer, "retry", retry_word(verdict->retry));
    if (verdict->attempt_id > 0) {
        json_put_integer(&writer, "attemptId", verdict->attempt_id);
    }
    json_put_bool(&writer, "digestChecked", verdict->digest_checked);
    if (reference_word(reference)) {
        json_put_string(&writer, "reference", reference_word(reference));
    }
    write_match(verdict, &writer);
    write_abuse(verdict, &writer);
    if (verdict->client_checked || (verdict->reasons & BIT(REASON_CLIENT_ADDRESS_MISMATCH))) {
        json_put_bool(&writer, "clientAddressChecked", verdict->client_checked);
    }
    if (settled_at > 0) {
        char when[RFC3339_SIZE];
        rfc3339_format(settled_at, when);
        json_put_string(&writer, "settledAt", when);
    }
    if (receipt.data) {
        json_put_slice(&writer, "receipt", receipt);
    }
    json_close(&writer, '}');
}

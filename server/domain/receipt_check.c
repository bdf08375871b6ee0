/*
 * Checking receipts. Signatures and times are base/jwt's. Invariant: of two things that could be
 * wrong the more general is said, and nothing of a receipt whose signature is not right.
 */
#include "domain/receipt_check.h"

#include "base/crypto.h"
#include "base/json.h"
#include "domain/receipt.h"

/* ---- the token ---- */

static const char *why_not(enum jwt_verdict verdict)
{
    switch (verdict) {
    case JWT_VALID:
        return NULL;
    case JWT_UNKNOWN_KEY:
        return "it is signed with none of the keys, or with another algorithm than theirs";
    case JWT_BAD_SIGNATURE:
        return "its signature is wrong: it was changed, or forged";
    case JWT_EXPIRED:
        return "it has expired";
    case JWT_NOT_YET:
        return "it is from the future: compare the clocks";
    case JWT_MALFORMED:
    default:
        return "its claims are malformed";
    }
}

static const char *check_token(const struct jwt_keys *keys, const struct receipt_wanted *wanted,
                               struct slice token, int64_t now_s, struct jwt_reading *reading)
{
    const char *type = wanted->deletion ? deletion_receipt_type : receipt_type;
    if (jwt_read_typed(token, type, reading) != JWT_VALID || !reading->kid.data) {
        return wanted->deletion ? "it is no deletion receipt: a signed token of type "
                                  "deletion-receipt+jwt with a kid"
                                : "it is no receipt: a signed token of type receipt+jwt with a kid";
    }
    return why_not(jwt_check(reading, keys, now_s, RECEIPT_LEEWAY_S));
}

/* ---- the claims ---- */

static bool says(const cJSON *claims, const char *name, const char *wanted)
{
    struct slice said;
    return json_string(claims, name, 0, JWT_MAX_BYTES, &said) == JSON_OK &&
           slice_equal(said, slice_of(wanted));
}

/* What it does not say nobody can go by. */
static const char *check_form(const cJSON *claims, bool deletion)
{
    struct slice text;
    bool accepted = false;
    int64_t seconds = 0;
    bool fine = json_string(claims, "iss", 1, JWT_MAX_BYTES, &text) == JSON_OK &&
                json_string(claims, "sid", 1, JWT_MAX_BYTES, &text) == JSON_OK;
    if (deletion) {
        fine = fine && json_string(claims, "outcome", 1, JWT_MAX_BYTES, &text) == JSON_OK;
    } else {
        fine = fine && json_integer(claims, "exp", 0, INT64_MAX, &seconds) == JSON_OK &&
               json_bool(claims, "accepted", &accepted) == JSON_OK;
    }
    return fine ? NULL : "it lacks claims that every receipt has";
}

static const char *check_wishes(const cJSON *claims, const struct receipt_wanted *wanted)
{
    bool accepted = false;
    if (wanted->issuer && !says(claims, "iss", wanted->issuer)) {
        return "it is from another issuer";
    }
    if (wanted->audience && !says(claims, "aud", wanted->audience)) {
        return "it is for another audience";
    }
    if (wanted->transaction && !says(claims, "txn", wanted->transaction)) {
        return "it is for another transaction, or for none";
    }
    if (wanted->accepted && (json_bool(claims, "accepted", &accepted) != JSON_OK || !accepted)) {
        return "it is genuine, but the check was not accepted";
    }
    return NULL;
}

bool receipt_check(const struct jwt_keys *keys, struct slice token,
                   const struct receipt_wanted *wanted, int64_t now_s, struct buf *ret_claims,
                   const char **ret_why)
{
    CLEANUP(jwt_reading) struct jwt_reading reading = {.claims = NULL};
    const char *why = check_token(keys, wanted, token, now_s, &reading);
    why = why ? why : check_form(reading.claims, wanted->deletion);
    why = why ? why : check_wishes(reading.claims, wanted);
    if (!why && base64url_decode(reading.payload_part, ret_claims) != 0) {
        why = "it is too large";
    }
    *ret_why = why;
    return !why;
}

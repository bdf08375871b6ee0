/*
 * Receipts: signed statements (JWS, ES256) that others check offline.
 *
 * A receipt (typ "receipt+jwt") says what a session's verdict is. It is made once, when the session
 * settles, and is shown until it expires or the verdict turns compromised. Its claims:
 *  - iss, aud, jti: who says it, to whom, its own id
 *  - iat, exp: when it was settled, until when it holds
 *  - sub, dev: pseudonyms of the session's owner and of the device, the same in all our receipts
 *  - sid, kind: our id of the session; detectLiveness or detectLivenessWithVerify
 *  - txn: the transaction it was made for; absent: none was named
 *  - decision, accepted, reasons: as in the verdict; only accepted says yes
 *  - digest_ok: the device's digest was given and is the upstream's
 *  - verify, of verify sessions: {reference, matchConfidence?, isIdentical?, imageHashChecked?}
 *  - model: the model that judged; absent: unknown
 *
 * A deletion receipt (typ "deletion-receipt+jwt") says that the session is gone upstream. It does
 * not expire. iss, jti, iat, sub, sid and kind as above, and
 *  - created_at, deleted_at: seconds
 *  - outcome: deleted (upstream did), not_found (it was gone already) or expired (older than the 48
 *    hours that upstream keeps anything)
 */
#pragma once

#include <stdint.h>

#include "base/crypto.h"
#include "base/jwt.h"
#include "base/random.h"
#include "base/slice.h"
#include "store/store.h"

extern const char receipt_type[];
extern const char deletion_receipt_type[];

/* What receipts are made with; process lifetime. Key and document may be others from one call to
 * the next. */
struct receipt_maker {
    const struct jwt_key *key;
    const char *jwks; /* what this and the others can be checked with, as a JWKS document */
    const char *issuer;
    const char *audience;
    int64_t lifetime_ms;
    const uint8_t *pseudonym_key; /* SHA256_BYTES */
    const struct random *random;
};

/* How a session came to be gone upstream. */
enum deletion_outcome {
    DELETION_BY_US,     /* upstream answered 204 (200 in the previews) */
    DELETION_NOT_FOUND, /* 404 */
    DELETION_BY_AGE,    /* its 48 h are over */
};
const char *deletion_outcome_word(enum deletion_outcome outcome);

/* The receipt of a settled record, on the heap. NULL when there is no maker, or what it would say
 * is too long to sign. */
char *receipt_sign(const struct receipt_maker *maker, const struct session_record *record);
/* When it expires, wall clock ms. */
int64_t receipt_end(const struct receipt_maker *maker, const struct session_record *record);
/* The record's receipt as it may be shown now; data NULL: none, any more. */
struct slice receipt_shown(const struct session_record *record, int64_t now);
/* The record has none from now on. */
void receipt_drop(struct session_record *record);

/* That the session is gone upstream since `now`, on the heap; NULL as above. */
char *deletion_receipt_sign(const struct receipt_maker *maker, const struct session_record *record,
                            enum deletion_outcome outcome, int64_t now);

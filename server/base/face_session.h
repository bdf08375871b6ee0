/*
 * The Face API's session object as a value, of every version (previews are read into the same
 * shape): what the upstream client parses, the verdict rules judge and the routes show. Kept here
 * because these layers may not know each other. Members we do not know are dropped; texts are
 * bounded copies.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/buf.h"
#include "base/crypto.h"
#include "base/json.h"

enum {
    FACE_ID_SIZE = 37,
    FACE_WORD_SIZE = 32, /* status words, decisions, model versions */
    FACE_CODE_SIZE = 49,
    FACE_MESSAGE_SIZE = 257,
    FACE_ATTEMPTS_MAX = 8, /* no version allows more than 3 */
    FACE_DIGEST_SIZE = 129,
    FACE_TOKEN_MAX = 8192,
    FACE_IMAGE_ID_SIZE = 129, /* 44 base64url characters are known; opaque */
    FACE_FLAGGED_MAX = 8,     /* more flagged sessions are counted, not kept */
    FACE_REFERENCES_MAX = 4,
    FACE_CLIENTS_MAX = 4,
};

enum face_kind { FACE_LIVENESS, FACE_LIVENESS_WITH_VERIFY };

/* A word of an extensible enum; WORD_UNKNOWN is anything we do not know (it always denies). */
enum face_status {
    FACE_STATUS_UNKNOWN,
    FACE_STATUS_NOT_STARTED,
    FACE_STATUS_RUNNING,
    FACE_STATUS_SUCCEEDED,
    FACE_STATUS_FAILED,
    FACE_STATUS_CANCELED,
};

enum face_decision {
    FACE_DECISION_NONE, /* absent */
    FACE_DECISION_UNKNOWN,
    FACE_DECISION_REALFACE,
    FACE_DECISION_SPOOFFACE,
    FACE_DECISION_UNCERTAIN,
};

struct face_rectangle {
    int32_t top, left, width, height;
};

/* Another session that abuse monitoring (v1.3) found the same face in. */
struct face_flag {
    char session_id[FACE_ID_SIZE]; /* upstream's */
    int32_t attempt_id;
};

struct face_attempt {
    int32_t attempt_id; /* >= 1 */
    enum face_status status;
    char status_word[FACE_WORD_SIZE]; /* as sent */
    bool has_result;
    enum face_decision decision;
    char decision_word[FACE_WORD_SIZE]; /* as sent, empty when absent */
    bool has_rectangle;
    struct face_rectangle rectangle; /* of result or error targets */
    char digest[FACE_DIGEST_SIZE];   /* empty when absent */
    bool has_verify;                 /* result.verifyResult, or verifyResult beside result */
    bool is_identical;
    double match_confidence;
    bool abuse_detected; /* abuseMonitoringResult of the attempt, or one level too deep in result */
    char session_image_id[FACE_IMAGE_ID_SIZE]; /* upstream's: contains its id; empty when absent */
    bool has_image_hash;
    uint8_t image_hash[SHA256_BYTES]; /* verifyImageHash: of the reference image compared with */
    size_t flagged_count;             /* kept ones */
    struct face_flag flagged[FACE_FLAGGED_MAX];
    size_t client_count; /* addresses the device was seen at (v1.3) */
    struct address clients[FACE_CLIENTS_MAX];
    bool client_unreadable; /* there are more, or what is no address */
    bool has_error;
    char error_code[FACE_CODE_SIZE];
    char error_message[FACE_MESSAGE_SIZE];
};

/* A face found in the reference image (verify sessions). */
struct face_reference {
    bool has_rectangle;
    struct face_rectangle rectangle;
    char quality_word[FACE_WORD_SIZE]; /* qualityForRecognition as sent */
};

struct face_session {
    char session_id[FACE_ID_SIZE];
    enum face_status status;
    char status_word[FACE_WORD_SIZE];
    char model_version[FACE_WORD_SIZE]; /* empty when absent */
    char *auth_token;                   /* owned secret, NULL when absent or empty */
    bool has_references;                /* results.verifyReferences was there, if only empty */
    size_t reference_count;
    struct face_reference references[FACE_REFERENCES_MAX];
    size_t attempt_count;
    struct face_attempt attempts[FACE_ATTEMPTS_MAX]; /* the last member: large, rarely all used */
};

/* Reads the upstream's body strictly: sessionId a UUID, results.attempts an array of at most
 * FACE_ATTEMPTS_MAX with distinct ids; required members of the wrong type are an error. Words
 * compare case-insensitively. On success 0 and the caller owns *ret (face_session_done); attempts
 * from attempt_count on are left as they were. On failure -EINVAL, *ret_why a static sentence, *ret
 * zeroed. */
int face_session_parse(struct slice json, struct face_session *ret,
                       const char **ret_why) MUST_CHECK;
/* The same from a preview's answers: create {sessionId, authToken, verifyImage?}, get {id, status
 * NotStarted|Started|ResultAvailable, result?}. The status becomes NotStarted, Running, or, with a
 * result that is no error, Succeeded. The one attempt known is the result: its
 * audit entry's id is the attemptId (1 when it is none that fits). */
int face_session_parse_preview(struct slice json, struct face_session *ret,
                               const char **ret_why) MUST_CHECK;
/* Wipes and frees the token; accepts a zeroed session. */
void face_session_done(struct face_session *session);
/* As face_session_done, and zeroes what a parser has written: cheaper than zeroing all. */
void face_session_reset(struct face_session *session);

/* The attempt with the largest id, or NULL. */
const struct face_attempt *face_session_newest(const struct face_session *session);

/* {"attempts":[…],"verifyReferences"?:[…]} newest first, with what an owner may see: attemptId,
 * attemptStatus, error {code,message,targets?}, result{livenessDecision,targets,verifyResult?},
 * abuseMonitoringResult{isAbuseDetected} when detected, and once more in the result. Never a
 * digest, token or image id. */
void face_session_write_results(const struct face_session *session, struct buf *ret);

/* The same with what operators and delegates see too: result.sessionImageId of the newest attempt
 * that has one (`image_id`, ours, in place of the upstream's; NULL: left out) and
 * result.verifyImageHash (64 upper-case hex). */
void face_session_write_details(const struct face_session *session, const char *image_id,
                                struct buf *ret);
/* The same for readers that look at no status: there is always an attempt (one that is NotStarted
 * where there is none), every attempt has a result, and in verify sessions every result a
 * verifyResult, if only empty ones. With an image id as for operators, without (NULL) as for
 * owners. */
void face_session_write_filled(const struct face_session *session, enum face_kind kind,
                               const char *image_id, struct buf *ret);
/* [{"referenceType":"image","faceRectangle":{…},"qualityForRecognition":…}] */
void face_session_write_references(const struct face_session *session, struct buf *ret);

/* Parses a status word in any case. */
enum face_status face_status_from(struct slice word);

DEFINE_CLEANUP(face_session, struct face_session, face_session_done(it))

/*
 * The Face API's session object (LivenessSession of v1.2) as a value: what the upstream client
 * parses, the verdict rules judge and the routes show. Kept here because these layers may not know
 * each other. Members we do not know are dropped; texts are bounded copies.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

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
};

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
    bool has_error;
    char error_code[FACE_CODE_SIZE];
    char error_message[FACE_MESSAGE_SIZE];
};

struct face_session {
    char session_id[FACE_ID_SIZE];
    enum face_status status;
    char status_word[FACE_WORD_SIZE];
    char model_version[FACE_WORD_SIZE]; /* empty when absent */
    char *auth_token;                   /* owned secret, NULL when absent or empty */
    size_t attempt_count;
    struct face_attempt attempts[FACE_ATTEMPTS_MAX];
};

/* Reads the upstream's body strictly: sessionId a UUID, results.attempts an array of at most
 * FACE_ATTEMPTS_MAX with distinct ids; required members of the wrong type are an error. Words
 * compare case-insensitively. On success 0 and the caller owns *ret (face_session_done). On failure
 * -EINVAL, *ret_why a static sentence, *ret zeroed. */
int face_session_parse(struct slice json, struct face_session *ret,
                       const char **ret_why) MUST_CHECK;
/* Wipes and frees the token; accepts a zeroed session. */
void face_session_done(struct face_session *session);

/* The attempt with the largest id, or NULL. */
const struct face_attempt *face_session_newest(const struct face_session *session);

/* {"attempts":[…]} newest first, with what an owner may see: attemptId, attemptStatus, error
 * {code,message,targets?}, result{livenessDecision,targets,verifyResult?},
 * abuseMonitoringResult{isAbuseDetected} when detected. Never a digest or token. */
void face_session_write_results(const struct face_session *session, struct buf *ret);

/* Parses a status word in any case. */
enum face_status face_status_from(struct slice word);

DEFINE_CLEANUP(face_session, struct face_session, face_session_done(it))

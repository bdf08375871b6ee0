/*
 * What the readers of the two shapes of a Face session share: small parsers of its parts. All
 * answer NULL, or a static sentence that says what is wrong.
 */
#pragma once

#include "base/face_session.h"

bool face_is_guid(struct slice text);
/* As much of a text as fits, whole characters only. */
void face_copy_cut(struct slice text, char *ret, size_t size);
/* Reads a text into `ret` of `size` bytes, cut to fit; the whole text goes to *ret_text. */
enum json_read face_read_text(const cJSON *object, const char *name, char *ret, size_t size,
                              struct slice *ret_text);

/* The members of a faceRectangle. */
const char *face_parse_rectangle(const cJSON *json, struct face_rectangle *ret);
/* livenessDecision, digest, sessionImageId, verifyImageHash of an object that may have them. */
const char *face_parse_decision(const cJSON *json, struct face_attempt *attempt);
const char *face_parse_proofs(const cJSON *json, struct face_attempt *attempt);
/* verifyResult of `parent`; one that was found before stays. */
const char *face_parse_verify(const cJSON *parent, struct face_attempt *attempt);
/* One item of results.attempts; `attempt` is zeroed before. */
const char *face_parse_attempt(const cJSON *json, struct face_attempt *attempt);

/* {faceRectangle?, qualityForRecognition?}; more than can be kept are dropped. */
const char *face_parse_reference(const cJSON *json, struct face_session *session);
const char *face_parse_id(const cJSON *json, const char *name, struct face_session *session);
const char *face_parse_token(const cJSON *json, struct face_session *session);

/* The frame of both parsers: `parse` fills a session whose head is zeroed. */
int face_session_read(struct slice json,
                      const char *(*parse)(const cJSON *root, struct face_session *session),
                      struct face_session *ret, const char **ret_why) MUST_CHECK;

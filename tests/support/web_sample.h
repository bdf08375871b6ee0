/*
 * The web samples (Next, Angular, Vue) as the server sees them: their form, their query, and what
 * they read of the answers, whether good or bad.
 */
#pragma once

#include "support/form.h"
#include "support/rig.h"

#define SAMPLE_CREATE_PATH "/api/generateAccessToken"
#define SAMPLE_RESULT_PATH "/api/getSessionResult"
#define SAMPLE_PARAMETERS                                                                          \
    "{\"livenessOperationMode\":\"PassiveActive\",\"deviceCorrelationId\":\"b5f2aa07-9d40-\"}"

/* The form with these parameters (NULL: no such part), an Action (likewise) and a picture (data
 * NULL: none); headers up to NULL. */
const struct http_answer *sample_create(const struct rig *rig, const char *action,
                                        const char *parameters, struct slice image,
                                        const char *const headers[4]);
/* A session of a device seen for the first time, with a picture for a verify session. */
struct story sample_begin_at(struct place place, const struct rig *rig, const char *action);
#define sample_begin(rig, action) sample_begin_at(HERE, rig, action)
/* GET with this query, as the owner of the story, and with the samples' Content-Type. */
const struct http_answer *sample_result(const struct rig *rig, const struct story *story,
                                        const char *action);

/* Fails unless the answer has the samples' shape of an error, with the status and the code. Returns
 * it. */
const struct http_answer *expect_sample_error_at(struct place place,
                                                 const struct http_answer *answer, int status,
                                                 const char *code);
#define expect_sample_error(answer, status, code) expect_sample_error_at(HERE, answer, status, code)

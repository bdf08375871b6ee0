/*
 * Creates as the servers of the web samples take them: a form with the parts Action (the kind of
 * session), parameters (JSON with the fields of a create) and verifyImage. Names of parts are taken
 * in any case. The fields themselves are bodies.h's.
 */
#pragma once

#include "base/multipart.h"
#include "base/problem.h"
#include "domain/session.h"

struct sample_form {
    struct multipart form; /* slices of the body */
    enum session_kind kind;
};

/* Which kind of session a path, query or form of the samples names: detectLiveness or
 * detectLivenessWithVerify, in any case. */
bool sample_kind_read(struct slice action, enum session_kind *ret);

/* Judges what the fields do not tell, in the order of the samples: that there are parameters, and
 * a kind. PROBLEM_NONE or INVALID_REQUEST_BODY; *ret_sentence is then a static sentence. */
enum problem sample_form_read(struct slice content_type, struct slice body, struct sample_form *ret,
                              const char **ret_sentence) MUST_CHECK;
/* Whether there is a part verifyImage, if only an empty one. */
bool sample_form_has_image(const struct sample_form *form);

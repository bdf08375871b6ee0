/*
 * The error catalogue: everything that a frontend may have to act on, each with its advice: error
 * codes (base/problem_table.h), reasons of verdicts (domain/reason_table.h), errors of attempts
 * (base/attempt_error_table.h). Made from those tables alone.
 */
#pragma once

#include <stddef.h>

#include "base/advice.h"
#include "base/buf.h"

struct reason_row {
    const char *word;
    enum advice advice;
    const char *meaning;
    const char *say; /* to the user */
    const char *operator_text;
};

struct attempt_error_row {
    const char *code;
    enum advice advice;
    const char *message;
    const char *say;
};

extern const struct reason_row reason_rows[];
extern const size_t reason_row_count;
extern const struct attempt_error_row attempt_error_rows[];
extern const size_t attempt_error_row_count;

/* {"errors":[{code,status,retryable,advice,message,cause,frontend,operator}],
 * "reasons":[{reason,advice,meaning,say,operator}],
 * "attemptErrors":[{code,advice,message,say}], "advice":[{advice,explanation}]} */
void error_catalogue_write_json(struct buf *ret);
/* A page in one piece, without scripts. Anchors are the codes, `reason-<word>`,
 * `attempt-<code>`. */
void error_catalogue_write_page(struct slice style, struct buf *ret);

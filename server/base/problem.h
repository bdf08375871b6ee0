/*
 * Problems: the one result type for what can go wrong with a request. A new failure is one line in
 * problem_table.h; HTTP status, wire code, advice and the catalogue follow from it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/advice.h"
#include "base/buf.h"

enum problem {
    PROBLEM_NONE,
#define PROBLEM(symbol, code, status, advice, sentence, cause, frontend, operator_text)            \
    PROBLEM_##symbol,
#include "base/problem_table.h"
#undef PROBLEM
    PROBLEM_COUNT
};

struct problem_info {
    const char *symbol;
    const char *code;
    int status;
    bool retryable; /* exactly when the advice is ADVICE_RETRY */
    enum advice advice;
    const char *sentence;
    const char *cause;
    const char *frontend; /* what it should do */
    const char *operator_text;
};

/* Static; `problem` must not be PROBLEM_NONE. */
const struct problem_info *problem_info(enum problem problem);

/* The details of one occurrence. */
struct problem_detail {
    const char *request_id; /* or NULL */
    const char *sentence;   /* instead of the table's, or NULL; may name the client's mistake */
    unsigned retry_after_seconds; /* 0: none */
    const char *site; /* in front of the catalogue's path: "https://x.example/base"; or NULL */
};

/* {"error":{code,message,retryable,advice,retryAfterSeconds?,requestId?,help}}; `help` points to
 * the code's anchor in the catalogue: <site>/errors#<code>. */
void problem_write_face(enum problem problem, const struct problem_detail *detail, struct buf *ret);
/* RFC 9457: type (as `help`), title, status, detail?, code, retryable, advice, … */
void problem_write_rfc9457(enum problem problem, const struct problem_detail *detail,
                           struct buf *ret);
/* What the sample apps' own servers answer, and all that the Face shape has:
 * {message,token:null,error:{token:null,code,message,…}} */
void problem_write_sample(enum problem problem, const struct problem_detail *detail,
                          struct buf *ret);

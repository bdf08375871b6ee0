/*
 * The tests' HTTP client, over libcurl: one request, one answer, everything kept until the test
 * ends.
 */
#pragma once

#include "support/json_path.h"
#include "support/support.h"

enum { HEADERS_MAX = 16 };

struct http_request {
    const char *method;
    const char *url;
    const char *body;                 /* NULL: none; a POST then has Content-Length: 0 */
    size_t body_size;                 /* 0: the length of the text */
    const char *headers[HEADERS_MAX]; /* "Name: value"; a body is JSON unless one says otherwise */
    long timeout_ms;                  /* 0: 60 s */
};

struct http_answer {
    int status;        /* 0: none came (refused, cut off, timed out) */
    const char *error; /* why none came */
    const char *head;  /* the header lines as they came */
    const char *body;  /* NUL-terminated */
    size_t body_size;
    const cJSON *json; /* NULL when the body is none */
    double seconds;
};

const struct http_answer *http_send(const struct http_request *request);
/* http_do("POST", url, "{}", "Header: value", …): the same in one line; body and headers may be
 * left out. */
#define http_do(method, ...)                                                                       \
    http_do_words(method, (const char *const[HEADERS_MAX + 2]){__VA_ARGS__})
const struct http_answer *http_do_words(const char *method,
                                        const char *const words[HEADERS_MAX + 2]);

/* One under way in a thread of its own. */
struct http_pending;
struct http_pending *http_begin(const struct http_request *request);
#define http_begin_do(method, ...)                                                                 \
    http_begin_words(method, (const char *const[HEADERS_MAX + 2]){__VA_ARGS__})
struct http_pending *http_begin_words(const char *method, const char *const words[HEADERS_MAX + 2]);
bool http_answered(struct http_pending *pending);
/* Closes its connection: the client leaves. There is no answer then. */
void http_leave(struct http_pending *pending);
/* Waits for the answer. */
const struct http_answer *http_end(struct http_pending *pending);

/* The value of a header in any case, or NULL. */
const char *answer_header(const struct http_answer *answer, const char *name);

const struct http_answer *expect_status_at(struct place place, const struct http_answer *answer,
                                           int status);
/* The status, the code in body and header, a sentence and the request id. Returns the answer. */
const struct http_answer *expect_error_at(struct place place, const struct http_answer *answer,
                                          int status, const char *code);
#define expect_status(answer, status)      expect_status_at(HERE, answer, status)
#define expect_error(answer, status, code) expect_error_at(HERE, answer, status, code)

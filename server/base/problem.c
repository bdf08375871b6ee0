/*
 * The problem table and the shapes a problem has on the wire. Which problem it is, and the
 * response around it, is decided elsewhere.
 */
#include "base/problem.h"

#include "base/json.h"

#include <assert.h>

enum { HELP_MAX = 1024 };

static const struct problem_info problems[PROBLEM_COUNT] = {
#define PROBLEM(symbol, code, status, advice, sentence, cause, frontend, operator_text)            \
    [PROBLEM_##symbol] = {#symbol,         code,     status, ADVICE_##advice == ADVICE_RETRY,      \
                          ADVICE_##advice, sentence, cause,  frontend,                             \
                          operator_text},
#include "base/problem_table.h"
#undef PROBLEM
};

const struct problem_info *problem_info(enum problem problem)
{
    assert(problem > PROBLEM_NONE && problem < PROBLEM_COUNT);
    return &problems[problem];
}

static const char *sentence_of(const struct problem_info *info, const struct problem_detail *detail)
{
    return detail && detail->sentence ? detail->sentence : info->sentence;
}

static void put_help(struct json_writer *writer, const char *name, const char *code,
                     const struct problem_detail *detail)
{
    CLEANUP(buf) struct buf help;
    buf_init(&help, HELP_MAX);
    buf_puts(&help, detail && detail->site ? detail->site : "");
    buf_puts(&help, "/errors#");
    buf_puts(&help, code);
    json_put_slice(writer, name, buf_slice(&help));
}

/* The members both shapes share. */
static void put_common(struct json_writer *writer, const struct problem_info *info,
                       const struct problem_detail *detail)
{
    json_put_bool(writer, "retryable", info->retryable);
    json_put_string(writer, "advice", advice_word(info->advice));
    if (detail && detail->retry_after_seconds > 0) {
        json_put_integer(writer, "retryAfterSeconds", detail->retry_after_seconds);
    }
    if (detail && detail->request_id) {
        json_put_string(writer, "requestId", detail->request_id);
    }
}

/* What the Face API has inside `error`, and ours. */
static void put_error(struct json_writer *writer, const struct problem_info *info,
                      const struct problem_detail *detail)
{
    json_put_string(writer, "code", info->code);
    json_put_string(writer, "message", sentence_of(info, detail));
    put_common(writer, info, detail);
    put_help(writer, "help", info->code, detail);
}

void problem_write_face(enum problem problem, const struct problem_detail *detail, struct buf *ret)
{
    struct json_writer writer = json_writer(ret);
    json_open(&writer, NULL, '{');
    json_open(&writer, "error", '{');
    put_error(&writer, problem_info(problem), detail);
    json_close(&writer, '}');
    json_close(&writer, '}');
}

void problem_write_sample(enum problem problem, const struct problem_detail *detail,
                          struct buf *ret)
{
    const struct problem_info *info = problem_info(problem);
    struct json_writer writer = json_writer(ret);
    json_open(&writer, NULL, '{');
    json_put_string(&writer, "message", sentence_of(info, detail));
    json_put_raw(&writer, "token", SLICE("null"));
    json_open(&writer, "error", '{');
    json_put_raw(&writer, "token", SLICE("null"));
    put_error(&writer, info, detail);
    json_close(&writer, '}');
    json_close(&writer, '}');
}

void problem_write_rfc9457(enum problem problem, const struct problem_detail *detail,
                           struct buf *ret)
{
    const struct problem_info *info = problem_info(problem);
    struct json_writer writer = json_writer(ret);
    json_open(&writer, NULL, '{');
    put_help(&writer, "type", info->code, detail);
    json_put_string(&writer, "title", info->sentence);
    json_put_integer(&writer, "status", info->status);
    if (detail && detail->sentence) {
        json_put_string(&writer, "detail", detail->sentence);
    }
    json_put_string(&writer, "code", info->code);
    put_common(&writer, info, detail);
    json_close(&writer, '}');
}

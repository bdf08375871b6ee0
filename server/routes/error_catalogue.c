/*
 * The rows of the catalogue, and the catalogue as JSON. The page is error_page.c's.
 */
#include "routes/error_catalogue.h"

#include "base/json.h"
#include "base/problem.h"

const struct reason_row reason_rows[] = {
#define REASON(symbol, word, advice, meaning, say, operator_text)                                  \
    {word, ADVICE_##advice, meaning, say, operator_text},
#include "domain/reason_table.h"
#undef REASON
};
const size_t reason_row_count = sizeof reason_rows / sizeof *reason_rows;

const struct attempt_error_row attempt_error_rows[] = {
#define ATTEMPT_ERROR(code, advice, message, say) {code, ADVICE_##advice, message, say},
#include "base/attempt_error_table.h"
#undef ATTEMPT_ERROR
};
const size_t attempt_error_row_count = sizeof attempt_error_rows / sizeof *attempt_error_rows;

static void put_error(struct json_writer *json, const struct problem_info *info)
{
    json_open(json, NULL, '{');
    json_put_string(json, "code", info->code);
    json_put_integer(json, "status", info->status);
    json_put_bool(json, "retryable", info->retryable);
    json_put_string(json, "advice", advice_word(info->advice));
    json_put_string(json, "message", info->sentence);
    json_put_string(json, "cause", info->cause);
    json_put_string(json, "frontend", info->frontend);
    json_put_string(json, "operator", info->operator_text);
    json_close(json, '}');
}

static void put_reason(struct json_writer *json, const struct reason_row *row)
{
    json_open(json, NULL, '{');
    json_put_string(json, "reason", row->word);
    json_put_string(json, "advice", advice_word(row->advice));
    json_put_string(json, "meaning", row->meaning);
    json_put_string(json, "say", row->say);
    json_put_string(json, "operator", row->operator_text);
    json_close(json, '}');
}

static void put_attempt_error(struct json_writer *json, const struct attempt_error_row *row)
{
    json_open(json, NULL, '{');
    json_put_string(json, "code", row->code);
    json_put_string(json, "advice", advice_word(row->advice));
    json_put_string(json, "message", row->message);
    json_put_string(json, "say", row->say);
    json_close(json, '}');
}

static void put_advice(struct json_writer *json, enum advice advice)
{
    json_open(json, NULL, '{');
    json_put_string(json, "advice", advice_word(advice));
    json_put_string(json, "explanation", advice_explanation(advice));
    json_close(json, '}');
}

void error_catalogue_write_json(struct buf *ret)
{
    struct json_writer json = json_writer(ret);
    json_open(&json, NULL, '{');
    json_open(&json, "errors", '[');
    for (int i = PROBLEM_NONE + 1; i < PROBLEM_COUNT; i++)
        put_error(&json, problem_info((enum problem)i));
    json_close(&json, ']');
    json_open(&json, "reasons", '[');
    for (size_t i = 0; i < reason_row_count; i++)
        put_reason(&json, &reason_rows[i]);
    json_close(&json, ']');
    json_open(&json, "attemptErrors", '[');
    for (size_t i = 0; i < attempt_error_row_count; i++)
        put_attempt_error(&json, &attempt_error_rows[i]);
    json_close(&json, ']');
    json_open(&json, "advice", '[');
    for (unsigned i = 0; i < ADVICE_COUNT; i++)
        put_advice(&json, (enum advice)i);
    json_close(&json, ']');
    json_close(&json, '}');
}

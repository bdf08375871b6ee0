/*
 * The error catalogue as a page: an index, then one section an error code, reason and attempt
 * error. A code that stands for two statuses is one section with two parts.
 */
#include "base/html.h"
#include "base/problem.h"
#include "routes/error_catalogue.h"

#include <stdbool.h>
#include <string.h>

static const char page_head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n<title>Errors of livenessd</title>\n"
    "<style>";

static const char page_top[] =
    "</style>\n</head>\n<body>\n<header>\n<h1>Errors of livenessd</h1>\n"
    "<p>What can go wrong, why, and what to do about it. The same as JSON: "
    "<code>Accept: application/json</code>.</p>\n</header>\n<main>\n";

static const char errors_intro[] =
    "<p>An error answer names its code in <code>error.code</code> and in the header "
    "<code>x-ms-error-code</code>, what the frontend should do in <code>error.advice</code>, and "
    "for how long to wait first in <code>error.retryAfterSeconds</code> and "
    "<code>Retry-After</code>. <code>error.message</code> may be shown to the user.</p>\n";

static const char reasons_intro[] =
    "<p>They stand in <code>verdict.reasons</code> when <code>verdict.accepted</code> is false. "
    "<code>verdict.retry</code> says what to do; with several reasons the strictest counts.</p>\n";

static const char attempts_intro[] =
    "<p>They stand in <code>results.attempts[].error.code</code>, and the device's SDK reports the "
    "same. As long as <code>verdict.decision</code> is <code>pending</code> the advice below "
    "holds; after that <code>verdict.retry</code> does.</p>\n";

/* ---- pieces ---- */

/* Everybody may ask for the page, so it should cost little: printf would be most of it. */
static void put_all(struct buf *ret, const char *const *parts)
{
    for (; *parts; parts++)
        buf_puts(ret, *parts);
}
#define PUT(ret, ...) put_all(ret, (const char *const[]){__VA_ARGS__, NULL})

static void put_term(struct buf *ret, const char *term, const char *text)
{
    PUT(ret, "<dt>", term, "</dt><dd>");
    html_put_prose(ret, text);
    buf_puts(ret, "</dd>\n");
}

static void put_advice(struct buf *ret, enum advice advice)
{
    const char *word = advice_word(advice);
    PUT(ret, "<a class=\"advice ", word, "\" href=\"#advice-", word, "\">", word, "</a>");
}

static void put_heading(struct buf *ret, const char *prefix, const char *name)
{
    PUT(ret, "<section id=\"", prefix, name, "\">\n<h3><a href=\"#", prefix, name, "\">", name,
        "</a></h3>\n");
}

static void put_link(struct buf *ret, const char *prefix, const char *name)
{
    PUT(ret, "<li><a href=\"#", prefix, name, "\">", name, "</a></li>\n");
}

/* ---- error codes ---- */

static bool code_seen_before(int problem)
{
    for (int i = PROBLEM_NONE + 1; i < problem; i++) {
        if (strcmp(problem_info((enum problem)i)->code,
                   problem_info((enum problem)problem)->code) == 0)
            return true;
    }
    return false;
}

static void put_problem(struct buf *ret, const struct problem_info *info)
{
    buf_printf(ret, "<p class=\"facts\"><span class=\"status\">%d</span> ", info->status);
    put_advice(ret, info->advice);
    buf_puts(ret, "</p>\n<p class=\"message\">");
    html_put(ret, info->sentence);
    buf_puts(ret, "</p>\n<dl>\n");
    put_term(ret, "Cause", info->cause);
    put_term(ret, "Frontend", info->frontend);
    put_term(ret, "Operator", info->operator_text);
    buf_puts(ret, "</dl>\n");
}

static void put_code(struct buf *ret, const char *code)
{
    put_heading(ret, "", code);
    for (int i = PROBLEM_NONE + 1; i < PROBLEM_COUNT; i++) {
        const struct problem_info *info = problem_info((enum problem)i);
        if (strcmp(info->code, code) == 0)
            put_problem(ret, info);
    }
    buf_puts(ret, "</section>\n");
}

/* Every code once, by `put`. */
static void each_code(struct buf *ret, void (*put)(struct buf *ret, const char *code))
{
    for (int i = PROBLEM_NONE + 1; i < PROBLEM_COUNT; i++) {
        if (!code_seen_before(i))
            put(ret, problem_info((enum problem)i)->code);
    }
}

static void put_code_link(struct buf *ret, const char *code)
{
    put_link(ret, "", code);
}

/* ---- reasons and attempts ---- */

static void put_reason(struct buf *ret, const struct reason_row *row)
{
    put_heading(ret, "reason-", row->word);
    buf_puts(ret, "<p class=\"facts\">");
    put_advice(ret, row->advice);
    buf_puts(ret, "</p>\n<p class=\"message\">");
    html_put(ret, row->meaning);
    buf_puts(ret, "</p>\n<dl>\n");
    put_term(ret, "Say", row->say);
    put_term(ret, "Operator", row->operator_text);
    buf_puts(ret, "</dl>\n</section>\n");
}

static void put_attempt_error(struct buf *ret, const struct attempt_error_row *row)
{
    put_heading(ret, "attempt-", row->code);
    buf_puts(ret, "<p class=\"facts\">");
    put_advice(ret, row->advice);
    buf_puts(ret, "</p>\n<p class=\"message\">");
    html_put(ret, row->message);
    buf_puts(ret, "</p>\n<dl>\n");
    put_term(ret, "Say", row->say);
    buf_puts(ret, "</dl>\n</section>\n");
}

/* ---- the whole ---- */

static void put_index(struct buf *ret)
{
    buf_puts(ret, "<nav aria-label=\"Index\">\n<h2>Index</h2>\n<h3>Error codes</h3>\n<ul>\n");
    each_code(ret, put_code_link);
    buf_puts(ret, "</ul>\n<h3>Reasons</h3>\n<ul>\n");
    for (size_t i = 0; i < reason_row_count; i++)
        put_link(ret, "reason-", reason_rows[i].word);
    buf_puts(ret, "</ul>\n<h3>Errors of attempts</h3>\n<ul>\n");
    for (size_t i = 0; i < attempt_error_row_count; i++)
        put_link(ret, "attempt-", attempt_error_rows[i].code);
    buf_puts(ret, "</ul>\n</nav>\n");
}

static void put_advices(struct buf *ret)
{
    buf_puts(ret, "<h2 id=\"advice\">What the advice means</h2>\n<dl class=\"words\">\n");
    for (unsigned i = 0; i < ADVICE_COUNT; i++) {
        const char *word = advice_word((enum advice)i);
        buf_printf(ret, "<dt id=\"advice-%s\"><span class=\"advice %s\">%s</span></dt><dd>", word,
                   word, word);
        html_put_prose(ret, advice_explanation((enum advice)i));
        buf_puts(ret, "</dd>\n");
    }
    buf_puts(ret, "</dl>\n");
}

void error_catalogue_write_page(struct slice style, struct buf *ret)
{
    buf_puts(ret, page_head);
    buf_put_slice(ret, style);
    buf_puts(ret, page_top);
    put_index(ret);
    put_advices(ret);
    buf_puts(ret, "<h2 id=\"errors\">Error codes</h2>\n");
    buf_puts(ret, errors_intro);
    each_code(ret, put_code);
    buf_puts(ret, "<h2 id=\"reasons\">Reasons of verdicts</h2>\n");
    buf_puts(ret, reasons_intro);
    for (size_t i = 0; i < reason_row_count; i++)
        put_reason(ret, &reason_rows[i]);
    buf_puts(ret, "<h2 id=\"attempts\">Errors of attempts</h2>\n");
    buf_puts(ret, attempts_intro);
    for (size_t i = 0; i < attempt_error_row_count; i++)
        put_attempt_error(ret, &attempt_error_rows[i]);
    buf_puts(ret, "</main>\n</body>\n</html>\n");
}

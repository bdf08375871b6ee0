/*
 * The error catalogue, made from the problem table: one section a code, self-contained HTML without
 * scripts. A code that stands for two statuses has one section with two rows.
 */
#include "base/problem.h"

#include <string.h>

static const char page_head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n<title>Errors of livenessd</title>\n"
    "<style>\n"
    ":root{color-scheme:light dark;--line:#8886;--soft:#8882}\n"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}\n"
    "h2{font:600 1.1rem ui-monospace,monospace;margin:2rem 0 .4rem}\n"
    "h2 a{color:inherit;text-decoration:none}\n"
    "h2:target{background:var(--soft);outline:.4rem solid var(--soft)}\n"
    "table{border-collapse:collapse;width:100%}\n"
    "th,td{text-align:left;vertical-align:top;padding:.4rem .6rem;border:1px solid var(--line)}\n"
    "th{background:var(--soft)}\n"
    "th:first-child,td:first-child{width:4rem}th:nth-child(3),td:nth-child(3){width:8rem}\n"
    "</style>\n</head>\n<body>\n<h1>Errors of livenessd</h1>\n"
    "<p>Every error answer names one of these codes in <code>error.code</code> and in the header "
    "<code>x-ms-error-code</code>. Where an answer carries <code>Retry-After</code>, wait that "
    "long first.</p>\n";

static const char table_head[] = "<table>\n<tr><th>Status</th><th>What it means</th>"
                                 "<th>Try again?</th><th>For the operator</th></tr>\n";

static void put_html(struct buf *ret, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '<':
            buf_puts(ret, "&lt;");
            break;
        case '>':
            buf_puts(ret, "&gt;");
            break;
        case '&':
            buf_puts(ret, "&amp;");
            break;
        case '"':
            buf_puts(ret, "&quot;");
            break;
        default:
            buf_putc(ret, *text);
        }
    }
}

static bool code_seen_before(int problem)
{
    for (int i = PROBLEM_NONE + 1; i < problem; i++) {
        if (strcmp(problem_info((enum problem)i)->code,
                   problem_info((enum problem)problem)->code) == 0) {
            return true;
        }
    }
    return false;
}

static void put_row(struct buf *ret, const struct problem_info *info)
{
    buf_printf(ret, "<tr><td>%d</td><td>", info->status);
    put_html(ret, info->sentence);
    buf_printf(ret, "</td><td>%s</td><td>", info->retryable ? "Yes" : "No");
    put_html(ret, info->operator_text);
    buf_puts(ret, "</td></tr>\n");
}

static void put_section(struct buf *ret, const char *code)
{
    buf_puts(ret, "<h2 id=\"");
    put_html(ret, code);
    buf_puts(ret, "\"><a href=\"#");
    put_html(ret, code);
    buf_puts(ret, "\">");
    put_html(ret, code);
    buf_puts(ret, "</a></h2>\n");
    buf_puts(ret, table_head);
    for (int i = PROBLEM_NONE + 1; i < PROBLEM_COUNT; i++) {
        const struct problem_info *info = problem_info((enum problem)i);
        if (strcmp(info->code, code) == 0) {
            put_row(ret, info);
        }
    }
    buf_puts(ret, "</table>\n");
}

void problem_write_catalogue(struct buf *ret)
{
    buf_puts(ret, page_head);
    for (int i = PROBLEM_NONE + 1; i < PROBLEM_COUNT; i++) {
        if (!code_seen_before(i)) {
            put_section(ret, problem_info((enum problem)i)->code);
        }
    }
    buf_puts(ret, "</body>\n</html>\n");
}

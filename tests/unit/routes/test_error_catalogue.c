/* The catalogue has all that a frontend may meet, whole, in both of its forms. */
#include "base/json.h"
#include "base/problem.h"
#include "domain/verdict.h"
#include "routes/error_catalogue.h"

#include <criterion/criterion.h>
#include <string.h>

enum { PAGE_MAX = 512 * 1024, DEPTH_MAX = 32 };

static void write_page(struct buf *ret)
{
    buf_init(ret, PAGE_MAX);
    error_catalogue_write_page(SLICE("p{}"), ret);
    cr_assert_not(buf_failed(ret));
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        count++;
    return count;
}

static void expect_once(const struct buf *page, const char *before, const char *name)
{
    CLEANUP(buf) struct buf part;
    buf_init(&part, 200);
    buf_printf(&part, "%s%s\"", before, name);
    cr_expect_eq(count_of(page->data, part.data), 1, "%s", part.data);
}

static void expect_sentence(const char *of, const char *text)
{
    cr_assert_gt(strlen(text), 1, "%s lacks a text", of);
    cr_expect_eq(text[strlen(text) - 1], '.', "%s: %s", of, text);
}

Test(error_catalogue, every_row_is_whole)
{
    for (size_t i = 0; i < reason_row_count; i++) {
        expect_sentence(reason_rows[i].word, reason_rows[i].meaning);
        expect_sentence(reason_rows[i].word, reason_rows[i].say);
        expect_sentence(reason_rows[i].word, reason_rows[i].operator_text);
    }
    for (size_t i = 0; i < attempt_error_row_count; i++) {
        expect_sentence(attempt_error_rows[i].code, attempt_error_rows[i].message);
        expect_sentence(attempt_error_rows[i].code, attempt_error_rows[i].say);
    }
    for (unsigned i = 0; i < ADVICE_COUNT; i++)
        expect_sentence(advice_word((enum advice)i), advice_explanation((enum advice)i));
}

Test(error_catalogue, attempts_and_reasons_advise_as_verdicts_do)
{
    for (size_t i = 0; i < attempt_error_row_count; i++)
        cr_expect_lt((int)attempt_error_rows[i].advice, (int)RETRY_COUNT, "%s",
                     attempt_error_rows[i].code);
    for (size_t i = 0; i < reason_row_count; i++)
        cr_expect(reason_rows[i].advice == ADVICE_NEW_SESSION ||
                      reason_rows[i].advice == ADVICE_STOP,
                  "%s", reason_rows[i].word);
}

Test(error_catalogue, the_reasons_are_those_of_verdicts)
{
    cr_assert_eq(reason_row_count, (size_t)REASON_COUNT);
    for (unsigned i = 0; i < REASON_COUNT; i++)
        cr_expect_str_eq(reason_rows[i].word, reason_word((enum reason)i));
}

Test(error_catalogue, the_page_has_one_anchor_for_each)
{
    CLEANUP(buf) struct buf page;
    write_page(&page);
    for (int i = PROBLEM_NONE + 1; i < PROBLEM_COUNT; i++)
        expect_once(&page, "<section id=\"", problem_info((enum problem)i)->code);
    for (size_t i = 0; i < reason_row_count; i++)
        expect_once(&page, "<section id=\"reason-", reason_rows[i].word);
    for (size_t i = 0; i < attempt_error_row_count; i++)
        expect_once(&page, "<section id=\"attempt-", attempt_error_rows[i].code);
    for (unsigned i = 0; i < ADVICE_COUNT; i++)
        expect_once(&page, " id=\"advice-", advice_word((enum advice)i));
}

Test(error_catalogue, every_link_of_the_page_leads_to_an_anchor_of_it)
{
    CLEANUP(buf) struct buf page;
    write_page(&page);
    size_t links = 0;
    for (const char *at = strstr(page.data, "href=\""); at; at = strstr(at + 1, "href=\"")) {
        const char *target = at + strlen("href=\"");
        cr_assert_eq(*target, '#', "%.40s", at);
        CLEANUP(buf) struct buf anchor;
        buf_init(&anchor, 200);
        buf_printf(&anchor, " id=\"%.*s\"", (int)strcspn(target + 1, "\""), target + 1);
        cr_expect_eq(count_of(page.data, anchor.data), 1, "%s", anchor.data);
        links++;
    }
    cr_expect_gt(links, (size_t)PROBLEM_COUNT);
}

/* What the page says about a problem, each text where it belongs. */
Test(error_catalogue, the_page_says_all_there_is_about_an_error)
{
    CLEANUP(buf) struct buf page;
    write_page(&page);
    const char *section = strstr(page.data, "<section id=\"CompletionConflict\">");
    cr_assert_not_null(section);
    const struct problem_info *info = problem_info(PROBLEM_COMPLETION_CONFLICT);
    const char *const parts[] = {">409<",          "same_session",      info->sentence,
                                 "<dt>Cause</dt>", info->cause,         "<dt>Frontend</dt>",
                                 info->frontend,   "<dt>Operator</dt>", info->operator_text,
                                 "</section>"};
    const char *at = section;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        at = strstr(at, parts[i]);
        cr_assert_not_null(at, "%s", parts[i]);
    }
    cr_expect_eq(count_of(page.data, "<dt>Cause</dt>"), PROBLEM_COUNT - 1);
}

Test(error_catalogue, the_page_needs_nothing_from_elsewhere)
{
    CLEANUP(buf) struct buf page;
    write_page(&page);
    static const char *const foreign[] = {
        "<script", "src=", "http:", "https:", "@import", "style=", "url("};
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
        cr_expect_null(strstr(page.data, foreign[i]), "%s", foreign[i]);
    cr_expect_not_null(strstr(page.data, "<style>p{}</style>"));
    cr_expect_not_null(strstr(page.data, "color-scheme"));
}

/* ---- well-formed ---- */

static bool is_void(struct slice name)
{
    return slice_equal(name, SLICE("meta")) || slice_equal(name, SLICE("!doctype"));
}

static struct slice name_of(const char *tag)
{
    return (struct slice){tag, strcspn(tag, " >\n")};
}

Test(error_catalogue, every_element_of_the_page_ends_where_it_should)
{
    CLEANUP(buf) struct buf page;
    write_page(&page);
    struct slice open[DEPTH_MAX];
    size_t depth = 0;
    for (const char *at = strchr(page.data, '<'); at; at = strchr(at + 1, '<')) {
        const char *end = strchr(at, '>');
        cr_assert_not_null(end);
        cr_assert_eq(memchr(at + 1, '<', (size_t)(end - at - 1)), NULL, "%.40s", at);
        struct slice name = name_of(at + (at[1] == '/' ? 2 : 1));
        if (at[1] == '/') {
            cr_assert_gt(depth, 0);
            cr_assert(slice_equal(name, open[--depth]), "%.40s closes %.*s", at,
                      SLICE_ARGS(open[depth]));
        } else if (!is_void(name)) {
            cr_assert_lt(depth, (size_t)DEPTH_MAX);
            open[depth++] = name;
        }
    }
    cr_expect_eq(depth, 0);
}

/* ---- JSON ---- */

static void expect_texts(const cJSON *row, const char *const *names)
{
    for (; *names; names++) {
        const cJSON *text = cJSON_GetObjectItemCaseSensitive(row, *names);
        cr_assert(cJSON_IsString(text), "%s", *names);
        cr_expect_gt(strlen(text->valuestring), 0, "%s", *names);
    }
}

static void expect_rows(const cJSON *json, const char *name, size_t count,
                        const char *const *members)
{
    const cJSON *rows = NULL;
    const cJSON *row = NULL;
    cr_assert_eq(json_array(json, name, &rows), JSON_OK);
    cr_expect_eq(cJSON_GetArraySize(rows), (int)count, "%s", name);
    cJSON_ArrayForEach (row, rows) {
        expect_texts(row, members);
    }
}

Test(error_catalogue, json_has_every_row_whole)
{
    CLEANUP(buf) struct buf text;
    buf_init(&text, PAGE_MAX);
    error_catalogue_write_json(&text);
    cr_assert_not(buf_failed(&text));
    CLEANUP(json) cJSON *json = NULL;
    const char *why = "";
    cr_assert_eq(json_parse(buf_slice(&text), &json_limits_upstream, &json, &why), 0, "%s", why);
    expect_rows(
        json, "errors", PROBLEM_COUNT - 1,
        (const char *const[]){"code", "advice", "message", "cause", "frontend", "operator", NULL});
    expect_rows(json, "reasons", reason_row_count,
                (const char *const[]){"reason", "advice", "meaning", "say", "operator", NULL});
    expect_rows(json, "attemptErrors", attempt_error_row_count,
                (const char *const[]){"code", "advice", "message", "say", NULL});
    expect_rows(json, "advice", ADVICE_COUNT, (const char *const[]){"advice", "explanation", NULL});
}

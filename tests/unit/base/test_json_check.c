/* What json_parse lets in: the grammar of RFC 8259 and our limits. */
#include "base/json.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* NULL when taken, else why not. */
static const char *refusal_of(struct slice text, const struct json_limits *limits)
{
    /* a copy of just this size, so that a sanitizer sees every read past the end */
    char *copy = xcalloc(1, text.len);
    memcpy(copy, text.data, text.len);
    cJSON *json = NULL;
    const char *why = NULL;
    int error = json_parse((struct slice){copy, text.len}, limits, &json, &why);
    free(copy);
    if (error == 0) {
        cr_expect_not_null(json);
        cJSON_Delete(json);
        return NULL;
    }
    cr_expect_null(json, "untouched on failure");
    cr_expect_not_null(why);
    return why ? why : "";
}

static void expect_taken(const char *text)
{
    const char *why = refusal_of(slice_of(text), &json_limits_request);
    cr_expect_null(why, "%s: %s", text, why);
}

static void expect_refused(const char *text)
{
    cr_expect_not_null(refusal_of(slice_of(text), &json_limits_request), "%s", text);
}

Test(json_check, takes_what_rfc_8259_allows)
{
    static const char *const good[] = {
        "{}",
        "[]",
        "null",
        "true",
        "false",
        "0",
        "-0",
        "-0.0e-0",
        "1.5E+3",
        "1e5",
        "\"\"",
        " \t\r\n[ 1 , 2 ]\n",
        "{\"a\":{\"b\":[{},[],null]}}",
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\uD83D\\uDE00\"",
        "\"\\u0001\"",
        "\"\x7F\"",
        "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\"",
        "{\"a\":1,\"A\":2}",
        "{\"\":1}",
        "[9007199254740993,1e308,-1e308,1e-400]",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        expect_taken(good[i]);
    }
}

Test(json_check, refuses_broken_structure)
{
    static const char *const bad[] = {
        "",
        " ",
        "{",
        "[",
        "}",
        "]",
        "{]",
        "[}",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "{,}",
        "{1:2}",
        "{a:1}",
        "{\"a\" 1}",
        "{\"a\":1 \"b\":2}",
        "[1]]",
        "1 2",
        "{}x",
        "{} {}",
        "[1],",
        "{\"a\":[1}",
        ":",
        ",",
        "[\"a\":1]",
        "{\"a\":1:2}",
        "{\"a\",\"b\"}",
        "[[]",
        "{\"a\":{}",
        "'a'",
        "{'a':1}",
        "/* c */ 1",
        "[1] // c",
        "\v1",
        "\f1",
        "\xC2\xA0 1",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        expect_refused(bad[i]);
    }
}

Test(json_check, refuses_what_was_never_sent)
{
    cJSON *json = NULL;
    const char *why = NULL;
    cr_expect_eq(json_parse((struct slice){NULL, 0}, &json_limits_request, &json, &why), -EINVAL);
    cr_expect_not_null(why);
    cr_expect_null(json);
}

Test(json_check, refuses_words_json_does_not_know)
{
    static const char *const bad[] = {"nul", "nulll",     "True",      "TRUE",
                                      "NaN", "undefined", "Infinity",  "-Infinity",
                                      "tru", "fals",      "truefalse", "nil"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        expect_refused(bad[i]);
    }
}

Test(json_check, refuses_numbers_written_another_way)
{
    static const char *const bad[] = {"01",  "-01",   "00",   "1.",   ".5",    "-",   "+1",
                                      "1e",  "1e+",   "1.e3", "0x10", "1_000", "--1", "1.2.3",
                                      "-.5", "1e5.5", "0123", "1a",   "-a",    "1e-"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        expect_refused(bad[i]);
    }
}

Test(json_check, refuses_numbers_that_overflow_to_infinity)
{
    expect_refused("1e309");
    expect_refused("-1e309");
    expect_refused("{\"a\":[1,2,1e999]}");
}

Test(json_check, refuses_numbers_longer_than_cjson_reads)
{
    char number[80];
    memset(number, '1', sizeof number);
    number[63] = '\0';
    expect_taken(number);
    number[63] = '1';
    number[64] = '\0';
    expect_refused(number);
}

Test(json_check, refuses_broken_strings)
{
    static const char *const bad[] = {
        "\"",
        "\"a",
        "\"\\\"",
        "\"\\",
        "\"\\a\"",
        "\"\\'\"",
        "\"\\u\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\u 123\"",
        "\"\\U0041\"",
        "\"\n\"",
        "\"\t\"",
        "\"\x01\"",
        "\"\x1F\"",
        "\"\\x41\"",
        "\"\\u-123\"",
        "\"\\u+123\"",
        "\"\\u\x10\x11\x12\x13\"",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        expect_refused(bad[i]);
    }
}

Test(json_check, refuses_nul_in_any_form)
{
    expect_refused("\"\\u0000\"");
    expect_refused("{\"a\\u0000b\":1}");
    cr_expect_not_null(refusal_of(SLICE("\"a\0b\""), &json_limits_request));
    cr_expect_not_null(refusal_of(SLICE("{}\0"), &json_limits_request));
    cr_expect_not_null(refusal_of(SLICE("\0"), &json_limits_request));
    cr_expect_not_null(refusal_of(SLICE("\"\\\0\""), &json_limits_request));
    cr_expect_not_null(refusal_of(SLICE("\"\\u00\0\0\""), &json_limits_request));
}

Test(json_check, refuses_lone_surrogates)
{
    static const char *const bad[] = {
        "\"\\uD800\"",        "\"\\uDFFF\"",        "\"\\uDC00\\uD800\"",
        "\"\\uD800a\"",       "\"\\uD800\\n\"",     "\"\\uD800\\uD800\"",
        "\"\\uD800\\u0041\"", "\"\\uDBFF\\uE000\"", "\"\\uD800\\\""};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        expect_refused(bad[i]);
    }
}

Test(json_check, refuses_text_that_is_no_utf8)
{
    static const char *const bad[] = {
        "\"\x80\"",         "\"\xC0\xAF\"",         "\"\xE0\x80\xAF\"",
        "\"\xED\xA0\x80\"", "\"\xF4\x90\x80\x80\"", "\"\xC3\"",
        "\"\xFF\"",         "\"\xF0\x80\x80\xAF\"", "{\"\xC3\":1}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        expect_refused(bad[i]);
    }
}

Test(json_check, refuses_a_byte_order_mark)
{
    expect_refused("\xEF\xBB\xBF{}");
}

Test(json_check, refuses_duplicate_members)
{
    static const char *const bad[] = {
        "{\"a\":1,\"a\":1}",
        "{\"a\":1,\"b\":2,\"a\":null}",
        "{\"a\":1,\"\\u0061\":2}",
        "{\"x\":[{\"a\":{\"b\":1,\"b\":2}}]}",
        "[1,[2,{\"\":1,\"\":2}]]",
        "{\"\\u00e4\":1,\"\xC3\xA4\":2}",
        "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1,\"a\":2}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        expect_refused(bad[i]);
    }
    expect_taken("{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":1}}");
    expect_taken("{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,\"i\":1,"
                 "\"A\":2}");
}

static void put_repeated(struct buf *buf, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_puts(buf, text);
    }
}

static void expect_depth(size_t depth, bool taken)
{
    static const char *const brackets[][2] = {{"[", "]"}, {"{\"a\":", "}"}};
    for (size_t i = 0; i < 2; i++) {
        CLEANUP(buf) struct buf text;
        buf_init(&text, 100000);
        put_repeated(&text, brackets[i][0], depth);
        buf_puts(&text, "1");
        put_repeated(&text, brackets[i][1], depth);
        const char *why = refusal_of(buf_slice(&text), &json_limits_request);
        cr_expect_eq(!why, taken, "depth %zu: %s", depth, why);
    }
}

Test(json_check, limits_depth)
{
    expect_depth(1, true);
    expect_depth(16, true);
    expect_depth(17, false);
    expect_depth(5000, false);
}

Test(json_check, limits_the_number_of_values)
{
    CLEANUP(buf) struct buf text;
    buf_init(&text, 100000);
    buf_puts(&text, "[1");
    put_repeated(&text, ",1", 4094); /* with the array itself 4096 */
    buf_puts(&text, "]");
    cr_expect_null(refusal_of(buf_slice(&text), &json_limits_request));
    text.len--;
    buf_puts(&text, ",1]");
    cr_expect_not_null(refusal_of(buf_slice(&text), &json_limits_request));
}

Test(json_check, limits_size)
{
    CLEANUP(buf) struct buf text;
    buf_init(&text, 100000);
    buf_putc(&text, '"');
    put_repeated(&text, "a", 65534);
    buf_putc(&text, '"');
    cr_expect_null(refusal_of(buf_slice(&text), &json_limits_request));
    buf_putc(&text, ' ');
    cr_expect_not_null(refusal_of(buf_slice(&text), &json_limits_request));
}

Test(json_check, finds_a_duplicate_among_thousands_of_members)
{
    CLEANUP(buf) struct buf text;
    buf_init(&text, 1 << 20);
    buf_putc(&text, '{');
    for (int i = 0; i < 16000; i++) {
        buf_printf(&text, "\"m%d\":1,", i);
    }
    size_t before = text.len;
    buf_puts(&text, "\"last\":1}");
    cr_expect_null(refusal_of(buf_slice(&text), &json_limits_upstream));
    text.len = before;
    buf_puts(&text, "\"m7777\":1}");
    cr_expect_not_null(refusal_of(buf_slice(&text), &json_limits_upstream));
}

Test(json_check, refuses_every_beginning_of_a_document)
{
    static const char whole[] =
        "{\"a\":[1,-2.5e+3,true,false,null,\"x\\u00e4\\uD83D\\uDE00\\n\xC3\xA4\"],\"b\":{}}";
    expect_taken(whole);
    for (size_t size = 0; size < sizeof whole - 1; size++) {
        cr_expect_not_null(refusal_of((struct slice){whole, size}, &json_limits_request),
                           "the first %zu bytes", size);
    }
}

Test(json_check, finds_what_a_text_must_not_hold_wherever_it_stands)
{
    static const char good[] = "\"0123456789 ~!#[]^}0123456789\"";
    expect_taken(good);
    for (size_t at = 1; at < sizeof good - 2; at++) {
        static const char bad[] = {'\x1F', '\n', '"', '\\', '\x80', '\xFF'};
        for (size_t i = 0; i < sizeof bad; i++) {
            char text[sizeof good];
            memcpy(text, good, sizeof good);
            text[at] = bad[i];
            if (bad[i] == '\\')
                text[at + 1] = 'x'; /* no escape, or none that ends */
            expect_refused(text);
        }
    }
}

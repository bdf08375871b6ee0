/* Promises of the writer of base/json.h. */
#include "base/json.h"

#include "base/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Test(json_write, puts_commas_and_names)
{
    CLEANUP(buf) struct buf buf;
    buf_init(&buf, 1000);
    struct json_writer writer = json_writer(&buf);
    json_open(&writer, NULL, '{');
    json_put_string(&writer, "a", "x");
    json_open(&writer, "b", '[');
    json_put_integer(&writer, NULL, 1);
    json_open(&writer, NULL, '{');
    json_close(&writer, '}');
    json_open(&writer, NULL, '[');
    json_close(&writer, ']');
    json_put_bool(&writer, NULL, true);
    json_close(&writer, ']');
    json_put_bool(&writer, "c", false);
    json_put_raw(&writer, "d", SLICE("{\"e\":null}"));
    json_put_slice(&writer, "f", SLICE(""));
    json_put_string(&writer, "g", NULL);
    json_close(&writer, '}');
    cr_expect_str_eq(buf.data, "{\"a\":\"x\",\"b\":[1,{},[],true],\"c\":false,"
                               "\"d\":{\"e\":null},\"f\":\"\",\"g\":\"\"}");
}

static void expect_text(struct slice value, const char *expected)
{
    CLEANUP(buf) struct buf buf;
    buf_init(&buf, 1000);
    struct json_writer writer = json_writer(&buf);
    json_put_slice(&writer, NULL, value);
    cr_expect_str_eq(buf.data, expected);
}

Test(json_write, escapes_what_json_asks_for)
{
    expect_text(SLICE("plain text/<>&'"), "\"plain text/<>&'\"");
    expect_text(SLICE("\"\\\b\f\n\r\t"), "\"\\\"\\\\\\b\\f\\n\\r\\t\"");
    expect_text(SLICE("a\0b\x01\x1F"), "\"a\\u0000b\\u0001\\u001f\"");
    expect_text(SLICE("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"),
                "\"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\"");
}

Test(json_write, escapes_controls_that_terminals_obey)
{
    expect_text(SLICE("\x1B[2J\x7F"), "\"\\u001b[2J\\u007f\"");
    expect_text(SLICE("\xC2\x80\xC2\x9B\xC2\x9F\xC2\xA0"), "\"\\u0080\\u009b\\u009f\xC2\xA0\"");
}

Test(json_write, replaces_each_byte_that_is_no_utf8)
{
    expect_text(SLICE("a\xFFz"), "\"a\xEF\xBF\xBDz\"");
    expect_text(SLICE("\xC3"), "\"\xEF\xBF\xBD\"");
    expect_text(SLICE("\xED\xA0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
    expect_text(SLICE("\xC0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

Test(json_write, makes_valid_json_of_any_bytes)
{
    struct fake_random fake;
    fake_random_init(&fake, 5);
    for (int i = 0; i < 2000; i++) {
        char bytes[40];
        random_fill(&fake.random, bytes, sizeof bytes);
        CLEANUP(buf) struct buf buf;
        buf_init(&buf, 1000);
        struct json_writer writer = json_writer(&buf);
        json_open(&writer, NULL, '[');
        json_put_slice(&writer, NULL, (struct slice){bytes, (size_t)(i % 41)});
        json_close(&writer, ']');
        /* json_parse refuses \u0000, which the writer may rightly write */
        bool has_nul = memchr(bytes, 0, (size_t)(i % 41)) != NULL;
        CLEANUP(json) cJSON *json = NULL;
        const char *why = "";
        int error = json_parse(buf_slice(&buf), &json_limits_request, &json, &why);
        cr_assert(error == 0 || has_nul, "%s: %s", buf.data, why);
    }
}

Test(json_write, escapes_a_byte_wherever_it_stands)
{
    static const char special[] = {'"', '\\', '\x1F', '\x7F', '\xFF'};
    static const char *const written[] = {"\\\"", "\\\\", "\\u001f", "\\u007f", "\xEF\xBF\xBD"};
    static const char plain[] = "~! #[]^}0123456789 !#[]^~0123456789";
    for (size_t at = 0; at < sizeof plain - 1; at++) {
        for (size_t i = 0; i < sizeof special; i++) {
            char expected[96];
            char text[sizeof plain];
            memcpy(text, plain, sizeof plain);
            text[at] = special[i];
            (void)snprintf(expected, sizeof expected, "\"%.*s%s%s\"", (int)at, plain, written[i],
                           plain + at + 1);
            expect_text((struct slice){text, sizeof plain - 1}, expected);
        }
    }
}

static void expect_integer(int64_t value, const char *expected)
{
    CLEANUP(buf) struct buf buf;
    buf_init(&buf, 100);
    struct json_writer writer = json_writer(&buf);
    json_put_integer(&writer, "i", value);
    cr_expect_str_eq(buf.data, expected);
}

Test(json_write, writes_every_integer)
{
    expect_integer(0, "\"i\":0");
    expect_integer(-1, "\"i\":-1");
    expect_integer(1234567890, "\"i\":1234567890");
    expect_integer(INT64_MAX, "\"i\":9223372036854775807");
    expect_integer(INT64_MIN, "\"i\":-9223372036854775808");
}

Test(json_write, writes_numbers_that_read_back_the_same)
{
    struct fake_random fake;
    fake_random_init(&fake, 6);
    for (int i = 0; i < 5000; i++) {
        double number;
        random_fill(&fake.random, &number, sizeof number);
        if (!isfinite(number)) {
            continue;
        }
        CLEANUP(buf) struct buf buf;
        buf_init(&buf, 100);
        struct json_writer writer = json_writer(&buf);
        json_put_number(&writer, NULL, number);
        double back = strtod(buf.data, NULL);
        cr_assert(back >= number && back <= number, "%s", buf.data);
    }
}

Test(json_write, writes_short_numbers_shortly)
{
    CLEANUP(buf) struct buf buf;
    buf_init(&buf, 100);
    struct json_writer writer = json_writer(&buf);
    json_put_number(&writer, NULL, 0.9137);
    json_put_number(&writer, NULL, 3);
    cr_expect_str_eq(buf.data, "0.9137,3");
}

Test(json_write, a_full_buffer_shows_as_failed)
{
    CLEANUP(buf) struct buf buf;
    buf_init(&buf, 10);
    struct json_writer writer = json_writer(&buf);
    json_open(&writer, NULL, '{');
    json_put_string(&writer, "name", "longer than that");
    json_close(&writer, '}');
    cr_expect(buf_failed(&buf));
}

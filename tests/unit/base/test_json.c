/* Promises of the readers of base/json.h. */
#include "base/json.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static cJSON *parse(const char *text)
{
    cJSON *json = NULL;
    const char *why = "";
    cr_assert_eq(json_parse(slice_of(text), &json_limits_request, &json, &why), 0, "%s", why);
    return json;
}

Test(json, reads_texts_within_their_bounds)
{
    CLEANUP(json) cJSON *json = parse("{\"a\":\"abc\",\"e\":\"\",\"n\":null,\"i\":1}");
    struct slice text = SLICE("before");
    cr_expect_eq(json_string(json, "a", 3, 3, &text), JSON_OK);
    cr_expect(slice_equal(text, SLICE("abc")));
    text = SLICE("before");
    cr_expect_eq(json_string(json, "a", 4, 9, &text), JSON_WRONG);
    cr_expect_eq(json_string(json, "a", 0, 2, &text), JSON_WRONG);
    cr_expect_eq(json_string(json, "e", 1, 9, &text), JSON_WRONG);
    cr_expect_eq(json_string(json, "i", 0, 9, &text), JSON_WRONG);
    cr_expect_eq(json_string(json, "n", 0, 9, &text), JSON_ABSENT);
    cr_expect_eq(json_string(json, "x", 0, 9, &text), JSON_ABSENT);
    cr_expect(slice_equal(text, SLICE("before")), "untouched unless JSON_OK");
    cr_expect_eq(json_string(json, "e", 0, 9, &text), JSON_OK);
    cr_expect_eq(text.len, 0);
}

Test(json, decodes_escapes)
{
    CLEANUP(json) cJSON *json = parse("{\"a\":\"\\u00e4\\uD83D\\uDE00\\n\\/\"}");
    struct slice text;
    cr_assert_eq(json_string(json, "a", 0, 99, &text), JSON_OK);
    cr_expect(slice_equal(text, SLICE("\xC3\xA4\xF0\x9F\x98\x80\n/")));
}

Test(json, names_are_case_sensitive)
{
    CLEANUP(json) cJSON *json = parse("{\"Abc\":true}");
    bool value = false;
    cr_expect_eq(json_bool(json, "abc", &value), JSON_ABSENT);
    cr_expect_eq(json_bool(json, "ABC", &value), JSON_ABSENT);
    cr_expect_eq(json_bool(json, "Abc", &value), JSON_OK);
    cr_expect(value);
}

Test(json, has_tells_null_from_absent)
{
    CLEANUP(json) cJSON *json = parse("{\"a\":null,\"b\":0}");
    cr_expect(json_has(json, "a"));
    cr_expect(json_has(json, "b"));
    cr_expect_not(json_has(json, "c"));
    cr_expect_not(json_has(NULL, "a"));
}

Test(json, booleans_are_booleans)
{
    CLEANUP(json)
    cJSON *json = parse("{\"t\":true,\"f\":false,\"s\":\"true\",\"i\":1,\"z\":0,\"n\":null}");
    bool value = true;
    cr_expect_eq(json_bool(json, "f", &value), JSON_OK);
    cr_expect_not(value);
    cr_expect_eq(json_bool(json, "s", &value), JSON_WRONG);
    cr_expect_eq(json_bool(json, "i", &value), JSON_WRONG);
    cr_expect_eq(json_bool(json, "z", &value), JSON_WRONG);
    cr_expect_eq(json_bool(json, "n", &value), JSON_ABSENT);
    cr_expect_eq(json_bool(json, "t", &value), JSON_OK);
    cr_expect(value);
}

Test(json, booleans_may_be_words_only_where_said)
{
    CLEANUP(json)
    cJSON *json =
        parse("{\"t\":\"true\",\"T\":\"TRUE\",\"f\":\"False\",\"b\":true,\"y\":\"yes\",\"e\":\"\","
              "\"s\":\" true\",\"l\":\"false \",\"i\":1,\"n\":null,\"1\":\"1\"}");
    bool value = false;
    cr_expect_eq(json_bool_or_text(json, "t", &value), JSON_OK);
    cr_expect(value);
    cr_expect_eq(json_bool_or_text(json, "f", &value), JSON_OK);
    cr_expect_not(value);
    cr_expect_eq(json_bool_or_text(json, "T", &value), JSON_OK);
    cr_expect(value);
    value = false;
    cr_expect_eq(json_bool_or_text(json, "b", &value), JSON_OK);
    cr_expect(value);
    static const char *const wrong[] = {"y", "e", "s", "l", "i", "1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_eq(json_bool_or_text(json, wrong[i], &value), JSON_WRONG, "%s", wrong[i]);
    }
    cr_expect_eq(json_bool_or_text(json, "n", &value), JSON_ABSENT);
    cr_expect_eq(json_bool_or_text(json, "x", &value), JSON_ABSENT);
    cr_expect(value, "untouched unless JSON_OK");
}

static enum json_read read_integer(const char *number, int64_t min, int64_t max, int64_t *ret)
{
    char text[100];
    (void)snprintf(text, sizeof text, "{\"i\":%s}", number);
    CLEANUP(json) cJSON *json = parse(text);
    return json_integer(json, "i", min, max, ret);
}

Test(json, integers_are_whole_and_in_range)
{
    int64_t value = 77;
    cr_expect_eq(read_integer("60", 60, 86400, &value), JSON_OK);
    cr_expect_eq(value, 60);
    cr_expect_eq(read_integer("86400", 60, 86400, &value), JSON_OK);
    cr_expect_eq(read_integer("1e2", 60, 86400, &value), JSON_OK);
    cr_expect_eq(value, 100);
    cr_expect_eq(read_integer("1.0", 1, 1, &value), JSON_OK);
    cr_expect_eq(value, 1);
    cr_expect_eq(read_integer("-9007199254740991", INT64_MIN, INT64_MAX, &value), JSON_OK);
    cr_expect_eq(value, -9007199254740991);
    value = 77;
    cr_expect_eq(read_integer("59", 60, 86400, &value), JSON_WRONG);
    cr_expect_eq(read_integer("86401", 60, 86400, &value), JSON_WRONG);
    cr_expect_eq(read_integer("60.5", 60, 86400, &value), JSON_WRONG);
    cr_expect_eq(read_integer("\"60\"", 60, 86400, &value), JSON_WRONG);
    cr_expect_eq(read_integer("true", 0, 86400, &value), JSON_WRONG);
    cr_expect_eq(read_integer("1e300", INT64_MIN, INT64_MAX, &value), JSON_WRONG);
    cr_expect_eq(read_integer("-1e300", INT64_MIN, INT64_MAX, &value), JSON_WRONG);
    cr_expect_eq(read_integer("9007199254740994", INT64_MIN, INT64_MAX, &value), JSON_WRONG);
    cr_expect_eq(read_integer("null", 0, 1, &value), JSON_ABSENT);
    cr_expect_eq(value, 77, "untouched unless JSON_OK");
}

Test(json, integers_beyond_2_53_are_not_guessed)
{
    int64_t value = 0;
    /* reads as 2^53, which two different texts could mean */
    cr_expect_eq(read_integer("9007199254740993", INT64_MIN, INT64_MAX, &value), JSON_WRONG);
}

Test(json, numbers_are_checked_against_their_range)
{
    CLEANUP(json) cJSON *json = parse("{\"a\":0.75,\"s\":\"0.5\",\"n\":null}");
    double value = 7;
    cr_expect_eq(json_number(json, "a", 0.8, 1, &value), JSON_WRONG);
    cr_expect_eq(json_number(json, "a", 0, 0.7, &value), JSON_WRONG);
    cr_expect_eq(json_number(json, "s", 0, 1, &value), JSON_WRONG);
    cr_expect_eq(json_number(json, "n", 0, 1, &value), JSON_ABSENT);
    cr_expect_float_eq(value, 7, 0);
    cr_expect_eq(json_number(json, "a", 0, 1, &value), JSON_OK);
    cr_expect_float_eq(value, 0.75, 0);
}

Test(json, objects_and_arrays_are_told_apart)
{
    CLEANUP(json) cJSON *json = parse("{\"o\":{\"x\":1},\"a\":[1],\"n\":null,\"s\":\"{}\"}");
    const cJSON *found = NULL;
    cr_expect_eq(json_object(json, "a", &found), JSON_WRONG);
    cr_expect_eq(json_array(json, "o", &found), JSON_WRONG);
    cr_expect_eq(json_object(json, "s", &found), JSON_WRONG);
    cr_expect_eq(json_object(json, "n", &found), JSON_ABSENT);
    cr_expect_eq(json_array(json, "n", &found), JSON_ABSENT);
    cr_expect_null(found);
    cr_expect_eq(json_object(json, "o", &found), JSON_OK);
    cr_expect(cJSON_IsObject(found));
    cr_expect_eq(json_array(json, "a", &found), JSON_OK);
    cr_expect_eq(cJSON_GetArraySize(found), 1);
}

Test(json, nothing_is_read_from_what_is_no_object)
{
    CLEANUP(json) cJSON *array = parse("[1,{\"a\":1}]");
    CLEANUP(json) cJSON *text = parse("\"a\"");
    const cJSON *const others[] = {array, text, NULL};
    for (size_t i = 0; i < 3; i++) {
        struct slice slice;
        bool boolean;
        int64_t integer;
        double number;
        const cJSON *json;
        cr_expect_eq(json_string(others[i], "a", 0, 9, &slice), JSON_WRONG);
        cr_expect_eq(json_bool(others[i], "a", &boolean), JSON_WRONG);
        cr_expect_eq(json_bool_or_text(others[i], "a", &boolean), JSON_WRONG);
        cr_expect_eq(json_integer(others[i], "a", 0, 9, &integer), JSON_WRONG);
        cr_expect_eq(json_number(others[i], "a", 0, 9, &number), JSON_WRONG);
        cr_expect_eq(json_object(others[i], "a", &json), JSON_WRONG);
        cr_expect_eq(json_array(others[i], "a", &json), JSON_WRONG);
    }
}

Test(json, unknown_members_do_not_matter)
{
    CLEANUP(json) cJSON *json = parse("{\"other\":{\"deep\":[1,2,{}]},\"a\":true}");
    bool value = false;
    cr_expect_eq(json_bool(json, "a", &value), JSON_OK);
    cr_expect(value);
}

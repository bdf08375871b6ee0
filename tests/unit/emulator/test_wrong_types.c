/*
 * Answers with values of other types: still JSON, and nothing as it was.
 */
#include "base/json.h"
#include "emulator/wrong_types.h"

#include <criterion/criterion.h>

static void expect_change(const char *given, const char *expected)
{
    CLEANUP(buf) struct buf text;
    CLEANUP(json) cJSON *document = NULL;
    const char *why = NULL;

    buf_init(&text, 4096);
    emu_wrong_types_write(slice_of(given), &text);
    cr_expect_str_eq(text.data, expected);
    cr_expect_eq(json_parse(buf_slice(&text), &json_limits_upstream, &document, &why), 0, "%s: %s",
                 text.data, why);
}

Test(wrong_types, change_every_value_and_no_name)
{
    expect_change("{\"a\":\"x\",\"b\":1.5e3,\"c\":true,\"d\":false,\"e\":null,\"f\":-2}",
                  "{\"a\":7,\"b\":\"seven\",\"c\":[],\"d\":[],\"e\":[],\"f\":\"seven\"}");
}

Test(wrong_types, change_empty_containers_and_go_into_full_ones)
{
    expect_change("{\"results\":{\"attempts\":[]},\"o\":{}}",
                  "{\"results\":{\"attempts\":{}},\"o\":[]}");
    expect_change("[{\"attempts\":[{\"attemptId\":1},\"x\",2]}]",
                  "[{\"attempts\":[{\"attemptId\":\"seven\"},7,\"seven\"]}]");
}

Test(wrong_types, are_not_misled_by_what_strings_hold)
{
    expect_change("{\"a\":\"}\\\"{:1\",\"b\\\"c\":\"\\\\\",\"d\":1}",
                  "{\"a\":7,\"b\\\"c\":7,\"d\":\"seven\"}");
}

Test(wrong_types, come_to_an_end_with_malformed_text)
{
    static const char *const texts[] = {"", "{\"a\":\"x", "\"\\", "{\"a\"", "[1,", "{", "[", "\"a"};

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        CLEANUP(buf) struct buf text;
        buf_init(&text, 4096);
        emu_wrong_types_write(slice_of(texts[i]), &text);
        cr_expect_not(buf_failed(&text));
    }
}

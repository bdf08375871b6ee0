/*
 * Any bytes: json_parse takes or refuses them without harm, cJSON agrees with what is taken, and
 * what is read can be written and read again.
 */
#include "base/json.h"

#include <stdlib.h>

static void demand(bool held)
{
    if (!held) {
        abort();
    }
}

static void read_members(const cJSON *json)
{
    static const char *const names[] = {"a", "b", "sessionId", ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct slice text = {NULL, 0};
        bool boolean = false;
        int64_t integer = 0;
        double number = 0;
        const cJSON *child = NULL;
        demand(json_string(json, names[i], 1, 8, &text) != JSON_OK ||
               (text.len >= 1 && text.len <= 8));
        (void)json_bool_or_text(json, names[i], &boolean);
        demand(json_integer(json, names[i], -5, 5, &integer) != JSON_OK ||
               (integer >= -5 && integer <= 5));
        demand(json_number(json, names[i], 0, 1, &number) != JSON_OK ||
               (number >= 0 && number <= 1));
        (void)json_object(json, names[i], &child);
        (void)json_array(json, names[i], &child);
    }
}

static void write_and_read_again(struct slice text)
{
    CLEANUP(buf) struct buf buf;
    CLEANUP(json) cJSON *json = NULL;
    const char *why;
    buf_init(&buf, 1 << 20);
    struct json_writer writer = json_writer(&buf);
    json_open(&writer, NULL, '{');
    json_put_slice(&writer, "text", text);
    json_put_raw(&writer, "raw", text);
    json_close(&writer, '}');
    static const struct json_limits wide = {1 << 20, 64, 1 << 16};
    demand(json_parse(buf_slice(&buf), &wide, &json, &why) == 0);
    struct slice back = {NULL, 0};
    demand(json_string(json, "text", 0, SIZE_MAX, &back) == JSON_OK && slice_equal(back, text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = {(const char *)data, size};
    CLEANUP(json) cJSON *json = NULL;
    const char *why = NULL;
    if (json_parse(text, &json_limits_request, &json, &why) != 0) {
        demand(why && !json);
        return 0;
    }
    read_members(json);
    write_and_read_again(text);
    return 0;
}

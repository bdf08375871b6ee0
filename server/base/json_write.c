/*
 * Writing JSON straight into a buffer. The caller opens and closes; nothing here checks nesting.
 * Invariant: whatever the bytes of a string value, the output is valid JSON in valid UTF-8.
 */
#include "base/json.h"

#include "base/json_plain.h"
#include "base/utf8.h"

#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

static void begin_value(struct json_writer *writer, const char *name)
{
    struct slice text = name ? slice_of(name) : SLICE("");
    size_t comma = writer->comma ? 1 : 0;
    size_t marks = name ? sizeof "\"\":" - 1 : 0;
    char *at = buf_extend(writer->buf, comma + text.len + marks);
    writer->comma = true;
    if (at && comma) {
        *at++ = ',';
    }
    if (at && name) {
        *at++ = '"';
        memcpy(at, text.data, text.len);
        at[text.len] = '"';
        at[text.len + 1] = ':';
    }
}

void json_open(struct json_writer *writer, const char *name, char bracket)
{
    assert(bracket == '{' || bracket == '[');
    begin_value(writer, name);
    buf_putc(writer->buf, bracket);
    writer->comma = false;
}

void json_close(struct json_writer *writer, char bracket)
{
    assert(bracket == '}' || bracket == ']');
    buf_putc(writer->buf, bracket);
    writer->comma = true;
}

static void put_escape(struct buf *buf, unsigned code)
{
    static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    for (size_t i = 0; i + 1 < sizeof shorts; i += 2) {
        if ((unsigned char)shorts[i] == code) {
            buf_putc(buf, '\\');
            buf_putc(buf, shorts[i + 1]);
            return;
        }
    }
    buf_printf(buf, "\\u%04x", code);
}

/* Writes the character at `text` and returns its size in bytes. */
static size_t put_special(struct buf *buf, const char *text, size_t size)
{
    size_t length = utf8_length(text, size);
    if (length == 0) {
        buf_puts(buf, "\xEF\xBF\xBD"); /* U+FFFD for each byte that is no UTF-8 */
        return 1;
    }
    const unsigned char *at = (const unsigned char *)text;
    if (length == 1) {
        put_escape(buf, at[0]);
    } else if (length == 2 && at[0] == 0xC2 && at[1] < 0xA0) {
        put_escape(buf, at[1]); /* C1 controls: some terminals obey them */
    } else {
        buf_append(buf, text, length);
    }
    return length;
}

/* With both quotes. */
static void put_plain(struct buf *buf, const char *text, size_t size)
{
    char *at = buf_extend(buf, size + 2);
    if (at) {
        *at++ = '"';
        memcpy(at, text, size);
        at[size] = '"';
    }
}

static void put_text(struct buf *buf, const char *text, size_t size)
{
    size_t at = size > 0 ? json_plain_run(text, size) : 0;
    if (size > 0 && at == size) {
        put_plain(buf, text, size);
        return;
    }
    buf_putc(buf, '"');
    buf_append(buf, text, at);
    while (at < size) {
        at += put_special(buf, text + at, size - at);
        size_t run = json_plain_run(text + at, size - at);
        buf_append(buf, text + at, run);
        at += run;
    }
    buf_putc(buf, '"');
}

void json_put_slice(struct json_writer *writer, const char *name, struct slice value)
{
    begin_value(writer, name);
    put_text(writer->buf, value.data, value.len);
}

void json_put_string(struct json_writer *writer, const char *name, const char *value)
{
    json_put_slice(writer, name, slice_of(value));
}

void json_put_bool(struct json_writer *writer, const char *name, bool value)
{
    begin_value(writer, name);
    buf_puts(writer->buf, value ? "true" : "false");
}

void json_put_integer(struct json_writer *writer, const char *name, int64_t value)
{
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0) {
        digits[--at] = '-';
    }
    begin_value(writer, name);
    buf_append(writer->buf, digits + at, sizeof digits - at);
}

void json_put_number(struct json_writer *writer, const char *name, double value)
{
    assert(isfinite(value));
    begin_value(writer, name);
    buf_put_number(writer->buf, value);
}

void json_put_raw(struct json_writer *writer, const char *name, struct slice json)
{
    begin_value(writer, name);
    buf_put_slice(writer->buf, json);
}

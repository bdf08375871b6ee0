/*
 * Rewrites the text token by token. Leaves well-formedness to who wrote the text: malformed ones
 * give some other text, and end.
 */
#include "emulator/wrong_types.h"

#include <string.h>

/* Behind the string that begins at `at`. */
static size_t skip_string(struct slice json, size_t at)
{
    for (at++; at < json.len && json.data[at] != '"'; at++)
        at += json.data[at] == '\\';
    return at < json.len ? at + 1 : json.len;
}

/* Behind the number or word that begins at `at`. */
static size_t skip_word(struct slice json, size_t at)
{
    while (at < json.len && !strchr(",:]}[{\" \t\r\n", json.data[at]))
        at++;
    return at;
}

static size_t write_string(struct slice json, size_t at, struct buf *ret)
{
    const size_t end = skip_string(json, at);

    if (end < json.len && json.data[end] == ':')
        buf_put_slice(ret, (struct slice){json.data + at, end - at});
    else
        buf_puts(ret, "7");
    return end;
}

static size_t write_bracket(struct slice json, size_t at, struct buf *ret)
{
    if (at + 1 < json.len && json.data[at] == '{' && json.data[at + 1] == '}') {
        buf_puts(ret, "[]");
        return at + 2;
    }
    if (at + 1 < json.len && json.data[at] == '[' && json.data[at + 1] == ']') {
        buf_puts(ret, "{}");
        return at + 2;
    }
    buf_putc(ret, json.data[at]);
    return at + 1;
}

static size_t write_word(struct slice json, size_t at, struct buf *ret)
{
    const size_t end = skip_word(json, at);
    const bool number = json.data[at] == '-' || (json.data[at] >= '0' && json.data[at] <= '9');

    buf_puts(ret, number ? "\"seven\"" : "[]");
    return end;
}

void emu_wrong_types_write(struct slice json, struct buf *ret)
{
    for (size_t at = 0; at < json.len;) {
        if (json.data[at] == '"') {
            at = write_string(json, at, ret);
        } else if (json.data[at] == '{' || json.data[at] == '[') {
            at = write_bracket(json, at, ret);
        } else if (strchr(",:]} \t\r\n", json.data[at])) {
            buf_putc(ret, json.data[at]);
            at++;
        } else {
            at = write_word(json, at, ret);
        }
    }
}

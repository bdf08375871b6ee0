/*
 * Escaping for HTML. Control characters other than line ends have no place in a page and are left
 * out; whether the bytes are UTF-8 is for the caller to know.
 */
#include "base/html.h"

#include <stdbool.h>

static const char *entity_of(char c)
{
    switch (c) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

static bool is_stray(char c)
{
    return ((unsigned char)c < ' ' && c != '\n' && c != '\t') || c == 0x7f;
}

static void put_character(struct buf *ret, char c)
{
    const char *entity = entity_of(c);
    if (entity) {
        buf_puts(ret, entity);
    } else if (!is_stray(c)) {
        buf_putc(ret, c);
    }
}

void html_put_slice(struct buf *ret, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        put_character(ret, text.data[i]);
    }
}

void html_put(struct buf *ret, const char *text)
{
    html_put_slice(ret, slice_of(text));
}

void html_put_prose(struct buf *ret, const char *text)
{
    bool code = false;
    for (; *text; text++) {
        if (*text == '`') {
            code = !code;
            buf_puts(ret, code ? "<code>" : "</code>");
        } else {
            put_character(ret, *text);
        }
    }
    if (code) {
        buf_puts(ret, "</code>");
    }
}

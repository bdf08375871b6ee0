/*
 * Escaping for HTML. Control characters other than line ends have no place in a page and are left
 * out; whether the bytes are UTF-8 is for the caller to know.
 */
#include "base/html.h"

#include <stdbool.h>
#include <string.h>

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

/* What is as it is goes out in one piece. */
static size_t plain_size(struct slice text)
{
    size_t size = 0;
    while (size < text.len && !is_stray(text.data[size]) && !entity_of(text.data[size])) {
        size++;
    }
    return size;
}

void html_put_slice(struct buf *ret, struct slice text)
{
    while (text.len > 0) {
        size_t size = plain_size(text);
        buf_append(ret, text.data, size);
        if (size < text.len) {
            const char *entity = entity_of(text.data[size]);
            buf_puts(ret, entity ? entity : "");
            size++;
        }
        text.data += size;
        text.len -= size;
    }
}

void html_put(struct buf *ret, const char *text)
{
    html_put_slice(ret, slice_of(text));
}

void html_put_prose(struct buf *ret, const char *text)
{
    bool code = false;
    for (;;) {
        size_t size = strcspn(text, "`");
        html_put_slice(ret, (struct slice){text, size});
        text += size;
        if (*text == '\0') {
            break;
        }
        code = !code;
        buf_puts(ret, code ? "<code>" : "</code>");
        text++;
    }
    if (code) {
        buf_puts(ret, "</code>");
    }
}

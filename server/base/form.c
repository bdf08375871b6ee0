/*
 * Fields of a form, read and written one at a time. What they mean is the callers' business.
 * Invariant: what form_put wrote form_field reads back; NUL bytes are never decoded.
 */
#include "base/form.h"

#include <string.h>

static int hex_value(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *found = c ? strchr(digits, c) : NULL;
    return found ? (int)((found - digits) & 15) : -1;
}

/* Takes one encoded byte off the front: its value, or -1 when it is malformed. */
static int take_byte(struct slice *text)
{
    int byte = (unsigned char)*text->data;
    size_t length = 1;
    if (byte == '+') {
        byte = ' ';
    } else if (byte == '%') {
        int high = text->len > 2 ? hex_value(text->data[1]) : -1;
        int low = high >= 0 ? hex_value(text->data[2]) : -1;
        byte = low < 0 || high + low == 0 ? -1 : high * 16 + low;
        length = 3;
    }
    if (byte >= 0) {
        text->data += length;
        text->len -= length;
    }
    return byte;
}

static bool is_named(struct slice encoded, const char *name)
{
    while (encoded.len > 0) {
        int byte = take_byte(&encoded);
        if (byte < 0 || *name == '\0' || (char)byte != *name) {
            return false;
        }
        name++;
    }
    return *name == '\0';
}

/* True, and how many bytes it decodes to, when it is well-formed. */
static bool measure(struct slice encoded, size_t *ret_size)
{
    size_t size = 0;
    while (encoded.len > 0) {
        if (take_byte(&encoded) < 0) {
            return false;
        }
        size++;
    }
    *ret_size = size;
    return true;
}

static bool decode(struct slice encoded, struct buf *ret)
{
    size_t size;
    if (!measure(encoded, &size) || buf_failed(ret) || size > ret->limit_bytes - ret->len) {
        return false;
    }
    while (encoded.len > 0) {
        buf_putc(ret, (char)take_byte(&encoded));
    }
    return true;
}

static struct slice take_until(struct slice *rest, char separator)
{
    const char *end = rest->len > 0 ? memchr(rest->data, separator, rest->len) : NULL;
    struct slice taken = {rest->data, end ? (size_t)(end - rest->data) : rest->len};
    size_t used = end ? taken.len + 1 : taken.len;
    rest->data += used;
    rest->len -= used;
    return taken;
}

bool form_field(struct slice body, const char *name, struct buf *ret)
{
    while (body.len > 0) {
        struct slice value = take_until(&body, '&');
        struct slice found = take_until(&value, '=');
        if (found.len > 0 && is_named(found, name)) {
            return decode(value, ret);
        }
    }
    return false;
}

static void put_encoded(struct buf *body, char c)
{
    static const char digits[] = "0123456789ABCDEF";
    bool kept = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                c == '*' || c == '-' || c == '.' || c == '_';
    if (kept) {
        buf_putc(body, c);
    } else if (c == ' ') {
        buf_putc(body, '+');
    } else {
        char escape[] = {'%', digits[(unsigned char)c >> 4], digits[(unsigned char)c & 15]};
        buf_append(body, escape, sizeof escape);
    }
}

void form_put(struct buf *body, const char *name, struct slice value)
{
    if (body->len > 0) {
        buf_putc(body, '&');
    }
    for (; *name; name++) {
        put_encoded(body, *name);
    }
    buf_putc(body, '=');
    for (size_t i = 0; i < value.len; i++) {
        put_encoded(body, value.data[i]);
    }
}

/*
 * The few things HTTP texts need, byte by byte and without locale. Private to http/.
 */
#pragma once

#include "base/slice.h"

#include <stdint.h>

static inline char text_lower(char c)
{
    static const char shift = 'a' - 'A';
    if (c >= 'A' && c <= 'Z')
        return (char)(c + shift);
    return c;
}

/* The value of a hex digit, or -1. */
static inline int text_hex(char c)
{
    c = text_lower(c);
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 9110 section 5.6.2, tchar. */
static inline bool text_is_token(char c)
{
    static const uint64_t map[4] = {0x03ff6cfa00000000, 0x57ffffffc7fffffe, 0, 0};
    return (map[(uint8_t)c >> 6] >> ((uint8_t)c & 63)) & 1;
}

static inline bool text_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Without the blanks around it. */
static inline struct slice text_trim(struct slice text)
{
    while (text.len > 0 && text_is_blank(*text.data)) {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && text_is_blank(text.data[text.len - 1]))
        text.len--;
    return text;
}

/* Whether a Content-Type says multipart/form-data. */
static inline bool text_is_multipart(struct slice content_type)
{
    const char *end =
        content_type.len > 0 ? memchr(content_type.data, ';', content_type.len) : NULL;
    if (end)
        content_type.len = (size_t)(end - content_type.data);
    return slice_equal_nocase(text_trim(content_type), SLICE("multipart/form-data"));
}

/*
 * Recognising UTF-8. The allowed ranges of the second byte do all the work: they exclude overlong
 * forms (E0, F0), surrogates (ED) and what lies above U+10FFFF (F4).
 */
#include "base/utf8.h"

#include <stdbool.h>
#include <stdint.h>

struct lead {
    uint8_t first, last; /* the lead bytes meant */
    uint8_t low, high;   /* range of the second byte */
    uint8_t length;
};

static const struct lead leads[] = {
    {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3}, {0xE1, 0xEC, 0x80, 0xBF, 3},
    {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3}, {0xF0, 0xF0, 0x90, 0xBF, 4},
    {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4},
};

static bool is_continuation(char c)
{
    return ((uint8_t)c & 0xC0) == 0x80;
}

static size_t multibyte_length(const uint8_t *at, const char *text, size_t size)
{
    for (size_t i = 0; i < sizeof leads / sizeof *leads; i++) {
        const struct lead *lead = &leads[i];
        if (at[0] < lead->first || at[0] > lead->last) {
            continue;
        }
        if (size < lead->length || at[1] < lead->low || at[1] > lead->high) {
            return 0;
        }
        for (size_t k = 2; k < lead->length; k++) {
            if (!is_continuation(text[k])) {
                return 0;
            }
        }
        return lead->length;
    }
    return 0;
}

size_t utf8_length(const char *text, size_t size)
{
    if (size == 0) {
        return 0;
    }
    return (uint8_t)text[0] < 0x80 ? 1 : multibyte_length((const uint8_t *)text, text, size);
}

size_t utf8_cut(const char *text, size_t size, size_t limit)
{
    if (size <= limit) {
        return size;
    }
    size_t cut = limit;
    /* a character has at most three continuation bytes; more is no UTF-8 and may be cut anywhere */
    while (cut > 0 && limit - cut < 4 && is_continuation(text[cut])) {
        cut--;
    }
    return cut;
}

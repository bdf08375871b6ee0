/*
 * Eight bytes at a time, as one number. Invariant: a byte is taken for plain only if it is; the
 * last ones are looked at one by one.
 */
#include "base/json_plain.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

static bool is_plain(char c)
{
    return c >= ' ' && c < 0x7F && c != '"' && c != '\\';
}

/* The high bit of each byte that is `byte`, perhaps of others behind the first such one. */
static uint64_t marks(uint64_t word, uint8_t byte)
{
    uint64_t zeroed = word ^ EACH(byte);
    return (zeroed - EACH(1)) & ~zeroed;
}

/* None of the eight is special. */
static bool is_plain_word(uint64_t word)
{
    uint64_t special = word | (word - EACH(' ')); /* not ASCII, or a control character */
    special |= marks(word, '"') | marks(word, '\\') | marks(word, 0x7F);
    return (special & EACH(0x80)) == 0;
}

size_t json_plain_run(const char *text, size_t size)
{
    size_t at = 0;
    uint64_t word;
    while (size - at >= sizeof word) {
        memcpy(&word, text + at, sizeof word);
        if (!is_plain_word(word)) {
            break;
        }
        at += sizeof word;
    }
    while (at < size && is_plain(text[at])) {
        at++;
    }
    return at;
}

/*
 * Eight bytes at a time, as one number. Invariant: a byte is taken for plain only if it is.
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

static bool are_eight_plain(const char *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof word);
    return is_plain_word(word);
}

size_t json_plain_run(const char *text, size_t size)
{
    enum { EIGHT = sizeof(uint64_t) };
    size_t at = 0;
    while (size - at >= EIGHT && are_eight_plain(text + at)) {
        at += EIGHT;
    }
    /* the last eight again rather than the last few one by one */
    if (at > 0 && size - at < EIGHT && are_eight_plain(text + size - EIGHT)) {
        return size;
    }
    while (at < size && is_plain(text[at])) {
        at++;
    }
    return at;
}

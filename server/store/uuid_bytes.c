/*
 * The two forms of a UUID. Version and variant are not looked at: what was stored comes back as is.
 */
#include "store/uuid_bytes.h"

#include <ctype.h>
#include <string.h>

static const char lower_digits[] = "0123456789abcdef";

/* Without a branch between digits and letters: which comes next nobody can predict. */
static unsigned hex_value(char digit)
{
    return (unsigned)(digit & 15) + 9U * (unsigned)(digit > '9');
}

static bool hyphen_before(size_t byte)
{
    return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

bool uuid_bytes_parse(const char *text, uint8_t ret[UUID_BYTES_SIZE])
{
    if (strlen(text) != UUID_SIZE - 1) {
        return false;
    }
    for (size_t i = 0; i < UUID_BYTES_SIZE; i++) {
        if (hyphen_before(i) && *text++ != '-') {
            return false;
        }
        if (!isxdigit((unsigned char)text[0]) || !isxdigit((unsigned char)text[1])) {
            return false;
        }
        ret[i] = (uint8_t)(hex_value(text[0]) << 4 | hex_value(text[1]));
        text += 2;
    }
    return true;
}

enum { DIGITS = 2 * UUID_BYTES_SIZE };

/* Adds one to the number of the first `count` digits; false when it has no successor. */
static bool digits_increment(uint8_t *digits, size_t count)
{
    while (count > 0) {
        if (digits[--count] < 15) {
            digits[count]++;
            return true;
        }
        digits[count] = 0;
    }
    return false;
}

/* The smallest hexadecimal digit that is c or sorts behind it; 16 when there is none. */
static uint8_t digit_from(unsigned char c)
{
    uint8_t digit = 0;
    while (digit < 16 && (unsigned char)lower_digits[digit] < c) {
        digit++;
    }
    return digit;
}

/* Digits before `count` are those of the text; the rest is zero. Each case but the one that goes on
 * says how all UUIDs that begin so compare with the text. */
static bool digits_after(const char *text, uint8_t digits[DIGITS])
{
    size_t count = 0;
    for (; count < DIGITS; text++) {
        bool hyphen = count % 2 == 0 && hyphen_before(count / 2) && text[-1] != '-';
        unsigned char c = (unsigned char)*text;
        if (c == '\0' || (hyphen && c < '-')) {
            return true;
        }
        if (hyphen && c == '-') {
            continue;
        }
        uint8_t digit = hyphen ? 16 : digit_from(c);
        if (digit == 16) {
            return digits_increment(digits, count);
        }
        digits[count++] = digit;
        if ((unsigned char)lower_digits[digit] != c) {
            return true;
        }
    }
    return digits_increment(digits, DIGITS);
}

bool uuid_bytes_after(const char *text, uint8_t ret[UUID_BYTES_SIZE])
{
    uint8_t digits[DIGITS] = {0};
    if (!digits_after(text, digits)) {
        return false;
    }
    for (size_t i = 0; i < UUID_BYTES_SIZE; i++) {
        ret[i] = (uint8_t)(digits[2 * i] << 4 | digits[2 * i + 1]);
    }
    return true;
}

void uuid_bytes_format(const uint8_t bytes[UUID_BYTES_SIZE], char ret[UUID_SIZE])
{
    for (size_t i = 0; i < UUID_BYTES_SIZE; i++) {
        if (hyphen_before(i)) {
            *ret++ = '-';
        }
        *ret++ = lower_digits[bytes[i] >> 4];
        *ret++ = lower_digits[bytes[i] & 15];
    }
    *ret = '\0';
}

/*
 * The two forms of a UUID. Version and variant are not looked at: what was stored comes back as is.
 */
#include "store/uuid_bytes.h"

#include <ctype.h>
#include <string.h>

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

void uuid_bytes_format(const uint8_t bytes[UUID_BYTES_SIZE], char ret[UUID_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < UUID_BYTES_SIZE; i++) {
        if (hyphen_before(i)) {
            *ret++ = '-';
        }
        *ret++ = digits[bytes[i] >> 4];
        *ret++ = digits[bytes[i] & 15];
    }
    *ret = '\0';
}

/*
 * The two forms of a UUID. Version and variant are not looked at: what was stored comes back as is.
 */
#include "store/uuid_bytes.h"

#include "base/crypto.h"

#include <string.h>

static const size_t group_bytes[] = {4, 2, 2, 2, 6};
enum { GROUP_COUNT = sizeof group_bytes / sizeof *group_bytes };

bool uuid_bytes_parse(const char *text, uint8_t ret[UUID_BYTES_SIZE])
{
    if (strlen(text) != UUID_SIZE - 1) {
        return false;
    }
    for (size_t i = 0; i < GROUP_COUNT; i++) {
        if (hex_decode((struct slice){text, 2 * group_bytes[i]}, ret, group_bytes[i]) != 0) {
            return false;
        }
        text += 2 * group_bytes[i];
        if (*text != (i + 1 < GROUP_COUNT ? '-' : '\0')) {
            return false;
        }
        text++;
        ret += group_bytes[i];
    }
    return true;
}

void uuid_bytes_format(const uint8_t bytes[UUID_BYTES_SIZE], char ret[UUID_SIZE])
{
    for (size_t i = 0; i < GROUP_COUNT; i++) {
        hex_encode(bytes, group_bytes[i], ret);
        bytes += group_bytes[i];
        ret += 2 * group_bytes[i];
        *ret++ = '-';
    }
    ret[-1] = '\0';
}

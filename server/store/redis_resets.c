/*
 * Reads resets from the members of Redis' set. Invariant: whatever lies there, what is read is of
 * the right form and length, or nothing.
 */
#include "store/redis_resets.h"

#include "base/crypto.h"

#include <stdlib.h>
#include <string.h>

/* The word before the next space, which `rest` then begins behind; false without one. */
static bool next_word(struct slice *rest, struct slice *ret)
{
    const char *end = rest->len > 0 ? memchr(rest->data, ' ', rest->len) : NULL;
    if (!end) {
        return false;
    }
    *ret = (struct slice){rest->data, (size_t)(end - rest->data)};
    *rest = (struct slice){end + 1, rest->len - ret->len - 1};
    return true;
}

static bool read_text(struct slice text, char ret[RECORD_TEXT_SIZE])
{
    if (text.len == 0 || text.len >= RECORD_TEXT_SIZE || memchr(text.data, '\0', text.len)) {
        return false;
    }
    memcpy(ret, text.data, text.len);
    ret[text.len] = '\0';
    return true;
}

static bool read_number(struct slice text, int64_t max, int64_t *ret)
{
    int64_t number = 0;
    for (size_t i = 0; i < text.len; i++) {
        int digit = text.data[i] - '0';
        if (digit < 0 || digit > 9 || number > (max - digit) / 10) {
            return false;
        }
        number = number * 10 + digit;
    }
    *ret = number;
    return text.len > 0;
}

static bool read_epoch(struct slice text, uint32_t *ret)
{
    int64_t number = 0;
    bool read = read_number(text, UINT32_MAX, &number) && number >= 1;
    *ret = (uint32_t)number;
    return read;
}

static bool read_member(struct slice rest, struct device_reset *ret)
{
    struct slice tenant;
    struct slice epoch;
    struct slice id;
    return next_word(&rest, &tenant) && next_word(&rest, &epoch) && next_word(&rest, &id) &&
           (tenant.len == 0 || hex_decode(tenant, ret->tenant, sizeof ret->tenant) == 0) &&
           read_epoch(epoch, &ret->epoch) && read_text(id, ret->id) && read_text(rest, ret->base);
}

struct device_reset *redis_reset_read(const struct redisReply *member,
                                      const struct redisReply *score)
{
    struct device_reset *reset = xcalloc(1, sizeof *reset);
    bool texts = member->type == REDIS_REPLY_STRING && score->type == REDIS_REPLY_STRING;
    if (!texts || !read_member((struct slice){member->str, member->len}, reset) ||
        !read_number((struct slice){score->str, score->len}, INT64_MAX, &reset->at)) {
        free(reset);
        return NULL;
    }
    return reset;
}

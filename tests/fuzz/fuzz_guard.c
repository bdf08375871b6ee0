/*
 * Any bytes as a request head: the guard reads nothing outside of them, its verdict depends on the
 * head alone, and what passes is what a plain second reading calls unambiguous.
 */
#include "http/guard.h"

#include <stdint.h>
#include <stdlib.h>

static void demand(bool held)
{
    if (!held)
        abort();
}

/* How many lines of the head begin with this name and a colon, in any case. */
static unsigned count_fields(const char *at, const char *end, const char *name)
{
    unsigned count = 0;
    size_t length = strlen(name);
    for (; at < end; at++)
        count += *at == '\n' && (size_t)(end - at) > length + 1 &&
                 strncasecmp(at + 1, name, length) == 0 && at[1 + length] == ':';
    return count;
}

static const char *find_end(const char *at, size_t size)
{
    const char *found = memmem(at, size, "\r\n\r\n", 4);
    demand(found);
    return found + 4;
}

static void check_passed(struct slice input)
{
    const char *at = input.data;
    if (memcmp(at, "\r\n", 2) == 0)
        at += 2;
    const char *end = find_end(at, input.len - (size_t)(at - input.data));
    unsigned lengths = count_fields(at, end, "content-length");
    unsigned encodings = count_fields(at, end, "transfer-encoding");
    demand(lengths + encodings <= 1);
    demand(count_fields(at, end, "host") <= 1);
    for (const char *byte = at; byte < end; byte++) {
        demand(*byte != '\0');
        demand(*byte != '\n' || (byte > at && byte[-1] == '\r'));
        demand(*byte != '\r' || byte[1] == '\n');
        demand(*byte != '\n' || byte + 1 == end || (byte[1] != ' ' && byte[1] != '\t'));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {(const char *)data, size};
    const char *why = NULL;
    enum guard_verdict verdict = guard_head(input, 4096, &why);
    demand((verdict == GUARD_PASS) == (why == NULL));
    if (verdict != GUARD_PASS)
        return 0;
    check_passed(input);
    /* what follows the head changes nothing */
    char *longer = malloc(size + 2);
    demand(longer);
    memcpy(longer, data, size);
    memcpy(longer + size, "\n\r", 2);
    demand(guard_head((struct slice){longer, size + 2}, 4096, &why) == GUARD_PASS);
    free(longer);
    return 0;
}

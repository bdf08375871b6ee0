/*
 * Any bytes as what a proxy wrote of its client: no byte outside is read, the walk ends where trust
 * does, and what the client itself may have written, left of that, changes nothing.
 */
#include "base/buf.h"
#include "http/forwarded.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { TRUSTED = 3 };

struct outcome {
    bool ended, malformed;
    struct address client;
};

static void demand(bool held)
{
    if (!held)
        abort();
}

static const struct cidr *trusted_proxies(void)
{
    static const char *const texts[TRUSTED] = {"10.0.0.0/8", "127.0.0.1", "2001:db8::/32"};
    static struct cidr trusted[TRUSTED];
    for (size_t i = 0; i < TRUSTED; i++)
        demand(cidr_parse(slice_of(texts[i]), &trusted[i]) == 0);
    return trusted;
}

static struct outcome walk(enum forwarded_kind kind, const char *before, struct slice value,
                           const char *after)
{
    struct outcome outcome = {.ended = false};
    CLEANUP(buf) struct buf line;
    buf_init(&line, 1 << 24);
    buf_puts(&line, before);
    buf_put_slice(&line, value);
    buf_puts(&line, after);
    char *copy = malloc(line.len > 0 ? line.len : 1); /* of just that size */
    demand(copy);
    if (line.len > 0)
        memcpy(copy, line.data, line.len);
    outcome.ended = forwarded_walk(kind, (struct slice){copy, line.len}, trusted_proxies(), TRUSTED,
                                   &outcome.client, &outcome.malformed);
    free(copy);
    return outcome;
}

static void expect_same(const struct outcome *a, const struct outcome *b)
{
    char texts[2][ADDRESS_TEXT_SIZE];
    demand(a->ended == b->ended && a->malformed == b->malformed);
    if (a->malformed)
        return;
    address_format(&a->client, true, texts[0]);
    address_format(&b->client, true, texts[1]);
    demand(strcmp(texts[0], texts[1]) == 0);
}

static void check(enum forwarded_kind kind, struct slice value)
{
    const char *nearer = kind == FORWARDED_LIST ? ", 10.1.2.3" : ", for=10.1.2.3;proto=https";
    const char *farther = kind == FORWARDED_LIST ? "198.51.100.6, " : "for=198.51.100.6, ";
    struct outcome outcome = walk(kind, "", value, "");
    demand(outcome.ended || !outcome.malformed);
    if (!outcome.malformed)
        demand(outcome.ended != forwarded_is_trusted(trusted_proxies(), TRUSTED, &outcome.client));
    struct outcome other = walk(kind, "", value, nearer);
    expect_same(&outcome, &other);
    /* a quoted string may have begun in what stands farther left */
    bool quotes = value.len > 0 && memchr(value.data, '"', value.len);
    if (!outcome.ended || quotes)
        return;
    other = walk(kind, farther, value, "");
    expect_same(&outcome, &other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice value = {(const char *)data, size};
    check(FORWARDED_LIST, value);
    check(FORWARDED_RFC7239, value);
    if (forwarded_request_id_is_sane(value)) {
        demand(size >= 8 && size <= 64);
        for (size_t i = 0; i < size; i++)
            demand(data[i] > ' ' && data[i] < 0x7F && !strchr("\"\\<>&'", data[i]));
    }
    return 0;
}

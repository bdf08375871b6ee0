/*
 * Reading Accept. Invariant: the most specific range that names a type says its weight, whatever
 * stands before or after it.
 */
#include "http/accept.h"

#include "http/text.h"

enum { WEIGHT_MAX = 1000, CLOSENESS_MAX = 3 };

struct range {
    struct slice type;
    unsigned weight; /* thousandths */
};

/* "0.8" in thousandths; more than three digits or another text counts as the whole. */
static unsigned weight_of(struct slice text)
{
    unsigned weight = 0, unit = WEIGHT_MAX;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        if (i == 1 && c == '.')
            continue;
        if (c < '0' || c > '9' || unit == 0)
            return WEIGHT_MAX;
        weight += (unsigned)(c - '0') * unit;
        unit /= 10;
    }
    return text.len > 0 && weight <= WEIGHT_MAX ? weight : WEIGHT_MAX;
}

/* Cuts off what stands before the separator, which goes too. */
static struct slice take_until(struct slice *rest, char separator)
{
    const char *end = rest->len > 0 ? memchr(rest->data, separator, rest->len) : NULL;
    struct slice piece = {rest->data, end ? (size_t)(end - rest->data) : rest->len};
    size_t taken = piece.len + (end ? 1 : 0);
    rest->data += taken;
    rest->len -= taken;
    return text_trim(piece);
}

static struct range take_range(struct slice *rest)
{
    struct slice element = take_until(rest, ',');
    struct range range = {take_until(&element, ';'), WEIGHT_MAX};
    while (element.len > 0) {
        struct slice value = take_until(&element, ';');
        struct slice name = take_until(&value, '=');
        if (slice_equal_nocase(name, SLICE("q")))
            range.weight = weight_of(text_trim(value));
    }
    return range;
}

/* How closely a range names a type: CLOSENESS_MAX by its name, 2 as its kind, 1 as any, 0 not at
 * all. */
static unsigned closeness(struct slice range, struct slice type)
{
    const char *slash = memchr(type.data, '/', type.len);
    size_t kind = slash ? (size_t)(slash - type.data) + 1 : 0;
    if (slice_equal_nocase(range, type))
        return CLOSENESS_MAX;
    if (kind > 0 && range.len == kind + 1 && range.data[kind] == '*' &&
        slice_equal_nocase((struct slice){range.data, kind}, (struct slice){type.data, kind}))
        return 2;
    return slice_equal(range, SLICE("*/*")) ? 1 : 0;
}

/* How much a type is wanted: its weight counts first, then how closely it is named. */
static unsigned wish_for(struct slice accept, const char *type)
{
    unsigned weight = 0, closest = 0;
    while (accept.len > 0) {
        struct range range = take_range(&accept);
        unsigned close = closeness(range.type, slice_of(type));
        if (close > closest) {
            closest = close;
            weight = range.weight;
        }
    }
    return weight > 0 ? weight * (CLOSENESS_MAX + 1) + closest : 0;
}

bool accept_prefers(struct slice accept, const char *type, const char *other)
{
    return wish_for(accept, type) > wish_for(accept, other);
}

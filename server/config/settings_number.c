/*
 * Durations, sizes, rates and counts: a whole number and a unit, within the table's range; and
 * fractions.
 */
#include "config/settings_parse.h"
#include "config/settings_value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

struct unit {
    const char *name;
    uint64_t factor;
};

/* From the smallest to the largest; the first one without a name is the number as it stands. */
static const struct unit duration_units[] = {{"ms", 1},      {"s", 1000},     {"m", 60000},
                                             {"h", 3600000}, {"d", 86400000}, {NULL, 0}};
static const struct unit size_units[] = {
    {"", 1}, {"KB", 1024}, {"MB", 1048576}, {"GB", 1073741824}, {NULL, 0}};
static const struct unit plain_units[] = {{"", 1}, {NULL, 0}};

static const struct unit *units_of(enum setting_type type)
{
    if (type == SETTING_TYPE_DURATION) {
        return duration_units;
    }
    return type == SETTING_TYPE_SIZE ? size_units : plain_units;
}

static const char *form_of(enum setting_type type)
{
    switch (type) {
    case SETTING_TYPE_DURATION:
        return "a duration: a whole number and ms, s, m, h or d, without a space, such as 15s";
    case SETTING_TYPE_SIZE:
        return "a size: a whole number of bytes, or one and KB, MB or GB, without a space, such as "
               "64KB";
    case SETTING_TYPE_RATE:
        return "a rate: a whole number of calls a second, such as 10";
    default:
        return "a whole number";
    }
}

/* The digits at the start; -EINVAL when there are none, -ERANGE when they are too many. */
static int take_digits(struct slice *text, uint64_t *ret)
{
    uint64_t number = 0;
    size_t at = 0;
    int error = 0;
    for (; at < text->len && text->data[at] >= '0' && text->data[at] <= '9'; at++) {
        if (__builtin_mul_overflow(number, 10U, &number) ||
            __builtin_add_overflow(number, (uint64_t)(text->data[at] - '0'), &number)) {
            error = -ERANGE;
        }
    }
    if (at == 0) {
        return -EINVAL;
    }
    text->data += at;
    text->len -= at;
    *ret = number;
    return error;
}

static int parse_number(const struct unit *units, struct slice text, uint64_t *ret)
{
    uint64_t number;
    int error = take_digits(&text, &number);
    if (error == -EINVAL) {
        return error;
    }
    for (const struct unit *unit = units; unit->name; unit++) {
        if (slice_equal(text, slice_of(unit->name))) {
            bool over = __builtin_mul_overflow(number, unit->factor, &number);
            *ret = number;
            return over ? -ERANGE : error;
        }
    }
    return -EINVAL;
}

int setting_read_count(struct slice text, uint64_t *ret)
{
    return parse_number(plain_units, text, ret);
}

int setting_read_duration(struct slice text, uint64_t *ret)
{
    return parse_number(duration_units, text, ret);
}

bool setting_parse_number(const struct setting_spec *spec, struct slice text, uint64_t *ret,
                          char ret_why[SETTING_WHY_SIZE])
{
    uint64_t number;
    int error = parse_number(units_of(spec->type), text, &number);
    if (error == -EINVAL) {
        setting_explain(ret_why, "'%.*s' is not %s", SHOWN_ARGS(text), form_of(spec->type));
        return false;
    }
    if (error != 0 || number < spec->min || number > spec->max) {
        CLEANUP(buf) struct buf range;
        buf_init(&range, SETTING_WHY_SIZE);
        setting_put_range(spec, &range);
        setting_explain(ret_why, "%.*s is out of range: %.*s", SHOWN_ARGS(text),
                        SLICE_ARGS(buf_slice(&range)));
        return false;
    }
    *ret = number;
    return true;
}

void setting_put_number(const struct setting_spec *spec, uint64_t number, struct buf *ret)
{
    const struct unit *best = units_of(spec->type);
    for (const struct unit *unit = best; unit->name; unit++) {
        if (number % unit->factor == 0 && (number > 0 || unit->factor == 1000)) {
            best = unit;
        }
    }
    buf_printf(ret, "%" PRIu64 "%s", number / best->factor, best->name);
}

/* "1", "0.75", ".5" is none. The digits after the point become whole ones of their last place. */
static bool read_fraction(struct slice text, double *ret)
{
    enum { PLACES_MAX = 9 };
    if (text.len == 0 || (text.data[0] != '0' && text.data[0] != '1')) {
        return false;
    }
    double whole = text.data[0] - '0';
    double parts = 0;
    double unit = 1;
    if (text.len > 1 &&
        (text.data[1] != '.' || text.len == 2 || text.len > 2 + (size_t)PLACES_MAX)) {
        return false;
    }
    for (size_t i = 2; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
        parts = parts * 10 + (text.data[i] - '0');
        unit *= 10;
    }
    *ret = whole + parts / unit;
    return *ret <= 1;
}

bool setting_parse_fraction(struct slice text, struct settings_fraction *ret,
                            char ret_why[SETTING_WHY_SIZE])
{
    struct settings_fraction fraction = {.given = text.len > 0};
    if (fraction.given && !read_fraction(text, &fraction.value)) {
        setting_explain(ret_why, "'%.*s' is not a fraction: a number from 0 to 1, such as 0.75",
                        SHOWN_ARGS(text));
        return false;
    }
    *ret = fraction;
    return true;
}

/*
 * Limits: "6/10m burst 3" is six in ten minutes, which come back one by one, and three at once.
 * Invariant: the burst of a limit is all there again within a year, which the arithmetic of limits
 * relies on.
 */
#include "config/settings_parse.h"

#include <errno.h>
#include <inttypes.h>

enum { COUNT_MAX = 1000000, MS_PER_S = 1000 };

static const uint64_t per_max_ms = 365ULL * 24 * 3600 * MS_PER_S;

static bool is_space(char c)
{
    return c == ' ';
}

/* The text up to `stop`, which is taken as well. */
static bool take_until(struct slice *rest, char stop, struct slice *ret)
{
    const char *end = rest->len > 0 ? memchr(rest->data, stop, rest->len) : NULL;
    if (!end) {
        return false;
    }
    *ret = (struct slice){rest->data, (size_t)(end - rest->data)};
    *rest = (struct slice){end + 1, rest->len - ret->len - 1};
    return true;
}

/* Any number of spaces between the words. */
static struct slice take_word(struct slice *rest)
{
    while (rest->len > 0 && is_space(*rest->data)) {
        rest->data++;
        rest->len--;
    }
    struct slice word = {rest->data, 0};
    while (word.len < rest->len && !is_space(word.data[word.len])) {
        word.len++;
    }
    rest->data += word.len;
    rest->len -= word.len;
    return word;
}

static bool explain_form(struct slice text, char ret_why[SETTING_WHY_SIZE])
{
    setting_explain(ret_why,
                    "'%.*s' is not a limit: COUNT/DURATION burst N, such as 6/10m burst 3, or off",
                    SHOWN_ARGS(text));
    return false;
}

/* The numbers as they stand; false when there are none. */
static bool split(struct slice text, struct settings_limit *ret, bool *ret_fits)
{
    struct slice rest = text;
    struct slice rate = take_word(&rest);
    struct slice word = take_word(&rest);
    struct slice burst = take_word(&rest);
    struct slice count;
    if (!take_until(&rate, '/', &count) || !slice_equal(word, SLICE("burst")) ||
        take_word(&rest).len > 0) {
        return false;
    }
    int errors[] = {setting_read_count(count, &ret->count),
                    setting_read_duration(rate, &ret->per_ms),
                    setting_read_count(burst, &ret->burst)};
    *ret_fits = true;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        if (errors[i] == -EINVAL) {
            return false;
        }
        *ret_fits = *ret_fits && errors[i] == 0;
    }
    return true;
}

/* What is wrong with the numbers, or NULL. */
static const char *find_fault(const struct settings_limit *limit)
{
    if (limit->count < 1 || limit->count > COUNT_MAX) {
        return "COUNT is 1 to 1000000; no limit at all is off";
    }
    if (limit->per_ms < MS_PER_S || limit->per_ms > per_max_ms || limit->per_ms % MS_PER_S != 0) {
        return "DURATION is 1s to 365d, in whole seconds";
    }
    if (limit->burst < 1 || limit->burst > COUNT_MAX) {
        return "the burst is 1 to 1000000";
    }
    if (limit->burst * limit->per_ms / limit->count >= per_max_ms) {
        return "the burst takes more than 365d to come back";
    }
    return NULL;
}

bool setting_parse_limit(const struct setting_spec *spec, struct slice text,
                         struct settings_limit *ret, char ret_why[SETTING_WHY_SIZE])
{
    struct settings_limit limit = {.given = true};
    bool may_be_empty = *spec->value == '\0';
    bool fits = true;
    if (text.len == 0 && may_be_empty) {
        *ret = (struct settings_limit){0};
        return true;
    }
    if (slice_equal(text, SLICE("off"))) {
        *ret = limit;
        return true;
    }
    if (!split(text, &limit, &fits)) {
        return explain_form(text, ret_why);
    }
    const char *fault = fits ? find_fault(&limit) : "a number is too large";
    if (fault) {
        setting_explain(ret_why, "'%.*s' is out of range: %s", SHOWN_ARGS(text), fault);
        return false;
    }
    *ret = limit;
    return true;
}

/*
 * Values of every type from text into struct settings, and how ranges and types are said. Numbers
 * and URLs have files of their own.
 * Invariant: a member changes only when its text is valid.
 */
#include "config/settings_value.h"

#include "base/secret.h"
#include "config/settings_parse.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { LIST_ITEM_MAX = 1024 };

_Static_assert(sizeof(size_t) == sizeof(uint64_t), "a size is read like the other numbers");

void setting_explain(char ret_why[SETTING_WHY_SIZE], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(ret_why, SETTING_WHY_SIZE, format, args);
    va_end(args);
}

static struct slice trim(struct slice text)
{
    while (text.len > 0 && text.data[0] == ' ') {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && text.data[text.len - 1] == ' ') {
        text.len--;
    }
    return text;
}

/* The text before the separator; what follows stays in `rest`, whose data is NULL at the end. */
static struct slice take_part(struct slice *rest, char separator)
{
    const char *end = memchr(rest->data, separator, rest->len);
    struct slice part = {rest->data, end ? (size_t)(end - rest->data) : rest->len};
    *rest = end ? (struct slice){end + 1, rest->len - part.len - 1} : (struct slice){0};
    return part;
}

/* ---- words ---- */

/* The place of `word` in the table's list, or -1. */
static int word_index(const struct setting_spec *spec, struct slice word)
{
    struct slice rest = slice_of(spec->words);
    for (int i = 0; rest.data; i++) {
        if (slice_equal(take_part(&rest, ' '), word)) {
            return i;
        }
    }
    return -1;
}

static bool parse_word(const struct setting_spec *spec, struct slice text, unsigned *ret,
                       char ret_why[SETTING_WHY_SIZE])
{
    int index = word_index(spec, text);
    if (index < 0) {
        setting_explain(ret_why, "'%.*s' is not one of: %s", SHOWN_ARGS(text), spec->words);
        return false;
    }
    *ret = (unsigned)index;
    return true;
}

static bool parse_words(const struct setting_spec *spec, const struct setting_text *text,
                        unsigned *ret, char ret_why[SETTING_WHY_SIZE])
{
    unsigned mask = 0;
    for (size_t i = 0; i < text->count; i++) {
        unsigned index;
        if (!parse_word(spec, text->items[i], &index, ret_why)) {
            return false;
        }
        mask |= 1U << index;
    }
    if (text->count < spec->min) {
        setting_explain(ret_why, "is empty; it takes at least one of: %s", spec->words);
        return false;
    }
    *ret = mask;
    return true;
}

/* ---- lists ---- */

static void list_clear(struct settings_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i]);
    }
    free(list->items);
    *list = (struct settings_list){0};
}

static bool parse_list(const struct setting_spec *spec, const struct setting_text *text,
                       struct settings_list *ret, char ret_why[SETTING_WHY_SIZE])
{
    if (text->count > spec->max) {
        setting_explain(ret_why, "holds %zu entries; at most %zu are allowed", text->count,
                        (size_t)spec->max);
        return false;
    }
    for (size_t i = 0; i < text->count; i++) {
        if (text->items[i].len == 0 || text->items[i].len > LIST_ITEM_MAX) {
            setting_explain(ret_why, "entry %zu is %s", i + 1,
                            text->items[i].len == 0 ? "empty" : "too long");
            return false;
        }
    }
    list_clear(ret);
    ret->items = xcalloc(text->count, sizeof *ret->items);
    for (; ret->count < text->count; ret->count++) {
        struct slice item = text->items[ret->count];
        ret->items[ret->count] = xmemdup0(item.data, item.len);
    }
    return true;
}

/* ---- single values ---- */

static bool parse_boolean(struct slice text, bool *ret, char ret_why[SETTING_WHY_SIZE])
{
    bool yes = slice_equal(text, SLICE("true"));
    if (!yes && !slice_equal(text, SLICE("false"))) {
        setting_explain(ret_why, "'%.*s' is neither true nor false", SHOWN_ARGS(text));
        return false;
    }
    *ret = yes;
    return true;
}

static bool parse_address(struct slice text, struct address *ret, char ret_why[SETTING_WHY_SIZE])
{
    if (address_parse_listen(text, ret) != 0) {
        setting_explain(ret_why,
                        "'%.*s' is not an address and port, such as 127.0.0.1:8080 or [::1]:8080",
                        SHOWN_ARGS(text));
        return false;
    }
    return true;
}

static void replace_text(char **member, char *text)
{
    free(*member);
    *member = text;
}

static bool parse_text(const struct setting_spec *spec, struct slice text, char **ret,
                       char ret_why[SETTING_WHY_SIZE])
{
    if (text.len < spec->min || text.len > spec->max) {
        setting_explain(ret_why, "holds %zu bytes; %zu to %zu are allowed", text.len,
                        (size_t)spec->min, (size_t)spec->max);
        return false;
    }
    replace_text(ret, xmemdup0(text.data, text.len));
    return true;
}

static bool parse_url(const struct setting_spec *spec, struct slice text, char **ret,
                      char ret_why[SETTING_WHY_SIZE])
{
    char *url = NULL;
    if (text.len == 0) {
        url = xstrdup("");
    } else if (spec->type == SETTING_TYPE_URL) {
        if (!setting_parse_origin(text, &url, ret_why)) {
            return false;
        }
    } else if (!setting_check_endpoint(text, ret_why)) {
        return false;
    } else {
        url = xmemdup0(text.data, text.len);
    }
    replace_text(ret, url);
    return true;
}

bool setting_check_secret(const struct setting_spec *spec, struct slice text,
                          char ret_why[SETTING_WHY_SIZE])
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] <= ' ' || text.data[i] > '~') {
            setting_explain(ret_why, "holds a character that no key has (byte %zu)", i + 1);
            return false;
        }
    }
    if (text.len > spec->max) {
        setting_explain(ret_why, "is longer than %zu bytes", (size_t)spec->max);
        return false;
    }
    return true;
}

bool setting_parse_secret(const struct setting_spec *spec, struct slice text,
                          struct settings *settings, char ret_why[SETTING_WHY_SIZE])
{
    if (!setting_check_secret(spec, text, ret_why)) {
        return false;
    }
    char **member = setting_member(spec, settings);
    (void)secret_free(*member);
    *member = xmemdup0(text.data, text.len);
    return true;
}

static bool parse_single(const struct setting_spec *spec, struct slice text,
                         struct settings *settings, char ret_why[SETTING_WHY_SIZE])
{
    void *member = setting_member(spec, settings);
    switch (spec->type) {
    case SETTING_TYPE_ADDRESS:
        return parse_address(text, member, ret_why);
    case SETTING_TYPE_URL:
    case SETTING_TYPE_ENDPOINT:
        return parse_url(spec, text, member, ret_why);
    case SETTING_TYPE_TEXT:
        return parse_text(spec, text, member, ret_why);
    case SETTING_TYPE_SECRET:
        return setting_parse_secret(spec, text, settings, ret_why);
    case SETTING_TYPE_BOOLEAN:
        return parse_boolean(text, member, ret_why);
    case SETTING_TYPE_WORD:
        return parse_word(spec, text, member, ret_why);
    case SETTING_TYPE_FRACTION:
        return setting_parse_fraction(text, member, ret_why);
    case SETTING_TYPE_LIMIT:
        return setting_parse_limit(spec, text, member, ret_why);
    default:
        /* DURATION, SIZE, INTEGER and RATE are all 64 bits wide */
        return setting_parse_number(spec, text, member, ret_why);
    }
}

static bool parse_many(const struct setting_spec *spec, const struct setting_text *text,
                       struct settings *settings, char ret_why[SETTING_WHY_SIZE])
{
    void *member = setting_member(spec, settings);
    return spec->type == SETTING_TYPE_WORDS ? parse_words(spec, text, member, ret_why)
                                            : parse_list(spec, text, member, ret_why);
}

/* "a, b" as the list it means; empty text is the empty list. */
static bool parse_commas(const struct setting_spec *spec, struct slice text,
                         struct settings *settings, char ret_why[SETTING_WHY_SIZE])
{
    size_t capacity = 1;
    for (size_t i = 0; i < text.len; i++) {
        capacity += text.data[i] == ',';
    }
    struct slice *items = xcalloc(capacity, sizeof *items);
    struct setting_text list = {.items = items, .listed = true};
    struct slice rest = trim(text).len > 0 ? text : (struct slice){0};
    while (rest.data) {
        items[list.count++] = trim(take_part(&rest, ','));
    }
    bool fine = parse_many(spec, &list, settings, ret_why);
    free(items);
    return fine;
}

static bool has_control(const struct setting_text *text)
{
    for (size_t i = 0; i < text->count; i++) {
        for (size_t j = 0; j < text->items[i].len; j++) {
            unsigned char c = (unsigned char)text->items[i].data[j];
            if (c < ' ' || c == 0x7f) {
                return true;
            }
        }
    }
    return false;
}

bool setting_parse(const struct setting_spec *spec, const struct setting_text *text,
                   struct settings *settings, char ret_why[SETTING_WHY_SIZE])
{
    if (has_control(text)) {
        setting_explain(ret_why, "holds a control character");
        return false;
    }
    if (!setting_takes_list(spec)) {
        if (text->listed) {
            setting_explain(ret_why, "takes one value, not a list");
            return false;
        }
        return parse_single(spec, text->items[0], settings, ret_why);
    }
    return text->listed ? parse_many(spec, text, settings, ret_why)
                        : parse_commas(spec, text->items[0], settings, ret_why);
}

void setting_clear(const struct setting_spec *spec, struct settings *settings)
{
    void *member = setting_member(spec, settings);
    switch (spec->type) {
    case SETTING_TYPE_SECRET:
        *(char **)member = secret_free(*(char **)member);
        break;
    case SETTING_TYPE_URL:
    case SETTING_TYPE_ENDPOINT:
    case SETTING_TYPE_TEXT:
        replace_text(member, NULL);
        break;
    case SETTING_TYPE_LIST:
        list_clear(member);
        break;
    default:
        break;
    }
}

void setting_put_range(const struct setting_spec *spec, struct buf *ret)
{
    switch (spec->type) {
    case SETTING_TYPE_DURATION:
    case SETTING_TYPE_SIZE:
    case SETTING_TYPE_INTEGER:
    case SETTING_TYPE_RATE:
        setting_put_number(spec, spec->min, ret);
        buf_puts(ret, " to ");
        setting_put_number(spec, spec->max, ret);
        break;
    case SETTING_TYPE_FRACTION:
        buf_puts(ret, "0 to 1, or empty");
        break;
    case SETTING_TYPE_LIMIT:
        buf_printf(ret, "COUNT/DURATION burst N, %s",
                   *spec->value == '\0' ? "off or empty" : "or off");
        break;
    case SETTING_TYPE_BOOLEAN:
        buf_puts(ret, "true or false");
        break;
    case SETTING_TYPE_WORD:
        buf_printf(ret, strchr(spec->words, ' ') ? "one of: %s" : "only: %s", spec->words);
        break;
    case SETTING_TYPE_WORDS:
        buf_printf(ret, "a list of: %s", spec->words);
        break;
    case SETTING_TYPE_LIST:
        buf_printf(ret, "up to %zu entries", (size_t)spec->max);
        break;
    default:
        break;
    }
}

const char *setting_type_name(enum setting_type type)
{
    static const char *const names[SETTING_TYPE_COUNT] = {
        [SETTING_TYPE_ADDRESS] = "address",   [SETTING_TYPE_URL] = "origin",
        [SETTING_TYPE_ENDPOINT] = "url",      [SETTING_TYPE_TEXT] = "text",
        [SETTING_TYPE_SECRET] = "secret",     [SETTING_TYPE_BOOLEAN] = "boolean",
        [SETTING_TYPE_DURATION] = "duration", [SETTING_TYPE_SIZE] = "size",
        [SETTING_TYPE_INTEGER] = "number",    [SETTING_TYPE_RATE] = "rate",
        [SETTING_TYPE_LIST] = "list",         [SETTING_TYPE_WORD] = "word",
        [SETTING_TYPE_WORDS] = "words",       [SETTING_TYPE_FRACTION] = "fraction",
        [SETTING_TYPE_LIMIT] = "limit",
    };
    return names[type];
}

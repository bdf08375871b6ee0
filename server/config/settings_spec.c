/*
 * Looking up settings by key and by environment variable, and the names closest to unknown ones.
 * What values look like is settings_value's.
 */
#include "config/settings_spec.h"

#include <ctype.h>

#include "config/suggestion.h"

static const char environment_prefix[] = "LIVENESSD_";
static const char file_suffix[] = "_file";
enum { FILE_SUFFIX_LEN = sizeof file_suffix - 1, NAME_LIMIT = 128 };

const struct setting_spec setting_specs[SETTING_COUNT] = {
#define SETTING(type, member, key, value, min, max, words, sentence)                               \
    {key, SETTING_TYPE_##type, value, min, max, words, sentence, offsetof(struct settings, member)},
#include "config/settings_table.h"
#undef SETTING
};

static char environment_letter(char c)
{
    return c == '.' ? '_' : (char)toupper((unsigned char)c);
}

/* The variable's name, or the key itself; with the suffix of a secret's file. */
static void put_name(const struct setting_spec *spec, bool environment, bool file, struct buf *ret)
{
    size_t from = ret->len;
    buf_puts(ret, spec->key);
    buf_puts(ret, file ? file_suffix : "");
    if (!environment) {
        return;
    }
    struct buf key;
    buf_init(&key, NAME_LIMIT);
    buf_append(&key, ret->data + from, ret->len - from);
    ret->len = from;
    buf_puts(ret, environment_prefix);
    for (size_t i = 0; i < key.len; i++) {
        buf_putc(ret, environment_letter(key.data[i]));
    }
    buf_done(&key);
}

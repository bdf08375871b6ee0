/*
 * The settings table as data: what the readers, checks and writers of this folder walk over.
 * Private to config/.
 */
#pragma once

#include "config/settings.h"

enum setting_type {
    SETTING_TYPE_ADDRESS,
    SETTING_TYPE_URL,
    SETTING_TYPE_ENDPOINT,
    SETTING_TYPE_TEXT,
    SETTING_TYPE_SECRET,
    SETTING_TYPE_BOOLEAN,
    SETTING_TYPE_DURATION,
    SETTING_TYPE_SIZE,
    SETTING_TYPE_INTEGER,
    SETTING_TYPE_RATE,
    SETTING_TYPE_FRACTION,
    SETTING_TYPE_LIMIT,
    SETTING_TYPE_LIST,
    SETTING_TYPE_WORD,
    SETTING_TYPE_WORDS,
    SETTING_TYPE_COUNT
};

/* SETTING_http_listen and so on: the place of a setting in setting_specs. */
enum {
#define SETTING(type, member, key, value, min, max, words, sentence) SETTING_##member,
#include "config/settings_table.h"
#undef SETTING
    SETTING_COUNT
};

struct setting_spec {
    const char *key;
    enum setting_type type;
    const char *value; /* the default */
    uint64_t min;
    uint64_t max;
    const char *words;
    const char *sentence;
    size_t offset; /* of the member in struct settings */
};

extern const struct setting_spec setting_specs[SETTING_COUNT];

/* What a name stands for: a setting, or the file that holds a secret setting. */
struct setting_name {
    int index; /* -1: unknown */
    bool file;
};

/* "http.listen", "upstream.key_file". */
struct setting_name setting_find(struct slice key);
/* "LIVENESSD_HTTP_LISTEN", "LIVENESSD_UPSTREAM_KEY_FILE". */
struct setting_name setting_find_environment(struct slice name);
/* True when keys start with `path` and a dot: "http". */
bool setting_is_section(struct slice path);

/* Appends the environment variable's name, or that of the variable naming a secret's file. */
void setting_put_environment(const struct setting_spec *spec, bool file, struct buf *ret);
/* Appends ", did you mean X?" for an unknown key or variable, or nothing. */
void setting_suggest_key(struct slice key, struct buf *ret);
void setting_suggest_environment(struct slice name, struct buf *ret);

static inline bool setting_takes_list(const struct setting_spec *spec)
{
    return spec->type == SETTING_TYPE_LIST || spec->type == SETTING_TYPE_WORDS;
}

static inline void *setting_member(const struct setting_spec *spec, struct settings *settings)
{
    return (char *)settings + spec->offset;
}

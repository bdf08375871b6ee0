/*
 * Looking up settings by key and by environment variable, and the names closest to unknown ones.
 * What values look like is settings_value's.
 */
#include "config/settings_spec.h"

#include "config/suggestion.h"

enum { NAME_LIMIT = 128 };

const struct setting_spec setting_specs[SETTING_COUNT] = {
#define SETTING(type, member, key, value, min, max, words, sentence)                               \
    {key, SETTING_TYPE_##type, value, min, max, words, sentence, offsetof(struct settings, member)},
#include "config/settings_table.h"
#undef SETTING
};

enum spelling { AS_KEY, AS_VARIABLE };

static char spelled(char c, enum spelling spelling)
{
    if (spelling == AS_KEY) {
        return c;
    }
    if (c >= 'a' && c <= 'z') {
        return (char)(c - 'a' + 'A');
    }
    if (c == '.') {
        return '_';
    }
    return c;
}

static void put_letters(const char *text, enum spelling spelling, struct buf *ret)
{
    for (; *text != '\0'; text++) {
        buf_putc(ret, spelled(*text, spelling));
    }
}

static void put_name(const struct setting_spec *spec, bool file, enum spelling spelling,
                     struct buf *ret)
{
    buf_puts(ret, spelling == AS_KEY ? "" : "LIVENESSD_");
    put_letters(spec->key, spelling, ret);
    put_letters(file ? "_file" : "", spelling, ret);
}

/* The setting of this name; offers every name there is to `closest`, when given. */
static struct setting_name find(struct slice wanted, enum spelling spelling,
                                struct suggestion *closest)
{
    struct setting_name found = {.index = -1};
    CLEANUP(buf) struct buf name;
    buf_init(&name, NAME_LIMIT);
    for (int i = 0; i < 2 * SETTING_COUNT; i++) {
        struct setting_name candidate = {.index = i / 2, .file = i % 2 == 1};
        const struct setting_spec *spec = &setting_specs[candidate.index];
        if (candidate.file && spec->type != SETTING_TYPE_SECRET) {
            continue;
        }
        buf_reset(&name);
        put_name(spec, candidate.file, spelling, &name);
        if (slice_equal(buf_slice(&name), wanted)) {
            found = candidate;
        }
        if (closest) {
            suggestion_offer(closest, buf_slice(&name));
        }
    }
    return found;
}

struct setting_name setting_find(struct slice key)
{
    return find(key, AS_KEY, NULL);
}

struct setting_name setting_find_environment(struct slice name)
{
    return find(name, AS_VARIABLE, NULL);
}

static bool is_below(const char *key, struct slice path)
{
    return strncmp(key, path.data, path.len) == 0 && key[path.len] == '.';
}

bool setting_is_section(struct slice path)
{
    bool found = false;
    for (int i = 0; i < SETTING_COUNT && path.len > 0; i++) {
        found = found || is_below(setting_specs[i].key, path);
    }
    return found;
}

void setting_put_environment(const struct setting_spec *spec, bool file, struct buf *ret)
{
    put_name(spec, file, AS_VARIABLE, ret);
}

static void put_suggestion(const struct suggestion *closest, struct buf *ret)
{
    const char *best = suggestion_best(closest);
    if (best) {
        buf_printf(ret, ", did you mean %s?", best);
    }
}

static void offer_sections(struct suggestion *closest)
{
    for (int i = 0; i < SETTING_COUNT; i++) {
        const char *dot = strchr(setting_specs[i].key, '.');
        if (dot) {
            suggestion_offer(closest, (struct slice){setting_specs[i].key,
                                                     (size_t)(dot - setting_specs[i].key)});
        }
    }
}

void setting_suggest_key(struct slice key, struct buf *ret)
{
    struct suggestion closest;
    suggestion_init(&closest, key);
    (void)find(key, AS_KEY, &closest);
    offer_sections(&closest);
    put_suggestion(&closest, ret);
}

void setting_suggest_environment(struct slice name, struct buf *ret)
{
    struct suggestion closest;
    suggestion_init(&closest, name);
    (void)find(name, AS_VARIABLE, &closest);
    put_suggestion(&closest, ret);
}

/*
 * The settings table for people: the columns of `livenessd settings` and config/livenessd.yaml.
 * Both are made from the table alone, so that they cannot differ from what is read.
 */
#include "config/settings_value.h"

enum { LINE_WIDTH = 100, SENTENCE_LIMIT = 1024, NAME_LIMIT = 128 };

/* Words of `text` in lines of at most LINE_WIDTH columns, each after `prefix`. */
static void put_wrapped(struct slice text, const char *prefix, struct buf *ret)
{
    size_t column = 0;
    while (text.len > 0) {
        const char *space = memchr(text.data, ' ', text.len);
        struct slice word = {text.data, space ? (size_t)(space - text.data) : text.len};
        if (column > 0 && column + 1 + word.len > LINE_WIDTH) {
            buf_putc(ret, '\n');
            column = 0;
        }
        buf_puts(ret, column == 0 ? prefix : " ");
        buf_put_slice(ret, word);
        column += word.len + (column == 0 ? strlen(prefix) : 1);
        text.data += word.len + (space ? 1 : 0);
        text.len -= word.len + (space ? 1 : 0);
    }
    buf_putc(ret, '\n');
}

/* The sentence, where a secret belongs, and the range. */
static void put_sentence(const struct setting_spec *spec, struct buf *ret)
{
    buf_puts(ret, spec->sentence);
    if (spec->type == SETTING_TYPE_SECRET) {
        buf_puts(ret, " Only from ");
        setting_put_environment(spec, false, ret);
        buf_printf(ret, ", or from the file named by %s_file (or ", spec->key);
        setting_put_environment(spec, true, ret);
        buf_puts(ret, ").");
    }
    size_t before = ret->len;
    setting_put_range(spec, ret);
    if (ret->len > before) {
        ret->len = before;
        buf_puts(ret, " (");
        setting_put_range(spec, ret);
        buf_putc(ret, ')');
    }
}

/* ---- livenessd settings ---- */

struct columns {
    int key;
    int type;
    int value;
};

/* Wider texts than `most` push the rest of their row aside. */
static int widest(int width, const char *text, int most)
{
    int len = (int)strlen(text);
    return len > width && len <= most ? len : width;
}

static struct columns measure(void)
{
    enum { KEY_MOST = 32, TYPE_MOST = 8, VALUE_MOST = 14 };
    struct columns columns = {0};
    for (int i = 0; i < SETTING_COUNT; i++) {
        columns.key = widest(columns.key, setting_specs[i].key, KEY_MOST);
        columns.type = widest(columns.type, setting_type_name(setting_specs[i].type), TYPE_MOST);
        columns.value = widest(columns.value, setting_specs[i].value, VALUE_MOST);
    }
    return columns;
}

static void put_row(const struct columns *columns, const char *key, const char *type,
                    const char *value, const char *variable, struct buf *ret)
{
    static const struct columns none = {0};
    size_t before = ret->len;
    for (int tries = 0; tries < 2; tries++) {
        ret->len = before;
        buf_printf(ret, "%-*s %-*s %-*s %s\n", columns->key, key, columns->type, type,
                   columns->value, value, variable);
        if (ret->len - before <= LINE_WIDTH + 1) {
            return;
        }
        columns = &none; /* a row that is too long does without columns */
    }
}

void settings_write_table(struct buf *ret)
{
    struct columns columns = measure();
    put_row(&columns, "KEY", "TYPE", "DEFAULT", "ENVIRONMENT VARIABLE", ret);
    for (int i = 0; i < SETTING_COUNT; i++) {
        const struct setting_spec *spec = &setting_specs[i];
        CLEANUP(buf) struct buf variable;
        CLEANUP(buf) struct buf sentence;
        buf_init(&variable, NAME_LIMIT);
        buf_init(&sentence, SENTENCE_LIMIT);
        setting_put_environment(spec, false, &variable);
        put_sentence(spec, &sentence);
        put_row(&columns, spec->key, setting_type_name(spec->type),
                *spec->value == '\0' ? "-" : spec->value, variable.data, ret);
        put_wrapped(buf_slice(&sentence), "    ", ret);
    }
}

/* ---- config/livenessd.yaml ---- */

static const char yaml_head[] =
    "# Settings of livenessd. Every setting stands here with its default, commented out: take "
    "away\n"
    "# the '# ' before the ones to change. The environment (LIVENESSD_HTTP_LISTEN for "
    "http.listen)\n"
    "# replaces what stands here, and `--set http.listen=...` replaces both. `livenessd check -c "
    "FILE`\n"
    "# tells whether a file is valid, `livenessd settings` shows this list as a table.\n"
    "#\n"
    "# Needed to start: upstream.endpoint and upstream.key (or an Entra application in its place), "
    "or\n"
    "# upstream.emulator.\n";

/* The part of the key before its dot; empty at the top level. */
static struct slice section_of(const char *key)
{
    const char *dot = strchr(key, '.');
    return (struct slice){key, dot ? (size_t)(dot - key) : 0};
}

/* Else it would be nothing, or the name of something. */
static bool needs_quotes(const char *value)
{
    size_t len = strlen(value);
    return len == 0 || value[len - 1] == ':';
}

static void put_yaml_value(const struct setting_spec *spec, struct buf *ret)
{
    if (setting_takes_list(spec)) {
        buf_printf(ret, "[%s]", spec->value); /* commas part entries here and there alike */
    } else if (needs_quotes(spec->value)) {
        buf_printf(ret, "\"%s\"", spec->value);
    } else {
        buf_puts(ret, spec->value);
    }
}

static void put_yaml_setting(const struct setting_spec *spec, struct slice section, struct buf *ret)
{
    CLEANUP(buf) struct buf sentence;
    buf_init(&sentence, SENTENCE_LIMIT);
    put_sentence(spec, &sentence);
    const char *indent = section.len > 0 ? "  " : "";
    const char *name = spec->key + (section.len > 0 ? section.len + 1 : 0);
    buf_putc(ret, '\n');
    put_wrapped(buf_slice(&sentence), section.len > 0 ? "  # " : "# ", ret);
    buf_printf(ret, "%s# %s%s: ", indent, name, spec->type == SETTING_TYPE_SECRET ? "_file" : "");
    put_yaml_value(spec, ret);
    buf_putc(ret, '\n');
}

void settings_write_yaml(struct buf *ret)
{
    buf_puts(ret, yaml_head);
    struct slice section = {0};
    for (int i = 0; i < SETTING_COUNT; i++) {
        struct slice own = section_of(setting_specs[i].key);
        if (own.len > 0 && !slice_equal(own, section)) {
            buf_printf(ret, "\n%.*s:\n", SLICE_ARGS(own));
        }
        section = own;
        put_yaml_setting(&setting_specs[i], section, ret);
    }
}

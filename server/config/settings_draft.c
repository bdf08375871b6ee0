/*
 * Collecting values and errors. Reading the sources is done elsewhere.
 * Invariant: every refused text has left exactly one error line.
 */
#include "config/settings_draft.h"

#include "base/secret.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { ERROR_LINE_SIZE = 600, ERRORS_MAX = 100 };

void draft_init(struct settings_draft *draft, struct buf *errors)
{
    *draft = (struct settings_draft){.errors = errors};
    for (int i = 0; i < SETTING_COUNT; i++) {
        const struct setting_spec *spec = &setting_specs[i];
        struct slice value = slice_of(spec->value);
        const struct setting_text text = {.items = &value, .count = 1};
        char why[SETTING_WHY_SIZE];
        bool fine = setting_parse(spec, &text, &draft->settings, why);
        assert(fine); /* a default out of its own range is a mistake in the table */
        (void)fine;
    }
}

static void forget_origin(struct setting_state *state)
{
    free(state->origin);
    free(state->secret_file);
    state->origin = state->secret_file = NULL;
}

void draft_done(struct settings_draft *draft)
{
    settings_done(&draft->settings);
    for (int i = 0; i < SETTING_COUNT; i++) {
        forget_origin(&draft->states[i]);
    }
}

bool draft_full(const struct settings_draft *draft)
{
    return draft->error_count >= ERRORS_MAX;
}

void draft_error(struct settings_draft *draft, const char *origin, const char *format, ...)
{
    if (draft_full(draft)) {
        return;
    }
    char line[ERROR_LINE_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    size_t from = draft->errors->len;
    buf_printf(draft->errors, "%s: %s", origin, line);
    for (size_t i = from; i < draft->errors->len; i++) {
        unsigned char c = (unsigned char)draft->errors->data[i];
        if (c < ' ' || c == 0x7f) {
            draft->errors->data[i] = '?';
        }
    }
    buf_putc(draft->errors, '\n');
    draft->error_count++;
    if (draft_full(draft)) {
        buf_puts(draft->errors, "too many errors; the rest is not shown\n");
    }
}

const char *draft_origin(const struct settings_draft *draft, int index)
{
    const char *origin = draft->states[index].origin;
    return origin ? origin : setting_specs[index].key;
}

/* Says where a secret belongs. */
static void refuse_secret(struct settings_draft *draft, const char *origin,
                          const struct setting_spec *spec)
{
    CLEANUP(buf) struct buf names;
    buf_init(&names, ERROR_LINE_SIZE);
    setting_put_environment(spec, false, &names);
    buf_printf(&names, ", or name a file that holds it by %s_file or ", spec->key);
    setting_put_environment(spec, true, &names);
    draft_error(draft, origin, "a secret does not belong here: set %.*s",
                SLICE_ARGS(buf_slice(&names)));
}

/* The secret itself, or the name of its file; of one source only one of them. */
static void put_secret(struct settings_draft *draft, const char *origin, struct setting_name name,
                       const struct setting_text *text, bool same_source)
{
    const struct setting_spec *spec = &setting_specs[name.index];
    struct setting_state *state = &draft->states[name.index];
    char **member = setting_member(spec, &draft->settings);
    bool other = name.file ? *member && **member : state->secret_file != NULL;
    if (same_source && other) {
        draft_error(draft, origin, "is set beside %s; one of the two is enough", state->origin);
        state->broken = true;
        return;
    }
    char why[SETTING_WHY_SIZE];
    struct slice given = name.file ? SLICE("") : text->items[0];
    if (!setting_parse_secret(spec, given, &draft->settings, why)) {
        draft_error(draft, origin, "%s", why);
        state->broken = true;
        return;
    }
    forget_origin(state);
    state->broken = false;
    state->origin = xstrdup(origin);
    if (name.file) {
        state->secret_file = xmemdup0(text->items[0].data, text->items[0].len);
    }
}

static void put_value(struct settings_draft *draft, const char *origin, int index,
                      const struct setting_text *text)
{
    struct setting_state *state = &draft->states[index];
    char why[SETTING_WHY_SIZE];
    forget_origin(state);
    state->origin = xstrdup(origin);
    state->broken = !setting_parse(&setting_specs[index], text, &draft->settings, why);
    if (state->broken) {
        draft_error(draft, origin, "%s", why);
    }
}

void draft_put(struct settings_draft *draft, enum setting_rank rank, const char *origin,
               struct setting_name name, const struct setting_text *text)
{
    const struct setting_spec *spec = &setting_specs[name.index];
    struct setting_state *state = &draft->states[name.index];
    bool same_source = state->rank == rank;
    if (spec->type != SETTING_TYPE_SECRET) {
        put_value(draft, origin, name.index, text);
    } else if (!name.file && rank != RANK_ENVIRONMENT) {
        refuse_secret(draft, origin, spec);
        state->broken = true;
    } else if (text->listed) {
        draft_error(draft, origin, "takes one value, not a list");
        state->broken = true;
    } else if (text->items[0].len == 0) {
        return; /* an empty variable is what orchestrators make of one that is not set */
    } else {
        put_secret(draft, origin, name, text, same_source);
    }
    state->rank = rank;
}

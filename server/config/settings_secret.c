/*
 * Secrets that stand in files. Nothing of their content gets into an error.
 */
#include "base/secret.h"
#include "config/settings_draft.h"
#include "config/settings_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static struct slice without_newline(struct slice text)
{
    if (text.len > 0 && text.data[text.len - 1] == '\n') {
        text.len--;
    }
    if (text.len > 0 && text.data[text.len - 1] == '\r') {
        text.len--;
    }
    return text;
}

static void read_secret(struct settings_draft *draft, int index)
{
    enum { NEWLINE = 2 };
    const struct setting_spec *spec = &setting_specs[index];
    struct setting_state *state = &draft->states[index];
    CLEANUP(secret_buf) struct buf content;
    buf_init_secret(&content, (size_t)spec->max + NEWLINE);
    char why[SETTING_WHY_SIZE];
    int error = settings_read_file(state->secret_file, &content);
    if (error == -EFBIG) {
        draft_error(draft, state->origin, "%s is longer than any key (%zu bytes)",
                    state->secret_file, (size_t)spec->max);
    } else if (error != 0) {
        draft_error(draft, state->origin, "cannot read %s: %s", state->secret_file,
                    strerrordesc_np(-error));
    } else if (without_newline(buf_slice(&content)).len == 0) {
        draft_error(draft, state->origin, "%s is empty", state->secret_file);
    } else if (!setting_parse_secret(spec, without_newline(buf_slice(&content)), &draft->settings,
                                     why)) {
        draft_error(draft, state->origin, "%s %s", state->secret_file, why);
    } else {
        return;
    }
    state->broken = true;
}

void settings_read_secrets(struct settings_draft *draft)
{
    for (int i = 0; i < SETTING_COUNT; i++) {
        if (draft->states[i].secret_file) {
            read_secret(draft, i);
        }
    }
}

/*
 * Loading settings: defaults, file, environment, --set, then what they must hold together. The
 * parts are in the files named settings_*.c.
 */
#include "config/settings.h"

#include "config/settings_draft.h"

#include <errno.h>
#include <stdlib.h>

/* The one default that depends on another setting. */
static void derive_keys_dir(struct settings *settings)
{
    if (*settings->keys_dir == '\0') {
        struct buf dir;
        buf_init(&dir, strlen(settings->store_path) + sizeof ".keys");
        buf_printf(&dir, "%s.keys", settings->store_path);
        free(settings->keys_dir);
        settings->keys_dir = dir.data;
    }
}

int settings_load(const struct settings_source *source, struct settings *ret,
                  struct buf *ret_errors)
{
    struct settings_draft draft;
    draft_init(&draft, ret_errors);
    if (source->file) {
        settings_read_yaml(&draft, source->file);
    }
    settings_read_environment(&draft, source->environment);
    settings_read_sets(&draft, source->sets);
    if (!source->values_only) {
        settings_read_face(&draft, source->environment);
        settings_read_secrets(&draft);
        settings_check(&draft);
    }
    derive_keys_dir(&draft.settings);
    bool fine = draft.error_count == 0;
    if (fine) {
        *ret = draft.settings;
        draft.settings = (struct settings){0};
    }
    draft_done(&draft);
    return fine ? 0 : -EINVAL;
}

void settings_done(struct settings *settings)
{
    for (int i = 0; i < SETTING_COUNT; i++) {
        setting_clear(&setting_specs[i], settings);
    }
    free(settings->upstream_key_file);
    free(settings->upstream_key2_file);
    free(settings->upstream_entra_client_secret_file);
    *settings = (struct settings){0};
}

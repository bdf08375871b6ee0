/*
 * Secrets that stand in files. Nothing of their content gets into an error.
 */
#include "base/secret.h"
#include "config/settings_draft.h"
#include "config/settings_file.h"
#include "config/settings_parse.h"

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

enum { NEWLINE = 2 };

typedef int read_file(const char *file, struct buf *ret);

/* The text without its newline; false and ret_why for what is no secret. */
static bool read_content(const struct setting_spec *spec, const char *file, read_file *read,
                         struct buf *content, struct slice *ret, char ret_why[SETTING_WHY_SIZE])
{
    char why[SETTING_WHY_SIZE];
    int error = read(file, content);
    if (error == -EFBIG) {
        setting_explain(ret_why, "%s is longer than any key (%zu bytes)", file, (size_t)spec->max);
        return false;
    }
    if (error == -ENOTSUP) {
        setting_explain(ret_why, "%s is no regular file, so it cannot be read again", file);
        return false;
    }
    if (error != 0) {
        setting_explain(ret_why, "cannot read %s: %s", file, strerrordesc_np(-error));
        return false;
    }
    *ret = without_newline(buf_slice(content));
    if (ret->len == 0) {
        setting_explain(ret_why, "%s is empty", file);
        return false;
    }
    if (!setting_check_secret(spec, *ret, why)) {
        setting_explain(ret_why, "%s %s", file, why);
        return false;
    }
    return true;
}

int settings_read_document(const char *file, struct buf *ret, char ret_why[SETTINGS_WHY_SIZE])
{
    int error = settings_read_regular_file(file, ret);
    if (error == -EFBIG) {
        setting_explain(ret_why, "%s is longer than %zu bytes", file, ret->limit_bytes);
    } else if (error == -ENOTSUP) {
        setting_explain(ret_why, "%s is no regular file, so it cannot be read again", file);
    } else if (error != 0) {
        setting_explain(ret_why, "cannot read %s: %s", file, strerrordesc_np(-error));
    }
    return error == 0 ? 0 : -EINVAL;
}

static void content_init(const struct setting_spec *spec, struct buf *ret)
{
    buf_init_secret(ret, (size_t)spec->max + NEWLINE);
}

static void read_secret(struct settings_draft *draft, int index)
{
    const struct setting_spec *spec = &setting_specs[index];
    struct setting_state *state = &draft->states[index];
    struct slice text;
    char why[SETTING_WHY_SIZE];
    CLEANUP(secret_buf) struct buf content;
    content_init(spec, &content);
    state->broken =
        !read_content(spec, state->secret_file, settings_read_file, &content, &text, why) ||
        !setting_parse_secret(spec, text, &draft->settings, why);
    if (state->broken) {
        draft_error(draft, state->origin, "%s", why);
    }
}

static void keep_file(const struct settings_draft *draft, int index, char **ret)
{
    const char *file = draft->states[index].secret_file;
    *ret = file ? xstrdup(file) : NULL;
}

void settings_read_secrets(struct settings_draft *draft)
{
    struct settings *settings = &draft->settings;
    for (int i = 0; i < SETTING_COUNT; i++) {
        if (draft->states[i].secret_file) {
            read_secret(draft, i);
        }
    }
    keep_file(draft, SETTING_upstream_key, &settings->upstream_key_file);
    keep_file(draft, SETTING_upstream_key2, &settings->upstream_key2_file);
    keep_file(draft, SETTING_upstream_entra_client_secret,
              &settings->upstream_entra_client_secret_file);
}

int settings_read_secret_file(const char *file, char **ret, char ret_why[SETTINGS_WHY_SIZE])
{
    const struct setting_spec *spec = &setting_specs[SETTING_upstream_key]; /* all are alike */
    struct slice text;
    CLEANUP(secret_buf) struct buf content;
    content_init(spec, &content);
    if (!read_content(spec, file, settings_read_regular_file, &content, &text, ret_why)) {
        return -EINVAL;
    }
    *ret = xmemdup0(text.data, text.len);
    return 0;
}

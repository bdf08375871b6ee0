/*
 * Secrets that are renewed while the server runs. What a secret's file must look like is the
 * settings', what new credentials do to calls under way the upstream client's.
 */
#include "app_credentials.h"

#include "base/alloc.h"
#include "base/secret.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_MS = 5000, ERROR_SIZE = 512 };

enum { KEY, KEY2, CLIENT_SECRET, FILES };

/* Handles go a turn after the rest, so each is memory of its own. */
struct watched {
    const char *file; /* NULL: this secret is none of a file's */
    char *secret;     /* as read last */
    uv_fs_poll_t *poll;
};

struct app_credentials {
    const struct settings *settings;
    struct face_client *client;
    struct log *log;
    struct watched files[FILES];
    uv_signal_t *hangup;
};

struct face_credentials credentials_of(const struct settings *settings)
{
    return (struct face_credentials){
        .key = settings->upstream_key,
        .key2 = settings->upstream_key2,
        .entra_authority = settings->upstream_entra_authority,
        .entra_tenant = settings->upstream_entra_tenant,
        .entra_client_id = settings->upstream_entra_client_id,
        .entra_client_secret = settings->upstream_entra_client_secret,
    };
}

/* ---- reading again ---- */

static void secrets_wipe(char *secrets[FILES])
{
    for (size_t i = 0; i < FILES; i++) {
        secrets[i] = secret_free(secrets[i]);
    }
}

/* All of them, or none and the reason. */
static bool secrets_read(const struct app_credentials *credentials, char *ret[FILES],
                         char ret_why[SETTINGS_WHY_SIZE])
{
    for (size_t i = 0; i < FILES; i++) {
        const char *file = credentials->files[i].file;
        if (file && settings_read_secret_file(file, &ret[i], ret_why) != 0) {
            secrets_wipe(ret);
            return false;
        }
    }
    return true;
}

static bool is_changed(const struct app_credentials *credentials, char *const secrets[FILES])
{
    bool changed = false;
    for (size_t i = 0; i < FILES; i++) {
        changed = changed || (secrets[i] && strcmp(secrets[i], credentials->files[i].secret) != 0);
    }
    return changed;
}

static void take_over(struct app_credentials *credentials, char *secrets[FILES])
{
    for (size_t i = 0; i < FILES; i++) {
        if (secrets[i]) {
            (void)secret_free(credentials->files[i].secret);
            credentials->files[i].secret = TAKE(secrets[i]);
        }
    }
}

static bool apply(struct app_credentials *credentials, char *const secrets[FILES],
                  char ret_why[ERROR_SIZE])
{
    struct face_credentials wanted = credentials_of(credentials->settings);
    wanted.key = secrets[KEY] ? secrets[KEY] : wanted.key;
    wanted.key2 = secrets[KEY2] ? secrets[KEY2] : wanted.key2;
    wanted.entra_client_secret =
        secrets[CLIENT_SECRET] ? secrets[CLIENT_SECRET] : wanted.entra_client_secret;
    return face_client_set_credentials(credentials->client, &wanted, ret_why, ERROR_SIZE);
}

static int count_files(const struct app_credentials *credentials)
{
    int count = 0;
    for (size_t i = 0; i < FILES; i++) {
        count += credentials->files[i].file ? 1 : 0;
    }
    return count;
}

/* False when nothing had changed. */
static bool reload(struct app_credentials *credentials)
{
    char why[ERROR_SIZE];
    char *secrets[FILES] = {NULL};
    _Static_assert((int)ERROR_SIZE >= (int)SETTINGS_WHY_SIZE, "one text for both kinds of error");
    bool fine = secrets_read(credentials, secrets, why);
    if (fine && !is_changed(credentials, secrets)) {
        secrets_wipe(secrets);
        return false;
    }
    fine = fine && apply(credentials, secrets, why);
    if (fine) {
        take_over(credentials, secrets);
        LOG_EVENT(credentials->log, LOG_INFO, "credentials reloaded",
                  LOG_INT(COUNT, count_files(credentials)));
    } else {
        LOG_EVENT(credentials->log, LOG_ERROR, "credentials not reloaded", LOG_TEXT(REASON, why));
    }
    secrets_wipe(secrets);
    return true;
}

/* ---- noticing ---- */

static void file_changed(uv_fs_poll_t *poll, int status, const uv_stat_t *before,
                         const uv_stat_t *now)
{
    (void)status; /* a file that is gone is told by reading it */
    (void)before;
    (void)now;
    (void)reload(poll->data);
}

static void told_to_reload(uv_signal_t *hangup, int number)
{
    const struct app_credentials *credentials = hangup->data;
    (void)number;
    if (!reload(hangup->data)) {
        LOG_EVENT(credentials->log, LOG_INFO, "credentials unchanged",
                  LOG_INT(COUNT, count_files(credentials)));
    }
}

static void watch(struct app_credentials *credentials, uv_loop_t *uv, struct watched *watched)
{
    watched->poll = xcalloc(1, sizeof *watched->poll);
    uv_fs_poll_init(uv, watched->poll);
    watched->poll->data = credentials;
    (void)uv_fs_poll_start(watched->poll, file_changed, watched->file, LOOK_MS);
}

static void set_file(struct watched *watched, const char *file, const char *secret)
{
    if (file) {
        watched->file = file;
        watched->secret = xstrdup(secret);
    }
}

struct app_credentials *credentials_watch(uv_loop_t *uv, const struct settings *settings,
                                          struct face_client *client, struct log *log)
{
    if (!settings->upstream_key_file && !settings->upstream_key2_file &&
        !settings->upstream_entra_client_secret_file) {
        return NULL;
    }
    struct app_credentials *credentials = xcalloc(1, sizeof *credentials);
    credentials->settings = settings;
    credentials->client = client;
    credentials->log = log;
    set_file(&credentials->files[KEY], settings->upstream_key_file, settings->upstream_key);
    set_file(&credentials->files[KEY2], settings->upstream_key2_file, settings->upstream_key2);
    set_file(&credentials->files[CLIENT_SECRET], settings->upstream_entra_client_secret_file,
             settings->upstream_entra_client_secret);
    for (size_t i = 0; i < FILES; i++) {
        if (credentials->files[i].file) {
            watch(credentials, uv, &credentials->files[i]);
        }
    }
    credentials->hangup = xcalloc(1, sizeof *credentials->hangup);
    uv_signal_init(uv, credentials->hangup);
    credentials->hangup->data = credentials;
    uv_signal_start(credentials->hangup, told_to_reload, SIGHUP);
    /* what changed between the start and now, before the first look */
    (void)reload(credentials);
    return credentials;
}

static void handle_closed(uv_handle_t *handle)
{
    free(handle);
}

struct app_credentials *credentials_unwatch(struct app_credentials *credentials)
{
    if (!credentials) {
        return NULL;
    }
    for (size_t i = 0; i < FILES; i++) {
        (void)secret_free(credentials->files[i].secret);
        if (credentials->files[i].poll) {
            uv_close((uv_handle_t *)credentials->files[i].poll, handle_closed);
        }
    }
    uv_close((uv_handle_t *)credentials->hangup, handle_closed);
    (void)signal(SIGHUP, SIG_IGN); /* its default would end the process on its last steps */
    free(credentials);
    return NULL;
}

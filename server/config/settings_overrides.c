/*
 * The sources on top of the file: environment variables and --set, and the variables that the Face
 * tutorials use. Which settings exist is settings_spec's business.
 */
#include "config/settings_draft.h"

#include <ctype.h>
#include <stdlib.h>

enum { NAME_SHOWN = 120, ORIGIN_LIMIT = 200 };

static bool starts_with(struct slice text, struct slice prefix)
{
    return text.len >= prefix.len && memcmp(text.data, prefix.data, prefix.len) == 0;
}

static bool ends_with(struct slice text, struct slice suffix)
{
    return text.len >= suffix.len &&
           memcmp(text.data + text.len - suffix.len, suffix.data, suffix.len) == 0;
}

/* "NAME=value" into its two parts; without '=' the value's data is NULL. */
static struct slice split_name(const char *pair, struct slice *ret_value)
{
    const char *equals = strchr(pair, '=');
    *ret_value = slice_of(equals ? equals + 1 : NULL);
    return (struct slice){pair, equals ? (size_t)(equals - pair) : strlen(pair)};
}

/* ---- environment ---- */

static bool contains(struct slice text, struct slice part)
{
    return memmem(text.data, text.len, part.data, part.len) != NULL;
}

/* Kubernetes puts the addresses of every Service into the environment; one called livenessd or
 * livenessd-admin must not keep the server from starting. */
static bool is_service_link(struct slice name, struct slice value)
{
    return ends_with(name, SLICE("_SERVICE_HOST")) || contains(name, SLICE("_SERVICE_PORT")) ||
           (contains(name, SLICE("_PORT")) && contains(value, SLICE("://"))) ||
           (contains(name, SLICE("_PORT_")) &&
            (ends_with(name, SLICE("_PROTO")) || ends_with(name, SLICE("_PORT")) ||
             ends_with(name, SLICE("_ADDR"))));
}

static bool is_foreign(struct slice name, struct slice value)
{
    return !starts_with(name, SLICE("LIVENESSD_")) ||
           slice_equal(name, SLICE("LIVENESSD_EMULATOR_KEY")) ||
           slice_equal(name, SLICE("LIVENESSD_EMULATOR_KEY2")) ||
           slice_equal(name, SLICE("LIVENESSD_EMULATOR_CLIENT_SECRET")) ||
           starts_with(name, SLICE("LIVENESSD_BINARY")) ||
           starts_with(name, SLICE("LIVENESSD_TEST_")) || is_service_link(name, value);
}

static void report_unknown(struct settings_draft *draft, struct slice name)
{
    CLEANUP(buf) struct buf origin;
    CLEANUP(buf) struct buf suggestion;
    buf_init(&origin, NAME_SHOWN);
    buf_init(&suggestion, NAME_SHOWN);
    buf_put_slice(&origin,
                  (struct slice){name.data, name.len < NAME_SHOWN ? name.len : NAME_SHOWN});
    setting_suggest_environment(name, &suggestion);
    draft_error(draft, origin.data, "unknown variable%.*s", SLICE_ARGS(buf_slice(&suggestion)));
}

static void put_variable(struct settings_draft *draft, struct setting_name known, struct slice name,
                         struct slice value)
{
    CLEANUP(buf) struct buf origin;
    buf_init(&origin, ORIGIN_LIMIT);
    buf_put_slice(&origin, name);
    const struct setting_text text = {.items = &value, .count = 1};
    draft_put(draft, RANK_ENVIRONMENT, origin.data, known, &text);
}

void settings_read_environment(struct settings_draft *draft, char *const *environment)
{
    for (; environment && *environment; environment++) {
        struct slice value;
        struct slice name = split_name(*environment, &value);
        if (!value.data || is_foreign(name, value)) {
            continue;
        }
        struct setting_name known = setting_find_environment(name);
        if (known.index < 0) {
            report_unknown(draft, name);
        } else {
            put_variable(draft, known, name, value);
        }
    }
}

/* ---- --set ---- */

static void put_set(struct settings_draft *draft, const char *origin, struct slice key,
                    struct slice value)
{
    struct setting_name known = setting_find(key);
    if (known.index >= 0) {
        const struct setting_text text = {.items = &value, .count = 1};
        draft_put(draft, RANK_SET, origin, known, &text);
        return;
    }
    CLEANUP(buf) struct buf suggestion;
    buf_init(&suggestion, NAME_SHOWN);
    setting_suggest_key(key, &suggestion);
    draft_error(draft, origin, "unknown key%.*s", SLICE_ARGS(buf_slice(&suggestion)));
}

void settings_read_sets(struct settings_draft *draft, const char *const *sets)
{
    for (; sets && *sets; sets++) {
        struct slice value;
        struct slice key = split_name(*sets, &value);
        struct slice shown = {key.data, key.len < NAME_SHOWN ? key.len : NAME_SHOWN};
        CLEANUP(buf) struct buf origin;
        buf_init(&origin, ORIGIN_LIMIT);
        buf_puts(&origin, "--set ");
        buf_put_slice(&origin, shown);
        if (value.data && key.len > 0) {
            put_set(draft, origin.data, key, value);
        } else {
            draft_error(draft, origin.data, "is not of the form key=value");
        }
    }
}

/* ---- the tutorials' names ---- */

static struct slice environment_get(char *const *environment, struct slice wanted)
{
    for (; environment && *environment; environment++) {
        struct slice value;
        if (slice_equal(split_name(*environment, &value), wanted) && value.data) {
            return value;
        }
    }
    return (struct slice){0};
}

static void put_face(struct settings_draft *draft, char *const *environment, int index,
                     struct slice name)
{
    struct slice value = environment_get(environment, name);
    if (value.len > 0 && draft->states[index].rank < RANK_ENVIRONMENT) {
        put_variable(draft, (struct setting_name){.index = index}, name, value);
    }
}

static bool names_application(const struct settings_draft *draft)
{
    return draft_is_set(draft, SETTING_upstream_entra_tenant) ||
           draft_is_set(draft, SETTING_upstream_entra_client_id) ||
           draft_is_set(draft, SETTING_upstream_entra_client_secret);
}

/* What other programs use these variables for must not stand in the way of what was chosen here: a
 * key of ours hides an application's variables, and an application of ours the keys'. */
void settings_read_face(struct settings_draft *draft, char *const *environment)
{
    if (draft->settings.upstream_emulator) {
        return; /* they are often exported for other programs */
    }
    put_face(draft, environment, SETTING_upstream_endpoint, SLICE("FACE_ENDPOINT"));
    if (!names_application(draft)) {
        put_face(draft, environment, SETTING_upstream_key, SLICE("FACE_APIKEY"));
        put_face(draft, environment, SETTING_upstream_key, SLICE("FACE_KEY"));
    }
    if (!draft_is_set(draft, SETTING_upstream_key)) {
        put_face(draft, environment, SETTING_upstream_entra_tenant, SLICE("AZURE_TENANT_ID"));
        put_face(draft, environment, SETTING_upstream_entra_client_id, SLICE("AZURE_CLIENT_ID"));
        put_face(draft, environment, SETTING_upstream_entra_client_secret,
                 SLICE("AZURE_CLIENT_SECRET"));
        put_face(draft, environment, SETTING_upstream_entra_authority,
                 SLICE("AZURE_AUTHORITY_HOST"));
    }
}

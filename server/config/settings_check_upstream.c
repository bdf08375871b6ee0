/*
 * What the upstream needs: an endpoint, and a key or an Entra application to say who we are, or the
 * emulator in place of all that.
 */
#include "config/settings_draft.h"

static bool is_loopback(const struct settings_draft *draft, int index,
                        const struct address *address)
{
    return draft_is_broken(draft, index) || address_is_loopback(address);
}

static bool is_given(const char *text)
{
    return text && *text != '\0';
}

static void check_emulator(struct settings_draft *draft)
{
    const struct settings *settings = &draft->settings;
    if (is_given(settings->upstream_endpoint)) {
        draft_error(draft, draft_origin(draft, SETTING_upstream_endpoint),
                    "is set beside upstream.emulator; choose one of the two");
    }
    if (!is_loopback(draft, SETTING_http_listen, &settings->http_listen)) {
        draft_error(draft, draft_origin(draft, SETTING_http_listen),
                    "is not a loopback address, which upstream.emulator requires");
    }
    if (!is_loopback(draft, SETTING_emulator_listen, &settings->emulator_listen)) {
        draft_error(draft, draft_origin(draft, SETTING_emulator_listen),
                    "is not a loopback address, which upstream.emulator requires");
    }
}

/* ---- who we are ---- */

/* The three parts of an application. */
static const int application[] = {SETTING_upstream_entra_tenant, SETTING_upstream_entra_client_id,
                                  SETTING_upstream_entra_client_secret};

enum { PARTS = sizeof application / sizeof *application };

static bool has_part(struct settings_draft *draft, size_t part)
{
    const struct setting_spec *spec = &setting_specs[application[part]];
    const char *const *text = setting_member(spec, &draft->settings);
    return is_given(*text);
}

/* Which of them there are, and whether one was refused already. */
static size_t count_parts(struct settings_draft *draft, int *ret_first, bool *ret_broken)
{
    size_t count = 0;
    *ret_broken = false;
    for (size_t i = PARTS; i-- > 0;) {
        *ret_broken = *ret_broken || draft_is_broken(draft, application[i]);
        if (has_part(draft, i)) {
            count++;
            *ret_first = application[i];
        }
    }
    return count;
}

static void report_missing_parts(struct settings_draft *draft, int present)
{
    for (size_t i = 0; i < PARTS; i++) {
        if (!has_part(draft, i)) {
            draft_error(draft, setting_specs[application[i]].key,
                        "is missing beside %s: an Entra application needs upstream.entra_tenant, "
                        "upstream.entra_client_id and upstream.entra_client_secret (or "
                        "AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET); set all of them, "
                        "or upstream.key alone",
                        draft_origin(draft, present));
        }
    }
}

static void check_credentials(struct settings_draft *draft, bool has_endpoint)
{
    const struct settings *settings = &draft->settings;
    int first = 0;
    bool broken = false;
    size_t parts = count_parts(draft, &first, &broken);
    bool has_key = is_given(settings->upstream_key);
    bool has_key2 = is_given(settings->upstream_key2);
    if (broken || draft_is_broken(draft, SETTING_upstream_key) ||
        draft_is_broken(draft, SETTING_upstream_key2)) {
        return;
    }
    if (parts > 0 && (has_key || has_key2)) {
        draft_error(draft, draft_origin(draft, first),
                    "is set beside %s: the server is either the holder of a key or an Entra "
                    "application; take away the settings of one of them",
                    draft_origin(draft, has_key ? SETTING_upstream_key : SETTING_upstream_key2));
    } else if (parts > 0 && parts < PARTS) {
        report_missing_parts(draft, first);
    } else if (has_key2 && !has_key) {
        draft_error(draft, draft_origin(draft, SETTING_upstream_key2),
                    "is set without upstream.key; one key alone is upstream.key");
    } else if (has_endpoint && !has_key && parts == 0) {
        draft_error(draft, "upstream.key",
                    "is missing: set LIVENESSD_UPSTREAM_KEY (or FACE_APIKEY, FACE_KEY), name a "
                    "file that holds it by upstream.key_file or LIVENESSD_UPSTREAM_KEY_FILE, or "
                    "set upstream.entra_tenant, upstream.entra_client_id and "
                    "upstream.entra_client_secret");
    }
}

void settings_check_upstream(struct settings_draft *draft)
{
    const struct settings *settings = &draft->settings;
    if (settings->upstream_emulator) {
        check_emulator(draft);
        return;
    }
    bool has_endpoint = is_given(settings->upstream_endpoint);
    if (!has_endpoint && !draft_is_broken(draft, SETTING_upstream_endpoint) &&
        !draft_is_broken(draft, SETTING_upstream_emulator)) {
        draft_error(draft, "upstream.endpoint",
                    "is missing: set it to the endpoint of the Face resource (also "
                    "LIVENESSD_UPSTREAM_ENDPOINT or FACE_ENDPOINT), or set upstream.emulator to "
                    "true to try out without one");
    }
    check_credentials(draft, has_endpoint);
}

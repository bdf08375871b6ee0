/*
 * Origins whose pages may call: every entry of cors.origins, which becomes what browsers send as
 * Origin, so that comparing bytes is enough. Invariant: what stands for more than one origin, or
 * for none in particular, is refused.
 */
#include "config/settings_draft.h"
#include "config/settings_parse.h"

#include <stdlib.h>

static const char *const not_origins[][2] = {
    {"*", "is every page there is, and with credentials each of them could call as whoever looks "
          "at it; name the origins one by one"},
    {"null", "is what browsers say of any page whose origin they keep to themselves, so anybody's; "
             "serve the page from an origin of its own"},
};

/* NULL, or why the text means nobody in particular. */
static const char *too_wide(const char *text)
{
    for (size_t i = 0; i < sizeof not_origins / sizeof *not_origins; i++) {
        if (strcmp(text, not_origins[i][0]) == 0) {
            return not_origins[i][1];
        }
    }
    return strchr(text, '*') ? "holds a *; name the origins one by one" : NULL;
}

static bool is_scheme_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}

/* Length of a scheme that only apps' web views have ("capacitor" of "capacitor://localhost"), or 0.
 */
static size_t app_scheme(struct slice text)
{
    size_t length = 0;
    while (length < text.len && is_scheme_character(text.data[length])) {
        length++;
    }
    struct slice scheme = {text.data, length};
    bool usual = slice_equal(scheme, SLICE("http")) || slice_equal(scheme, SLICE("https"));
    bool followed = text.len - length > 3 && memcmp(text.data + length, "://", 3) == 0;
    return followed && !usual && length > 0 && text.data[0] >= 'a' ? length : 0;
}

/* Only the scheme of such an origin is unlike that of others. */
static bool parse_app_origin(struct slice text, size_t scheme, char **ret,
                             char ret_why[SETTING_WHY_SIZE])
{
    CLEANUP(buf) struct buf usual;
    char *parsed = NULL;
    buf_init(&usual, text.len + sizeof "https");
    buf_puts(&usual, "https");
    buf_put_slice(&usual, (struct slice){text.data + scheme, text.len - scheme});
    if (!setting_parse_origin(buf_slice(&usual), &parsed, ret_why)) {
        return false;
    }
    CLEANUP(buf) struct buf origin;
    buf_init(&origin, text.len + 1);
    buf_put_slice(&origin, (struct slice){text.data, scheme});
    buf_puts(&origin, parsed + strlen("https"));
    *ret = xstrdup(origin.data);
    free(parsed);
    return true;
}

static bool parse(struct slice text, char **ret, char ret_why[SETTING_WHY_SIZE])
{
    size_t scheme = app_scheme(text);
    return scheme > 0 ? parse_app_origin(text, scheme, ret, ret_why)
                      : setting_parse_origin(text, ret, ret_why);
}

void settings_check_origins(struct settings_draft *draft)
{
    struct settings_list *origins = &draft->settings.cors_origins;
    const char *where = draft_origin(draft, SETTING_cors_origins);
    for (size_t i = 0; i < origins->count; i++) {
        char why[SETTING_WHY_SIZE];
        char *parsed = NULL;
        const char *wide = too_wide(origins->items[i]);
        if (wide) {
            draft_error(draft, where, "'%.80s' %s", origins->items[i], wide);
        } else if (!parse(slice_of(origins->items[i]), &parsed, why)) {
            draft_error(draft, where, "'%.80s' %s", origins->items[i], why);
        } else {
            free(origins->items[i]);
            origins->items[i] = parsed;
        }
    }
}

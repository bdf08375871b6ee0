/*
 * Identity providers: every entry of auth.issuers, what entries have in common, and whether their
 * files give keys. Nothing of a secret's content is shown.
 */
#include "base/issuer_entry.h"
#include "base/jwk.h"
#include "base/secret.h"
#include "config/settings_draft.h"
#include "config/settings_parse.h"

#include <stdio.h>
#include <string.h>

static void explain_entry(struct settings_draft *draft, size_t number, const char *what)
{
    draft_error(draft, draft_origin(draft, SETTING_auth_issuers), "entry %zu %s", number, what);
}

/* ---- sources of keys ---- */

static bool check_secret(const struct issuer_entry *entry, char ret_why[SETTING_WHY_SIZE])
{
    char *secret = NULL;
    if (settings_read_secret_file(entry->secret_file, &secret, ret_why) != 0) {
        return false;
    }
    bool fine = strlen(secret) >= JWT_HS256_KEY_BYTES;
    if (!fine) {
        setting_explain(ret_why, "%s holds less than the %d bytes that HS256 needs",
                        entry->secret_file, JWT_HS256_KEY_BYTES);
    }
    (void)secret_free(secret);
    return fine;
}

static bool check_document(const struct issuer_entry *entry, char ret_why[SETTING_WHY_SIZE])
{
    CLEANUP(buf) struct buf document;
    const char *why = NULL;
    buf_init(&document, JWK_SET_MAX_BYTES);
    if (settings_read_document(entry->jwks, &document, ret_why) != 0) {
        return false;
    }
    struct jwk_set *set = jwk_set_read(buf_slice(&document), entry->algorithms, &why);
    if (!set) {
        setting_explain(ret_why, "%s gives no key: %s", entry->jwks, why);
        return false;
    }
    jwk_set_free(set);
    return true;
}

static void check_source(struct settings_draft *draft, size_t number,
                         const struct issuer_entry *entry)
{
    char why[SETTING_WHY_SIZE];
    const char *word = entry->secret_file ? "secret_file=" : "jwks=";
    bool fine;
    if (entry->secret_file) {
        fine = check_secret(entry, why);
    } else if (issuer_entry_is_fetched(entry)) {
        fine = setting_check_address(slice_of(entry->jwks), why);
    } else {
        fine = check_document(entry, why);
    }
    if (!fine) {
        draft_error(draft, draft_origin(draft, SETTING_auth_issuers), "entry %zu: %s %s", number,
                    word, why);
    }
}

/* ---- entries ---- */

/* NULL, or what an entry before this one has in common with it. */
static const char *find_clash(const struct settings_list *list, size_t index,
                              const struct issuer_entry *entry)
{
    const char *clash = NULL;
    for (size_t i = 0; i < index && !clash; i++) {
        CLEANUP(issuer_entry) struct issuer_entry other;
        char why[ISSUER_WHY_SIZE];
        if (!issuer_entry_read(slice_of(list->items[i]), i + 1, &other, why)) {
            continue;
        }
        if (strcmp(other.issuer, entry->issuer) == 0) {
            clash = "has the issuer= of an entry before it";
        } else if (strcmp(other.name, entry->name) == 0) {
            clash = "has the name of an entry before it";
        }
    }
    return clash;
}

static void check_entry(struct settings_draft *draft, size_t index)
{
    const struct settings_list *list = &draft->settings.auth_issuers;
    CLEANUP(issuer_entry) struct issuer_entry entry;
    char why[ISSUER_WHY_SIZE];
    if (!issuer_entry_read(slice_of(list->items[index]), index + 1, &entry, why)) {
        explain_entry(draft, index + 1, why);
        return;
    }
    const char *clash = find_clash(list, index, &entry);
    if (clash) {
        explain_entry(draft, index + 1, clash);
    } else if (draft->settings.auth_mode & AUTH_JWT) {
        check_source(draft, index + 1, &entry);
    }
}

static bool holds_certificate(FILE *file)
{
    static const char mark[] = "-----BEGIN ";
    char line[256];
    bool found = false;
    while (!found && fgets(line, sizeof line, file)) {
        found = strncmp(line, mark, sizeof mark - 1) == 0;
    }
    return found;
}

/* What is wrong with it would else be found by the first fetch. */
static void check_ca_file(struct settings_draft *draft)
{
    const char *name = draft->settings.auth_ca_file;
    if (!(draft->settings.auth_mode & AUTH_JWT) || !name || name[0] == '\0') {
        return;
    }
    FILE *file = fopen(name, "re");
    if (!file || !holds_certificate(file)) {
        draft_error(draft, draft_origin(draft, SETTING_auth_ca_file),
                    file ? "%s holds no certificate (PEM)" : "%s cannot be read", name);
    }
    if (file) {
        (void)fclose(file);
    }
}

void settings_check_issuers(struct settings_draft *draft)
{
    const struct settings *settings = &draft->settings;
    check_ca_file(draft);
    for (size_t i = 0; i < settings->auth_issuers.count; i++) {
        check_entry(draft, i);
    }
    if ((settings->auth_mode & AUTH_JWT) && settings->auth_issuers.count == 0 &&
        !draft_is_broken(draft, SETTING_auth_issuers)) {
        draft_error(draft, draft_origin(draft, SETTING_auth_mode),
                    "jwt needs at least one entry in auth.issuers");
    }
    if (settings->auth_leeway % 1000 != 0 && !draft_is_broken(draft, SETTING_auth_leeway)) {
        draft_error(draft, draft_origin(draft, SETTING_auth_leeway),
                    "is not a whole number of seconds");
    }
}

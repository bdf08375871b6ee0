/*
 * Reading entries of auth.issuers. Invariant: an entry that was read has an issuer, an audience, a
 * subject, a scope claim, exactly one source of keys, and algorithms that such keys can do.
 */
#include "base/issuer_entry.h"

#include "base/jwt.h"

#include <stdio.h>
#include <stdlib.h>

enum word {
    WORD_ISSUER,
    WORD_AUDIENCE,
    WORD_JWKS,
    WORD_SECRET_FILE,
    WORD_NAME,
    WORD_SUBJECT,
    WORD_TENANT,
    WORD_SCOPES,
    WORD_ALGORITHMS,
    WORD_COUNT
};

static const struct slice words[WORD_COUNT] = {
    [WORD_ISSUER] = SLICE_INIT("issuer"),
    [WORD_AUDIENCE] = SLICE_INIT("audience"),
    [WORD_JWKS] = SLICE_INIT("jwks"),
    [WORD_SECRET_FILE] = SLICE_INIT("secret_file"),
    [WORD_NAME] = SLICE_INIT("name"),
    [WORD_SUBJECT] = SLICE_INIT("subject"),
    [WORD_TENANT] = SLICE_INIT("tenant"),
    [WORD_SCOPES] = SLICE_INIT("scopes"),
    [WORD_ALGORITHMS] = SLICE_INIT("algorithms"),
};

#define KNOWN_WORDS                                                                                \
    "issuer=, audience=, jwks=, secret_file=, name=, subject=, tenant=, scopes= and algorithms="

struct reader {
    struct issuer_entry *entry;
    unsigned seen; /* mask of words */
    char *why;     /* ISSUER_WHY_SIZE */
};

static bool refuse(struct reader *reader, const char *text)
{
    (void)snprintf(reader->why, ISSUER_WHY_SIZE, "%s", text);
    return false;
}

/* Up to the separator; what follows stays in `rest`, whose data is NULL at the end. */
static struct slice take_part(struct slice *rest, char separator)
{
    const char *end = memchr(rest->data, separator, rest->len);
    struct slice part = {rest->data, end ? (size_t)(end - rest->data) : rest->len};
    *rest = end ? (struct slice){end + 1, rest->len - part.len - 1} : (struct slice){0};
    return part;
}

/* ---- values ---- */

static bool is_plain(struct slice text, size_t max)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] <= ' ' || text.data[i] > '~') {
            return false;
        }
    }
    return text.len > 0 && text.len <= max;
}

static bool is_name(struct slice text)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\0' || !strchr(allowed, text.data[i])) {
            return false;
        }
    }
    return text.len > 0 && text.len < ISSUER_NAME_SIZE;
}

static bool is_claim(struct slice text)
{
    if (!is_plain(text, ISSUER_CLAIM_MAX) || text.data[0] == '.' ||
        text.data[text.len - 1] == '.') {
        return false;
    }
    for (size_t i = 1; i < text.len; i++) {
        if (text.data[i] == '.' && text.data[i - 1] == '.') {
            return false;
        }
    }
    return true;
}

static bool take_text(struct reader *reader, struct slice value, char **ret)
{
    if (!is_plain(value, ISSUER_TEXT_MAX)) {
        return refuse(reader, "has a value that is empty, too long, or not plain text");
    }
    *ret = xmemdup0(value.data, value.len);
    return true;
}

static bool take_claim(struct reader *reader, struct slice value, char **ret)
{
    if (!is_claim(value)) {
        return refuse(reader, "names a claim that is no name or path such as realm_access.roles");
    }
    *ret = xmemdup0(value.data, value.len);
    return true;
}

static bool take_audience(struct reader *reader, struct slice value)
{
    struct issuer_entry *entry = reader->entry;
    if (entry->audience_count == ISSUER_AUDIENCES_MAX) {
        return refuse(reader, "has more than 8 audience=");
    }
    if (!take_text(reader, value, &entry->audiences[entry->audience_count])) {
        return false;
    }
    entry->audience_count++;
    return true;
}

static bool take_name(struct reader *reader, struct slice value)
{
    if (!is_name(value)) {
        return refuse(reader, "has a name= that is not 1 to 63 letters, digits, '.', '_' and '-'");
    }
    memcpy(reader->entry->name, value.data, value.len);
    reader->entry->name[value.len] = '\0';
    return true;
}

static bool take_scopes(struct reader *reader, struct slice value)
{
    struct issuer_entry *entry = reader->entry;
    while (value.data) {
        struct slice claim = take_part(&value, '+');
        if (entry->scope_count == ISSUER_SCOPES_MAX) {
            return refuse(reader, "has more than 8 claims in scopes=");
        }
        if (!take_claim(reader, claim, &entry->scopes[entry->scope_count])) {
            return false;
        }
        entry->scope_count++;
    }
    return true;
}

static bool take_algorithms(struct reader *reader, struct slice value)
{
    while (value.data) {
        enum jwt_algorithm algorithm;
        if (!jwt_algorithm_find(take_part(&value, '+'), &algorithm)) {
            return refuse(reader, "names an algorithm that is none of RS256, RS384, RS512, ES256, "
                                  "ES384, ES512 and HS256, joined by '+'");
        }
        reader->entry->algorithms |= JWT_BIT(algorithm);
    }
    return true;
}

/* ---- words ---- */

static bool take_value(struct reader *reader, enum word word, struct slice value)
{
    struct issuer_entry *entry = reader->entry;
    switch (word) {
    case WORD_ISSUER:
        return take_text(reader, value, &entry->issuer);
    case WORD_AUDIENCE:
        return take_audience(reader, value);
    case WORD_JWKS:
        return take_text(reader, value, &entry->jwks);
    case WORD_SECRET_FILE:
        return take_text(reader, value, &entry->secret_file);
    case WORD_NAME:
        return take_name(reader, value);
    case WORD_SUBJECT:
        return take_claim(reader, value, &entry->subject);
    case WORD_TENANT:
        return take_claim(reader, value, &entry->tenant);
    case WORD_SCOPES:
        return take_scopes(reader, value);
    case WORD_ALGORITHMS:
    default:
        return take_algorithms(reader, value);
    }
}

static bool take_word(struct reader *reader, struct slice text)
{
    struct slice value = text;
    struct slice key = take_part(&value, '=');
    for (int i = 0; i < WORD_COUNT && value.data; i++) {
        if (!slice_equal(key, words[i])) {
            continue;
        }
        if ((reader->seen & (1U << i)) && i != WORD_AUDIENCE) {
            (void)snprintf(reader->why, ISSUER_WHY_SIZE, "has %.*s= twice", SLICE_ARGS(key));
            return false;
        }
        reader->seen |= 1U << i;
        return take_value(reader, (enum word)i, value);
    }
    (void)snprintf(reader->why, ISSUER_WHY_SIZE, "has the word '%.*s', which is none of %s",
                   (int)(key.len < 40 ? key.len : 40), key.data, KNOWN_WORDS);
    return false;
}

static bool take_words(struct reader *reader, struct slice text)
{
    while (text.data) {
        struct slice word = take_part(&text, ' ');
        if (word.len > 0 && !take_word(reader, word)) {
            return false;
        }
    }
    return true;
}

/* ---- the whole ---- */

static bool check_whole(struct reader *reader)
{
    const struct issuer_entry *entry = reader->entry;
    unsigned possible = entry->secret_file ? JWT_BIT(JWT_HS256) : (unsigned)JWT_ASYMMETRIC;
    if (!entry->issuer) {
        return refuse(reader, "has no issuer=");
    }
    if (entry->audience_count == 0) {
        return refuse(reader, "has no audience=");
    }
    if (!entry->jwks && !entry->secret_file) {
        return refuse(reader, "has neither jwks= nor secret_file=");
    }
    if (entry->jwks && entry->secret_file) {
        return refuse(reader,
                      "has both jwks= and secret_file=; public keys and secrets do not mix");
    }
    if (entry->algorithms & ~possible) {
        return refuse(reader, entry->secret_file ? "has secret_file=, which is for HS256 only"
                                                 : "allows HS256, which needs secret_file=");
    }
    return true;
}

static void fill_defaults(struct issuer_entry *entry, size_t number)
{
    static const char *const scopes[] = {"scope", "scp", "roles"};
    if (entry->name[0] == '\0') {
        (void)snprintf(entry->name, sizeof entry->name, "issuer%zu", number);
    }
    if (!entry->subject) {
        entry->subject = xstrdup("sub");
    }
    if (entry->algorithms == 0) {
        entry->algorithms = entry->secret_file ? JWT_BIT(JWT_HS256) : (unsigned)JWT_ASYMMETRIC;
    }
    bool has_scopes = entry->scope_count > 0;
    for (size_t i = 0; !has_scopes && i < sizeof scopes / sizeof *scopes; i++) {
        entry->scopes[entry->scope_count++] = xstrdup(scopes[i]);
    }
}

bool issuer_entry_read(struct slice text, size_t number, struct issuer_entry *ret,
                       char ret_why[ISSUER_WHY_SIZE])
{
    struct reader reader = {.entry = ret, .why = ret_why};
    ret_why[0] = '\0';
    *ret = (struct issuer_entry){0};
    if (!take_words(&reader, text) || !check_whole(&reader)) {
        issuer_entry_done(ret);
        return false;
    }
    fill_defaults(ret, number);
    return true;
}

void issuer_entry_done(struct issuer_entry *entry)
{
    free(entry->issuer);
    free(entry->jwks);
    free(entry->secret_file);
    free(entry->subject);
    free(entry->tenant);
    for (size_t i = 0; i < ISSUER_AUDIENCES_MAX; i++) {
        free(entry->audiences[i]);
    }
    for (size_t i = 0; i < ISSUER_SCOPES_MAX; i++) {
        free(entry->scopes[i]);
    }
    *entry = (struct issuer_entry){0};
}

bool issuer_entry_is_fetched(const struct issuer_entry *entry)
{
    return entry->jwks && strstr(entry->jwks, "://");
}

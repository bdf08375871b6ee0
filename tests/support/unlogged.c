/*
 * The noted texts lie in a table by their last bytes, so that a log of megabytes is read once
 * however many there are.
 */
#include "support/unlogged.h"

#include "support/json_path.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    CUT = 40, /* so much of a text is looked for */
    BUCKETS = 1 << 14,
    RUN_MAX = 40,  /* longest that is no token, digest or key: a UUID has 36 */
    PART_MIN = 20, /* shortest part of a token that is looked for by itself */
    TAIL = 8,      /* bytes of the table's key */
    BODY_MAX = 1 << 20,
    DEPTH_MAX = 64, /* of a body */
};

struct noted {
    struct noted *next;
    size_t size;
    char text[CUT + 1];
};

static struct noted *all_noted[BUCKETS];

static size_t bucket_of(const char *tail)
{
    uint64_t word = 0;
    memcpy(&word, tail, TAIL);
    return (size_t)((word * UINT64_C(0x9E3779B97F4A7C15)) >> 50);
}

/* The noted text that ends here, if there is one. */
static const struct noted *noted_at(const char *text, size_t end)
{
    const struct noted *noted = all_noted[bucket_of(text + end - TAIL)];
    while (noted &&
           (noted->size > end || memcmp(noted->text, text + end - noted->size, noted->size) != 0))
        noted = noted->next;
    return noted;
}

static void note(const char *text, size_t size)
{
    size = size < CUT ? size : CUT;
    if (size < UNLOGGED_MIN)
        return;
    struct noted **first = &all_noted[bucket_of(text + size - TAIL)];
    for (const struct noted *noted = *first; noted; noted = noted->next)
        if (noted->size == size && memcmp(noted->text, text, size) == 0)
            return;
    struct noted *noted = xcalloc(1, sizeof *noted);
    noted->next = *first;
    noted->size = size;
    memcpy(noted->text, text, size);
    *first = noted;
}

static void note_token(const char *text, size_t size)
{
    note(text, size);
    while (size > 0) {
        const char *dot = memchr(text, '.', size);
        size_t part = dot ? (size_t)(dot - text) : size;
        if (part >= PART_MIN)
            note(text, part);
        size -= part + (dot != NULL);
        text += part + (dot != NULL);
    }
}

void unlogged_add(const char *text)
{
    note_token(text, strlen(text));
}

void unlogged_forget(const char *text)
{
    size_t size = strnlen(text, CUT);
    struct noted **at = &all_noted[bucket_of(text + size - TAIL)];
    while (*at && ((*at)->size != size || memcmp((*at)->text, text, size) != 0))
        at = &(*at)->next;
    struct noted *noted = *at;
    if (noted)
        *at = noted->next;
    free(noted);
}

/* ---- heads ---- */

/* "tok" of "Bearer tok". */
static void note_authorization(const char *value, size_t size)
{
    const char *space = memchr(value, ' ', size);
    if (space)
        note_token(space + 1, size - (size_t)(space + 1 - value));
}

/* "v" of "a=1; b=v". */
static void note_values(const char *value, size_t size)
{
    const char *end = value + size;
    while (value < end) {
        const char *equals = memchr(value, '=', (size_t)(end - value));
        if (!equals)
            return;
        const char *from = equals + 1;
        from += from < end && *from == '"';
        value = from + strcspn(from, ";,\" \r\n");
        value = value < end ? value : end;
        note_token(from, (size_t)(value - from));
    }
}

/* Addresses, but for what a log may name: networks, and this machine. */
static void note_addresses(const char *value, size_t size)
{
    const char *end = value + size;
    while (value < end) {
        value += strspn(value, ", ");
        size_t length = strcspn(value, ", \r\n");
        bool network =
            length > 2 && strchr("0:", value[length - 1]) && strchr(".:", value[length - 2]);
        if (!network && strncmp(value, "127.", 4) != 0)
            note(value, length);
        value += length > 0 ? length : 1;
    }
}

static const struct {
    const char *name;
    void (*note)(const char *value, size_t size);
} headers[] = {
    {"authorization", note_authorization},
    {"ocp-apim-subscription-key", note_token},
    {"x-device-token", note_token},
    {"idempotency-key", note},
    {"cookie", note_values},
    {"set-cookie", note_values},
    {"x-forwarded-for", note_addresses},
    {"forwarded", note_values},
};

static void note_line(const char *line, size_t size)
{
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        size_t length = strlen(headers[i].name);
        if (size <= length || line[length] != ':' ||
            strncasecmp(line, headers[i].name, length) != 0)
            continue;
        const char *value = line + length + 1;
        value += strspn(value, " \t");
        headers[i].note(value, strcspn(value, "\r\n"));
    }
}

void unlogged_add_head(const char *head)
{
    while (*head) {
        size_t size = strcspn(head, "\r\n");
        note_line(head, size);
        head += size;
        head += strspn(head, "\r\n");
    }
}

/* ---- bodies and settings ---- */

void unlogged_add_member(const char *name, const char *value)
{
    static const char *const names[] = {
        "authToken",     "digest",          "receipt",           "access_token",
        "client_secret", "transactionId",   "ownerSubject",      "deviceCorrelationId",
        "deviceId",      "verifyImageHash", "userCorrelationId", "resultId",
        "remoteAddress",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(name, names[i]) == 0)
            unlogged_add(value);
}

static void note_member(const cJSON *member, enum unlogged_body from)
{
    if (!cJSON_IsString(member) || !member->string)
        return;
    unlogged_add_member(member->string, member->valuestring);
    if ((from == UNLOGGED_UPSTREAM && strcmp(member->string, "sessionId") == 0) ||
        (from != UNLOGGED_SENT && strcmp(member->string, "sessionImageId") == 0))
        unlogged_add(member->valuestring);
}

static void note_members(const cJSON *json, enum unlogged_body from)
{
    const cJSON *waiting[DEPTH_MAX + 2] = {json};
    size_t count = json != NULL;
    while (count > 0) {
        const cJSON *member = waiting[--count];
        note_member(member, from);
        if (member->next)
            waiting[count++] = member->next;
        if (member->child && count < DEPTH_MAX)
            waiting[count++] = member->child;
    }
}

void unlogged_add_json(const char *body, enum unlogged_body from)
{
    if (strchr("{[", *body) == NULL || strnlen(body, BODY_MAX) == BODY_MAX)
        return;
    cJSON *json = cJSON_Parse(body);
    note_members(json, from);
    cJSON_Delete(json);
}

/* "pass" of "redis://user:pass@host". */
static void note_password(const char *url)
{
    const char *at = strchr(url, '@');
    const char *scheme = strstr(url, "://");
    const char *colon = scheme && at ? memchr(scheme + 3, ':', (size_t)(at - scheme - 3)) : NULL;
    if (colon)
        note(colon + 1, (size_t)(at - colon - 1));
}

void unlogged_add_environment(const char *const *entries)
{
    for (; entries && *entries; entries++) {
        const char *value = strchr(*entries, '=');
        size_t length = value ? (size_t)(value - *entries) : 0;
        if (length > 4 && strncmp(value - 4, "_KEY", 4) == 0)
            unlogged_add(value + 1);
        if (length > 4 && strncmp(value - 4, "_URL", 4) == 0)
            note_password(value + 1);
    }
}

/* ---- looking ---- */

static bool says(char ret_why[UNLOGGED_WHY_SIZE], const char *what, const char *at, size_t size)
{
    (void)snprintf(ret_why, UNLOGGED_WHY_SIZE, "%s: %.*s", what, (int)(size < 160 ? size : 160),
                   at);
    return true;
}

static bool has_noted(const char *log, size_t size, char ret_why[UNLOGGED_WHY_SIZE])
{
    for (size_t end = UNLOGGED_MIN; end <= size; end++) {
        const struct noted *noted = noted_at(log, end);
        if (noted)
            return says(ret_why, "what the test sent or got", noted->text, noted->size);
    }
    return false;
}

static size_t run_of(const char *text)
{
    size_t size = 0;
    while (isalnum((unsigned char)text[size]) || text[size] == '-' || text[size] == '_')
        size++;
    return size;
}

/* Somebody else's request id may be as long as it likes to be. */
static bool is_request_id(const char *log, const char *run)
{
    static const char before[] = "\"request_id\":\"";
    size_t length = sizeof before - 1;
    return (size_t)(run - log) >= length && memcmp(run - length, before, length) == 0;
}

static bool has_token(const char *log, char ret_why[UNLOGGED_WHY_SIZE])
{
    for (const char *at = log; *at; at++) {
        size_t size = run_of(at);
        if (size > RUN_MAX && !is_request_id(log, at))
            return says(ret_why, "like a token, a digest or a key", at, size);
        if (size > UNLOGGED_MIN && memcmp(at, "eyJ", 3) == 0)
            return says(ret_why, "like a token", at, size);
        at += size;
        if (!*at)
            break;
    }
    return false;
}

static bool is_field(const char *name)
{
    static const char *const names[] = {
        "ts",
        "level",
        "event",
#define LOG_FIELD(symbol, name) name,
#include "base/log_field_table.h"
#undef LOG_FIELD
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* A client is named by its network. */
static bool is_masked(const cJSON *field)
{
    const char *text = cJSON_IsString(field) ? field->valuestring : "";
    size_t length = strlen(text);
    return length > 3 &&
           (strcmp(text + length - 3, "/24") == 0 || strcmp(text + length - 3, "/48") == 0);
}

static bool is_wrong_line(const char *line, size_t size, char ret_why[UNLOGGED_WHY_SIZE])
{
    bool wrong = false;
    cJSON *json = cJSON_ParseWithLength(line, size);
    const cJSON *field = NULL;
    cJSON_ArrayForEach (field, json) {
        if (!field->string || !is_field(field->string))
            wrong = says(ret_why, "a field that is not one of a log's", line, size);
        else if (strcmp(field->string, "client") == 0 && !is_masked(field))
            wrong = says(ret_why, "a client's whole address", line, size);
    }
    cJSON_Delete(json);
    return wrong;
}

static bool has_wrong_line(const char *log, size_t size, char ret_why[UNLOGGED_WHY_SIZE])
{
    const char *end = log + size;
    while (log < end) {
        /* not by strcspn, of which a sanitizer wants to see the whole rest each time */
        const char *feed = memchr(log, '\n', (size_t)(end - log));
        size_t length = (size_t)((feed ? feed : end) - log);
        if (is_wrong_line(log, length, ret_why))
            return true;
        log += length + (feed != NULL);
    }
    return false;
}

bool unlogged_find(const char *log, char ret_why[UNLOGGED_WHY_SIZE])
{
    size_t size = strlen(log);
    return has_noted(log, size, ret_why) || has_token(log, ret_why) ||
           has_wrong_line(log, size, ret_why);
}

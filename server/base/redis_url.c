/*
 * Taking a redis:// URL apart. Nothing of it is repeated in what is said of it, because it may hold
 * a password in the wrong place. Invariant: a refused URL leaves nothing of itself behind.
 */
#include "base/redis_url.h"

#include "base/address.h"
#include "base/secret.h"

#include <ctype.h>
#include <string.h>

enum { DEFAULT_PORT = 6379, DATABASE_DIGITS = 5, PORT_DIGITS = 5 };

static bool take_prefix(struct slice *text, struct slice prefix)
{
    if (text->len < prefix.len ||
        !slice_equal_nocase((struct slice){text->data, prefix.len}, prefix)) {
        return false;
    }
    *text = (struct slice){text->data + prefix.len, text->len - prefix.len};
    return true;
}

/* What stands before the first of the characters, or all of it. */
static struct slice before_any(struct slice text, const char *characters)
{
    size_t len = 0;
    while (len < text.len && !strchr(characters, text.data[len])) {
        len++;
    }
    return (struct slice){text.data, len};
}

static struct slice behind(struct slice text, size_t len)
{
    return (struct slice){text.data + len, text.len - len};
}

static bool has_control(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c <= ' ' || c == 0x7F) {
            return true;
        }
    }
    return false;
}

/* ---- user and password ---- */

static int hex_value(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c == '\0' ? NULL : strchr(digits, tolower((unsigned char)c));
    return at ? (int)(at - digits) : -1;
}

/* The byte that two hexadecimal digits at the start of the text stand for, or -1. */
static int decode_byte(struct slice text)
{
    int high = text.len >= 2 ? hex_value(text.data[0]) : -1;
    int low = text.len >= 2 ? hex_value(text.data[1]) : -1;
    return high >= 0 && low >= 0 ? high << 4 | low : -1;
}

/* NULL, or what is wrong. */
static const char *decode(struct slice text, char ret[REDIS_CREDENTIAL_SIZE])
{
    size_t size = 0;
    while (text.len > 0) {
        bool encoded = take_prefix(&text, SLICE("%"));
        int byte = encoded ? decode_byte(text) : (unsigned char)text.data[0];
        if (byte < 0) {
            return "holds a % in user or password that no two hexadecimal digits follow; a "
                   "percent sign itself is written %25";
        }
        if (byte == 0) {
            return "holds a NUL byte in user or password";
        }
        if (size + 1 >= REDIS_CREDENTIAL_SIZE) {
            return "holds a user or password of more than 512 bytes";
        }
        ret[size++] = (char)byte;
        text = behind(text, encoded ? 2 : 1);
    }
    ret[size] = '\0';
    return NULL;
}

static const char *parse_credentials(struct slice text, struct redis_url *url)
{
    struct slice user = before_any(text, ":");
    if (user.len == text.len) {
        return "holds a user without a password; it is user:password@ or, for the default user, "
               ":password@";
    }
    const char *wrong = decode(user, url->user);
    return wrong ? wrong : decode(behind(text, user.len + 1), url->password);
}

/* ---- host, port, database ---- */

static bool parse_number(struct slice text, size_t digits_max, unsigned *ret)
{
    unsigned number = 0;
    if (text.len == 0 || text.len > digits_max) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9') {
            return false;
        }
        number = number * 10 + (unsigned)(text.data[i] - '0');
    }
    *ret = number;
    return true;
}

static bool is_name(struct slice host)
{
    for (size_t i = 0; i < host.len; i++) {
        char c = host.data[i];
        if (!isalnum((unsigned char)c) && c != '.' && c != '-' && c != '_') {
            return false;
        }
    }
    return host.len > 0 && host.data[0] != '.' && host.data[0] != '-';
}

static bool is_v6(struct slice host)
{
    struct address address;
    return !memchr(host.data, '[', host.len) && address_parse(host, &address) == 0 && address.v6;
}

/* Takes the host off the front of `text`; empty when there is no valid one. */
static struct slice take_host(struct slice *text)
{
    struct slice none = {text->data, 0};
    bool bracketed = take_prefix(text, SLICE("["));
    struct slice host = before_any(*text, bracketed ? "]" : ":");
    *text = behind(*text, host.len);
    if (host.len >= REDIS_HOST_SIZE || (bracketed && !take_prefix(text, SLICE("]")))) {
        return none;
    }
    return (bracketed ? is_v6(host) : is_name(host)) ? host : none;
}

static const char *parse_server(struct slice text, struct redis_url *url)
{
    struct slice host = take_host(&text);
    if (host.len == 0) {
        return "holds no valid host; an IPv6 address stands in brackets";
    }
    memcpy(url->host, host.data, host.len);
    unsigned port = DEFAULT_PORT;
    if (take_prefix(&text, SLICE(":"))) {
        if (!parse_number(text, PORT_DIGITS, &port) || port == 0 || port > UINT16_MAX) {
            return "holds a port that is not 1 to 65535";
        }
    } else if (text.len > 0) {
        return "holds no valid host; an IPv6 address stands in brackets";
    }
    url->port = (uint16_t)port;
    return NULL;
}

static const char *parse_path(struct slice path, struct redis_url *url)
{
    if (memchr(path.data, '?', path.len) || memchr(path.data, '#', path.len)) {
        return "holds a query or fragment; nothing follows the number of the database";
    }
    bool named = take_prefix(&path, SLICE("/")) && path.len > 0;
    if (named && !parse_number(path, DATABASE_DIGITS, &url->database)) {
        return "holds a database that is no number from 0 to 99999";
    }
    return NULL;
}

/* ---- all of it ---- */

static const char *parse(struct slice text, struct redis_url *url)
{
    if (has_control(text)) {
        return "holds a space or control character";
    }
    url->tls = take_prefix(&text, SLICE("rediss://"));
    if (!url->tls && !take_prefix(&text, SLICE("redis://"))) {
        return "does not start with redis:// or rediss://";
    }
    struct slice authority = before_any(text, "/?#");
    struct slice path = behind(text, authority.len);
    struct slice credentials = before_any(authority, "@");
    if (memchr(path.data, '@', path.len)) {
        return "holds a character in user or password that has to be percent-encoded: / is %2F, ? "
               "is %3F, # is %23";
    }
    if (credentials.len < authority.len) {
        const char *wrong = parse_credentials(credentials, url);
        authority = behind(authority, credentials.len + 1);
        if (wrong) {
            return wrong;
        }
        if (memchr(authority.data, '@', authority.len)) {
            return "holds an @ in user or password, which is written %40";
        }
    }
    const char *wrong = parse_server(authority, url);
    return wrong ? wrong : parse_path(path, url);
}

const char *redis_url_parse(struct slice text, struct redis_url *ret_url)
{
    struct redis_url url = {0};
    const char *wrong = parse(text, &url);
    if (!wrong) {
        *ret_url = url;
    }
    redis_url_done(&url);
    return wrong;
}

void redis_url_done(struct redis_url *url)
{
    secret_wipe(url, sizeof *url);
}

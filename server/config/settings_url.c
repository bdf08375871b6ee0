/*
 * The two kinds of URL a setting can be: our public origin and the endpoint of the upstream. Values
 * are not repeated in errors: people paste passwords into URLs.
 */
#include "base/address.h"
#include "config/settings_parse.h"

#include <ctype.h>
#include <stdlib.h>

struct url {
    bool https;
    struct slice host; /* with the brackets of an IPv6 address */
    struct slice port; /* digits, or empty */
    struct slice rest; /* from the slash on */
};

static bool take_prefix(struct slice *text, struct slice prefix)
{
    if (text->len < prefix.len ||
        !slice_equal_nocase((struct slice){text->data, prefix.len}, prefix)) {
        return false;
    }
    text->data += prefix.len;
    text->len -= prefix.len;
    return true;
}

/* The longest start of `text` whose characters are all wanted. */
static struct slice take_while(struct slice *text, bool (*wanted)(char c))
{
    struct slice taken = {text->data, 0};
    while (taken.len < text->len && wanted(text->data[taken.len])) {
        taken.len++;
    }
    text->data += taken.len;
    text->len -= taken.len;
    return taken;
}

static bool is_name_character(char c)
{
    return isalnum((unsigned char)c) || c == '.' || c == '-' || c == '_';
}

static bool is_v6_character(char c)
{
    return isxdigit((unsigned char)c) || c == ':' || c == '.';
}

static char lower(char c)
{
    if (c >= 'A' && c <= 'Z') {
        return (char)(c - 'A' + 'a');
    }
    return c;
}

static bool ends_authority(char c)
{
    return c == '/' || c == '?' || c == '#';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_v6_literal(struct slice host)
{
    struct address address;
    return host.len > 2 && address_parse(host, &address) == 0 && address.v6;
}

static struct slice take_host(struct slice *text)
{
    if (text->len == 0 || text->data[0] != '[') {
        return take_while(text, is_name_character);
    }
    struct slice host = {text->data, 0};
    struct slice inner = {text->data + 1, text->len - 1};
    size_t len = take_while(&inner, is_v6_character).len + 2;
    if (inner.len == 0 || inner.data[0] != ']') {
        return host;
    }
    host.len = len;
    text->data += len;
    text->len -= len;
    return is_v6_literal(host) ? host : (struct slice){host.data, 0};
}

static bool is_port(struct slice port)
{
    unsigned long number = 0;
    for (size_t i = 0; i < port.len && i < 6; i++) {
        number = number * 10 + (unsigned long)(port.data[i] - '0');
    }
    return port.len > 0 && port.len < 6 && number > 0 && number < 65536;
}

static bool has_control(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] <= ' ' || text.data[i] == 0x7f) {
            return true;
        }
    }
    return false;
}

/* NULL, or what is wrong. */
static const char *url_split(struct slice text, struct url *ret)
{
    struct url url = {0};
    if (has_control(text)) {
        return "holds a space or control character";
    }
    url.https = take_prefix(&text, SLICE("https://"));
    if (!url.https && !take_prefix(&text, SLICE("http://"))) {
        return "does not start with https:// (or http://)";
    }
    size_t authority = 0;
    while (authority < text.len && !ends_authority(text.data[authority])) {
        authority++;
    }
    if (memchr(text.data, '@', authority)) {
        return "holds a user name; only host and port belong there";
    }
    url.host = take_host(&text);
    if (url.host.len == 0 || url.host.len > 255) {
        return "holds no valid host";
    }
    if (take_prefix(&text, SLICE(":"))) {
        url.port = take_while(&text, is_digit);
        if (!is_port(url.port)) {
            return "holds a port that is not 1 to 65535";
        }
    }
    if (text.len > 0 && !ends_authority(text.data[0])) {
        return "holds no valid host";
    }
    url.rest = text;
    *ret = url;
    return NULL;
}

static bool is_default_port(const struct url *url)
{
    return slice_equal(url->port, url->https ? SLICE("443") : SLICE("80"));
}

bool setting_parse_origin(struct slice text, char **ret, char ret_why[SETTING_WHY_SIZE])
{
    static const char example[] = "an origin, such as https://liveness.example.org";
    struct url url;
    const char *wrong = url_split(text, &url);
    if (!wrong && url.rest.len > 0) {
        wrong = "holds more than scheme, host and port (not even a slash may follow)";
    }
    if (wrong) {
        setting_explain(ret_why, "%s; it must be %s", wrong, example);
        return false;
    }
    struct buf origin;
    buf_init(&origin, text.len + 1);
    buf_puts(&origin, url.https ? "https://" : "http://");
    for (size_t i = 0; i < url.host.len; i++) {
        buf_putc(&origin, lower(url.host.data[i]));
    }
    if (url.port.len > 0 && !is_default_port(&url)) {
        buf_putc(&origin, ':');
        buf_put_slice(&origin, url.port);
    }
    *ret = origin.data;
    return true;
}

static bool is_loopback(struct slice host)
{
    struct address address;
    return slice_equal_nocase(host, SLICE("localhost")) ||
           (address_parse(host, &address) == 0 && address_is_loopback(&address));
}

bool setting_check_address(struct slice text, char ret_why[SETTING_WHY_SIZE])
{
    struct url url;
    const char *wrong = url_split(text, &url);
    if (!wrong && memchr(url.rest.data, '#', url.rest.len)) {
        wrong = "holds a fragment";
    }
    if (!wrong && !url.https && !is_loopback(url.host)) {
        wrong = "is http, where anybody on the way could exchange it; http is for loopback "
                "addresses only";
    }
    if (wrong) {
        setting_explain(ret_why, "%s", wrong);
    }
    return !wrong;
}

bool setting_check_endpoint(struct slice text, char ret_why[SETTING_WHY_SIZE])
{
    static const char example[] = "https://NAME.cognitiveservices.azure.com";
    struct url url;
    const char *wrong = url_split(text, &url);
    if (!wrong &&
        (memchr(url.rest.data, '?', url.rest.len) || memchr(url.rest.data, '#', url.rest.len))) {
        wrong = "holds a query or fragment";
    }
    if (!wrong && !url.https && !is_loopback(url.host)) {
        wrong = "is http: the key would travel in clear text; http is for loopback addresses only";
    }
    if (wrong) {
        setting_explain(ret_why, "%s; it must be a URL such as %s", wrong, example);
        return false;
    }
    return true;
}

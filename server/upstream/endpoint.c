/*
 * Normalising the endpoint, over libcurl's own URL parser: what we check is what it will connect
 * to.
 */
#include "upstream/endpoint.h"

#include "base/address.h"
#include "base/buf.h"
#include "base/slice.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

enum { ENDPOINT_MAX = 2048 };

static void free_curl_text(char **text)
{
    curl_free(*text);
}

static void free_curl_url(CURLU **url)
{
    curl_url_cleanup(*url);
}

#define CLEANUP_CURL_TEXT __attribute__((cleanup(free_curl_text)))
#define CLEANUP_CURL_URL  __attribute__((cleanup(free_curl_url)))

/* What libcurl's parser would be lenient about. */
static const char *check_text(const char *text)
{
    size_t size = strlen(text);
    if (size == 0) {
        return "is empty";
    }
    if (size > ENDPOINT_MAX) {
        return "is too long";
    }
    for (const char *c = text; *c; c++) {
        if (*c <= ' ' || *c > '~' || *c == '\\') {
            return "has a character that no URL has";
        }
    }
    if (strpbrk(text, "?#")) {
        return "must have no query and no fragment";
    }
    size_t scheme = strncasecmp(text, "https://", 8) == 0  ? 8
                    : strncasecmp(text, "http://", 7) == 0 ? 7
                                                           : 0;
    if (scheme == 0) {
        return "must begin with https://";
    }
    size_t authority = strcspn(text + scheme, "/");
    if (authority == 0) {
        return "names no host";
    }
    if (memchr(text + scheme, '@', authority)) {
        return "must have no user or password";
    }
    return memchr(text + scheme, '%', authority) ? "names no proper host" : NULL;
}

static bool is_loopback(const char *host)
{
    struct address address;
    return strcasecmp(host, "localhost") == 0 ||
           (address_parse(slice_of(host), &address) == 0 && address_is_loopback(&address));
}

static char lower(char c)
{
    static const char upper_to_lower = 'a' - 'A';
    if (c >= 'A' && c <= 'Z') {
        c = (char)(c + upper_to_lower);
    }
    return c;
}

static void put_lower(struct buf *buf, const char *text)
{
    for (; *text; text++) {
        buf_putc(buf, lower(*text));
    }
}

static void put_path(struct buf *buf, const char *path)
{
    while (*path) {
        path += strspn(path, "/");
        size_t size = strcspn(path, "/");
        if (size > 0) {
            buf_putc(buf, '/');
            buf_append(buf, path, size);
        }
        path += size;
    }
}

static const char *put_endpoint(CURLU *url, struct buf *buf)
{
    CLEANUP_CURL_TEXT char *scheme = NULL;
    CLEANUP_CURL_TEXT char *host = NULL;
    CLEANUP_CURL_TEXT char *port = NULL;
    CLEANUP_CURL_TEXT char *path = NULL;
    if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_PATH, &path, 0) != CURLUE_OK) {
        return "is no URL";
    }
    if (strcasecmp(scheme, "https") != 0 && !is_loopback(host)) {
        return "must begin with https:// (http:// is for loopback addresses only)";
    }
    put_lower(buf, scheme);
    buf_puts(buf, "://");
    put_lower(buf, host);
    if (curl_url_get(url, CURLUPART_PORT, &port, CURLU_NO_DEFAULT_PORT) == CURLUE_OK) {
        buf_putc(buf, ':');
        buf_puts(buf, port);
    }
    put_path(buf, path);
    return buf_failed(buf) ? "is too long" : NULL;
}

int endpoint_normalise(const char *text, char **ret, const char **ret_why)
{
    CLEANUP_CURL_URL CURLU *url = curl_url();
    CLEANUP(buf) struct buf buf;
    buf_init(&buf, ENDPOINT_MAX);
    const char *why = check_text(text);
    if (!why && (!url || curl_url_set(url, CURLUPART_URL, text, 0) != CURLUE_OK)) {
        why = "is no URL";
    }
    why = why ? why : put_endpoint(url, &buf);
    if (why) {
        *ret_why = why;
        return -EINVAL;
    }
    *ret = TAKE(buf.data);
    return 0;
}

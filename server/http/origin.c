/*
 * Origins are compared, never parsed: browsers spell them in one way, and so do the settings. Who
 * sends something else is of no listed origin.
 */
#include "http/origin.h"

#include "http/listener_private.h"
#include "http/text.h"

#include <string.h>

/* What our clients send that a page may not send without asking. */
#define CLIENT_HEADERS                                                                             \
    "authorization, content-type, idempotency-key, ocp-apim-subscription-key, prefer, "            \
    "last-event-id, x-device-token, x-request-id, traceparent, x-ms-client-request-id, "           \
    "x-ms-useragent, x-ms-azsdk-telemetry"
/* What pages get to see of our headers. */
#define SHOWN_HEADERS                                                                              \
    "X-Request-Id, Retry-After, RateLimit, RateLimit-Policy, X-Device-Token, Preference-Applied, " \
    "x-ms-error-code"
#define PREFLIGHT_SECONDS "600"

static bool is_listed(const struct origins *origins, struct slice origin)
{
    for (size_t i = 0; i < origins->count; i++)
        if (slice_equal(origin, slice_of(origins->listed[i])))
            return true;
    return false;
}

/* The name of a Host without its port; with the brackets of an IPv6 address. */
static struct slice host_name(struct slice host)
{
    const char *end = NULL;
    if (host.len > 0 && host.data[0] == '[') {
        end = memchr(host.data, ']', host.len);
        return end ? (struct slice){host.data, (size_t)(end - host.data) + 1} : host;
    }
    end = host.len > 0 ? memchr(host.data, ':', host.len) : NULL;
    return end ? (struct slice){host.data, (size_t)(end - host.data)} : host;
}

/* This machine by a name that no other can have. */
static bool is_loopback_name(struct slice name)
{
    struct address address;
    return slice_equal_nocase(name, SLICE("localhost")) ||
           (address_parse(name, &address) == 0 && address_is_loopback(&address));
}

/* Without a public address, pages are ours when they come from where the request goes, on this
 * machine: the browser of a developer, maybe through a proxy that terminates nothing. */
static bool is_at_host(const struct request *request, struct slice origin)
{
    static const struct slice scheme = SLICE_INIT("http://");
    struct slice host = request_header(request, "host");
    if (origin.len <= scheme.len || memcmp(origin.data, scheme.data, scheme.len) != 0)
        return false;
    struct slice place = {origin.data + scheme.len, origin.len - scheme.len};
    return slice_equal_nocase(place, host) && is_loopback_name(host_name(host));
}

enum request_origin request_origin(const struct request *request)
{
    const struct origins *origins = exchange_of_const(request)->listener->config.origins;
    struct slice origin = request_header(request, "origin");
    if (!origin.data)
        return ORIGIN_NONE;
    if (!origins || request_header_count(request, "origin") > 1)
        return ORIGIN_FOREIGN;
    if (origins->own[0] != '\0' ? slice_equal(origin, slice_of(origins->own))
                                : is_at_host(request, origin))
        return ORIGIN_OWN;
    return is_listed(origins, origin) ? ORIGIN_LISTED : ORIGIN_FOREIGN;
}

void origin_decorate(struct exchange *exchange)
{
    struct request *request = &exchange->request;
    const struct origins *origins = exchange->listener->config.origins;
    if (!origins || origins->count == 0)
        return;
    reply_header(request, "vary", SLICE("Origin")); /* also for whom there is nothing to say */
    if (request_origin(request) != ORIGIN_LISTED)
        return;
    reply_header(request, "access-control-allow-origin", request_header(request, "origin"));
    reply_header(request, "access-control-allow-credentials", SLICE("true"));
    reply_header(request, "access-control-expose-headers", SLICE(SHOWN_HEADERS));
}

bool origin_asks_options(const struct exchange *exchange, const char *allow)
{
    return exchange->listener->config.origins && allow[0] != '\0' &&
           slice_equal(exchange->request.method, SLICE("OPTIONS"));
}

void origin_answer_options(struct exchange *exchange, const char *allow)
{
    struct request *request = &exchange->request;
    if (request_origin(request) == ORIGIN_LISTED &&
        request_header(request, "access-control-request-method").data) {
        reply_header(request, "access-control-allow-methods", slice_of(allow));
        reply_header(request, "access-control-allow-headers", SLICE(CLIENT_HEADERS));
        reply_header(request, "access-control-max-age", SLICE(PREFLIGHT_SECONDS));
    }
    reply_empty(request, 204);
}

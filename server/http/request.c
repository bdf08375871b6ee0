/*
 * Reading a request: headers, cookies, query parameters, media type. All it returns is memory of
 * the request or of the library's request. Invariant: nothing here changes what the
 * client sent but request_body_wipe.
 */
#include "http/request.h"

#include "base/secret.h"
#include "http/listener_private.h"
#include "http/text.h"

#include <poll.h>

static struct slice slice_of_iovec(h2o_iovec_t text)
{
    return (struct slice){text.base, text.len};
}

static bool header_is(const h2o_header_t *header, struct slice name)
{
    return header->name->len == name.len && memcmp(header->name->base, name.data, name.len) == 0;
}

struct slice request_header_at(const struct request *request, const char *name, size_t index)
{
    const h2o_req_t *library = exchange_of_const(request)->library;
    struct slice wanted = slice_of(name);
    for (size_t i = 0; i < library->headers.size; i++)
        if (header_is(&library->headers.entries[i], wanted) && index-- == 0)
            return text_trim(slice_of_iovec(library->headers.entries[i].value));
    if (index == 0 && slice_equal(wanted, SLICE("host"))) /* kept apart by the library */
        return text_trim(slice_of_iovec(library->input.authority));
    return (struct slice){NULL, 0};
}

struct slice request_header(const struct request *request, const char *name)
{
    return request_header_at(request, name, 0);
}

size_t request_header_count(const struct request *request, const char *name)
{
    const h2o_req_t *library = exchange_of_const(request)->library;
    struct slice wanted = slice_of(name);
    size_t count = 0;
    for (size_t i = 0; i < library->headers.size; i++)
        count += header_is(&library->headers.entries[i], wanted);
    return count;
}

/* Cuts the piece before the next separator off `rest`. */
static struct slice take_piece(struct slice *rest, char separator)
{
    const char *end = rest->len ? memchr(rest->data, separator, rest->len) : NULL;
    struct slice piece = {rest->data, end ? (size_t)(end - rest->data) : rest->len};
    size_t used = piece.len + (end ? 1 : 0);
    rest->data += used;
    rest->len -= used;
    return piece;
}

/* The value in "name=value", or data NULL when the name is another. */
static struct slice value_of(struct slice pair, struct slice name)
{
    if (pair.len <= name.len || pair.data[name.len] != '=' ||
        memcmp(pair.data, name.data, name.len) != 0)
        return (struct slice){NULL, 0};
    return (struct slice){pair.data + name.len + 1, pair.len - name.len - 1};
}

struct slice request_cookie(const struct request *request, const char *name)
{
    const h2o_req_t *library = exchange_of_const(request)->library;
    struct slice wanted = slice_of(name);
    for (size_t i = 0; i < library->headers.size; i++) {
        if (!header_is(&library->headers.entries[i], SLICE("cookie")))
            continue;
        struct slice rest = slice_of_iovec(library->headers.entries[i].value);
        while (rest.len > 0) {
            struct slice value = value_of(text_trim(take_piece(&rest, ';')), wanted);
            if (value.data)
                return value;
        }
    }
    return (struct slice){NULL, 0};
}

/* The byte an escape stands for, or -1 when it is malformed or NUL. */
static int unescape(struct slice text, size_t at)
{
    int high = at + 2 < text.len ? text_hex(text.data[at + 1]) : -1;
    int low = high >= 0 ? text_hex(text.data[at + 2]) : -1;
    return low < 0 || high + low == 0 ? -1 : high * 16 + low;
}

/* Percent-decoding as forms do it ('+' is a space); data NULL when malformed. */
static struct slice decode(struct request *request, struct slice text)
{
    char *decoded = request_alloc(request, text.len + 1);
    size_t written = 0;
    for (size_t at = 0; at < text.len; at++) {
        int byte = text.data[at] == '+' ? ' ' : text.data[at];
        if (byte == '%') {
            byte = unescape(text, at);
            if (byte < 0)
                return (struct slice){NULL, 0};
            at += 2;
        }
        decoded[written++] = (char)byte;
    }
    return (struct slice){decoded, written};
}

struct slice request_query(struct request *request, const char *name)
{
    struct slice rest = request->query, wanted = slice_of(name);
    while (rest.len > 0) {
        struct slice value = value_of(take_piece(&rest, '&'), wanted);
        if (value.data)
            return decode(request, value);
    }
    return (struct slice){NULL, 0};
}

struct slice request_media_type(struct request *request)
{
    struct slice rest = request_header(request, "content-type");
    if (!rest.data)
        return rest;
    struct slice type = text_trim(take_piece(&rest, ';'));
    char *lowered = request_alloc(request, type.len + 1);
    for (size_t i = 0; i < type.len; i++)
        lowered[i] = text_lower(type.data[i]);
    return (struct slice){lowered, type.len};
}

void *request_alloc(struct request *request, size_t size)
{
    void *memory = h2o_mem_alloc_pool(&exchange_of(request)->library->pool, size);
    memset(memory, 0, size);
    return memory;
}

void request_body_wipe(struct request *request)
{
    const h2o_req_t *library = exchange_of(request)->library;
    if (library->entity.len > 0)
        secret_wipe(library->entity.base, library->entity.len);
    request->body = (struct slice){NULL, 0};
}

bool request_client_gone(const struct request *request)
{
    const struct connection *connection = exchange_of_const(request)->connection;
    if (connection->reading.quiet)
        return false;
    struct pollfd watched = {.fd = h2o_socket_get_fd(connection->socket), .events = POLLRDHUP};
    return poll(&watched, 1, 0) > 0 &&
           (watched.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0;
}

/*
 * Reading from clients in the library's stead. The library has one limit for all bodies, asks no
 * route before a body is complete, and leaves copies of it wherever its buffer has grown. Here the
 * limit follows the route as soon as the head is there, and an upload gets all its memory at once,
 * from the kernel and back to it. Judging what was read stays with the library and exchange.c.
 * Invariant: whenever the library is entered by another way, its limit is the widest one.
 */
#include "base/secret.h"
#include "http/guard.h"
#include "http/listener_private.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_LEAST = 4096,
    READ_MOST = 64 * 1024,
    ENTITY_SLACK = 4096, /* above our caps, so that bodies just too large get our answer */
    /* What the library takes for a descriptor: it unmaps the memory of such a buffer. Closing it
     * fails and does no harm. */
    MAPPED = -2,
};

/* ---- limits ---- */

void reading_configure(struct listener *listener)
{
    const struct listener_config *config = &listener->config;
    size_t upload = config->max_upload_bytes;
    listener->plain_cap = config->max_body_bytes;
    listener->upload_cap = upload > 0 ? upload : config->max_body_bytes;
    for (const struct route *route = config->routes; route->method; route++) {
        if (route->max_body_bytes > listener->plain_cap)
            listener->plain_cap = route->max_body_bytes;
        if (route->body_types & BODY_MULTIPART)
            listener->takes_uploads = true;
    }
    reading_widen(listener);
}

void reading_widen(struct listener *listener)
{
    size_t cap = listener->plain_cap;
    if (listener->takes_uploads && listener->upload_cap > cap)
        cap = listener->upload_cap;
    listener->globalconf.max_request_entity_size = cap + ENTITY_SLACK;
}

/* ---- what a head announces ---- */

/* The first place with `size` bytes of "\r\n\r\n", or NULL. For so few memmem prepares too much. */
static const char *find_ends(struct slice text, size_t size)
{
    const char *at = text.data, *end = text.data + text.len;
    while (at && (size_t)(end - at) >= size && memcmp(at, "\r\n\r\n", size) != 0)
        at = memchr(at + 1, '\r', (size_t)(end - at) - 1);
    return at && (size_t)(end - at) >= size ? at : NULL;
}

/* The value of the first header of that name; data NULL when there is none. */
static struct slice find_field(struct slice head, struct slice name)
{
    struct slice rest = head;
    const char *end;
    while ((end = find_ends(rest, 2)) != NULL) {
        struct slice line = {rest.data, (size_t)(end - rest.data)};
        rest = (struct slice){end + 2, rest.len - line.len - 2};
        if (line.len > name.len && line.data[name.len] == ':' &&
            strncasecmp(line.data, name.data, name.len) == 0)
            return text_trim((struct slice){line.data + name.len + 1, line.len - name.len - 1});
    }
    return (struct slice){NULL, 0};
}

/* SIZE_MAX: chunked. What is no number is refused by others. */
static size_t declared_bytes(struct slice head)
{
    struct slice length = find_field(head, SLICE("content-length"));
    size_t bytes = 0;
    if (!length.data)
        return find_field(head, SLICE("transfer-encoding")).data ? SIZE_MAX : 0;
    for (size_t i = 0; i < length.len; i++) {
        if (length.data[i] < '0' || length.data[i] > '9')
            return 0;
        if (bytes > SIZE_MAX / 100)
            return SIZE_MAX - 1;
        bytes = bytes * 10 + (size_t)(length.data[i] - '0');
    }
    return bytes;
}

static struct slice take_word(struct slice *rest)
{
    const char *space = rest->len > 0 ? memchr(rest->data, ' ', rest->len) : NULL;
    struct slice word = {rest->data, space ? (size_t)(space - rest->data) : rest->len};
    size_t used = space ? word.len + 1 : word.len;
    *rest = (struct slice){rest->data + used, rest->len - used};
    return word;
}

/* Whether the request line leads to a route that takes uploads. */
static bool is_for_upload_route(const struct listener *listener, struct slice head)
{
    struct slice params[REQUEST_PARAMS_MAX], path, query, rest = head;
    char allow[ALLOW_SIZE];
    const struct route *route = NULL;
    if (rest.len > 2 && rest.data[0] == '\r')
        rest = (struct slice){rest.data + 2, rest.len - 2};
    struct slice method = take_word(&rest), target = take_word(&rest);
    const struct listener_config *config = &listener->config;
    char *storage = xcalloc(1, target.len + 1);
    bool found =
        route_clean_target(target, storage, &path, &query) &&
        route_find(config->routes, method, route_below(config->routes, config->base_path, path),
                   &route, params, allow, sizeof allow) == ROUTE_FOUND;
    free(storage);
    return found && (route->body_types & BODY_MULTIPART);
}

/* A head the guard refuses gets no room; it is refused itself once its body is there. */
static bool is_upload(const struct listener *listener, struct slice head)
{
    const char *why;
    return text_is_multipart(find_field(head, SLICE("content-type"))) &&
           guard_head(head, listener->config.max_head_bytes, &why) == GUARD_PASS &&
           is_for_upload_route(listener, head);
}

/* The head `bytes` begin with; data NULL when it is not complete. */
static struct slice find_head(struct slice bytes, size_t looked_at)
{
    size_t from = looked_at > 3 ? looked_at - 3 : 0;
    const char *end = NULL;
    if (bytes.data && bytes.len > from)
        end = find_ends((struct slice){bytes.data + from, bytes.len - from}, 4);
    return end ? (struct slice){bytes.data, (size_t)(end - bytes.data) + 4}
               : (struct slice){NULL, 0};
}

/* ---- the memory of a body ---- */

bool reading_is_mapped(const struct connection *connection)
{
    return connection->socket->input->bytes && connection->socket->input->_fd == MAPPED;
}

/* What was read moves into `fresh` and leaves no copy. */
static void replace_input(struct connection *connection, h2o_buffer_t *fresh)
{
    h2o_buffer_t *old = connection->socket->input;
    memcpy(fresh->bytes, old->bytes, old->size);
    fresh->size = old->size;
    secret_wipe(old->bytes, old->size);
    h2o_buffer_dispose(&old);
    connection->socket->input = fresh;
}

/* Address space only: pages come with the bytes, so that announcing a body costs us nothing. When
 * there is none the library's buffers do, which may leave copies of what they held. */
static void map_room(struct connection *connection, size_t capacity)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t size = (offsetof(h2o_buffer_t, _buf) + capacity + page - 1) / page * page;
    h2o_buffer_t *fresh = mmap(NULL, size, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (fresh == MAP_FAILED)
        return;
    fresh->capacity = size - offsetof(h2o_buffer_t, _buf);
    fresh->bytes = fresh->_buf;
    fresh->_prototype = connection->socket->input->_prototype;
    fresh->_fd = MAPPED;
    replace_input(connection, fresh);
}

/* The bytes of the next request that came with an upload need no such room. */
static void leave_room(struct connection *connection)
{
    const h2o_buffer_t *old = connection->socket->input;
    h2o_buffer_t *fresh;
    h2o_buffer_init(&fresh, &h2o_socket_buffer_prototype);
    (void)h2o_buffer_reserve(&fresh, old->size + READ_LEAST);
    replace_input(connection, fresh);
}

/* ---- reading ---- */

static void list(struct connection *connection)
{
    if (!connection->reading.listed)
        LIST_INSERT_HEAD(&connection->listener->restarted, connection, reading.restarted);
    connection->reading.listed = true;
}

static void unlist(struct connection *connection)
{
    if (connection->reading.listed)
        LIST_REMOVE(connection, reading.restarted);
    connection->reading.listed = false;
}

/* Unless all of the body is there, or it will be refused. */
static void make_room(struct connection *connection, struct slice head)
{
    size_t most = declared_bytes(head), limit = connection->reading.cap + ENTITY_SLACK;
    if (most == SIZE_MAX)
        most = limit;
    if (most <= limit && connection->socket->input->size < head.len + most)
        map_room(connection, head.len + most + READ_MOST);
}

/* A body of unknown length has to wait and see, one that is too large is refused as that. */
static bool has_memory(struct connection *connection, struct slice head)
{
    size_t declared = declared_bytes(head);
    size_t limit = connection->listener->upload_cap + ENTITY_SLACK;
    return declared == 0 || declared > limit || connection->reading.reserved > 0 ||
           connection_reserve(connection, head.len + declared);
}

/* The library's limit for the request being read: none of an upload there is no memory for. */
static size_t entity_limit(const struct reading *reading)
{
    return reading->busy ? 0 : reading->cap + ENTITY_SLACK;
}

static void judge(struct connection *connection)
{
    struct reading *reading = &connection->reading;
    const h2o_buffer_t *input = connection->socket->input;
    struct slice head = find_head((struct slice){input->bytes, input->size}, reading->looked_at);
    reading->looked_at = input->size;
    if (!head.data)
        return;
    reading->judged = true;
    list(connection); /* after "100 Continue" the library starts reading again by itself */
    if (!is_upload(connection->listener, head))
        return;
    reading->cap = connection->listener->upload_cap;
    if (!has_memory(connection, head))
        reading->busy = true;
    else
        make_room(connection, head);
}

enum outcome { READ_SOME, READ_NOTHING, READ_CLOSED, READ_FAILED };

static enum outcome read_some(h2o_socket_t *socket)
{
    h2o_iovec_t room = h2o_buffer_reserve(&socket->input, READ_LEAST);
    ssize_t got;
    do {
        got = recv(h2o_socket_get_fd(socket), room.base,
                   room.len < READ_MOST ? room.len : READ_MOST, 0);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return errno == EAGAIN ? READ_NOTHING : READ_FAILED;
    socket->input->size += (size_t)got;
    socket->bytes_read = (size_t)got;
    return got > 0 ? READ_SOME : READ_CLOSED;
}

static void on_readable(h2o_socket_t *socket, const char *error)
{
    struct connection *connection = socket->on_close.data;
    struct listener *listener = connection->listener;
    if (!connection->reading.judged && reading_is_mapped(connection))
        leave_room(connection);
    enum outcome outcome = error ? READ_FAILED : read_some(socket);
    if (outcome == READ_NOTHING)
        return;
    listener->read_since = true;
    if (outcome == READ_SOME && !connection->reading.judged)
        judge(connection);
    if (outcome == READ_CLOSED)
        error = h2o_socket_error_closed;
    if (outcome == READ_FAILED)
        error = h2o_socket_error_io;
    listener->globalconf.max_request_entity_size = entity_limit(&connection->reading);
    connection->reading.parse(socket, error); /* the connection may be gone afterwards */
    reading_widen(listener);
}

/* A client that waits for its answer says nothing more, so its socket can stay among those the loop
 * watches: two system calls less than to take it out and in again. One that speaks nevertheless, or
 * leaves, is taken out: nothing is read before the answer is sent. */
static void on_spoken(h2o_socket_t *socket, const char *error)
{
    (void)error;
    ((struct connection *)socket->on_close.data)->reading.quiet = false;
    h2o_socket_read_stop(socket);
}

void reading_rest(struct connection *connection)
{
    if (!connection->listener->takes_uploads) /* the library would read */
        return;
    connection->reading.quiet = true;
    h2o_socket_read_start(connection->socket, on_spoken);
}

/* Puts ourselves between the library and its socket. */
static void take_over(struct connection *connection)
{
    h2o_socket_t *socket = connection->socket;
    connection->reading.parse = socket->_cb.read;
    h2o_socket_dont_read(socket, 1);
    h2o_socket_read_start(socket, on_readable);
}

void reading_open(struct connection *connection)
{
    connection->reading.cap = connection->listener->plain_cap;
    if (connection->listener->takes_uploads && h2o_socket_is_reading(connection->socket))
        take_over(connection);
}

void reading_close(struct connection *connection)
{
    unlist(connection);
}

void reading_on_turn_end(void *context)
{
    struct listener *listener = context;
    struct connection *connection, *next;
    for (connection = LIST_FIRST(&listener->restarted); connection; connection = next) {
        const h2o_socket_t *socket = connection->socket;
        next = LIST_NEXT(connection, reading.restarted);
        if (socket && !connection->exchange && !socket->_cb.read)
            continue; /* "100 Continue" is on its way */
        if (socket && socket->_cb.read && socket->_cb.read != on_readable &&
            socket->_cb.read != on_spoken)
            take_over(connection);
        unlist(connection);
    }
    reading_widen(listener);
}

/* The library goes on with what it has of the next request before anybody else can look at it. */
static void refuse_next(struct connection *connection, struct slice rest)
{
    struct listener *listener = connection->listener;
    struct slice head = find_head(rest, 0);
    if (!head.data)
        return;
    size_t declared = declared_bytes(head);
    bool upload = is_upload(listener, head);
    size_t cap = upload ? listener->upload_cap : listener->plain_cap;
    connection->reading.busy = upload && !has_memory(connection, head);
    if (connection->reading.busy || (declared != SIZE_MAX && declared > cap + ENTITY_SLACK))
        listener->globalconf.max_request_entity_size = 0;
}

void reading_next(struct connection *connection, const h2o_req_t *library)
{
    struct listener *listener = connection->listener;
    const h2o_buffer_t *input = connection->socket->input;
    if (!listener->takes_uploads)
        return;
    connection->reading.quiet = false;
    connection->reading.judged = false;
    connection->reading.reserved = 0;
    connection->reading.looked_at = 0;
    connection->reading.cap = listener->plain_cap;
    if (!library->http1_is_persistent || input->size == 0)
        return;
    struct slice head = find_head((struct slice){input->bytes, input->size}, 0);
    const char *end = head.data ? head.data + head.len : input->bytes + input->size;
    if (library->entity.base)
        end = library->entity.base + library->entity.len;
    list(connection);
    refuse_next(connection, (struct slice){end, (size_t)(input->bytes + input->size - end)});
}

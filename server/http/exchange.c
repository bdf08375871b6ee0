/*
 * From the library's request to a running flow: guard, route, checks every route has. Answers are
 * sent by reply.c, steps are run by flow.c. Invariant: nothing of a request is looked at before the
 * guard has passed its head.
 */
#include "http/exchange.h"

#include "http/forwarded.h"
#include "http/guard.h"
#include "http/listener_private.h"

enum { EXCHANGE_ALIGN = 16, BUSY_RETRY_S = 1 };

static size_t flow_offset(void)
{
    return (sizeof(struct exchange) + EXCHANGE_ALIGN - 1) / EXCHANGE_ALIGN * EXCHANGE_ALIGN;
}

struct flow *exchange_flow(struct exchange *exchange)
{
    if (!exchange->request.route)
        return NULL;
    return (void *)((char *)exchange + flow_offset());
}

/* It may still answer, or is answering by and by. */
static bool flow_lives(const struct exchange *exchange)
{
    return !exchange->answered || feed_is_open(exchange);
}

/* The library disposes of the request: answered, or its client given up. */
static void on_dispose(void *memory)
{
    struct exchange *exchange = memory;
    struct flow *flow = exchange_flow(exchange);
    if (flow && flow_lives(exchange))
        flow_abandon(flow);
    watch_stop(exchange);
    feed_free(exchange);
    stream_end(exchange);
    if (exchange->multipart)
        request_body_wipe(&exchange->request);
    reading_next(exchange->connection, exchange->library);
    account_end(exchange);
    connection_let_go(exchange->connection);
    exchange->connection->exchange = NULL;
    exchange->listener->in_flight--;
    account_gauges(exchange->listener);
}

struct exchange *exchange_new(h2o_req_t *library, struct connection *connection,
                              const struct route *route)
{
    struct listener *listener = connection->listener;
    size_t flow_size = route ? route->flow_size : 0;
    if (route && flow_size < sizeof(struct flow))
        flow_size = sizeof(struct flow);
    size_t size = flow_offset() + flow_size;
    struct exchange *exchange = h2o_mem_alloc_shared(&library->pool, size, on_dispose);
    memset(exchange, 0, size);
    exchange->library = library;
    exchange->listener = listener;
    exchange->connection = connection;
    exchange->request.method =
        (struct slice){library->input.method.base, library->input.method.len};
    exchange->request.body = (struct slice){library->entity.base, library->entity.len};
    exchange->bytes_in = library->entity.len;
    exchange->request.route = route;
    exchange->request.context = listener->config.context;
    exchange->request.log = listener->config.log;
    connection->exchange = exchange;
    listener->in_flight++;
    account_begin(exchange);
    account_gauges(listener);
    exchange->multipart = text_is_multipart(request_header(&exchange->request, "content-type"));
    exchange_identify(exchange);
    return exchange;
}

/* True when the client was found in headers of this name. */
static bool read_forwarded(struct exchange *exchange, const char *name, enum forwarded_kind kind)
{
    const h2o_req_t *library = exchange->library;
    const struct listener *listener = exchange->listener;
    struct address client;
    bool malformed = false, found = false, ended = false;
    for (size_t i = library->headers.size; i-- > 0 && !ended;) {
        const h2o_header_t *header = &library->headers.entries[i];
        if (!slice_equal((struct slice){header->name->base, header->name->len}, slice_of(name)))
            continue;
        found = true;
        ended = forwarded_walk(kind, (struct slice){header->value.base, header->value.len},
                               listener->proxies, listener->config.trusted_proxy_count, &client,
                               &malformed);
    }
    if (found && !malformed)
        exchange->request.client = client;
    return found;
}

void exchange_identify(struct exchange *exchange)
{
    struct request *request = &exchange->request;
    const struct connection *connection = exchange->connection;
    struct slice id = {NULL, 0};
    request->client = connection->peer;
    request->peer_trusted = connection->trusted;
    if (connection->trusted) {
        /* X-Forwarded-For first: proxies that set it pass the client's own Forwarded on */
        if (!read_forwarded(exchange, "x-forwarded-for", FORWARDED_LIST))
            (void)read_forwarded(exchange, "forwarded", FORWARDED_RFC7239);
        id = request_header(request, "x-request-id");
    }
    if (id.data && forwarded_request_id_is_sane(id))
        memcpy(request->request_id, id.data, id.len);
    else
        uuid4(&exchange->listener->random.random, request->request_id);
}

void exchange_refuse(struct exchange *exchange, enum problem problem, const char *sentence)
{
    const struct problem_detail detail = {
        .request_id = exchange->request.request_id,
        .sentence = sentence,
        .retry_after_seconds = problem == PROBLEM_SERVER_BUSY ? BUSY_RETRY_S : 0,
    };
    exchange->problem = problem;
    if (exchange->listener->config.problem)
        exchange->listener->config.problem(&exchange->request, problem, &detail);
    else
        reply_problem(&exchange->request, problem, &detail);
}

/* Nobody hears any more; `status` is for the logs. */
static void give_up(struct exchange *exchange, int status)
{
    struct flow *flow = exchange_flow(exchange);
    bool answered = exchange->answered;
    if (flow && flow_lives(exchange))
        flow_abandon(flow);
    if (!answered)
        exchange->status = status;
    account_end(exchange); /* now: log and metrics may be gone when the library disposes */
    exchange->answered = true;
    exchange->library->http1_is_persistent = 0;
    connection_shut(exchange->connection);
    if (answered) { /* its write is on the way and fails */
        feed_hurry(exchange);
        stream_hurry(exchange);
        return;
    }
    exchange->library->res.status = exchange->status;
    exchange->library->res.content_length = 0;
    h2o_start_response(exchange->library, &exchange->generator);
    h2o_send(exchange->library, NULL, 0, H2O_SEND_STATE_FINAL);
}

void exchange_abandon(struct exchange *exchange)
{
    watch_stop(exchange);
    give_up(exchange, problem_info(PROBLEM_SHUTTING_DOWN)->status);
}

void exchange_depart(struct exchange *exchange)
{
    if (flow_lives(exchange))
        give_up(exchange, STATUS_CLIENT_GONE);
}

/* Whether the body is of a type the route takes. */
static bool takes_body(struct request *request, unsigned body_types)
{
    if (body_types == BODY_NONE || request->body.len == 0)
        return true;
    struct slice type = request_media_type(request);
    return ((body_types & BODY_JSON) && slice_equal(type, SLICE("application/json"))) ||
           ((body_types & BODY_MULTIPART) && slice_equal(type, SLICE("multipart/form-data"))) ||
           ((body_types & BODY_FORM) &&
            slice_equal(type, SLICE("application/x-www-form-urlencoded")));
}

static enum problem check_body(struct exchange *exchange)
{
    struct request *request = &exchange->request;
    size_t max = request->route->max_body_bytes;
    if (exchange->multipart && (request->route->body_types & BODY_MULTIPART))
        max = exchange->listener->upload_cap;
    else if (max == 0)
        max = exchange->listener->config.max_body_bytes;
    if (request->body.len > max)
        return PROBLEM_BODY_TOO_LARGE;
    return takes_body(request, request->route->body_types) ? PROBLEM_NONE
                                                           : PROBLEM_UNSUPPORTED_MEDIA_TYPE;
}

struct routing {
    const struct route *route;
    struct slice path, query;
    struct slice params[REQUEST_PARAMS_MAX];
    char allow[ALLOW_SIZE];
};

static enum problem route_request(h2o_req_t *library, const struct listener_config *config,
                                  struct routing *routing)
{
    struct slice target = {library->input.path.base, library->input.path.len};
    struct slice method = {library->input.method.base, library->input.method.len};
    char *storage = h2o_mem_alloc_pool(&library->pool, target.len + 1);
    if (!route_clean_target(target, storage, &routing->path, &routing->query))
        return PROBLEM_BAD_ARGUMENT;
    routing->path = route_below(config->routes, config->base_path, routing->path);
    switch (route_find(config->routes, method, routing->path, &routing->route, routing->params,
                       routing->allow, sizeof routing->allow)) {
    case ROUTE_FOUND:
        return PROBLEM_NONE;
    case ROUTE_UNKNOWN:
        return PROBLEM_ROUTE_NOT_FOUND;
    case ROUTE_WRONG_METHOD:
        return PROBLEM_METHOD_NOT_ALLOWED;
    case ROUTE_MALFORMED:
        break;
    }
    return PROBLEM_BAD_ARGUMENT;
}

static void serve(h2o_req_t *library, struct connection *connection)
{
    struct routing routing = {0};
    enum problem problem = route_request(library, &connection->listener->config, &routing);
    struct exchange *exchange = exchange_new(library, connection, routing.route);
    struct request *request = &exchange->request;
    request->path = routing.path;
    request->query = routing.query;
    memcpy(request->params, routing.params, sizeof routing.params);
    if (problem == PROBLEM_NONE)
        problem = check_body(exchange);
    if (routing.allow[0])
        reply_header(request, "allow", slice_of(routing.allow));
    if (origin_asks_options(exchange, routing.allow))
        origin_answer_options(exchange, routing.allow);
    else if (problem != PROBLEM_NONE)
        exchange_refuse(exchange, problem, NULL);
    else
        flow_start(exchange_flow(exchange), request);
    if (!exchange->answered)
        reading_rest(connection);
}

int exchange_on_request(h2o_handler_t *handler, h2o_req_t *library)
{
    struct connection *connection = connection_of(library);
    const h2o_buffer_t *input = connection->socket->input;
    const char *why = NULL;
    (void)handler;
    if (connection->listener->closing) { /* it was read already when the listener was closed */
        exchange_abandon(exchange_new(library, connection, NULL));
        return 0;
    }
    /* the whole request is still in the buffer: the library lets go of it after the answer */
    enum guard_verdict verdict = guard_head((struct slice){input->bytes, input->size},
                                            connection->listener->config.max_head_bytes, &why);
    if (verdict == GUARD_PASS) {
        serve(library, connection);
        return 0;
    }
    struct exchange *exchange = exchange_new(library, connection, NULL);
    exchange->close = true;
    account_refused(connection->listener, REFUSED_GUARD);
    exchange_refuse(exchange,
                    verdict == GUARD_TOO_LARGE ? PROBLEM_HEAD_TOO_LARGE : PROBLEM_BAD_ARGUMENT,
                    verdict == GUARD_TOO_LARGE ? NULL : why);
    return 0;
}

/* ---- the library's own answers ---- */

static void send_captured(h2o_ostream_t *stream, h2o_req_t *library, h2o_iovec_t *theirs,
                          size_t count, h2o_send_state_t state)
{
    const struct exchange *exchange = connection_of(library)->exchange;
    h2o_iovec_t ours = {
        h2o_strdup(&library->pool, exchange->captured_body.data, exchange->captured_body.len).base,
        exchange->captured_body.len};
    (void)theirs;
    (void)count;
    h2o_ostream_send_next(stream, library, &ours, ours.len > 0 ? 1 : 0, state);
}

/* What the library refuses with this status. It is told that an upload is too large when there is
 * no memory for it. */
static enum problem problem_of(const struct connection *connection, int status)
{
    if (status != 413)
        return PROBLEM_BAD_ARGUMENT;
    if (!connection->reading.busy)
        return PROBLEM_BODY_TOO_LARGE;
    account_refused(connection->listener, REFUSED_BODY_MEMORY);
    return PROBLEM_SERVER_BUSY;
}

void exchange_on_answer(h2o_filter_t *filter, h2o_req_t *library, h2o_ostream_t **slot)
{
    struct connection *connection = connection_of(library);
    (void)filter;
    reading_widen(connection->listener);
    if (!connection->exchange && !connection->listener->closing) {
        struct exchange *exchange = exchange_new(library, connection, NULL);
        enum problem problem = problem_of(connection, library->res.status);
        exchange->captured = true;
        exchange->close = true;
        if (problem != PROBLEM_SERVER_BUSY)
            exchange->forced_status = library->res.status;
        memset(&library->res.headers, 0, sizeof library->res.headers);
        exchange_refuse(exchange, problem, NULL);
        connection_keep_for_farewell(connection);
        h2o_ostream_t *stream = h2o_add_ostream(library, sizeof *stream, slot);
        stream->do_send = send_captured;
        slot = &stream->next;
    }
    h2o_setup_next_ostream(library, slot);
}

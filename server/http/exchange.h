/*
 * An exchange is one request with its answer as http/ sees it: the library's request, our
 * `struct request`, and the route's flow, in one allocation of the request's pool. Private to
 * http/. It lives until the library disposes of the request; nothing else may hold the library's
 * pointer.
 */
#pragma once

#include <h2o.h>

#include "base/metrics.h"
#include "http/flow.h"
#include "http/request.h"

struct connection;
struct listener;
struct stream;
struct feed;
struct watch;

struct exchange {
    h2o_req_t *library;
    struct listener *listener;
    struct connection *connection;
    h2o_generator_t generator;
    uint64_t started_ns;
    uint64_t bytes_in; /* of the body, which may be wiped meanwhile */
    uint64_t bytes_out;
    enum problem problem; /* what reply_problem said, for the logs */
    int status;           /* 0: no answer yet */
    int forced_status;    /* the library's own, where our table has no code for it; else 0 */
    bool answered;
    bool secret;         /* the body's copy is wiped when it goes */
    bool body_is_static; /* the body outlives the answer and is not copied */
    bool close;          /* the connection ends with this answer */
    bool captured;       /* the library answers itself; send only fills in our shape */
    bool cache_control;  /* the route has set its own */
    bool accounted;
    bool multipart; /* the body is wiped when it goes */
    bool patient;   /* a client that waits long by its own wish: no measure of our speed */
    struct slice captured_body;
    struct stream *stream; /* the rest of an answer that is sent piece by piece, or NULL */
    struct feed *feed;     /* an answer that the flow writes by and by, or NULL */
    struct watch *watch;   /* for the client's departure, or NULL */
    struct request request;
    /* the route's flow follows, aligned */
};

static inline struct exchange *exchange_of(struct request *request)
{
    return H2O_STRUCT_FROM_MEMBER(struct exchange, request, request);
}

static inline const struct exchange *exchange_of_const(const struct request *request)
{
    return (const void *)((const char *)request - offsetof(struct exchange, request));
}

/* NULL without a flow: what the listener answers itself. */
struct flow *exchange_flow(struct exchange *exchange);

/* Made by the listener when a request is complete, with or without a route. */
struct exchange *exchange_new(h2o_req_t *library, struct connection *connection,
                              const struct route *route);
/* Fills in request id and client address. */
void exchange_identify(struct exchange *exchange);
/* Marks it answered and fills in the head of the answer: from here on nobody cancels the flow, and
 * nobody answers again. Sending is left to the caller. */
void exchange_answer(struct exchange *exchange, int status, const char *content_type,
                     size_t declared_bytes);
/* Answers a problem the listener found, in its shape. */
void exchange_refuse(struct exchange *exchange, enum problem problem, const char *sentence);
/* Cancels the flow and gives the client up without an answer: listener_close. */
void exchange_abandon(struct exchange *exchange);
/* The same because the client has left; not for an answer on its way. */
void exchange_depart(struct exchange *exchange);
/* The entry from the library: judges, routes and starts the flow. */
int exchange_on_request(h2o_handler_t *handler, h2o_req_t *library);
/* The library's own answers (413, 417, 400 for broken chunks) pass here and get our shape. */
void exchange_on_answer(h2o_filter_t *filter, h2o_req_t *library, h2o_ostream_t **slot);

/* Runs the steps from the first one. */
void flow_start(struct flow *flow, struct request *request);
/* Calls the cancel door if the flow waits; afterwards no step runs again. */
void flow_abandon(struct flow *flow);

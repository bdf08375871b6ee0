/*
 * What the parts of a listener share: connections (connection.c), accounting (account.c), the
 * listening socket and the life of it all (listener.c). Private to http/.
 */
#pragma once

#include <h2o.h>
#include <sys/queue.h>

#include "base/crypto.h"
#include "http/exchange.h"
#include "http/farewell.h"
#include "http/listener.h"
#include "http/loop_private.h"
#include "http/text.h"

/* What is known of the request being read. Unused where no route takes uploads. */
struct reading {
    h2o_socket_cb parse; /* the library's own */
    size_t cap;          /* of the body */
    size_t reserved;     /* of body_memory_bytes, for the upload under way; 0: none */
    size_t looked_at;    /* bytes in which the head does not end */
    bool judged;         /* the head is complete and decided about the cap */
    bool listed;
    bool quiet;                       /* a request is being served, and its client says nothing */
    bool busy;                        /* no memory for the upload that was announced */
    LIST_ENTRY(connection) restarted; /* the library may have started reading by itself */
};

/* One accepted connection: known from accept until the kernel's side is gone too. */
struct connection {
    struct listener *listener;
    h2o_socket_t *socket;      /* NULL once the library has closed it */
    struct exchange *exchange; /* of the request in progress, or NULL */
    LIST_ENTRY(connection) all;
    LIST_ENTRY(connection) neighbours; /* same bucket of the address table */
    struct address peer;
    bool trusted;
    bool counted; /* in the address table */
    struct address counted_for;
    bool cut;     /* shut down by us; the library has not noticed yet */
    int spare_fd; /* -1, or a copy of the descriptor that outlives the library's */
    struct farewell *farewell;
    struct reading reading;
};
LIST_HEAD(connection_list, connection);

enum { STATUS_SLOTS = 16 };

/* The series of one route, by method and status; filled as they occur. */
struct route_series {
    struct series *duration;
    struct {
        const char *method; /* NULL: free */
        int status;
        struct series *series;
    } requests[STATUS_SLOTS];
};

struct account {
    struct metric *requests, *durations, *refused;
    struct series *in_flight, *connections;
    struct route_series *routes; /* one a row, and one for requests without a route */
    size_t route_count;
};

/* Heartbeats: the period is cut into slots, and each open feed has its beat in one of them. */
enum { PULSE_SLOTS = 150 };
LIST_HEAD(feed_list, feed);

struct pulse {
    uv_timer_t timer; /* runs while there are feeds */
    struct feed_list slots[PULSE_SLOTS];
    unsigned next; /* slot to put a feed into */
    unsigned now;
    unsigned feeds;
};

enum refusal { REFUSED_GUARD, REFUSED_BODY_MEMORY, REFUSED_PER_ADDRESS };

enum { ALLOW_SIZE = 80 };
/* In logs and metrics, as nginx has it: nobody was there to answer. */
enum { STATUS_CLIENT_GONE = 499 };

struct listener {
    struct listener_config config;
    struct cidr *proxies; /* our copy of config.trusted_proxies */
    struct loop *loop;
    struct address address;
    h2o_globalconf_t globalconf;
    h2o_context_t context;
    h2o_accept_ctx_t accept;
    h2o_socket_t *socket; /* listening; NULL when draining */
    bool paused;
    bool draining, closing;
    uv_timer_t timer; /* retries accept, drains, and keeps the loop's settling waiting for us */
    struct connection_list connections;
    struct connection_list restarted;
    size_t plain_cap, upload_cap; /* of bodies */
    bool takes_uploads;
    struct connection_list *buckets; /* by peer, for the cap per address */
    size_t bucket_mask;
    uint8_t bucket_key[SHA256_BYTES];
    unsigned connection_count;
    unsigned in_flight;
    uint64_t swept_at_ms;
    bool read_since; /* then: without, nobody holds more than before */
    struct account account;
    struct pulse pulse;
    struct block_random random; /* for request ids */
};

/* ---- connection.c ---- */

/* Takes the socket over and hands it to the library, or closes it when the peer has too many. */
void connection_open(struct listener *listener, h2o_socket_t *socket);
struct connection *connection_of(h2o_req_t *library);
/* Counts a trusted proxy's connection for whom it waits for, until it is let go; false when that
 * address has its share already. All others are counted for their peer anyway. */
bool connection_count_for(struct connection *connection, const struct address *client);
void connection_let_go(struct connection *connection);
/* Neither a request in progress, nor bytes of one, nor an answer on its way. */
bool connection_is_idle(const struct connection *connection);
/* Ends it from our side; the library notices in a later turn. */
void connection_shut(struct connection *connection);
/* The same by a reset, which also drops what the kernel has buffered. */
void connection_reset(struct connection *connection);
/* The answer now being sent refuses a request whose rest may still be on its way: closing at once
 * would reset the connection and take the answer with it. */
void connection_keep_for_farewell(struct connection *connection);
void connection_end_farewell(struct connection *connection);
/* Whether a request of `bytes` fits into body_memory_bytes beside what others hold or were
 * promised; it is promised to this one then. Who was promised nothing is cut first. */
bool connection_reserve(struct connection *connection, size_t bytes);
/* Cuts the readers that hold most until the others fit into body_memory_bytes. A hook of the loop;
 * `context` is the listener. */
void connection_sweep(void *context);

/* ---- reading.c ---- */

/* Works out the caps of bodies and sets the library's limit. */
void reading_configure(struct listener *listener);
/* The library's limit becomes the widest cap again. */
void reading_widen(struct listener *listener);
/* The library has begun to read a new connection. */
void reading_open(struct connection *connection);
void reading_close(struct connection *connection);
/* The request that was read will be answered later. */
void reading_rest(struct connection *connection);
/* The library is about to go on with the next request of the connection. */
void reading_next(struct connection *connection, const h2o_req_t *library);
/* What was read lies in memory of the kernel's of which only the used part is there. */
bool reading_is_mapped(const struct connection *connection);
/* A hook of the loop, until the last connection is gone; `context` is the listener. */
void reading_on_turn_end(void *context);

/* ---- stream.c ---- */

/* The client is given up: nothing more of its answer is produced. */
void stream_end(struct exchange *exchange);
/* The connection was shut: whatever still waits before the next piece must not. */
void stream_hurry(struct exchange *exchange);

/* ---- feed.c ---- */

/* The flow goes on writing. */
bool feed_is_open(const struct exchange *exchange);
/* As stream_end and stream_hurry. */
void feed_free(struct exchange *exchange);
void feed_hurry(struct exchange *exchange);
void pulse_open(struct listener *listener);

/* ---- watch.c ---- */

void watch_stop(struct exchange *exchange);

/* ---- account.c ---- */

void account_open(struct listener *listener);
void account_close(struct listener *listener);
/* Shows the counts of connections and requests in progress. */
void account_gauges(struct listener *listener);
void account_refused(struct listener *listener, enum refusal why);
void account_begin(struct exchange *exchange);
/* Once an exchange: the metrics and the line in the access log. */
void account_end(struct exchange *exchange);

/* ---- listener.c ---- */

/* A connection's last trace is gone. */
void listener_on_gone(struct listener *listener);

/*
 * Look-up, the addresses in turn, TLS. What fails within a call is told by the timer one turn
 * later; before a connection stands, the same timer limits the time one address may take.
 */
#include "redis/link.h"

#include "base/secret.h"
#include "base/uv_timer.h"
#include "redis/resolver.h"
#include "redis/socket.h"
#include "redis/tls.h"

#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { REASON_SIZE = 224, PLAIN_SIZE = 16384, PIECE_SIZE = 65536, ADDRESSES_MAX = 16 };

enum stage { STAGE_LOOK_UP, STAGE_CONNECT, STAGE_TLS, STAGE_UP };

struct redis_link {
    uv_loop_t *uv;
    struct redis_link_config config;
    uv_timer_t timer;
    bool closed; /* by the owner */
    enum stage stage;
    struct addrinfo *found;
    unsigned found_count; /* not above ADDRESSES_MAX */
    unsigned tried;
    struct redis_socket *socket;
    struct redis_tls *tls; /* NULL: plain */
    bool over;             /* has been told */
    bool refused;          /* to be told, with the reason */
    char reason[REASON_SIZE];
    char plain[PLAIN_SIZE]; /* what came through TLS */
};

/* ---- the end ---- */

static void on_timer_closed(uv_handle_t *handle)
{
    struct redis_link *link = handle->data;
    if (link->found) {
        freeaddrinfo(link->found);
    }
    link->tls = redis_tls_free(link->tls);
    secret_wipe(link->plain, sizeof link->plain);
    free(link);
}

/* Only from a callback of the loop. */
static void tell_down(struct redis_link *link)
{
    if (!link->over && !link->closed) {
        link->over = true;
        (void)uv_timer_stop(&link->timer);
        link->socket = redis_socket_close(link->socket, false);
        link->config.down(link->config.context, link->refused, link->reason);
    }
}

/* The first one stands. */
static void PRINTF_LIKE(3, 4)
    set_reason(struct redis_link *link, bool refused, const char *format, ...)
{
    if (link->reason[0] == '\0') {
        va_list args;
        va_start(args, format);
        (void)vsnprintf(link->reason, sizeof link->reason, format, args);
        va_end(args);
        link->refused = refused;
    }
}

static void on_late_failure(uv_timer_t *timer)
{
    tell_down(timer->data);
}

static void fail_later(struct redis_link *link)
{
    timer_start(&link->timer, on_late_failure, 0, 0);
}

struct redis_link *redis_link_close(struct redis_link *link, bool gently)
{
    if (!link || link->closed) {
        return NULL;
    }
    link->closed = true;
    if (link->stage == STAGE_LOOK_UP) {
        redis_resolver_forget(link->config.resolver);
    }
    if (gently && link->stage == STAGE_UP && link->tls && !link->over) {
        redis_tls_end(link->tls);
        redis_socket_write(link->socket, redis_tls_output(link->tls));
    }
    link->socket = redis_socket_close(link->socket, gently && link->stage == STAGE_UP);
    uv_close((uv_handle_t *)&link->timer, on_timer_closed);
    return NULL;
}

/* ---- TLS ---- */

static void send_output(struct redis_link *link)
{
    struct slice output = redis_tls_output(link->tls);
    if (output.len > 0) {
        redis_socket_write(link->socket, output);
        redis_tls_sent(link->tls);
    }
}

static void deliver(struct redis_link *link)
{
    int size = 0;
    while (!link->closed && (size = redis_tls_read(link->tls, link->plain, PLAIN_SIZE)) > 0) {
        link->config.got(link->config.context, (struct slice){link->plain, (size_t)size});
    }
    if (link->closed) {
        return;
    }
    send_output(link); /* a key update is answered */
    if (size < 0) {
        set_reason(link, true, "%s", redis_tls_reason(link->tls));
        tell_down(link);
    }
}

static void shake_hands(struct redis_link *link)
{
    enum redis_tls_step step = redis_tls_shake(link->tls);
    send_output(link); /* also the alert that says why we leave */
    if (step == REDIS_TLS_FAILED) {
        set_reason(link, true, "%s", redis_tls_reason(link->tls));
        tell_down(link);
    } else if (step == REDIS_TLS_UP) {
        link->stage = STAGE_UP;
        link->config.up(link->config.context);
        deliver(link); /* it may have come with the handshake */
    }
}

/* ---- one connection ---- */

static void try_next(struct redis_link *link);

static void on_connected(void *context)
{
    struct redis_link *link = context;
    (void)uv_timer_stop(&link->timer);
    if (link->tls) {
        link->stage = STAGE_TLS;
        shake_hands(link);
    } else {
        link->stage = STAGE_UP;
        link->config.up(link->config.context);
    }
}

static void on_got(void *context, struct slice bytes)
{
    struct redis_link *link = context;
    if (!link->tls) {
        link->config.got(link->config.context, bytes);
        return;
    }
    redis_tls_feed(link->tls, bytes);
    if (link->stage == STAGE_UP) {
        deliver(link);
    } else {
        shake_hands(link);
    }
}

static void on_ended(void *context, int error)
{
    struct redis_link *link = context;
    const char *said = error == UV_EOF ? "it has ended the connection" : uv_strerror(error);
    switch (link->stage) {
    case STAGE_LOOK_UP:
    case STAGE_CONNECT:
        set_reason(link, false, "cannot connect: %s", said);
        try_next(link);
        return;
    case STAGE_TLS:
        set_reason(link, false, "no TLS connection: %s", said);
        break;
    case STAGE_UP:
        set_reason(link, false, "connection lost: %s", said);
        break;
    }
    tell_down(link);
}

static const struct redis_socket_events socket_events = {on_connected, on_got, on_ended};

static void on_slow_address(uv_timer_t *timer)
{
    struct redis_link *link = timer->data;
    set_reason(link, false, "cannot connect: %s", uv_strerror(UV_ETIMEDOUT));
    try_next(link);
}

/* NULL: all have been tried. */
static const struct addrinfo *next_address(struct redis_link *link)
{
    if (link->tried == link->found_count) {
        return NULL;
    }
    const struct addrinfo *at = link->found;
    unsigned skip = (link->config.first + link->tried++) % link->found_count;
    while (at && skip-- > 0) {
        at = at->ai_next;
    }
    return at;
}

static void try_next(struct redis_link *link)
{
    link->socket = redis_socket_close(link->socket, false);
    const struct addrinfo *address = next_address(link);
    if (!address) {
        tell_down(link); /* with the last one's reason */
        return;
    }
    link->reason[0] = '\0';
    link->socket = redis_socket_open(link->uv, address->ai_addr, &socket_events, link);
    if (link->found_count > 1) {
        /* one share is kept for what comes after */
        timer_start(&link->timer, on_slow_address,
                    link->config.timeout_ms / (link->found_count + 1), 0);
    }
}

/* ---- the name ---- */

static void on_resolved(void *context, struct addrinfo *found, const char *trouble)
{
    struct redis_link *link = context;
    link->found = found;
    for (const struct addrinfo *at = found; at && link->found_count < ADDRESSES_MAX;
         at = at->ai_next) {
        link->found_count++;
    }
    if (link->found_count == 0) {
        set_reason(link, false, "its name leads to no address: %s", trouble ? trouble : "none");
        tell_down(link);
        return;
    }
    link->stage = STAGE_CONNECT;
    try_next(link);
}

/* ---- for others ---- */

struct redis_link *redis_link_open(uv_loop_t *uv, const struct redis_link_config *config)
{
    struct redis_link *link = xcalloc(1, sizeof *link);
    link->uv = uv;
    link->config = *config;
    if (uv_timer_init(uv, &link->timer) != 0) {
        abort(); /* it asks the kernel for nothing */
    }
    link->timer.data = link;
    if (config->tls) {
        link->tls = redis_tls_new(config->host, config->ca_file);
        if (!link->tls) {
            set_reason(link, true, "%s", "no certificates can be read from the CA file");
            fail_later(link);
            return link;
        }
    }
    redis_resolver_ask(config->resolver, on_resolved, link);
    return link;
}

void redis_link_write(struct redis_link *link, struct slice bytes)
{
    if (link->stage != STAGE_UP || link->over || link->closed) {
        return;
    }
    if (!link->tls) {
        redis_socket_write(link->socket, bytes);
        return;
    }
    while (bytes.len > 0) {
        size_t size = bytes.len < PIECE_SIZE ? bytes.len : PIECE_SIZE;
        if (!redis_tls_write(link->tls, (struct slice){bytes.data, size})) {
            set_reason(link, false, "%s", redis_tls_reason(link->tls));
            fail_later(link);
            return;
        }
        send_output(link);
        bytes = (struct slice){bytes.data + size, bytes.len - size};
    }
}

size_t redis_link_pending(const struct redis_link *link)
{
    return link->socket ? redis_socket_pending(link->socket) : 0;
}

const char *redis_link_stage(const struct redis_link *link)
{
    static const char *const stages[] = {
        [STAGE_LOOK_UP] = "looking up its name",
        [STAGE_CONNECT] = "connecting",
        [STAGE_TLS] = "the TLS handshake",
        [STAGE_UP] = "its answer",
    };
    return stages[link->stage];
}

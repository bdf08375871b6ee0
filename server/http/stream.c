/*
 * Answers sent piece by piece, which only the emulator's faults need: endless ones, slow ones, and
 * ones cut off in the middle. One piece is on its way at a time, and the next is made when the
 * kernel has taken it. Invariant: a stream belongs to its exchange from the first piece until the
 * last one is handed over or the library disposes of the request, whichever comes first.
 */
#include "base/uv_timer.h"
#include "http/listener_private.h"

#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

enum {
    FILLING_BYTES = 64 * 1024,
    ARRIVAL_EVERY_MS = 2,
    ARRIVAL_LOOKS = 500, /* then the client gets what it has got */
};

struct stream {
    uv_timer_t timer; /* in our own memory: closing it is late */
    struct exchange *exchange;
    void (*go_on)(struct stream *stream); /* the piece before has been taken */
    struct slice body;                    /* what is left of it */
    const char *filling;                  /* sent again and again after the body */
    uint64_t left;                        /* bytes still to send, the body's included */
    uint64_t interval_ms;
    unsigned looks;
    bool writing;
};

static void on_closed(uv_handle_t *timer)
{
    free(timer->data);
}

void stream_end(struct exchange *exchange)
{
    struct stream *stream = exchange->stream;
    exchange->stream = NULL;
    if (stream)
        uv_close((uv_handle_t *)&stream->timer, on_closed);
}

/* The exchange may be gone after the last piece. */
static void send_piece(struct stream *stream, struct slice piece)
{
    struct exchange *exchange = stream->exchange;
    h2o_iovec_t bytes = h2o_iovec_init(piece.data, piece.len);
    bool last = piece.len >= stream->left;
    stream->left -= last ? stream->left : piece.len;
    stream->writing = true;
    exchange->bytes_out += piece.len;
    if (last)
        stream_end(exchange);
    h2o_send(exchange->library, &bytes, piece.len > 0 ? 1 : 0,
             last ? H2O_SEND_STATE_FINAL : H2O_SEND_STATE_IN_PROGRESS);
}

/* A byte that never arrives, so that the library notices that the connection is shut and closes it
 * later, not from within this call. */
static void give_up(struct stream *stream)
{
    stream->left = 1;
    send_piece(stream, SLICE("x"));
}

static void on_proceed(h2o_generator_t *generator, h2o_req_t *library)
{
    struct exchange *exchange = H2O_STRUCT_FROM_MEMBER(struct exchange, generator, generator);
    struct stream *stream = exchange->stream;
    (void)library;
    stream->writing = false;
    if (exchange->listener->closing)
        give_up(stream);
    else
        stream->go_on(stream);
}

void stream_hurry(struct exchange *exchange)
{
    if (exchange->stream && !exchange->stream->writing)
        give_up(exchange->stream);
}

/* At most `size` bytes of the body. */
static struct slice take_body(struct stream *stream, size_t size)
{
    struct slice piece = {stream->body.data, stream->body.len < size ? stream->body.len : size};
    stream->body.data += piece.len;
    stream->body.len -= piece.len;
    return piece;
}

/* The head of the answer, and a copy of the body to take pieces from. NULL when the client wants no
 * more than the head: then it has been sent. */
static struct stream *start(struct request *request, int status, const char *content_type,
                            struct slice body, uint64_t size, void (*go_on)(struct stream *stream))
{
    struct exchange *exchange = exchange_of(request);
    exchange_answer(exchange, status, content_type, (size_t)size);
    if (size == 0 || exchange->library->res.content_length == SIZE_MAX ||
        slice_equal(request->method, SLICE("HEAD"))) {
        h2o_start_response(exchange->library, &exchange->generator);
        h2o_send(exchange->library, NULL, 0, H2O_SEND_STATE_FINAL);
        return NULL;
    }
    struct stream *stream = xcalloc(1, sizeof *stream);
    char *copied = request_alloc(request, body.len + 1);
    memcpy(copied, body.data ? body.data : "", body.len);
    stream->exchange = exchange;
    stream->body = (struct slice){copied, body.len};
    stream->left = size;
    stream->go_on = go_on;
    (void)uv_timer_init(loop_uv(exchange->listener->loop), &stream->timer);
    stream->timer.data = stream;
    exchange->stream = stream;
    exchange->generator.proceed = on_proceed;
    h2o_start_response(exchange->library, &exchange->generator);
    return stream;
}

/* ---- endless ---- */

static void send_next(struct stream *stream)
{
    if (stream->body.len > 0) {
        send_piece(stream, take_body(stream, stream->body.len));
        return;
    }
    size_t size = stream->left < FILLING_BYTES ? (size_t)stream->left : FILLING_BYTES;
    send_piece(stream, (struct slice){stream->filling, size});
}

void reply_huge(struct request *request, int status, const char *content_type, struct slice body,
                uint64_t size)
{
    if (body.len > size)
        body.len = (size_t)size;
    char *filling = request_alloc(request, FILLING_BYTES);
    memset(filling, ' ', FILLING_BYTES);
    struct stream *stream = start(request, status, content_type, body, size, send_next);
    if (!stream)
        return;
    stream->filling = filling;
    send_next(stream);
}

/* ---- slow ---- */

static void on_interval(uv_timer_t *timer)
{
    struct stream *stream = timer->data;
    send_piece(stream, take_body(stream, 1));
}

static void wait_interval(struct stream *stream)
{
    timer_start(&stream->timer, on_interval, stream->interval_ms, 0);
}

void reply_drip(struct request *request, int status, const char *content_type, struct slice body,
                uint64_t interval_ms)
{
    struct stream *stream = start(request, status, content_type, body, body.len, wait_interval);
    if (!stream)
        return;
    stream->interval_ms = interval_ms;
    send_piece(stream, SLICE("")); /* the head */
}

/* ---- cut off ---- */

static void on_look(uv_timer_t *timer);

/* A reset drops what the kernel has not sent yet. */
static void wait_for_arrival(struct stream *stream)
{
    timer_start(&stream->timer, on_look, ARRIVAL_EVERY_MS, 0);
}

static void on_look(uv_timer_t *timer)
{
    struct stream *stream = timer->data;
    struct connection *connection = stream->exchange->connection;
    int unsent = 0;
    if (ioctl(h2o_socket_get_fd(connection->socket), SIOCOUTQ, &unsent) == 0 && unsent > 0 &&
        ++stream->looks < ARRIVAL_LOOKS) {
        wait_for_arrival(stream);
        return;
    }
    connection_reset(connection);
    give_up(stream);
}

void reply_reset_midway(struct request *request, int status, const char *content_type,
                        struct slice body)
{
    exchange_of(request)->close = true;
    struct stream *stream = start(request, status, content_type, body, body.len, wait_for_arrival);
    if (!stream)
        return;
    send_piece(stream, take_body(stream, body.len / 2));
}

/*
 * Answers a flow writes piece by piece while it goes on waiting (server-sent events), and their
 * heartbeats. What is written while a piece is on its way is kept, up to a bound; a client that
 * takes too little is cut. Invariant: the library has one piece at a time, and an idle feed holds
 * none.
 */
#include "base/buf.h"
#include "base/uv_timer.h"
#include "http/listener_private.h"

#include <assert.h>
#include <stdlib.h>

enum { UNSENT_MAX = 16 * 1024, PERIOD_MS = 15000 };

struct feed {
    struct exchange *exchange;
    struct buf sending; /* the library's until it asks for more */
    struct buf unsent;  /* written meanwhile */
    const char *heartbeat;
    LIST_ENTRY(feed) beside; /* in the same slot */
    bool writing;
    bool ended; /* by its flow */
    bool cut;   /* nothing arrives any more */
};

bool feed_is_open(const struct exchange *exchange)
{
    return exchange->feed && !exchange->feed->ended;
}

void feed_free(struct exchange *exchange)
{
    struct feed *feed = exchange->feed;
    exchange->feed = NULL;
    if (!feed)
        return;
    LIST_REMOVE(feed, beside);
    exchange->listener->pulse.feeds--;
    buf_done(&feed->sending);
    buf_done(&feed->unsent);
    free(feed);
}

/* What is unsent goes out. The exchange may be gone after the last piece. */
static void send_piece(struct feed *feed, h2o_send_state_t state)
{
    struct exchange *exchange = feed->exchange;
    struct buf sent = feed->sending;
    feed->sending = feed->unsent;
    feed->unsent = sent;
    feed->writing = true;
    h2o_iovec_t bytes = h2o_iovec_init(feed->sending.data, feed->sending.len);
    exchange->bytes_out += bytes.len;
    h2o_send(exchange->library, &bytes, bytes.len > 0 ? 1 : 0, state);
}

/* A byte that never arrives, so that the library notices that the connection is shut and closes it
 * later, not from within this call. */
static void give_up(struct feed *feed)
{
    feed->cut = true;
    buf_reset(&feed->unsent);
    buf_putc(&feed->unsent, ' ');
    send_piece(feed, H2O_SEND_STATE_FINAL);
}

static void on_proceed(h2o_generator_t *generator, h2o_req_t *library)
{
    struct exchange *exchange = H2O_STRUCT_FROM_MEMBER(struct exchange, generator, generator);
    struct feed *feed = exchange->feed;
    (void)library;
    feed->writing = false;
    buf_done(&feed->sending);
    if (feed->cut || exchange->listener->closing)
        give_up(feed);
    else if (feed->ended)
        send_piece(feed, H2O_SEND_STATE_FINAL);
    else if (feed->unsent.len > 0)
        send_piece(feed, H2O_SEND_STATE_IN_PROGRESS);
}

void feed_hurry(struct exchange *exchange)
{
    struct feed *feed = exchange->feed;
    if (!feed)
        return;
    feed->cut = true;
    if (!feed->writing)
        give_up(feed);
}

static void on_beat(uv_timer_t *timer);

static void pulse_join(struct listener *listener, struct feed *feed)
{
    struct pulse *pulse = &listener->pulse;
    uint64_t period_ms =
        listener->config.heartbeat_ms > 0 ? listener->config.heartbeat_ms : PERIOD_MS;
    uint64_t every_ms = period_ms < PULSE_SLOTS ? 1 : period_ms / PULSE_SLOTS;
    struct feed_list *slot = &pulse->slots[pulse->next];
    LIST_INSERT_HEAD(slot, feed, beside);
    pulse->next = (pulse->next + 1) % PULSE_SLOTS;
    pulse->feeds++;
    if (!uv_is_active((uv_handle_t *)&pulse->timer))
        timer_start(&pulse->timer, on_beat, every_ms, every_ms);
}

/* ---- what flows call ---- */

bool reply_stream_begin(struct request *request, const char *content_type, const char *heartbeat)
{
    struct exchange *exchange = exchange_of(request);
    bool head_only = slice_equal(request->method, SLICE("HEAD"));
    exchange->close = true; /* before the head says otherwise */
    exchange_answer(exchange, 200, content_type, SIZE_MAX);
    if (head_only) {
        h2o_start_response(exchange->library, &exchange->generator);
        h2o_send(exchange->library, NULL, 0, H2O_SEND_STATE_FINAL);
        return false;
    }
    struct feed *feed = xcalloc(1, sizeof *feed);
    feed->exchange = exchange;
    feed->heartbeat = heartbeat;
    buf_init(&feed->sending, UNSENT_MAX);
    buf_init(&feed->unsent, UNSENT_MAX);
    exchange->feed = feed;
    exchange->generator.proceed = on_proceed;
    pulse_join(exchange->listener, feed);
    h2o_start_response(exchange->library, &exchange->generator);
    return true;
}

void reply_stream_write(struct request *request, struct slice piece)
{
    struct exchange *exchange = exchange_of(request);
    struct feed *feed = exchange->feed;
    assert(feed && !feed->ended);
    if (feed->cut)
        return;
    buf_put_slice(&feed->unsent, piece);
    if (buf_failed(&feed->unsent)) {
        feed->cut = true;
        connection_reset(exchange->connection); /* the write under way fails */
        return;
    }
    if (!feed->writing)
        send_piece(feed, H2O_SEND_STATE_IN_PROGRESS);
}

void reply_stream_end(struct request *request)
{
    struct exchange *exchange = exchange_of(request);
    struct feed *feed = exchange->feed;
    struct flow *flow = exchange_flow(exchange);
    assert(feed && !feed->ended);
    feed->ended = true;
    flow->waiting = false;
    flow->cancel = NULL;
    if (!feed->writing)
        send_piece(feed, H2O_SEND_STATE_FINAL);
}

/* ---- heartbeats ---- */

/* One slot at a time: all feeds in one go would stall the loop. */
static void on_beat(uv_timer_t *timer)
{
    struct pulse *pulse = timer->data;
    struct feed *feed;
    if (pulse->feeds == 0) {
        uv_timer_stop(timer);
        return;
    }
    pulse->now = (pulse->now + 1) % PULSE_SLOTS;
    LIST_FOREACH(feed, &pulse->slots[pulse->now], beside)
    {
        if (!feed->writing && !feed->ended && feed->heartbeat)
            reply_stream_write(&feed->exchange->request, slice_of(feed->heartbeat));
    }
}

void pulse_open(struct listener *listener)
{
    struct pulse *pulse = &listener->pulse;
    for (size_t i = 0; i < PULSE_SLOTS; i++)
        LIST_INIT(&pulse->slots[i]);
    (void)uv_timer_init(loop_uv(listener->loop), &pulse->timer);
    pulse->timer.data = pulse;
}

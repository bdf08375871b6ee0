/*
 * Fetching JWKS documents. Invariant: an exchange is held exactly while a fetch is under way, and
 * whoever waits is told when it ends or patience does, whichever comes first.
 */
#include "upstream/jwks.h"

#include "base/alloc.h"
#include "base/uv_timer.h"
#include "upstream/cache_control.h"
#include "upstream/face_exchange.h"
#include "upstream/retry_after.h"

#include <stdlib.h>
#include <string.h>

#define MS_PER_S      UINT64_C(1000)
#define MS_PER_MINUTE (60 * MS_PER_S)
#define MS_PER_HOUR   (60 * MS_PER_MINUTE)

const struct jwks_times jwks_times_usual = {
    .connect = 5 * MS_PER_S,
    .total = 10 * MS_PER_S,
    .fresh_min = 5 * MS_PER_MINUTE,
    .fresh_max = 24 * MS_PER_HOUR,
    .fresh_usual = MS_PER_HOUR,
    .stale = 24 * MS_PER_HOUR,
    .pace = MS_PER_MINUTE,
    .patience = 3 * MS_PER_S,
    .retry_min = 1 * MS_PER_S,
    .retry_max = MS_PER_MINUTE,
};

struct jwks_client {
    uv_loop_t *uv;
    const struct clock *clock;
    struct jwks_times times;
    struct curl_loop *loop;
    struct face_exchange_pool *exchanges;
};

enum { HANDLES = 2, RENEWED_AT = 5 /* a fifth before the end */ };

struct jwks {
    uv_timer_t timer;    /* of the next fetch */
    uv_timer_t patience; /* of those who wait */
    unsigned handles;    /* of the two, those not closed */
    struct jwks_client *client;
    struct jwks_config config;
    char *url;
    struct face_exchange *exchange;
    bool wanted;         /* a fetch begins in the next turn */
    uint64_t started_at; /* of the fetch that is wanted or under way */
    bool caused;         /* a token has caused a fetch so far */
    uint64_t caused_at;
    unsigned failures; /* since the last success */
    bool has_document;
    uint64_t useless_at; /* the document's last moment */
    struct jwks_ticket *first, *last;
    size_t waiting;
};

static uint64_t now_ms(const struct jwks *jwks)
{
    return clock_monotonic_ms(jwks->client->clock);
}

/* ---- what fetches share ---- */

struct jwks_client *jwks_client_new(uv_loop_t *uv, const struct clock *clock,
                                    const struct jwks_times *times, const char *ca_file)
{
    struct jwks_client *client = xcalloc(1, sizeof *client);
    const struct face_exchange_config config = {
        .connect_timeout_ms = times->connect, .timeout_ms = times->total, .ca_file = ca_file};
    client->uv = uv;
    client->clock = clock;
    client->times = *times;
    client->loop = curl_loop_new(uv, 1);
    client->exchanges = face_exchange_pool_new(client->loop, &config);
    return client;
}

struct jwks_client *jwks_client_free(struct jwks_client *client)
{
    if (client) {
        face_exchange_pool_free(client->exchanges);
        curl_loop_free(client->loop);
        free(client);
    }
    return NULL;
}

/* ---- who waits ---- */

static void unlink_ticket(struct jwks *jwks, struct jwks_ticket *ticket)
{
    *(ticket->previous ? &ticket->previous->next : &jwks->first) = ticket->next;
    *(ticket->next ? &ticket->next->previous : &jwks->last) = ticket->previous;
    ticket->next = ticket->previous = NULL;
    ticket->jwks = NULL;
    jwks->waiting--;
}

void jwks_leave(struct jwks_ticket *ticket)
{
    if (ticket->jwks) {
        unlink_ticket(ticket->jwks, ticket);
    }
}

/* Those who wait now; who joins meanwhile waits for the next one. */
static void release_all(struct jwks *jwks)
{
    (void)uv_timer_stop(&jwks->patience);
    for (size_t left = jwks->waiting; left > 0 && jwks->first; left--) {
        struct jwks_ticket *ticket = jwks->first;
        unlink_ticket(jwks, ticket);
        ticket->done(ticket);
    }
}

static void on_patience(uv_timer_t *timer)
{
    release_all(timer->data);
}

static bool join(struct jwks *jwks, struct jwks_ticket *ticket)
{
    uint64_t waited = now_ms(jwks) - jwks->started_at;
    uint64_t patience = jwks->client->times.patience;
    if (waited >= patience || jwks->waiting == JWKS_WAITERS_MAX) {
        return false;
    }
    if (jwks->waiting == 0) {
        timer_start(&jwks->patience, on_patience, patience - waited, 0);
    }
    ticket->jwks = jwks;
    ticket->next = NULL;
    ticket->previous = jwks->last;
    *(jwks->last ? &jwks->last->next : &jwks->first) = ticket;
    jwks->last = ticket;
    jwks->waiting++;
    return true;
}

/* ---- what came ---- */

static const char *judge_status(int status)
{
    if (status == 200) {
        return NULL;
    }
    return status >= 300 && status < 400 ? "it redirects, which is not followed"
                                         : "the status is not 200";
}

/* NULL when the document was taken, else why not. */
static const char *judge(const struct jwks *jwks, CURLcode result)
{
    if (result == CURLE_WRITE_ERROR) {
        return "the document is larger than 64 KB";
    }
    if (result != CURLE_OK) {
        return curl_easy_strerror(result);
    }
    const char *why = judge_status(face_exchange_status(jwks->exchange));
    if (why) {
        return why;
    }
    bool taken = jwks->config.take(jwks->config.context, buf_slice(&jwks->exchange->answer), &why);
    return taken ? NULL : why;
}

static uint64_t between(uint64_t least, uint64_t value, uint64_t most)
{
    value = value < least ? least : value;
    return value < most ? value : most;
}

static uint64_t lifetime_ms(const struct jwks *jwks)
{
    const struct jwks_times *times = &jwks->client->times;
    int64_t seconds = cache_lifetime_s(face_exchange_answer_header(jwks->exchange, "cache-control"),
                                       face_exchange_answer_header(jwks->exchange, "age"));
    if (seconds == CACHE_LIFETIME_UNKNOWN) {
        return times->fresh_usual;
    }
    return between(times->fresh_min, (uint64_t)seconds * MS_PER_S, times->fresh_max);
}

static uint64_t pause_ms(const struct jwks *jwks)
{
    const struct jwks_times *times = &jwks->client->times;
    uint64_t ms = times->retry_min;
    for (unsigned i = 1; i < jwks->failures && ms < times->retry_max; i++) {
        ms *= 2;
    }
    int status = face_exchange_status(jwks->exchange);
    if (status == 429 || status == 503) {
        const char *header = face_exchange_answer_header(jwks->exchange, "retry-after");
        int64_t wall = clock_wall_ms(jwks->client->clock);
        uint64_t wanted = (uint64_t)retry_after_seconds(header, NULL, wall) * MS_PER_S;
        ms = wanted > ms ? wanted : ms;
    }
    return between(times->retry_min, ms, times->retry_max);
}

/* ---- fetching ---- */

static void on_timer(uv_timer_t *timer);

static void keep(struct jwks *jwks)
{
    uint64_t lifetime = lifetime_ms(jwks);
    jwks->failures = 0;
    jwks->has_document = true;
    jwks->useless_at = now_ms(jwks) + lifetime + jwks->client->times.stale;
    timer_start(&jwks->timer, on_timer, lifetime - lifetime / RENEWED_AT, 0);
}

static void try_again(struct jwks *jwks, const char *why)
{
    jwks->failures++;
    LOG_EVENT(jwks->config.log, LOG_WARN, "keys not loaded", LOG_TEXT(ISSUER, jwks->config.name),
              LOG_TEXT(REASON, why), LOG_INT(STATUS, face_exchange_status(jwks->exchange)),
              LOG_INT(TRIES, jwks->failures));
    timer_start(&jwks->timer, on_timer, pause_ms(jwks), 0);
    if (jwks->has_document && now_ms(jwks) >= jwks->useless_at) {
        jwks->has_document = false;
        LOG_EVENT(jwks->config.log, LOG_ERROR, "keys lost", LOG_TEXT(ISSUER, jwks->config.name),
                  LOG_TEXT(REASON, "they could not be fetched for too long"));
        jwks->config.lost(jwks->config.context);
    }
}

static void on_fetched(struct curl_transfer *transfer, CURLcode result)
{
    struct face_exchange *exchange = (struct face_exchange *)transfer;
    struct jwks *jwks = exchange->owner;
    const char *why = judge(jwks, result);
    if (why) {
        try_again(jwks, why);
    } else {
        keep(jwks);
    }
    jwks->exchange = NULL;
    face_exchange_give_back(jwks->client->exchanges, exchange);
    jwks->config.tried(jwks->config.context, !why);
    release_all(jwks);
}

static void on_timer(uv_timer_t *timer)
{
    struct jwks *jwks = timer->data;
    struct face_exchange *exchange = face_exchange_take(jwks->client->exchanges);
    exchange->owner = jwks;
    exchange->transfer.finished = on_fetched;
    face_exchange_set(exchange, &(struct face_request){
                                    .method = FACE_METHOD_GET,
                                    .url = jwks->url,
                                    .accept_any = true,
                                    .max_answer_bytes = JWKS_ANSWER_MAX,
                                });
    /* minutes lie between two: a kept connection would only be found dead */
    (void)curl_easy_setopt(exchange->transfer.easy, CURLOPT_FORBID_REUSE, 1L);
    jwks->started_at = jwks->wanted ? jwks->started_at : now_ms(jwks);
    jwks->wanted = false;
    jwks->exchange = exchange;
    curl_loop_start(&exchange->transfer);
}

/* In the next turn of the loop: the caller may be one of libcurl's callbacks. */
static void fetch_soon(struct jwks *jwks)
{
    if (!jwks->exchange && !jwks->wanted) {
        jwks->wanted = true;
        jwks->started_at = now_ms(jwks);
        timer_start(&jwks->timer, on_timer, 0, 0);
    }
}

bool jwks_refresh(struct jwks *jwks, struct jwks_ticket *ticket)
{
    uint64_t now = now_ms(jwks);
    bool under_way = jwks->exchange || jwks->wanted;
    if (!under_way) {
        if (jwks->caused && now - jwks->caused_at < jwks->client->times.pace) {
            return false;
        }
        jwks->caused = true;
        jwks->caused_at = now;
        fetch_soon(jwks);
    }
    return join(jwks, ticket);
}

void jwks_fetch_now(struct jwks *jwks)
{
    fetch_soon(jwks);
}

/* ---- life ---- */

struct jwks *jwks_new(struct jwks_client *client, const struct jwks_config *config)
{
    struct jwks *jwks = xcalloc(1, sizeof *jwks);
    jwks->client = client;
    jwks->config = *config;
    jwks->url = xstrdup(config->url);
    (void)uv_timer_init(client->uv, &jwks->timer);
    (void)uv_timer_init(client->uv, &jwks->patience);
    jwks->timer.data = jwks;
    jwks->patience.data = jwks;
    jwks->handles = HANDLES;
    fetch_soon(jwks);
    return jwks;
}

static void on_closed(uv_handle_t *handle)
{
    struct jwks *jwks = handle->data;
    if (--jwks->handles == 0) {
        free(jwks);
    }
}

struct jwks *jwks_free(struct jwks *jwks)
{
    if (!jwks) {
        return NULL;
    }
    while (jwks->first) {
        unlink_ticket(jwks, jwks->first);
    }
    if (jwks->exchange) {
        curl_loop_stop(&jwks->exchange->transfer);
        face_exchange_give_back(jwks->client->exchanges, jwks->exchange);
    }
    free(jwks->url);
    uv_close((uv_handle_t *)&jwks->timer, on_closed);
    uv_close((uv_handle_t *)&jwks->patience, on_closed);
    return NULL;
}

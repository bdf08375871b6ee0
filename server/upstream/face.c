/*
 * The operations: a call waits for its turn, is sent, is judged, and tells its owner. How HTTP is
 * spoken is upstream/face_exchange.c's, what answers mean upstream/face_judge.c's. Invariant: a
 * call is in the client's list from its start until its callback begins or it is cancelled, and
 * holds an exchange exactly while it is sent and not answered.
 */
#include "upstream/face.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "base/secret.h"
#include "upstream/curl_loop.h"
#include "upstream/endpoint.h"
#include "upstream/face_exchange.h"
#include "upstream/face_judge.h"
#include "upstream/face_report.h"
#include "upstream/pace.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    MS_PER_S = 1000,
    /* file descriptors are for clients too; above it an upstream is too slow for its rate */
    IN_FLIGHT_MAX = 1024,
    KEPT_CONNECTIONS = 128,
    URL_MAX = 4096,
    BODY_MAX = 4096,
};

struct face_call {
    struct pace_ticket ticket; /* the first member */
    struct face_client *client;
    struct face_call *next, *previous;
    enum face_operation operation;
    char upstream_id[FACE_ID_SIZE];
    char request_id[EXCHANGE_ID_MAX + 1];
    struct buf body; /* of a create */
    struct face_exchange *exchange;
    uint64_t waited_ms;
    uint64_t sent_at_ns;
    face_done *done;
    void *context;
};

struct face_client {
    char *endpoint;
    struct buf url; /* the last one sent to; begins with what all have in common */
    size_t url_base_bytes;
    const struct clock *clock;
    struct pace *pace;
    struct curl_loop *loop;
    struct face_exchange_pool *exchanges;
    struct face_report report;
    struct face_call *first; /* of the calls waiting or under way */
    unsigned busy;
    unsigned in_flight;
    struct face_answer answer; /* of the callback that runs; else zero */
};

/* ---- the life of a call ---- */

static bool copy_short(const char *text, char *ret, size_t size)
{
    size_t length = text ? strnlen(text, size) : size;
    if (length >= size) {
        return false;
    }
    memcpy(ret, text, length + 1);
    return true;
}

static struct face_call *call_new(struct face_client *client, enum face_operation operation,
                                  const char *request_id, face_done *done, void *context)
{
    struct face_call *call = xcalloc(1, sizeof *call);
    call->client = client;
    call->operation = operation;
    (void)copy_short(request_id, call->request_id, sizeof call->request_id);
    call->done = done;
    call->context = context;
    buf_init(&call->body, BODY_MAX);
    call->next = client->first;
    if (call->next) {
        call->next->previous = call;
    }
    client->first = call;
    client->busy++;
    return call;
}

static void set_in_flight(struct face_client *client, unsigned count)
{
    client->in_flight = count;
    face_report_in_flight(&client->report, count);
}

static void call_free(struct face_call *call)
{
    struct face_client *client = call->client;
    if (call->exchange) {
        curl_loop_stop(&call->exchange->transfer);
        face_exchange_give_back(client->exchanges, call->exchange);
        set_in_flight(client, client->in_flight - 1);
    }
    pace_withdraw(client->pace, &call->ticket);
    if (call->next) {
        call->next->previous = call->previous;
    }
    if (call->previous) {
        call->previous->next = call->next;
    } else {
        client->first = call->next;
    }
    client->busy--;
    buf_done(&call->body);
    free(call);
}

static void call_report(const struct face_call *call, enum face_outcome outcome, const char *why)
{
    const struct face_exchange *exchange = call->exchange;
    struct face_report_call told = {
        .operation = call->operation,
        .outcome = outcome,
        .waited_ms = call->waited_ms,
        .request_id = call->request_id[0] ? call->request_id : NULL,
        .why = why,
    };
    if (exchange) {
        told.sent = true;
        told.duration_ns = clock_precise_ns() - call->sent_at_ns;
        told.status = face_exchange_status(exchange);
        told.apim_request_id = face_exchange_answer_header(exchange, "apim-request-id");
    }
    face_report_call(&call->client->report, &told);
}

static void answer_reset(struct face_answer *answer)
{
    if (answer->session.session_id[0]) {
        face_session_done(&answer->session);
        memset(&answer->session, 0, sizeof answer->session); /* large */
    }
    answer->problem = PROBLEM_NONE;
    answer->not_found = false;
    answer->maybe_performed = false;
    answer->retry_after_s = 0;
}

/* Tells the owner client->answer; the call is gone before, so that the owner may start others. */
static void call_end(struct face_call *call)
{
    struct face_client *client = call->client;
    face_done *done = call->done;
    void *context = call->context;
    call_free(call);
    done(context, &client->answer);
    answer_reset(&client->answer);
}

static void call_fail(struct face_call *call, enum problem problem, enum face_outcome outcome)
{
    call->client->answer.problem = problem;
    call_report(call, outcome, NULL);
    call_end(call);
}

/* ---- sending and hearing ---- */

static void on_finished(struct curl_transfer *transfer, CURLcode result)
{
    struct face_exchange *exchange = (struct face_exchange *)transfer;
    struct face_call *call = exchange->owner;
    struct face_client *client = call->client;
    struct face_reply reply = {
        .operation = call->operation,
        .asked_id = call->upstream_id,
        .result = result,
        .sent = exchange->sent > 0,
        .status = face_exchange_status(exchange),
        .body = buf_slice(&exchange->answer),
        .retry_after = face_exchange_answer_header(exchange, "retry-after"),
        .wall_ms = clock_wall_ms(client->clock),
    };
    const char *why;
    enum face_outcome outcome = face_judge(&reply, &client->answer, &why);
    if (client->answer.retry_after_s > 0) {
        pace_pause(client->pace, (uint64_t)client->answer.retry_after_s * MS_PER_S);
    }
    call_report(call, outcome, why);
    call_end(call);
}

static bool put_url(struct face_client *client, const struct face_call *call)
{
    client->url.failed = false;
    client->url.len = client->url_base_bytes;
    buf_puts(&client->url, "/detectLiveness-sessions");
    if (call->operation != FACE_CREATE) {
        buf_putc(&client->url, '/');
        buf_puts(&client->url, call->upstream_id);
    }
    return !buf_failed(&client->url);
}

static void call_send(struct face_call *call)
{
    struct face_client *client = call->client;
    struct face_exchange *exchange = face_exchange_take(client->exchanges);
    exchange->owner = call;
    exchange->transfer.finished = on_finished;
    const char *url = client->url.data;
    if (call->operation == FACE_CREATE) {
        face_exchange_set_post(exchange, url, call->request_id, buf_slice(&call->body));
    } else if (call->operation == FACE_GET) {
        face_exchange_set_get(exchange, url, call->request_id);
    } else {
        face_exchange_set_delete(exchange, url, call->request_id);
    }
    call->exchange = exchange;
    call->sent_at_ns = clock_precise_ns();
    set_in_flight(client, client->in_flight + 1);
    curl_loop_start(&exchange->transfer);
}

static void on_turn(struct pace_ticket *ticket, bool granted, uint64_t retry_after_ms)
{
    struct face_call *call = (struct face_call *)ticket;
    struct face_client *client = call->client;
    call->waited_ms = clock_monotonic_ms(client->clock) - ticket->asked_at;
    bool valid = !buf_failed(&call->body) &&
                 (call->operation == FACE_CREATE || call->upstream_id[0] != '\0');
    if (!granted || client->in_flight >= IN_FLIGHT_MAX) {
        uint64_t seconds = (retry_after_ms + MS_PER_S - 1) / MS_PER_S;
        client->answer.retry_after_s = seconds > 0 ? (unsigned)seconds : 1;
        call_fail(call, PROBLEM_UPSTREAM_BUSY, FACE_OUTCOME_REFUSED);
    } else if (!valid || !put_url(client, call)) {
        call_fail(call, PROBLEM_INTERNAL, FACE_OUTCOME_BROKEN);
    } else {
        call_send(call);
    }
}

/* ---- for others ---- */

static void put_create(const struct face_create *create, struct buf *body)
{
    struct json_writer writer = json_writer(body);
    json_open(&writer, NULL, '{');
    json_put_string(&writer, "livenessOperationMode", create->liveness_mode);
    json_put_string(&writer, "deviceCorrelationId", create->device_correlation_id);
    json_put_bool(&writer, "deviceCorrelationIdSetInClient", false);
    if (create->token_ttl_s > 0) {
        json_put_integer(&writer, "authTokenTimeToLiveInSeconds", create->token_ttl_s);
    }
    if (create->has_enable_session_image) {
        json_put_bool(&writer, "enableSessionImage", create->enable_session_image);
    }
    if (create->model_version) {
        json_put_string(&writer, "livenessModelVersion", create->model_version);
    }
    json_close(&writer, '}');
}

void face_create_session(struct face_client *client, const struct face_create *create,
                         const char *request_id, face_done *done, void *context)
{
    struct face_call *call = call_new(client, FACE_CREATE, request_id, done, context);
    put_create(create, &call->body);
    pace_ask(client->pace, &call->ticket, PACE_CREATE, on_turn);
}

/* Ids are parts of paths: whatever is none is not sent. */
static void set_id(struct face_call *call, const char *upstream_id)
{
    if (!copy_short(upstream_id, call->upstream_id, sizeof call->upstream_id) ||
        upstream_id[strspn(upstream_id, "0123456789abcdefABCDEF-")] != '\0') {
        call->upstream_id[0] = '\0';
    }
}

struct face_call *face_get_session(struct face_client *client, enum face_kind kind,
                                   const char *upstream_id, const char *request_id, face_done *done,
                                   void *context)
{
    (void)kind;
    struct face_call *call = call_new(client, FACE_GET, request_id, done, context);
    set_id(call, upstream_id);
    pace_ask(client->pace, &call->ticket, PACE_RESULT, on_turn);
    return call;
}

struct face_call *face_delete_session(struct face_client *client, enum face_kind kind,
                                      const char *upstream_id, const char *request_id,
                                      face_done *done, void *context)
{
    (void)kind;
    struct face_call *call = call_new(client, FACE_DELETE, request_id, done, context);
    set_id(call, upstream_id);
    pace_ask(client->pace, &call->ticket, PACE_DELETE, on_turn);
    return call;
}

void face_cancel(struct face_call *call)
{
    assert(call->operation != FACE_CREATE);
    if (call->exchange) {
        call_report(call, FACE_OUTCOME_CANCELLED, NULL);
    }
    call_free(call);
}

static const char *check_config(const struct face_config *config, char **ret_endpoint)
{
    const char *why = NULL;
    if (!config->credentials.key || !config->credentials.key[0]) {
        return "upstream.key is missing";
    }
    for (const char *c = config->credentials.key; *c; c++) {
        if (*c <= ' ' || *c > '~') {
            return "upstream.key has a character that no key has";
        }
    }
    return endpoint_normalise(config->endpoint, ret_endpoint, &why) == 0 ? NULL : why;
}

static void start_parts(struct face_client *client, uv_loop_t *uv, const struct face_config *config)
{
    struct pace_config pace = {
        .rate = config->rate,
        .queue_max = config->queue_max,
        .max_wait_ms = config->queue_wait_ms,
        .clock = config->clock,
        .metrics = config->metrics,
    };
    struct face_exchange_config exchange = {
        .key = config->credentials.key,
        .connect_timeout_ms = config->connect_timeout_ms,
        .timeout_ms = config->timeout_ms,
        .max_answer_bytes = config->max_answer_bytes,
    };
    client->pace = pace_new(uv, &pace);
    client->loop = curl_loop_new(uv, KEPT_CONNECTIONS);
    client->exchanges = face_exchange_pool_new(client->loop, &exchange);
    face_report_init(&client->report, config->log, config->metrics);
}

struct face_client *face_client_new(uv_loop_t *uv, const struct face_config *config,
                                    char *ret_error, size_t error_size)
{
    char *endpoint = NULL;
    const char *why = check_config(config, &endpoint);
    if (why) {
        bool of_key = strncmp(why, "upstream.", strlen("upstream.")) == 0;
        (void)snprintf(ret_error, error_size, "%s%s", of_key ? "" : "upstream.endpoint ", why);
        return NULL;
    }
    struct face_client *client = xcalloc(1, sizeof *client);
    client->endpoint = endpoint;
    client->clock = config->clock;
    buf_init(&client->url, URL_MAX);
    buf_printf(&client->url, "%s/face/%s", endpoint, face_versions[config->version].name);
    client->url_base_bytes = client->url.len;
    start_parts(client, uv, config);
    return client;
}

struct face_client *face_client_free(struct face_client *client)
{
    if (!client) {
        return NULL;
    }
    struct face_call *next;
    for (struct face_call *call = client->first; call; call = next) {
        next = call->next;
        call_free(call);
    }
    client->exchanges = face_exchange_pool_free(client->exchanges);
    client->loop = curl_loop_free(client->loop);
    client->pace = pace_free(client->pace);
    buf_done(&client->url);
    free(client->endpoint);
    free(client);
    return NULL;
}

const char *face_client_endpoint(const struct face_client *client)
{
    return client->endpoint;
}

unsigned face_client_busy(const struct face_client *client)
{
    return client->busy;
}

/*
 * The life of a call: it waits for its turn, is sent, is judged, perhaps repeated with another
 * credential, and tells its owner. How HTTP is spoken is upstream/face_exchange.c's, what answers
 * mean upstream/face_judge.c's. Invariant: a call is in the client's list from its start until its
 * callback begins or it is cancelled, and holds an exchange exactly while it is sent and not
 * answered.
 */
#include "base/alloc.h"
#include "base/buf.h"
#include "upstream/face_private.h"

#include <stdlib.h>
#include <string.h>

enum {
    MS_PER_S = 1000,
    UNAUTHORISED = 401,
    /* file descriptors are for clients too; above it an upstream is too slow for its rate */
    IN_FLIGHT_MAX = 1024,
    QUERY_MAX = 1024,
};

static void on_turn(struct pace_ticket *ticket, bool granted, uint64_t retry_after_ms);

struct face_call *face_call_new(struct face_client *client, enum face_operation operation,
                                const char *request_id, face_done *done, void *context)
{
    struct face_call *call = xcalloc(1, sizeof *call);
    call->client = client;
    call->operation = operation;
    size_t length = request_id ? strnlen(request_id, sizeof call->request_id) : 0;
    if (length < sizeof call->request_id) {
        memcpy(call->request_id, request_id ? request_id : "", length);
    }
    call->done = done;
    call->context = context;
    buf_init(&call->body, FACE_BODY_TEXT_MAX);
    buf_init(&call->query, QUERY_MAX);
    call->next = client->first;
    if (call->next) {
        call->next->previous = call;
    }
    client->first = call;
    client->busy++;
    return call;
}

void face_call_start(struct face_call *call)
{
    static const enum pace_priority priorities[FACE_OPERATION_COUNT] = {
        [FACE_CREATE] = PACE_CREATE, [FACE_GET] = PACE_RESULT,    [FACE_DELETE] = PACE_DELETE,
        [FACE_IMAGE] = PACE_RESULT,  [FACE_DETECT] = PACE_RESULT,
    };
    struct pace *pace = call->client->pace;
    if (call->refused == PROBLEM_NONE && (buf_failed(&call->body) || buf_failed(&call->query))) {
        call->refused = PROBLEM_INTERNAL;
    }
    if (call->refused == PROBLEM_NONE && !identity_ready(call->client->identity)) {
        pace_hold(pace, true);
        call->refused = identity_problem(call->client->identity);
    }
    if (call->refused != PROBLEM_NONE) {
        pace_refuse(pace, &call->ticket, on_turn);
    } else {
        pace_ask(pace, &call->ticket, call->idle ? PACE_LOWEST : priorities[call->operation],
                 on_turn);
    }
}

static void set_in_flight(struct face_client *client, unsigned count)
{
    client->in_flight = count;
    face_report_in_flight(&client->report, count);
}

static void drop_exchange(struct face_call *call)
{
    struct face_client *client = call->client;
    if (call->exchange) {
        curl_loop_stop(&call->exchange->transfer);
        face_exchange_give_back(client->exchanges, call->exchange);
        call->exchange = NULL;
        set_in_flight(client, client->in_flight - 1);
    }
    call->credential = credential_unref(call->credential);
}

void face_call_free(struct face_call *call)
{
    struct face_client *client = call->client;
    drop_exchange(call);
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
    client->image_bytes -= call->image_bytes;
    buf_done(&call->body);
    buf_done(&call->query);
    free(call->content_type);
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

void face_call_report_cancelled(const struct face_call *call)
{
    if (call->exchange) {
        call_report(call, FACE_OUTCOME_CANCELLED, NULL);
    }
}

static void answer_reset(struct face_answer *answer)
{
    if (answer->session.session_id[0]) {
        face_session_reset(&answer->session);
    }
    answer->problem = PROBLEM_NONE;
    answer->not_found = false;
    answer->maybe_performed = false;
    answer->retry_after_s = 0;
    answer->content = (struct slice){0};
}

/* Tells the owner client->answer; the call is gone before, so that the owner may start others. */
static void call_end(struct face_call *call)
{
    struct face_client *client = call->client;
    face_done *done = call->done;
    void *context = call->context;
    struct buf content = {0};
    if (client->answer.content.data) { /* lies in the exchange, and must outlive it */
        content = call->exchange->answer;
        buf_init_secret(&call->exchange->answer, 0);
    }
    face_call_free(call);
    done(context, &client->answer);
    answer_reset(&client->answer);
    buf_wipe(&content);
}

static void call_fail(struct face_call *call, enum problem problem, enum face_outcome outcome)
{
    call->client->answer.problem = problem;
    call_report(call, outcome, NULL);
    call_end(call);
}

/* ---- hearing ---- */

/* After a 401 nothing was performed, so that even a create may go out again. */
static bool call_repeat(struct face_call *call)
{
    struct credential *next = NULL;
    if (call->repeated || !identity_denied(call->client->identity, call->credential, &next)) {
        return false;
    }
    call_report(call, FACE_OUTCOME_DENIED, "repeated with another credential");
    drop_exchange(call);
    answer_reset(&call->client->answer);
    call->credential = next;
    call->repeated = true;
    face_call_start(call);
    return true;
}

static void on_finished(struct curl_transfer *transfer, CURLcode result)
{
    struct face_exchange *exchange = (struct face_exchange *)transfer;
    struct face_call *call = exchange->owner;
    struct face_client *client = call->client;
    struct face_reply reply = {
        .operation = call->operation,
        .preview = face_versions[client->version].preview,
        .asked_id = call->upstream_id,
        .result = result,
        .sent = exchange->sent > 0,
        .sent_image = call->image_bytes > 0,
        .status = face_exchange_status(exchange),
        .body = buf_slice(&exchange->answer),
        .retry_after = face_exchange_answer_header(exchange, "retry-after"),
        .wall_ms = clock_wall_ms(client->clock),
    };
    if (reply.status >= 400) {
        reply.error_code = face_exchange_answer_header(exchange, "x-ms-error-code");
    }
    const char *why;
    enum face_outcome outcome = face_judge(&reply, &client->answer, &why);
    if (client->answer.retry_after_s > 0) {
        pace_pause(client->pace, (uint64_t)client->answer.retry_after_s * MS_PER_S);
    }
    if (reply.status == UNAUTHORISED && outcome == FACE_OUTCOME_DENIED && call_repeat(call)) {
        return;
    }
    if (reply.status > 0 && reply.status != UNAUTHORISED) {
        identity_accepted(client->identity, call->credential);
    }
    call_report(call, outcome, why);
    call_end(call);
}

/* ---- sending ---- */

static bool put_url(struct face_client *client, const struct face_call *call)
{
    struct buf *url = &client->url;
    url->failed = false;
    url->len = client->url_base_bytes;
    switch (call->operation) {
    case FACE_DETECT:
        buf_puts(url, "/detect");
        buf_put_slice(url, buf_slice(&call->query));
        break;
    case FACE_IMAGE:
        buf_puts(url, face_versions[client->version].image_path);
        break;
    default:
        buf_puts(url, face_sessions_path(client->version, call->kind));
        break;
    }
    if (call->upstream_id[0]) {
        buf_putc(url, '/');
        buf_puts(url, call->upstream_id);
    }
    return !buf_failed(url);
}

static void call_send(struct face_call *call)
{
    struct face_client *client = call->client;
    struct face_exchange *exchange = face_exchange_take(client->exchanges);
    bool posts = call->operation == FACE_CREATE || call->operation == FACE_DETECT;
    bool image = call->operation == FACE_IMAGE;
    exchange->owner = call;
    exchange->transfer.finished = on_finished;
    face_exchange_set(exchange, &(struct face_request){
                                    .method = posts                            ? FACE_METHOD_POST
                                              : call->operation == FACE_DELETE ? FACE_METHOD_DELETE
                                                                               : FACE_METHOD_GET,
                                    .url = client->url.data,
                                    .credential = credential_line(call->credential),
                                    .content_type = call->content_type,
                                    .request_id = call->request_id,
                                    .body = buf_slice(&call->body),
                                    .accept_any = image,
                                    .max_answer_bytes =
                                        image ? client->max_image_bytes : client->max_answer_bytes,
                                });
    call->exchange = exchange;
    call->sent_at_ns = clock_precise_ns();
    set_in_flight(client, client->in_flight + 1);
    curl_loop_start(&exchange->transfer);
}

/* Why a call gets no turn: it has a defect, there is no token, or the queue is too long. */
static enum problem refusal_of(const struct face_call *call)
{
    struct identity *identity = call->client->identity;
    if (call->refused != PROBLEM_NONE) {
        return call->refused;
    }
    if (identity_ready(identity)) {
        return PROBLEM_UPSTREAM_BUSY;
    }
    enum problem problem = identity_problem(identity);
    return problem == PROBLEM_NONE ? PROBLEM_UPSTREAM_TIMEOUT : problem;
}

static void call_refuse_busy(struct face_call *call, uint64_t queue_ms)
{
    uint64_t busy_ms = identity_busy_ms(call->client->identity);
    uint64_t wait_ms = busy_ms > 0 ? busy_ms : queue_ms;
    uint64_t seconds = (wait_ms + MS_PER_S - 1) / MS_PER_S;
    call->client->answer.retry_after_s = seconds > 0 ? (unsigned)seconds : 1;
    call_fail(call, PROBLEM_UPSTREAM_BUSY, busy_ms > 0 ? FACE_OUTCOME_BUSY : FACE_OUTCOME_REFUSED);
}

static void call_refuse(struct face_call *call, uint64_t retry_after_ms)
{
    enum problem problem = refusal_of(call);
    if (problem == PROBLEM_UPSTREAM_BUSY) {
        call_refuse_busy(call, call->refused == PROBLEM_NONE ? retry_after_ms : 0);
        return;
    }
    call_fail(call, problem,
              problem == PROBLEM_UPSTREAM_DENIED    ? FACE_OUTCOME_DENIED
              : problem == PROBLEM_UPSTREAM_TIMEOUT ? FACE_OUTCOME_TIMEOUT
                                                    : FACE_OUTCOME_BROKEN);
}

static void on_turn(struct pace_ticket *ticket, bool granted, uint64_t retry_after_ms)
{
    struct face_call *call = (struct face_call *)ticket;
    struct face_client *client = call->client;
    call->waited_ms = clock_monotonic_ms(client->clock) - ticket->asked_at;
    if (granted && !call->credential) {
        call->credential = identity_take(client->identity);
    }
    if (!granted || !call->credential || client->in_flight >= IN_FLIGHT_MAX) {
        call_refuse(call, retry_after_ms);
    } else if (!put_url(client, call)) {
        call_fail(call, PROBLEM_INTERNAL, FACE_OUTCOME_BROKEN);
    } else {
        call_send(call);
    }
}

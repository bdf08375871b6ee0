/*
 * The operations: each becomes a call, with what it will send; and the client that holds them. What
 * happens to a call is upstream/face_call.c's. Invariant: what is no id of the upstream's shape is
 * never part of a path or body.
 */
#include "upstream/face.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/json.h"
#include "upstream/curl_loop.h"
#include "upstream/endpoint.h"
#include "upstream/face_detect.h"
#include "upstream/face_private.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT_CONNECTIONS = 128, URL_MAX = 4096 };

#define SESSION_ID_CHARACTERS "0123456789abcdefABCDEF-"
#define IMAGE_ID_CHARACTERS   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

/* ---- operations ---- */

/* A secret: it may hold a picture of a face. */
static void write_form(struct face_call *call, const struct face_body *body)
{
    struct face_client *client = call->client;
    size_t image_bytes = body->create->verify_image.len;
    if (image_bytes > client->image_memory_bytes - client->image_bytes) {
        call->refused = PROBLEM_UPSTREAM_BUSY;
        return;
    }
    client->image_bytes += image_bytes;
    call->image_bytes = image_bytes;
    call->content_type = xcalloc(1, FACE_BODY_TYPE_SIZE);
    buf_init_secret(&call->body, FACE_BODY_TEXT_MAX + image_bytes);
    face_body_write(body, &call->body, call->content_type);
}

void face_create_session(struct face_client *client, const struct face_create *create,
                         const char *request_id, face_done *done, void *context)
{
    struct face_call *call = face_call_new(client, FACE_CREATE, request_id, done, context);
    const struct face_body body = {
        .create = create,
        .version = &face_versions[client->version],
        .random = client->random,
        .log = client->log,
        .request_id = call->request_id[0] ? call->request_id : NULL,
    };
    call->kind = create->kind;
    if (face_body_is_form(create, body.version)) {
        write_form(call, &body);
    } else {
        face_body_write(&body, &call->body, NULL);
    }
    face_call_start(call);
}

static bool copy_id(const char *id, const char *characters, char *ret, size_t size)
{
    size_t length = id ? strnlen(id, size) : 0;
    if (length == 0 || length >= size || id[strspn(id, characters)] != '\0') {
        return false;
    }
    memcpy(ret, id, length + 1);
    return true;
}

static struct face_call *session_call(struct face_client *client, enum face_operation operation,
                                      bool idle, enum face_kind kind, const char *upstream_id,
                                      const char *request_id, face_done *done, void *context)
{
    struct face_call *call = face_call_new(client, operation, request_id, done, context);
    call->kind = kind;
    call->idle = idle;
    if (!copy_id(upstream_id, SESSION_ID_CHARACTERS, call->upstream_id, FACE_ID_SIZE)) {
        call->refused = PROBLEM_INTERNAL;
    }
    face_call_start(call);
    return call;
}

struct face_call *face_get_session(struct face_client *client, enum face_kind kind,
                                   const char *upstream_id, const char *request_id, face_done *done,
                                   void *context)
{
    return session_call(client, FACE_GET, false, kind, upstream_id, request_id, done, context);
}

struct face_call *face_look_at_session(struct face_client *client, enum face_kind kind,
                                       const char *upstream_id, const char *request_id,
                                       face_done *done, void *context)
{
    return session_call(client, FACE_GET, true, kind, upstream_id, request_id, done, context);
}

bool face_is_unsent(struct face_call *call, bool hurry)
{
    if (hurry && call->idle) {
        call->idle = false;
        return pace_raise(call->client->pace, &call->ticket, PACE_RESULT);
    }
    return pace_raise(call->client->pace, &call->ticket, call->ticket.priority);
}

struct face_call *face_delete_session(struct face_client *client, enum face_kind kind,
                                      const char *upstream_id, const char *request_id,
                                      face_done *done, void *context)
{
    return session_call(client, FACE_DELETE, false, kind, upstream_id, request_id, done, context);
}

struct face_call *face_get_image(struct face_client *client, const char *upstream_image_id,
                                 const char *request_id, face_done *done, void *context)
{
    struct face_call *call = face_call_new(client, FACE_IMAGE, request_id, done, context);
    if (!face_versions[client->version].image_path) {
        call->refused = PROBLEM_ROUTE_NOT_FOUND;
    } else if (!copy_id(upstream_image_id, IMAGE_ID_CHARACTERS, call->upstream_id,
                        sizeof call->upstream_id)) {
        call->refused = PROBLEM_INTERNAL;
    }
    face_call_start(call);
    return call;
}

struct face_call *face_detect_image(struct face_client *client, const char *upstream_image_id,
                                    const struct face_detect *detect, const char *request_id,
                                    face_done *done, void *context)
{
    struct face_call *call = face_call_new(client, FACE_DETECT, request_id, done, context);
    char id[FACE_IMAGE_ID_SIZE];
    if (!face_versions[client->version].detect) {
        call->refused = PROBLEM_ROUTE_NOT_FOUND;
    } else if (!copy_id(upstream_image_id, IMAGE_ID_CHARACTERS, id, sizeof id)) {
        call->refused = PROBLEM_INTERNAL;
    } else {
        struct json_writer writer = json_writer(&call->body);
        json_open(&writer, NULL, '{');
        json_put_string(&writer, "sessionImageId", id);
        json_close(&writer, '}');
        face_detect_write(detect, &call->query);
    }
    face_call_start(call);
    return call;
}

void face_cancel(struct face_call *call)
{
    assert(call->operation != FACE_CREATE);
    face_call_report_cancelled(call);
    face_call_free(call);
}

/* ---- the client ---- */

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
        .connect_timeout_ms = config->connect_timeout_ms,
        .timeout_ms = config->timeout_ms,
    };
    client->pace = pace_new(uv, &pace);
    client->loop = curl_loop_new(uv, KEPT_CONNECTIONS);
    client->exchanges = face_exchange_pool_new(client->loop, &exchange);
    face_report_init(&client->report, config->log, config->metrics, config->clock);
}

/* Calls wait in the pace queue while there is nothing to send them with, and are refused once it is
 * known that there will not be soon. */
static void on_identity(void *context)
{
    struct face_client *client = context;
    bool ready = identity_ready(client->identity);
    pace_hold(client->pace, !ready);
    if (!ready && identity_problem(client->identity) != PROBLEM_NONE) {
        pace_refuse_all(client->pace);
    }
}

static void start_identity(struct face_client *client, uv_loop_t *uv,
                           const struct face_credentials *credentials)
{
    const struct identity_config config = {
        .uv = uv,
        .exchanges = client->exchanges,
        .report = &client->report,
        .clock = client->clock,
        .changed = on_identity,
        .context = client,
    };
    client->identity = identity_new(&config, credentials);
    on_identity(client);
}

struct face_client *face_client_new(uv_loop_t *uv, const struct face_config *config,
                                    char *ret_error, size_t error_size)
{
    const char *why = NULL;
    char *endpoint = NULL;
    if (!identity_check(&config->credentials, ret_error, error_size)) {
        return NULL;
    }
    if (endpoint_normalise(config->endpoint, &endpoint, &why) != 0) {
        (void)snprintf(ret_error, error_size, "upstream.endpoint %s", why);
        return NULL;
    }
    struct face_client *client = xcalloc(1, sizeof *client);
    client->endpoint = endpoint;
    client->version = config->version;
    client->log = config->log;
    client->clock = config->clock;
    client->random = config->random;
    client->max_answer_bytes = config->max_answer_bytes;
    client->max_image_bytes = config->max_image_bytes;
    client->image_memory_bytes = config->image_memory_bytes;
    buf_init(&client->url, URL_MAX);
    buf_printf(&client->url, "%s/face/%s", endpoint, face_versions[config->version].name);
    client->url_base_bytes = client->url.len;
    start_parts(client, uv, config);
    start_identity(client, uv, &config->credentials);
    return client;
}

bool face_client_set_credentials(struct face_client *client,
                                 const struct face_credentials *credentials, char *ret_error,
                                 size_t error_size)
{
    if (!identity_check(credentials, ret_error, error_size)) {
        return false;
    }
    identity_set(client->identity, credentials);
    on_identity(client);
    return true;
}

struct face_client *face_client_free(struct face_client *client)
{
    if (!client) {
        return NULL;
    }
    struct face_call *next;
    for (struct face_call *call = client->first; call; call = next) {
        next = call->next;
        face_call_free(call);
    }
    client->identity = identity_free(client->identity);
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

void face_client_share(struct face_client *client, unsigned processes)
{
    pace_share(client->pace, processes);
}

/*
 * The tests' HTTP client. Every request has a connection of its own, so that no test depends on
 * what an earlier request left on it.
 */
#include "support/http.h"

#include "support/unlogged.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct received {
    char *data;
    size_t size;
};

struct http_pending {
    struct http_request request;
    struct http_answer answer;
    struct received head, body;
    pthread_t thread;
    atomic_bool done;
    atomic_bool leave;
    bool joined;
};

static size_t receive(char *data, size_t size, size_t count, void *context)
{
    struct received *received = context;
    size *= count;
    received->data = xrealloc(received->data, received->size + size + 1);
    memcpy(received->data + received->size, data, size);
    received->size += size;
    received->data[received->size] = '\0';
    return size;
}

static int keep_going(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    return atomic_load(&((struct http_pending *)context)->leave) ? 1 : 0;
}

static struct curl_slist *header_list(const struct http_request *request)
{
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    bool typed = false;
    for (size_t i = 0; i < HEADERS_MAX && request->headers[i]; i++) {
        typed = typed || strncasecmp(request->headers[i], "content-type:", 13) == 0;
        list = curl_slist_append(list, request->headers[i]);
    }
    if (!typed)
        list = curl_slist_append(list, request->body ? "Content-Type: application/json"
                                                     : "Content-Type:");
    return list;
}

static void set_options(CURL *curl, struct http_pending *pending, struct curl_slist *headers)
{
    const struct http_request *request = &pending->request;
    curl_easy_setopt(curl, CURLOPT_URL, request->url);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, request->timeout_ms ? request->timeout_ms : 60000L);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &pending->head);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &pending->body);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, keep_going);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, pending);
    if (strcmp(request->method, "HEAD") == 0)
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    if (request->body || strcmp(request->method, "POST") == 0) {
        const char *body = request->body ? request->body : "";
        size_t size = request->body_size ? request->body_size : strlen(body);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
        curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    }
}

static void *perform(void *context)
{
    struct http_pending *pending = context;
    struct http_answer *answer = &pending->answer;
    struct curl_slist *headers = header_list(&pending->request);
    CURL *curl = curl_easy_init();
    set_options(curl, pending, headers);
    CURLcode code = curl_easy_perform(curl);
    if (code == CURLE_OK) {
        long status = 0;
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME, &answer->seconds);
        answer->status = (int)status;
    } else {
        answer->error = curl_easy_strerror(code);
    }
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    atomic_store(&pending->done, true);
    return NULL;
}

static void release(void *object)
{
    struct http_pending *pending = object;
    if (!pending->joined) {
        atomic_store(&pending->leave, true);
        (void)pthread_join(pending->thread, NULL);
    }
    free(pending->head.data);
    free(pending->body.data);
    free(pending);
}

static void delete_json(void *object)
{
    cJSON_Delete(object);
}

static struct http_pending *pending_new(const struct http_request *request)
{
    struct http_pending *pending = xcalloc(1, sizeof *pending);
    for (size_t i = 0; i < HEADERS_MAX && request->headers[i]; i++)
        unlogged_add_head(request->headers[i]);
    if (request->body)
        unlogged_add_json(request->body, UNLOGGED_SENT);
    pending->request = *request;
    pending->head.data = xstrdup("");
    pending->body.data = xstrdup("");
    return keep(pending, release);
}

/* What came becomes the answer: in the test's own thread, which alone keeps things. */
static const struct http_answer *finish(struct http_pending *pending)
{
    struct http_answer *answer = &pending->answer;
    answer->head = pending->head.data;
    answer->body = pending->body.data;
    answer->body_size = pending->body.size;
    cJSON *json = cJSON_Parse(answer->body);
    answer->json = json ? keep(json, delete_json) : NULL;
    unlogged_add_head(answer->head);
    bool upstream = strstr(pending->request.url, "/emulator/") != NULL;
    unlogged_add_json(answer->body, upstream ? UNLOGGED_UPSTREAM : UNLOGGED_ANSWERED);
    return answer;
}

const struct http_answer *http_send(const struct http_request *request)
{
    struct http_pending *pending = pending_new(request);
    pending->joined = true;
    perform(pending);
    return finish(pending);
}

struct http_pending *http_begin(const struct http_request *request)
{
    struct http_pending *pending = pending_new(request);
    if (pthread_create(&pending->thread, NULL, perform, pending) != 0)
        abort();
    return pending;
}

static struct http_request request_of(const char *method, const char *const words[])
{
    struct http_request request = {.method = method, .url = words[0], .body = words[1]};
    for (size_t i = 0; i < HEADERS_MAX; i++)
        request.headers[i] = words[2 + i];
    return request;
}

const struct http_answer *http_do_words(const char *method,
                                        const char *const words[HEADERS_MAX + 2])
{
    struct http_request request = request_of(method, words);
    return http_send(&request);
}

struct http_pending *http_begin_words(const char *method, const char *const words[HEADERS_MAX + 2])
{
    struct http_request request = request_of(method, words);
    return http_begin(&request);
}

bool http_answered(struct http_pending *pending)
{
    return atomic_load(&pending->done);
}

void http_leave(struct http_pending *pending)
{
    atomic_store(&pending->leave, true);
    (void)http_end(pending);
}

const struct http_answer *http_end(struct http_pending *pending)
{
    if (!pending->joined)
        (void)pthread_join(pending->thread, NULL);
    pending->joined = true;
    return finish(pending);
}

const char *answer_header(const struct http_answer *answer, const char *name)
{
    size_t length = strlen(name);
    for (const char *line = answer->head; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncasecmp(line, name, length) == 0 && line[length] == ':') {
            const char *value = line + length + 1;
            value += strspn(value, " \t");
            return text_of("%.*s", (int)strcspn(value, "\r\n"), value);
        }
    }
    return NULL;
}

const struct http_answer *expect_status_at(struct place place, const struct http_answer *answer,
                                           int status)
{
    if (answer->status == 0)
        fail_at(place, "no answer (%s), expected %d", answer->error, status);
    if (answer->status != status)
        fail_at(place, "status %d, expected %d: %s", answer->status, status, answer->body);
    return answer;
}

const struct http_answer *expect_error_at(struct place place, const struct http_answer *answer,
                                          int status, const char *code)
{
    expect_status_at(place, answer, status);
    const char *in_body = json_text_at_place(place, answer->json, "error.code");
    if (strcmp(in_body, code) != 0)
        fail_at(place, "code %s, expected %s: %s", in_body, code, answer->body);
    const char *in_header = answer_header(answer, "x-ms-error-code");
    if (!in_header || strcmp(in_header, code) != 0)
        fail_at(place, "x-ms-error-code: %s, expected %s", in_header ? in_header : "none", code);
    if (strlen(json_text_at_place(place, answer->json, "error.message")) == 0)
        fail_at(place, "an error without a sentence: %s", answer->body);
    const char *id = answer_header(answer, "x-request-id");
    if (!id || strcmp(id, json_text_at_place(place, answer->json, "error.requestId")) != 0)
        fail_at(place, "X-Request-Id %s is not that of %s", id ? id : "(none)", answer->body);
    return answer;
}

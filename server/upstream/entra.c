/*
 * Asking Entra for tokens. Who waits for one is not known here. Invariant: an exchange is held
 * exactly while a fetch is under way; the secret and the tokens are wiped.
 */
#include "upstream/entra.h"

#include "base/form.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/uv_timer.h"
#include "upstream/retry_after.h"

#include <stdlib.h>
#include <string.h>

enum {
    MS_PER_S = 1000,
    BODY_MAX = 8192,
    URL_MAX = 4096,
    ANSWER_MAX = 64 * 1024,
    TOKEN_MAX = 16 * 1024,
    ERROR_SIZE = 64,
    RETRY_MAX_MS = 60 * MS_PER_S,
    REJECTION_PAUSE_MS = 30 * MS_PER_S,
};

struct entra {
    uv_timer_t timer; /* of the next fetch */
    struct entra_config config;
    struct buf url;
    struct buf body; /* holds the client secret */
    struct face_exchange *exchange;
    uint64_t sent_at, sent_at_ns;
    struct credential *token;
    bool accepted; /* the upstream took it at least once */
    uint64_t renew_at, expires_at;
    enum problem problem;
    unsigned failures; /* since the last success */
    uint64_t retry_at; /* no fetch before */
    bool has_rejected;
    uint64_t rejected_at;
    char error[ERROR_SIZE]; /* Entra's word for the last refusal */
};

static uint64_t now_ms(const struct entra *entra)
{
    return clock_monotonic_ms(entra->config.clock);
}

/* ---- what came ---- */

struct grant {
    struct credential *token;
    uint64_t lifetime_ms;
};

/* cJSON's copy dies with the document and must not stay readable. */
static void wipe_token(const cJSON *json)
{
    char *token = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(json, "access_token"));
    secret_wipe(token, token ? strlen(token) : 0);
}

static bool is_token(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] <= ' ' || text.data[i] > '~') {
            return false;
        }
    }
    return true;
}

static const char *read_grant(struct slice body, struct grant *ret)
{
    CLEANUP(json) cJSON *json = NULL;
    const char *why;
    if (json_parse(body, &json_limits_upstream, &json, &why) != 0) {
        return why;
    }
    struct slice type;
    struct slice token;
    int64_t seconds;
    why = NULL;
    if (json_string(json, "token_type", 0, SIZE_MAX, &type) != JSON_OK ||
        !slice_equal_nocase(type, SLICE("Bearer"))) {
        why = "token_type is not Bearer";
    } else if (json_integer(json, "expires_in", 1, INT32_MAX, &seconds) != JSON_OK) {
        why = "expires_in is no number of seconds";
    } else if (json_string(json, "access_token", 1, TOKEN_MAX, &token) != JSON_OK ||
               !is_token(token)) {
        why = "access_token is none";
    } else {
        ret->token = credential_new("Authorization: Bearer ", token);
        ret->lifetime_ms = (uint64_t)seconds * MS_PER_S;
    }
    wipe_token(json);
    return why;
}

/* OAuth's word ("invalid_client") says more to an operator than the status. */
static const char *read_error(struct entra *entra, struct slice body)
{
    CLEANUP(json) cJSON *json = NULL;
    const char *why;
    struct slice word;
    if (json_parse(body, &json_limits_upstream, &json, &why) != 0 ||
        json_string(json, "error", 1, ERROR_SIZE - 1, &word) != JSON_OK ||
        strspn(word.data, "abcdefghijklmnopqrstuvwxyz_") != word.len) {
        return "refused without a reason";
    }
    memcpy(entra->error, word.data, word.len + 1);
    return entra->error;
}

static enum problem judge(struct entra *entra, CURLcode result, struct grant *ret,
                          const char **ret_why)
{
    int status = face_exchange_status(entra->exchange);
    struct slice body = buf_slice(&entra->exchange->answer);
    if (result == CURLE_OPERATION_TIMEDOUT) {
        return PROBLEM_UPSTREAM_TIMEOUT;
    }
    if (result != CURLE_OK) {
        *ret_why = curl_easy_strerror(result);
        return PROBLEM_UPSTREAM_BROKEN;
    }
    switch (status) {
    case 200:
        *ret_why = read_grant(body, ret);
        return *ret_why ? PROBLEM_UPSTREAM_BROKEN : PROBLEM_NONE;
    case 400:
    case 401:
    case 403:
        *ret_why = read_error(entra, body);
        return PROBLEM_UPSTREAM_DENIED;
    case 429:
    case 503:
        return PROBLEM_UPSTREAM_BUSY;
    default:
        *ret_why = "unexpected status";
        return PROBLEM_UPSTREAM_BROKEN;
    }
}

static void report(const struct entra *entra, enum problem problem, const char *why)
{
    const struct face_report_call told = {
        .operation = FACE_TOKEN,
        .outcome = problem == PROBLEM_NONE               ? FACE_OUTCOME_OK
                   : problem == PROBLEM_UPSTREAM_DENIED  ? FACE_OUTCOME_DENIED
                   : problem == PROBLEM_UPSTREAM_BUSY    ? FACE_OUTCOME_BUSY
                   : problem == PROBLEM_UPSTREAM_TIMEOUT ? FACE_OUTCOME_TIMEOUT
                                                         : FACE_OUTCOME_BROKEN,
        .status = face_exchange_status(entra->exchange),
        .sent = true,
        .duration_ns = clock_precise_ns() - entra->sent_at_ns,
        .why = why,
    };
    face_report_call(entra->config.report, &told);
}

/* ---- fetching ---- */

static void on_timer(uv_timer_t *timer);

/* How long after a failure the next try comes. */
static uint64_t pause_ms(const struct entra *entra)
{
    uint64_t ms = MS_PER_S;
    for (unsigned i = 1; i < entra->failures && ms < RETRY_MAX_MS; i++) {
        ms *= 2;
    }
    ms = ms < RETRY_MAX_MS ? ms : RETRY_MAX_MS;
    int status = face_exchange_status(entra->exchange);
    if (status == 429 || status == 503) {
        const char *header = face_exchange_answer_header(entra->exchange, "retry-after");
        int64_t wall = clock_wall_ms(entra->config.clock);
        uint64_t wanted = (uint64_t)retry_after_seconds(header, NULL, wall) * MS_PER_S;
        ms = wanted > ms ? wanted : ms;
    }
    return ms;
}

static void keep(struct entra *entra, const struct grant *grant)
{
    credential_unref(entra->token);
    entra->token = grant->token;
    entra->accepted = false;
    entra->failures = 0;
    entra->retry_at = 0;
    entra->expires_at = entra->sent_at + grant->lifetime_ms;
    uint64_t margin = grant->lifetime_ms / 5;
    entra->renew_at = entra->expires_at - margin;
    timer_start(&entra->timer, on_timer, grant->lifetime_ms - margin, 0);
}

static void on_fetched(struct curl_transfer *transfer, CURLcode result)
{
    struct face_exchange *exchange = (struct face_exchange *)transfer;
    struct entra *entra = exchange->owner;
    struct grant grant = {0};
    const char *why = NULL;
    entra->problem = judge(entra, result, &grant, &why);
    report(entra, entra->problem, why);
    if (entra->problem == PROBLEM_NONE) {
        keep(entra, &grant);
    } else {
        entra->failures++;
        uint64_t pause = pause_ms(entra);
        entra->retry_at = now_ms(entra) + pause;
        timer_start(&entra->timer, on_timer, pause, 0);
    }
    entra->exchange = NULL;
    face_exchange_give_back(entra->config.exchanges, exchange);
    entra->config.changed(entra->config.context);
}

static void on_timer(uv_timer_t *timer)
{
    struct entra *entra = timer->data;
    if (entra->exchange) {
        return;
    }
    struct face_exchange *exchange = face_exchange_take(entra->config.exchanges);
    exchange->owner = entra;
    exchange->transfer.finished = on_fetched;
    face_exchange_set(exchange, &(struct face_request){
                                    .method = FACE_METHOD_POST,
                                    .url = entra->url.data,
                                    .urlencoded = true,
                                    .body = buf_slice(&entra->body),
                                    .max_answer_bytes = ANSWER_MAX,
                                });
    exchange->once = false; /* asking twice does no harm */
    entra->exchange = exchange;
    entra->problem = PROBLEM_NONE;
    entra->sent_at = now_ms(entra);
    entra->sent_at_ns = clock_precise_ns();
    curl_loop_start(&exchange->transfer);
}

/* In the next turn of the loop: the caller may be one of libcurl's callbacks. */
static void fetch_soon(struct entra *entra)
{
    if (!entra->exchange && now_ms(entra) >= entra->retry_at) {
        entra->problem = PROBLEM_NONE;
        timer_start(&entra->timer, on_timer, 0, 0);
    }
}

/* ---- for others ---- */

struct entra *entra_new(const struct entra_config *config)
{
    struct entra *entra = xcalloc(1, sizeof *entra);
    entra->config = *config;
    buf_init(&entra->url, URL_MAX);
    buf_printf(&entra->url, "%s/%s/oauth2/v2.0/token", config->authority, config->tenant);
    buf_init_secret(&entra->body, BODY_MAX);
    form_put(&entra->body, "grant_type", SLICE("client_credentials"));
    form_put(&entra->body, "client_id", slice_of(config->client_id));
    form_put(&entra->body, "client_secret", slice_of(config->client_secret));
    form_put(&entra->body, "scope", SLICE("https://cognitiveservices.azure.com/.default"));
    (void)uv_timer_init(config->uv, &entra->timer);
    entra->timer.data = entra;
    fetch_soon(entra);
    return entra;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

struct entra *entra_free(struct entra *entra)
{
    if (!entra) {
        return NULL;
    }
    if (entra->exchange) {
        curl_loop_stop(&entra->exchange->transfer);
        face_exchange_give_back(entra->config.exchanges, entra->exchange);
    }
    credential_unref(entra->token);
    buf_wipe(&entra->body);
    buf_done(&entra->url);
    uv_close((uv_handle_t *)&entra->timer, on_closed);
    return NULL;
}

struct credential *entra_token(struct entra *entra)
{
    uint64_t now = now_ms(entra);
    if (!entra->token || now >= entra->renew_at) {
        fetch_soon(entra);
    }
    return entra->token && now < entra->expires_at ? entra->token : NULL;
}

enum problem entra_problem(const struct entra *entra)
{
    return entra->problem;
}

uint64_t entra_busy_ms(const struct entra *entra)
{
    uint64_t now = now_ms(entra);
    bool usable = entra->token && now < entra->expires_at;
    bool busy = entra->problem == PROBLEM_UPSTREAM_BUSY && !usable && now < entra->retry_at;
    return busy ? entra->retry_at - now : 0;
}

void entra_accepted(struct entra *entra, const struct credential *token)
{
    entra->accepted |= token == entra->token;
}

bool entra_rejected(struct entra *entra, const struct credential *token)
{
    if (token != entra->token) {
        return true; /* dropped or renewed meanwhile */
    }
    uint64_t now = now_ms(entra);
    bool again = entra->has_rejected && now < entra->rejected_at + REJECTION_PAUSE_MS;
    if (!entra->accepted && again) {
        return false;
    }
    entra->has_rejected = true;
    entra->rejected_at = now;
    entra->token = credential_unref(entra->token);
    fetch_soon(entra);
    entra->config.changed(entra->config.context);
    return true;
}

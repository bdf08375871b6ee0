/*
 * Builds every part in order, runs, drains, frees in reverse. The only place that knows all of
 * them.
 */
#include "app.h"

#include "app_credentials.h"
#include "app_demo.h"
#include "app_issuers.h"
#include "app_limits.h"
#include "app_policy.h"
#include "app_process.h"
#include "app_receipts.h"
#include "app_store.h"
#include "base/cleanup.h"
#include "base/metrics.h"
#include "base/uv_timer.h"
#include "config/keyring.h"
#include "emulator/emulator.h"
#include "http/listener.h"
#include "lifecycle/sessions.h"
#include "lifecycle/waits.h"
#include "routes/limit.h"
#include "routes/services.h"
#include "routes/table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ERROR_SIZE = 512,
    SITE_SIZE = 512,
    DRAIN_LOOK_MS = 20,
    AWAIT_RESETS_MS = 2000,
    AWAIT_LOOK_MS = 2,
    SETTLE_MS = 2000,
    ADMIN_CONNECTIONS = 64,
    ADMIN_BODY = 1024,
};

struct app {
    const struct settings *settings;
    struct block_random random;
    struct log *log;
    struct loop *loop;
    struct metrics *metrics;
    struct keyring keyring;
    struct app_receipts *receipts;
    struct store *store;
    struct emulator *emulator;
    struct face_client *face;
    struct app_credentials *credentials;
    struct app_issuers *issuers;
    struct app_token *tokens;
    struct device_tokens *devices;
    struct epochs *epochs;
    struct cidr *trusted;
    struct origins origins;
    struct authority authority;
    struct limits *limits;
    struct sessions *sessions;
    struct app_demo *demo;
    struct services services;
    struct listener *http;
    struct listener *admin;
    struct process *process;
    uint64_t await_until; /* monotonic ms */
    uint64_t drain_until; /* monotonic ms; 0: not draining */
    uv_timer_t *drain_timer;
    bool cancelled;                        /* told to stop before it listened */
    char endpoint[ADDRESS_TEXT_SIZE + 16]; /* of the emulator inside */
    char site[SITE_SIZE];
    char error[ERROR_SIZE];
};

/* ---- parts, in the order they are built ---- */

static bool open_store(struct app *app)
{
    app->store = store_of_settings(loop_uv(app->loop), app->settings, app->log, app->metrics,
                                   app->error, sizeof app->error);
    return app->store != NULL;
}

static bool open_receipts(struct app *app)
{
    const struct app_receipts_config config = {.uv = loop_uv(app->loop),
                                               .settings = app->settings,
                                               .pseudonym_key = app->keyring.seal,
                                               .log = app->log};
    app->receipts = app_receipts_open(&config, app->error, sizeof app->error);
    return app->receipts != NULL;
}

static bool load_keys(struct app *app)
{
    return keyring_load(app->settings->keys_dir, app->settings->keys_generate, &app->keyring,
                        app->error, sizeof app->error) == 0 &&
           open_receipts(app);
}

static bool open_emulator(struct app *app)
{
    if (!app->settings->upstream_emulator)
        return true;
    const struct emulator_options options = {
        .log = app->log, .clock = clock_system(), .random = random_system()};
    app->emulator = emulator_open(app->loop, &app->settings->emulator_listen, &options, app->error,
                                  sizeof app->error);
    if (!app->emulator)
        return false;
    struct address address = emulator_address(app->emulator);
    char text[ADDRESS_TEXT_SIZE];
    address_format(&address, true, text);
    (void)snprintf(app->endpoint, sizeof app->endpoint, "http://%s", text);
    return true;
}

static bool open_upstream(struct app *app)
{
    const struct settings *settings = app->settings;
    /* the emulator inside takes any key */
    const struct face_credentials any = {.key = "emulator"};
    const struct face_config config = {
        .endpoint = app->emulator ? app->endpoint : settings->upstream_endpoint,
        .version = (enum face_version)settings->upstream_api_version,
        .credentials = app->emulator ? any : credentials_of(settings),
        .connect_timeout_ms = settings->upstream_connect_timeout,
        .timeout_ms = settings->upstream_timeout,
        .max_answer_bytes = settings->upstream_max_answer,
        .max_image_bytes = settings->upstream_max_image,
        .image_memory_bytes = settings->upstream_image_memory,
        .rate = settings->upstream_rate,
        .queue_max = settings->upstream_queue,
        .queue_wait_ms = settings->upstream_queue_wait,
        .log = app->log,
        .metrics = app->metrics,
        .clock = clock_system(),
        .random = random_system(),
    };
    app->face = face_client_new(loop_uv(app->loop), &config, app->error, sizeof app->error);
    if (app->face && !app->emulator)
        app->credentials = credentials_watch(loop_uv(app->loop), settings, app->face, app->log);
    return app->face != NULL;
}

static bool open_issuers(struct app *app)
{
    const struct app_issuers_config config = {
        .loop = app->loop,
        .settings = app->settings,
        .owner_key = app->keyring.seal,
        .tenant_key = app->keyring.correlation,
        .other_owner_key = other_key_bytes(&app->keyring.other_seal),
        .other_tenant_key = other_key_bytes(&app->keyring.other_correlation),
        .log = app->log,
        .metrics = app->metrics};
    if (!(app->settings->auth_mode & AUTH_JWT))
        return true;
    app->issuers = app_issuers_open(&config, app->error, sizeof app->error);
    return app->issuers != NULL;
}

/* Whoever is admitted by their tokens should find the keys there. */
static bool await_issuers(struct app *app)
{
    if (app->issuers)
        app_issuers_await(app->issuers);
    return !app->cancelled;
}

static bool make_authority(struct app *app)
{
    const struct settings *settings = app->settings;
    size_t count = settings->auth_app_tokens.count;
    app->tokens = xcalloc(count + 1, sizeof *app->tokens);
    for (size_t i = 0; i < count; i++) {
        if (app_token_parse(slice_of(settings->auth_app_tokens.items[i]), &app->tokens[i]) != 0) {
            (void)snprintf(app->error, sizeof app->error,
                           "auth.app_tokens: entry %zu is not name:sha256hex[:scope+scope]", i + 1);
            return false;
        }
    }
    app->devices =
        device_tokens_new(app->keyring.device_kid, app->keyring.device, &app->random.random);
    if (app->keyring.other_device.there)
        device_tokens_accept(app->devices, app->keyring.other_device_kid,
                             app->keyring.other_device.key);
    app->epochs = epochs_new();
    app->authority = (struct authority){
        .anonymous = settings->auth_mode & AUTH_ANONYMOUS,
        .app_tokens = settings->auth_mode & AUTH_APP_TOKEN,
        .tokens = app->tokens,
        .token_count = count,
        .bearers = app->issuers ? issuers_bearers(app_issuers_of(app->issuers)) : NULL,
        .devices = app->devices,
        .owner_key = app->keyring.seal,
        .correlation_key = app->keyring.correlation,
        .other_owner_key = other_key_bytes(&app->keyring.other_seal),
        .other_correlation_key = other_key_bytes(&app->keyring.other_correlation),
        .passthrough = settings->devices_correlation == CORRELATION_PASSTHROUGH,
        .epochs = app->epochs,
        .random = &app->random.random,
    };
    return true;
}

static void make_limits(struct app *app)
{
    const struct app_limits_config config = {.uv = loop_uv(app->loop),
                                             .store = app->store,
                                             .key = app->keyring.seal,
                                             .metrics = app->metrics};
    app->limits = limits_of_settings(app->settings, &config);
}

static bool open_demo(struct app *app)
{
    const char *endpoint = app->emulator ? app->endpoint : app->settings->upstream_endpoint;
    return app_demo_open(app->settings, endpoint, app_receipts_maker(app->receipts), &app->demo,
                         app->error, sizeof app->error);
}

static bool make_services(struct app *app)
{
    const struct settings *settings = app->settings;
    make_limits(app);
    const struct sessions_config config = {
        .uv = loop_uv(app->loop),
        .store = app->store,
        .face = app->face,
        .clock = clock_system(),
        .random = &app->random.random,
        .log = app->log,
        .metrics = app->metrics,
        .rules = {.digest = (enum digest_policy)settings->verdict_digest,
                  .digest_by_platform = {platform_digest_of(settings, PLATFORM_IOS),
                                         platform_digest_of(settings, PLATFORM_ANDROID),
                                         platform_digest_of(settings, PLATFORM_WEB)},
                  .retention_verdict_ms = (int64_t)settings->retention_verdict,
                  .retention_image_ms = (int64_t)settings->retention_image,
                  .seal_key = app->keyring.seal,
                  .other_seal_key = other_key_bytes(&app->keyring.other_seal),
                  .receipts = app_receipts_maker(app->receipts)},
        .epochs = app->epochs,
        .limits = app->limits,
        .poll_interval_ms = settings->upstream_poll_interval,
        .repeat_wait_ms = settings->http_idempotency_wait,
        .look_hold_ms = hold_ms_of(settings),
        .retention_audit_ms = (int64_t)settings->retention_audit,
        .cache_bytes = store_is_shared(app->store) ? 0 : settings->store_cache,
    };
    app->sessions = sessions_new(&config);
    app->services = (struct services){
        .sessions = app->sessions,
        .store = app->store,
        .authority = &app->authority,
        .issuers = app->issuers ? app_issuers_of(app->issuers) : NULL,
        .limits = app->limits,
        .rules = &app->sessions->config.rules,
        .policy = policy_of_settings(settings),
        .version = (enum face_version)settings->upstream_api_version,
        .demo = app_demo_of(app->demo),
        .expect_client = settings->policy_expected_client_ip != 0,
        .clock = clock_system(),
        .random = &app->random.random,
        .log = app->log,
        .metrics = app->metrics,
        .max_wait_ms = settings->http_max_wait,
        .secure_cookie = strncmp(settings->http_public_url, "https:", 6) == 0,
        .started_at = clock_wall_ms(clock_system()),
    };
    return true;
}

static void resets_look(uv_timer_t *timer)
{
    const struct app *app = timer->data;
    bool late = clock_monotonic_ms(clock_system()) >= app->await_until;
    if (epochs_known(app->epochs) || late || !store_ready(app->store))
        loop_stop(app->loop);
}

/* Until these are read, devices with tokens are put off. */
static bool await_resets(struct app *app)
{
    app->await_until = clock_monotonic_ms(clock_system()) + AWAIT_RESETS_MS;
    timer_start(app->drain_timer, resets_look, 0, AWAIT_LOOK_MS);
    loop_run(app->loop);
    uv_timer_stop(app->drain_timer);
    return !app->cancelled;
}

static struct listener_config listener_defaults(const struct app *app)
{
    const struct settings *settings = app->settings;
    return (struct listener_config){
        .max_head_bytes = settings->http_max_head,
        .request_timeout_ms = settings->http_request_timeout,
        .write_timeout_ms = settings->http_write_timeout,
        .log = app->log,
        .metrics = app->metrics,
        .clock = clock_system(),
        .random = random_system(),
    };
}

static bool open_admin(struct app *app)
{
    struct listener_config config = listener_defaults(app);
    config.name = "admin";
    config.routes = routes_admin;
    /* without a public address its errors lead to the catalogue of its own */
    config.site = app->settings->http_public_url[0] ? app->site : NULL;
    config.context = &app->services;
    config.max_body_bytes = ADMIN_BODY;
    config.body_memory_bytes = (size_t)ADMIN_CONNECTIONS * 64 * 1024;
    config.max_connections = ADMIN_CONNECTIONS;
    app->admin = listener_open(app->loop, &app->settings->admin_listen, &config, app->error,
                               sizeof app->error);
    return app->admin != NULL;
}

static bool open_http(struct app *app)
{
    const struct settings *settings = app->settings;
    struct listener_config config = listener_defaults(app);
    size_t count = settings->http_trusted_proxies.count;
    app->origins = (struct origins){.own = settings->http_public_url,
                                    .listed = (const char *const *)settings->cors_origins.items,
                                    .count = settings->cors_origins.count};
    app->trusted = xcalloc(count + 1, sizeof *app->trusted);
    for (size_t i = 0; i < count; i++) {
        if (cidr_parse(slice_of(settings->http_trusted_proxies.items[i]), &app->trusted[i]) != 0) {
            (void)snprintf(app->error, sizeof app->error,
                           "http.trusted_proxies: entry %zu is not a CIDR block", i + 1);
            return false;
        }
    }
    config.name = "http";
    config.routes = app->demo ? routes_public : routes_public + ROUTES_OF_DEMO;
    config.base_path = settings->http_base_path;
    config.site = app->site;
    config.context = &app->services;
    config.max_body_bytes = settings->http_max_body;
    config.max_upload_bytes = settings->http_max_upload;
    config.body_memory_bytes = settings->http_body_memory;
    config.max_connections = process_fit_connections((unsigned)settings->http_max_connections);
    config.max_connections_per_address = (unsigned)settings->http_max_connections_per_address;
    config.origins = &app->origins;
    config.trusted_proxies = app->trusted;
    config.trusted_proxy_count = count;
    config.access_log = true;
    config.decorate = limit_decorate;
    app->http =
        listener_open(app->loop, &settings->http_listen, &config, app->error, sizeof app->error);
    return app->http != NULL;
}

/* ---- the end ---- */

static void app_stop(struct app *app)
{
    uv_timer_stop(app->drain_timer);
    loop_stop(app->loop);
}

static void drain_look(uv_timer_t *timer)
{
    struct app *app = timer->data;
    bool done = listener_in_flight(app->http) == 0 && !sessions_busy(app->sessions);
    bool late = clock_monotonic_ms(clock_system()) >= app->drain_until;
    if (done || late) {
        LOG_EVENT(app->log, late && !done ? LOG_WARN : LOG_INFO, "drained",
                  LOG_INT(COUNT, listener_in_flight(app->http)));
        app_stop(app);
    }
}

/* The first signal drains, the second ends at once. */
static void told_to_stop(void *context, int signal)
{
    struct app *app = context;
    LOG_EVENT(app->log, LOG_INFO, "stopping", LOG_INT(SIGNAL, signal));
    if (!app->http) {
        app->cancelled = true;
        loop_stop(app->loop);
        return;
    }
    if (app->drain_until != 0) {
        app_stop(app);
        return;
    }
    app->drain_until = clock_monotonic_ms(clock_system()) + app->settings->drain_timeout;
    app->services.draining = true;
    waits_drain(app->sessions->waits);
    listener_drain(app->http);
    timer_start(app->drain_timer, drain_look, 0, DRAIN_LOOK_MS);
}

static void timer_closed(uv_handle_t *handle)
{
    free(handle);
}

static void app_close(struct app *app)
{
    listener_close(app->http);
    sessions_free(app->sessions);
    app->limits = limits_free(app->limits);
    listener_close(app->admin);
    app->demo = app_demo_close(app->demo);
    app->issuers = app_issuers_close(app->issuers);
    app->credentials = credentials_unwatch(app->credentials);
    app->receipts = app_receipts_close(app->receipts);
    face_client_free(app->face);
    emulator_close(app->emulator);
    app->store = store_close(app->store);
    if (app->drain_timer)
        uv_close((uv_handle_t *)app->drain_timer, timer_closed);
    process_free(app->process);
    if (app->loop) {
        loop_settle(app->loop, SETTLE_MS);
        loop_free(app->loop);
    }
    device_tokens_free(app->devices);
    epochs_free(app->epochs);
    free(app->tokens);
    free(app->trusted);
    keyring_done(&app->keyring);
    metrics_free(app->metrics);
    log_free(app->log);
}

/* ---- the beginning ---- */

static void end_turn(void *context)
{
    const struct app *app = context;
    if (app->store)
        store_flush(app->store);
    log_flush(app->log);
}

static bool make_loop(struct app *app)
{
    app->loop = loop_new();
    if (!app->loop) {
        (void)snprintf(app->error, sizeof app->error, "the event loop cannot be made: %s",
                       strerrordesc_np(errno));
        return false;
    }
    loop_on_turn_end(app->loop, end_turn, app);
    app->drain_timer = xcalloc(1, sizeof *app->drain_timer);
    uv_timer_init(loop_uv(app->loop), app->drain_timer);
    app->drain_timer->data = app;
    app->process = process_new(app->loop, told_to_stop, app);
    return true;
}

static void say_ready(const struct app *app)
{
    struct address http = listener_address(app->http), admin = listener_address(app->admin);
    struct address emulator = {0};
    if (app->emulator)
        emulator = emulator_address(app->emulator);
    process_say_ready(&http, &admin, app->emulator ? &emulator : NULL);
}

int app_serve(const struct settings *settings)
{
    struct app app = {.settings = settings};
    (void)snprintf(app.site, sizeof app.site, "%s%s", settings->http_public_url,
                   settings->http_base_path);
    process_harden();
    block_random_init(&app.random, random_system());
    app.log = log_new(STDOUT_FILENO, (enum log_level)settings->log_level, clock_system());
    app.metrics = metrics_new();
    process_describe(app.metrics);
    bool ok = make_loop(&app) && load_keys(&app) && open_store(&app) && open_emulator(&app) &&
              open_upstream(&app) && open_issuers(&app) && make_authority(&app) &&
              open_demo(&app) && make_services(&app) && open_admin(&app) && await_resets(&app) &&
              await_issuers(&app) && open_http(&app);
    if (ok) {
        say_ready(&app);
        loop_run(app.loop);
    } else if (!app.cancelled) {
        (void)fprintf(stderr, "livenessd: %s\n", app.error);
    }
    app_close(&app);
    return ok || app.cancelled ? 0 : 1;
}

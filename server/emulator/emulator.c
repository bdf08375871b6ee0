/*
 * The emulator as a whole: builds its parts, opens the listener, frees in reverse.
 */
#include "emulator/emulator.h"

#include "base/secret.h"
#include "emulator/answer.h"
#include "emulator/emulator_private.h"
#include "emulator/entra.h"
#include "emulator/routes.h"

#include <assert.h>
#include <stdlib.h>

/* The largest body is a reference image of 6 MB as base64 in JSON. */
enum {
    MAX_HEAD_BYTES = 16 * 1024,
    MAX_BODY_BYTES = 9 * 1024 * 1024,
    BODY_MEMORY_BYTES = 128 * 1024 * 1024,
    MAX_CONNECTIONS = 4096,
    REQUEST_TIMEOUT_MS = 30000,
    WRITE_TIMEOUT_MS = 30000,
};

static struct listener *listen_on(struct emulator *emulator, const struct address *address,
                                  const struct emulator_options *options, char *ret_error,
                                  size_t error_size)
{
    const struct listener_config config = {
        .name = "emulator",
        .routes = emu_routes,
        .context = emulator,
        .max_head_bytes = MAX_HEAD_BYTES,
        .max_body_bytes = MAX_BODY_BYTES,
        .body_memory_bytes = BODY_MEMORY_BYTES,
        .max_connections = MAX_CONNECTIONS,
        .request_timeout_ms = REQUEST_TIMEOUT_MS,
        .write_timeout_ms = WRITE_TIMEOUT_MS,
        .access_log = options->log != NULL,
        .decorate = emu_decorate,
        .problem = emu_reply_problem,
        .log = options->log,
        .clock = options->clock,
        .random = options->random,
    };

    return listener_open(emulator->loop, address, &config, ret_error, error_size);
}

static struct emulator *emulator_free(struct emulator *emulator)
{
    emu_request_log_done(&emulator->requests);
    emu_sessions_done(&emulator->sessions);
    jwt_key_free(emulator->token_key);
    jwt_key_free(emulator->entra.key);
    secret_free(emulator->key);
    secret_free(emulator->key2);
    secret_free(emulator->client_secret);
    free(emulator);
    return NULL;
}

static char *copy_of(const char *secret)
{
    return secret ? xstrdup(secret) : NULL;
}

static void take_options(struct emulator *emulator, const struct emulator_options *options)
{
    emulator->key = copy_of(options->key);
    emulator->key2 = copy_of(options->key2);
    emulator->client_secret = copy_of(options->client_secret);
    emulator->strict = options->strict;
    emulator->tutorial_paths = options->tutorial_paths;
    emulator->gateway_errors = options->gateway_errors;
    emulator->rate.limit = options->rate_limit;
    emulator->random = options->random;
    emulator->clock.base = options->clock;
}

struct emulator *emulator_open(struct loop *loop, const struct address *address,
                               const struct emulator_options *options, char *ret_error,
                               size_t error_size)
{
    struct emulator *emulator = xcalloc(1, sizeof *emulator);

    assert(options->clock && options->random);
    emulator->loop = loop;
    take_options(emulator, options);
    emulator->entra.key = jwt_key_generate_es256("livenessd-emulator-entra");
    emulator->entra.lifetime_s = EMU_ENTRA_LIFETIME_S;
    emulator->token_key = jwt_key_generate_es256("livenessd-emulator");
    emu_sessions_init(&emulator->sessions, EMU_SESSIONS_MAX);
    emu_request_log_init(&emulator->requests, EMU_LOGGED_REQUESTS_MAX);
    emulator->listener = listen_on(emulator, address, options, ret_error, error_size);
    return emulator->listener ? emulator : emulator_free(emulator);
}

struct address emulator_address(const struct emulator *emulator)
{
    return listener_address(emulator->listener);
}

/* Calls that wait are cancelled within listener_close and touch nothing of ours later. */
struct emulator *emulator_close(struct emulator *emulator)
{
    if (!emulator)
        return NULL;
    emulator->listener = listener_close(emulator->listener);
    return emulator_free(emulator);
}

/*
 * The client of a Redis server. This form connects to nothing: every command is refused.
 */
#include "redis/client.h"

#include <stdlib.h>

struct redis_client {
    uv_loop_t *uv;
};

struct redis_client *redis_open(uv_loop_t *uv, const struct redis_config *config)
{
    (void)config;
    struct redis_client *client = xcalloc(1, sizeof *client);
    client->uv = uv;
    return client;
}

struct redis_client *redis_close(struct redis_client *client)
{
    free(client);
    return NULL;
}

enum redis_state redis_state(const struct redis_client *client)
{
    (void)client;
    return REDIS_CONNECTING;
}

bool redis_send(struct redis_client *client, size_t count, const struct slice *arguments,
                redis_replied *replied, void *context)
{
    (void)client;
    (void)count;
    (void)arguments;
    (void)replied;
    (void)context;
    return false;
}

void redis_flush(struct redis_client *client)
{
    (void)client;
}

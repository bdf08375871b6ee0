/*
 * The store that processes share, over a Redis or Valkey server. Not there yet: opening says so.
 */
#include "store/store_private.h"

struct store *store_redis_open(uv_loop_t *uv, const struct store_config *config,
                               const struct error_text *error)
{
    (void)uv;
    (void)config;
    error_say(error, "this livenessd cannot keep its records in Redis; leave store.redis_url out");
    return NULL;
}

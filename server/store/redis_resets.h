/*
 * Resets of devices as they lie in Redis: see redis_reset_scripts.h.
 */
#pragma once

#include "base/alloc.h"
#include "redis/client.h"
#include "store/store.h"

/* NULL when it cannot have been written by us. The caller's. */
struct device_reset *redis_reset_read(const struct redisReply *member,
                                      const struct redisReply *score) MUST_CHECK;

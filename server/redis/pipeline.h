/*
 * Who waits for an answer, first in, first out: a ring with an end to its size.
 */
#pragma once

#include "base/alloc.h"
#include "redis/client.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct redis_pending {
    redis_replied *replied; /* or NULL */
    void *context;
    uint64_t since; /* monotonic ms */
};

struct redis_pipeline {
    struct redis_pending *ring;
    size_t capacity; /* a power of two */
    size_t head;
    size_t count;
    size_t max;
};

void redis_pipeline_init(struct redis_pipeline *pipeline, size_t max);
void redis_pipeline_done(struct redis_pipeline *pipeline);

static inline bool redis_pipeline_full(const struct redis_pipeline *pipeline)
{
    return pipeline->count >= pipeline->max;
}

/* Of one that is not full. */
void redis_pipeline_push(struct redis_pipeline *pipeline, const struct redis_pending *pending);
/* False: nobody waits. */
bool redis_pipeline_pop(struct redis_pipeline *pipeline, struct redis_pending *ret) MUST_CHECK;
/* Who waits longest; NULL: nobody. Valid until the next push or pop. */
const struct redis_pending *redis_pipeline_first(const struct redis_pipeline *pipeline);
/* Nobody waits any more. */
void redis_pipeline_clear(struct redis_pipeline *pipeline);

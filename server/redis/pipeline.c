/*
 * The ring of those who wait. It grows to what is needed and never above its end.
 */
#include "redis/pipeline.h"

#include <assert.h>
#include <stdlib.h>

enum { FIRST_CAPACITY = 64 };

void redis_pipeline_init(struct redis_pipeline *pipeline, size_t max)
{
    *pipeline = (struct redis_pipeline){.max = max};
}

void redis_pipeline_done(struct redis_pipeline *pipeline)
{
    free(pipeline->ring);
    redis_pipeline_init(pipeline, pipeline->max);
}

static void grow(struct redis_pipeline *pipeline)
{
    size_t capacity = pipeline->capacity > 0 ? pipeline->capacity * 2 : FIRST_CAPACITY;
    struct redis_pending *ring = xcalloc(capacity, sizeof *ring);
    for (size_t i = 0; i < pipeline->count; i++) {
        ring[i] = pipeline->ring[(pipeline->head + i) & (pipeline->capacity - 1)];
    }
    free(pipeline->ring);
    pipeline->ring = ring;
    pipeline->capacity = capacity;
    pipeline->head = 0;
}

void redis_pipeline_push(struct redis_pipeline *pipeline, const struct redis_pending *pending)
{
    assert(!redis_pipeline_full(pipeline));
    if (pipeline->count == pipeline->capacity) {
        grow(pipeline);
    }
    pipeline->ring[(pipeline->head + pipeline->count++) & (pipeline->capacity - 1)] = *pending;
}

bool redis_pipeline_pop(struct redis_pipeline *pipeline, struct redis_pending *ret)
{
    if (pipeline->count == 0) {
        return false;
    }
    *ret = pipeline->ring[pipeline->head];
    pipeline->head = (pipeline->head + 1) & (pipeline->capacity - 1);
    pipeline->count--;
    return true;
}

const struct redis_pending *redis_pipeline_first(const struct redis_pipeline *pipeline)
{
    return pipeline->count > 0 ? &pipeline->ring[pipeline->head] : NULL;
}

void redis_pipeline_clear(struct redis_pipeline *pipeline)
{
    pipeline->count = 0;
}

/*
 * Two servers that share one Redis, one set of keys and one upstream, as replicas behind a load
 * balancer. Each is a rig of its own, so every step of a story can be taken at either.
 */
#pragma once

#include "support/rig.h"

struct replicas {
    struct rig one;
    struct rig other;
};

/* Both with these options, which may be NULL. Each knows that it is not alone. */
struct replicas replicas_open_at(struct place place, const struct rig_options *options);
#define replicas_open()             replicas_open_at(HERE, NULL)
#define replicas_open_with(options) replicas_open_at(HERE, options)
/* replicas_open_set("a.b=c", …): with these settings. */
#define replicas_open_set(...)                                                                     \
    replicas_open_at(HERE, &(struct rig_options){.settings = {__VA_ARGS__}})

/* Whether each replica knows that so many use the store. */
bool replicas_know(const struct rig *rig, unsigned count);
/* The sum of a metric over both. */
double replicas_metric(const struct replicas *replicas, const char *series);

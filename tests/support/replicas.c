/*
 * Starting two replicas.
 */
#include "support/replicas.h"

#include <string.h>

bool replicas_know(const struct rig *rig, unsigned count)
{
    return metric_value(rig, "livenessd_store_peers") == count;
}

struct replicas replicas_open_at(struct place place, const struct rig_options *options)
{
    struct rig_options shared = {0};
    if (options)
        shared = *options;
    shared.redis = true;
    struct replicas both = {.one = rig_open_at(place, &shared)};
    both.other = rig_replica_at(place, &both.one, &shared);
    if (!wait_until(replicas_know(&both.one, 2) && replicas_know(&both.other, 2), SOON_MS))
        fail_at(place, "the replicas did not find each other");
    return both;
}

double replicas_metric(const struct replicas *replicas, const char *series)
{
    return metric_value(&replicas->one, series) + metric_value(&replicas->other, series);
}

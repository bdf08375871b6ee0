/*
 * Starting on a store full of open sessions; LIVENESSD_TEST_OPEN asks for more of them, and the
 * figures are printed.
 */
#include "support/rig.h"
#include "support/stored.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { OPEN = 2000 };

static void fill(struct session_record *record, size_t index, void *context)
{
    (void)record, (void)index, (void)context;
}

Test(many_sessions, are_no_hindrance_to_a_start, .timeout = 600)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    size_t count = test_number("LIVENESSD_TEST_OPEN", OPEN);
    daemon_kill(rig.server);
    stored_fill(&rig, count, fill, NULL);
    int64_t began = now_ms();
    daemon_restart(rig.server);
    expect_status(http_do("GET", daemon_url(rig.server, "admin", "/readyz")), 200);
    int64_t took = now_ms() - began;
    expect_verdict(story_get(&rig, &story), "pending", false);
    expect_soon(metric_value(&rig, "livenessd_sessions_open") == (double)count + 1);
    printf("%zu open sessions: ready after %lld ms, %lu kB resident\n", count, (long long)took,
           daemon_memory_kb(rig.server, "VmRSS:"));
}

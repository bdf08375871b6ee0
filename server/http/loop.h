/*
 * The one event loop: libuv run inside libh2o's evloop. Everything but HTTP connections (timers,
 * curl, store answers, signals) is libuv's; it is pumped from within h2o's own turn, because an
 * answer sent from a uv callback must be completed before h2o sleeps again.
 *
 * Rules for users: timers start through timer_start (base/uv_timer.h); nobody runs a loop from a
 * callback; draining is a state, not a nested loop.
 */
#pragma once

#include <uv.h>

#include "base/alloc.h"

struct loop;

/* NULL when the kernel refuses (errno). Ignores SIGPIPE from then on. Process lifetime; free after
 * everything on it is closed. */
struct loop *loop_new(void);
struct loop *loop_free(struct loop *loop);
uv_loop_t *loop_uv(struct loop *loop);

/* Runs until loop_stop, then returns. May be called again. */
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
/* Runs turns until no uv handle but the loop's own is left or `limit_ms` have passed: for closing
 * handles before loop_free. */
void loop_settle(struct loop *loop, unsigned limit_ms);

/* `hook` runs at the end of every turn, just before the loop may sleep: flushing logs and
 * pipelines. */
void loop_on_turn_end(struct loop *loop, void (*hook)(void *context), void *context);

/*
 * Lingering close: the answer is sent, the client still sends. Reads and forgets for a bounded
 * time, so that the client finds the answer instead of a reset.
 */
#pragma once

#include <uv.h>

struct farewell;

/* Takes `fd` over, says FIN, and calls `done` once, never from within this call. */
struct farewell *farewell_start(uv_loop_t *loop, int fd, void (*done)(void *context),
                                void *context);
/* Ends it early; `done` is still called, later. */
void farewell_stop(struct farewell *farewell);

/*
 * The loop as seen from within http/: the library's own loop, and hooks that end before it does.
 */
#pragma once

#include <h2o.h>

#include "http/loop.h"

h2o_loop_t *loop_h2o(struct loop *loop);
/* Undoes loop_on_turn_end with the same arguments. */
void loop_remove_turn_end(struct loop *loop, void (*hook)(void *context), const void *context);

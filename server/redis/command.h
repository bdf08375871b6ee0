/*
 * A command as Redis' protocol writes it: an array of texts.
 */
#pragma once

#include "base/buf.h"
#include "base/slice.h"

#include <stddef.h>

/* Room that is enough for it. */
size_t redis_command_room(size_t count, const struct slice *arguments);
void redis_command_put(struct buf *buf, size_t count, const struct slice *arguments);

/*
 * A JSON text with every value of another type: what a client meets when the other side changed.
 */
#pragma once

#include "base/buf.h"
#include "base/slice.h"

/* `json` is well-formed. Texts become numbers, numbers texts, true, false and null an empty array;
 * an empty array becomes an object and the other way round. Names, and containers that hold
 * something, stay. */
void emu_wrong_types_write(struct slice json, struct buf *ret);

/*
 * The query of POST /detect, rebuilt from values we know.
 */
#pragma once

#include "base/buf.h"
#include "upstream/face.h"

/* "?name=value&…", or nothing when nothing was said. Models are those face_detect_read gave. */
void face_detect_write(const struct face_detect *detect, struct buf *ret);

/*
 * One document from a URL, waited for: for commands that run to their end, never for the server.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* GET without following redirects, certificates checked; ten seconds at most. Which URLs may be
 * asked is the caller's to say. True, and at most `max_bytes` of body are appended; or false and
 * *ret_why is a static sentence. Not from within a callback of a loop. */
bool fetch_document(const char *url, size_t max_bytes, struct buf *ret,
                    const char **ret_why) MUST_CHECK;

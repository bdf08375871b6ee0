/*
 * Writing HTML: text as text.
 */
#pragma once

#include "base/buf.h"

/* Escaped for elements' content and quoted attributes. */
void html_put_slice(struct buf *ret, struct slice text);
void html_put(struct buf *ret, const char *text);
/* The same, and what stands between two grave accents becomes <code>. */
void html_put_prose(struct buf *ret, const char *text);

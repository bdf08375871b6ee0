/*
 * Small files read whole. Private to config/.
 */
#pragma once

#include "base/alloc.h"
#include "base/buf.h"

/* Appends the file's content. 0, -errno, or -EFBIG when it does not fit the buffer's limit. */
int settings_read_file(const char *file, struct buf *ret) MUST_CHECK;
/* The same without ever waiting: -ENOTSUP for what is no regular file. */
int settings_read_regular_file(const char *file, struct buf *ret) MUST_CHECK;
/* The same of an open file, which stays the caller's. */
int settings_read_descriptor(int fd, struct buf *ret) MUST_CHECK;

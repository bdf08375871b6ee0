/*
 * One key file: read with its permissions checked, or made so that it appears whole. Private to
 * config/.
 */
#pragma once

#include <stdbool.h>

#include "base/alloc.h"
#include "base/buf.h"

/* The open folder; made (0700) when missing and `make` is true. Returns the descriptor or -errno.
 */
int key_folder_open(const char *dir, bool make) MUST_CHECK;

/* Asked before making one, so that a folder with all its keys may be read-only. */
bool key_file_exists(int folder, const char *name);

/* Appends the content. 0, -errno (-ENOENT when there is none), -EPERM for a file that others may
 * read or that is not ours, -EFBIG for one too large for the buffer. */
int key_file_read(int folder, const char *name, struct buf *ret) MUST_CHECK;

/* Writes aside, syncs, links into place, syncs the folder. 0, -EEXIST when the file was there (also
 * when another process was faster), or -errno; nothing is left behind. */
int key_file_make(int folder, const char *name, struct slice content) MUST_CHECK;

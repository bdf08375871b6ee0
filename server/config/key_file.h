/*
 * One key file: read with its permissions checked, or made so that it appears whole; and what is
 * said when that fails. Private to config/.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

/* The file gets a second name. 0, -EEXIST when that is taken, or -errno. */
int key_file_link(int folder, const char *from, const char *to) MUST_CHECK;

/* A file takes the name, and the place, of another one. 0 or -errno; nothing in between is ever
 * seen. */
int key_file_replace(int folder, const char *from, const char *to) MUST_CHECK;

/* When it was written, in seconds of wall clock; 0 when that cannot be known. */
int64_t key_file_written_at(int folder, const char *name);

/* ---- what went wrong ---- */

/* The folder that is worked in, and where errors go. */
struct key_job {
    const char *dir;
    int folder;
    char *error;
    size_t error_size;
};

/* Each says what, where and what to do, and returns `error`. */
int key_job_fail_open(const struct key_job *job, int error);
int key_job_fail_read(const struct key_job *job, const char *name, int error);
int key_job_fail_make(const struct key_job *job, const char *name, int error);
/* `what` it ought to hold; -EINVAL. */
int key_job_fail_content(const struct key_job *job, const char *name, const char *what);

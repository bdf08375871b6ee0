/*
 * Key files on disk. What stands in them is the keyring's business.
 * Invariant: a file appears under its name complete and synced, or not at all.
 */
#include "config/key_file.h"

#include "base/crypto.h"
#include "base/random.h"
#include "config/settings_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ASIDE_SIZE = 80, ASIDE_RANDOM_BYTES = 8 };

/* The folder's own entry must last as long as the keys in it. */
static int sync_parent(int folder)
{
    CLEANUP(fd) int parent = openat(folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return parent >= 0 && fsync(parent) == 0 ? 0 : -errno;
}

int key_folder_open(const char *dir, bool make)
{
    bool made = make && mkdir(dir, 0700) == 0;
    if (make && !made && errno != EEXIST) {
        return -errno;
    }
    int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return -errno;
    }
    int error = made ? sync_parent(folder) : 0;
    if (error != 0) {
        (void)close(folder);
        return error;
    }
    return folder;
}

bool key_file_exists(int folder, const char *name)
{
    return faccessat(folder, name, F_OK, 0) == 0;
}

/* 0600 or less when it is ours; root's may also be readable by a group, which is how Kubernetes
 * mounts a secret for a user that is not root. */
static bool is_private(const struct stat *status)
{
    mode_t forbidden = status->st_uid == 0 ? 0027 : 0077;
    bool ours = status->st_uid == geteuid() || status->st_uid == 0;
    return ours && S_ISREG(status->st_mode) && (status->st_mode & forbidden) == 0;
}

int key_file_read(int folder, const char *name, struct buf *ret)
{
    /* without O_NONBLOCK a FIFO of this name would hold the start for ever */
    CLEANUP(fd) int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0) {
        return -errno;
    }
    return is_private(&status) ? settings_read_descriptor(fd, ret) : -EPERM;
}

static int write_all(int fd, struct slice content)
{
    while (content.len > 0) {
        ssize_t size = write(fd, content.data, content.len);
        if (size < 0 && errno != EINTR) {
            return -errno;
        }
        if (size > 0) {
            content.data += size;
            content.len -= (size_t)size;
        }
    }
    return fsync(fd) == 0 ? 0 : -errno;
}

static int write_aside(int folder, const char *aside, struct slice content)
{
    CLEANUP(fd) int fd = openat(folder, aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    return fd < 0 ? -errno : write_all(fd, content);
}

int key_file_link(int folder, const char *from, const char *to)
{
    /* unlike rename, link never replaces a key that another process made meanwhile */
    if (linkat(folder, from, folder, to, 0) != 0) {
        return -errno;
    }
    return fsync(folder) == 0 ? 0 : -errno;
}

int key_file_make(int folder, const char *name, struct slice content)
{
    uint8_t random[ASIDE_RANDOM_BYTES];
    char hex[2 * ASIDE_RANDOM_BYTES + 1];
    random_fill(random_system(), random, sizeof random);
    hex_encode(random, sizeof random, hex);
    char aside[ASIDE_SIZE];
    (void)snprintf(aside, sizeof aside, ".%s.%s", name, hex);
    int error = write_aside(folder, aside, content);
    if (error == 0) {
        error = key_file_link(folder, aside, name);
    }
    (void)unlinkat(folder, aside, 0);
    return error;
}

int key_file_replace(int folder, const char *from, const char *to)
{
    return renameat(folder, from, folder, to) == 0 && fsync(folder) == 0 ? 0 : -errno;
}

int64_t key_file_written_at(int folder, const char *name)
{
    struct stat status;
    return fstatat(folder, name, &status, 0) == 0 ? (int64_t)status.st_mtim.tv_sec : 0;
}

/* ---- what went wrong ---- */

int key_job_fail_open(const struct key_job *job, int error)
{
    (void)snprintf(job->error, job->error_size,
                   "cannot open the key folder %s: %s; `livenessd keygen --dir %s` makes it",
                   job->dir, strerrordesc_np(-error), job->dir);
    return error;
}

int key_job_fail_read(const struct key_job *job, const char *name, int error)
{
    if (error == -ENOENT) {
        (void)snprintf(job->error, job->error_size,
                       "%s/%s is missing; `livenessd keygen --dir %s` makes it, and so does "
                       "keys.generate at start",
                       job->dir, name, job->dir);
    } else if (error == -EPERM) {
        (void)snprintf(job->error, job->error_size,
                       "%s/%s is not private to this user; own it and `chmod 600 %s/%s`", job->dir,
                       name, job->dir, name);
    } else {
        (void)snprintf(job->error, job->error_size, "cannot read %s/%s: %s", job->dir, name,
                       strerrordesc_np(-error));
    }
    return error;
}

int key_job_fail_make(const struct key_job *job, const char *name, int error)
{
    (void)snprintf(job->error, job->error_size, "cannot make %s/%s: %s", job->dir, name,
                   strerrordesc_np(-error));
    return error;
}

int key_job_fail_content(const struct key_job *job, const char *name, const char *what)
{
    (void)snprintf(job->error, job->error_size,
                   "%s/%s does not hold %s; put the right file back, or move this one away and "
                   "`livenessd keygen --dir %s`",
                   job->dir, name, what, job->dir);
    return -EINVAL;
}

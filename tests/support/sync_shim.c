/*
 * Preloaded into a daemon, stands before what its store does to the disk and before its wall clock,
 * as SYNC_CONTROL's shared memory says: holds each sync until the test lets it go, or makes it
 * fail; refuses writes as a full or a read-only disk does; sets the clock ahead. Without that
 * variable it changes nothing. Not instrumented, so that it fits into daemons with and without
 * sanitizers.
 */
#include "support/sync_shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static struct sync_shared *shared;

__attribute__((constructor)) static void attach(void)
{
    const char *path = secure_getenv("SYNC_CONTROL");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    void *memory = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    (void)close(fd);
    shared = memory == MAP_FAILED ? NULL : memory;
}

static int stand_before(long call, int fd)
{
    if (shared) {
        atomic_fetch_add(&shared->calls, 1);
        atomic_fetch_add(&shared->waiting, 1);
        while (atomic_load(&shared->mode) == SYNC_HOLD)
            (void)poll(NULL, 0, 1);
        atomic_fetch_sub(&shared->waiting, 1);
        if (atomic_load(&shared->mode) == SYNC_FAIL) {
            errno = EIO;
            return -1;
        }
    }
    return (int)syscall(call, fd);
}

int fsync(int fd)
{
    return stand_before(SYS_fsync, fd);
}

int fdatasync(int fildes)
{
    return stand_before(SYS_fdatasync, fildes);
}

/* The store writes at places in files; logs and sockets are written otherwise. */
static bool is_refused(void)
{
    int error = shared ? atomic_load(&shared->write_error) : 0;
    if (error != 0)
        errno = error;
    return error != 0;
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t offset)
{
    return is_refused() ? -1 : (ssize_t)syscall(SYS_pwrite64, fd, buf, n, offset);
}

ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t offset)
{
    return is_refused() ? -1 : (ssize_t)syscall(SYS_pwrite64, fd, buf, n, offset);
}

int clock_gettime(clockid_t clock_id, struct timespec *tp)
{
    int result = (int)syscall(SYS_clock_gettime, clock_id, tp);
    if (result == 0 && shared && clock_id == CLOCK_REALTIME) {
        int64_t ms = atomic_load(&shared->later_ms);
        tp->tv_sec += ms / 1000;
        tp->tv_nsec += ms % 1000 * 1000000;
        if (tp->tv_nsec >= 1000000000) {
            tp->tv_nsec -= 1000000000;
            tp->tv_sec++;
        }
    }
    return result;
}

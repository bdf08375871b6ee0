/*
 * Preloaded into a daemon, stands before fsync and fdatasync: holds each one until the test lets it
 * go, or makes it fail, as SYNC_CONTROL's shared memory says. Without that variable it changes
 * nothing. Not instrumented, so that it fits into daemons with and without sanitizers.
 */
#include "support/sync_shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
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

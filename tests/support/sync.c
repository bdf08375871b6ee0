/*
 * The test's end of the shared memory.
 */
#include "support/sync.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct sync_control {
    char path[64];
    struct sync_shared *shared;
    const char *environment[3];
};

static void release(void *object)
{
    struct sync_control *sync = object;
    /* a daemon that is still held could not stop */
    sync_set(sync, SYNC_PASS);
    sync_fail_writes(sync, 0);
    (void)unlink(sync->path);
    (void)munmap(sync->shared, sizeof *sync->shared);
    free(sync);
}

struct sync_control *sync_control_new(void)
{
    struct sync_control *sync = xcalloc(1, sizeof *sync);
    memcpy(sync->path, "/tmp/livenessd-sync-XXXXXX", sizeof "/tmp/livenessd-sync-XXXXXX");
    int fd = mkstemp(sync->path);
    if (fd < 0 || ftruncate(fd, sizeof *sync->shared) != 0)
        fail_at(HERE, "no control file: %s", strerrorname_np(errno));
    void *memory = mmap(NULL, sizeof *sync->shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    (void)close(fd);
    if (memory == MAP_FAILED)
        fail_at(HERE, "mmap: %s", strerrorname_np(errno));
    sync->shared = memory;
    sync->environment[0] = "LD_PRELOAD=" SYNC_SHIM;
    sync->environment[1] = text_of("SYNC_CONTROL=%s", sync->path);
    return keep(sync, release);
}

const char *const *sync_environment(const struct sync_control *sync)
{
    return sync->environment;
}

void sync_set(struct sync_control *sync, enum sync_mode mode)
{
    atomic_store(&sync->shared->mode, mode);
}

void sync_fail_writes(struct sync_control *sync, int error)
{
    atomic_store(&sync->shared->write_error, error);
}

void sync_advance_clock(struct sync_control *sync, int64_t ms)
{
    atomic_fetch_add(&sync->shared->later_ms, ms);
}

unsigned sync_waiting(const struct sync_control *sync)
{
    return atomic_load(&sync->shared->waiting);
}

unsigned sync_calls(const struct sync_control *sync)
{
    return atomic_load(&sync->shared->calls);
}

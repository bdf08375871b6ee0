/*
 * A disk whose syncs work, hang until they are let go, or fail. SQLite's syncs are caught by the
 * program's own fsync and fdatasync, which the dynamic linker prefers; to be included once.
 */
#pragma once

#include <criterion/criterion.h>
#include <errno.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <uv.h>

enum sync_mode { SYNC_WORKS, SYNC_WAITS, SYNC_FAILS };
static struct {
    _Atomic enum sync_mode mode;
    atomic_uint count;
    uv_sem_t arrived;
    uv_sem_t go_on;
} sync_gate;

static int pass_gate(long call, int fd)
{
    atomic_fetch_add(&sync_gate.count, 1);
    if (sync_gate.mode == SYNC_WAITS) {
        uv_sem_post(&sync_gate.arrived);
        uv_sem_wait(&sync_gate.go_on);
    }
    if (sync_gate.mode == SYNC_FAILS) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(call, fd);
}

static void sync_gate_init(void)
{
    cr_assert_eq(uv_sem_init(&sync_gate.arrived, 0), 0);
    cr_assert_eq(uv_sem_init(&sync_gate.go_on, 0), 0);
}

static void sync_gate_done(void)
{
    uv_sem_destroy(&sync_gate.arrived);
    uv_sem_destroy(&sync_gate.go_on);
}

/* Lets the one sync go that waits. */
static void open_gate(enum sync_mode then)
{
    sync_gate.mode = then;
    uv_sem_post(&sync_gate.go_on);
}

/* Criterion has this program compiled with hidden symbols. */
__attribute__((visibility("default"))) int fsync(int fd)
{
    return pass_gate(SYS_fsync, fd);
}

__attribute__((visibility("default"))) int fdatasync(int fildes)
{
    return pass_gate(SYS_fdatasync, fildes);
}

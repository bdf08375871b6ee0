/*
 * The memory that a test and the preloaded sync_shim.so in a daemon share, as a mapped file named
 * by SYNC_CONTROL in the daemon's environment.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

enum sync_mode { SYNC_PASS, SYNC_HOLD, SYNC_FAIL };

struct sync_shared {
    _Atomic uint32_t mode;    /* enum sync_mode */
    _Atomic uint32_t waiting; /* calls that are held now */
    _Atomic uint32_t calls;   /* of fsync and fdatasync, ever */
    _Atomic int write_error;  /* errno of writes to places in files; 0: they work */
    _Atomic int64_t later_ms; /* by so much the daemon's wall clock is ahead */
};

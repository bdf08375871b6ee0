/*
 * Makes fork() safe under clang 14's AddressSanitizer, whose runtime does not: Criterion forks
 * every test from a process with threads, and a child made while another thread holds one of the
 * allocator's locks waits for it for ever. So the runtime's locks are taken around each fork, in
 * the order its own leak check takes them (later versions of the runtime do the same by
 * themselves). Without a sanitizer the functions are not there and nothing happens.
 */
#include <pthread.h>
#include <stddef.h>

#define RUNTIME(name, symbol) extern void name(void) __asm__(symbol) __attribute__((weak))

RUNTIME(lock_threads, "_ZN6__lsan18LockThreadRegistryEv");
RUNTIME(unlock_threads, "_ZN6__lsan20UnlockThreadRegistryEv");
RUNTIME(lock_allocator, "_ZN6__lsan13LockAllocatorEv");
RUNTIME(unlock_allocator, "_ZN6__lsan15UnlockAllocatorEv");
RUNTIME(lock_stacks, "_ZN11__sanitizer17StackDepotLockAllEv");
RUNTIME(unlock_stacks, "_ZN11__sanitizer19StackDepotUnlockAllEv");

static void before_fork(void)
{
    lock_threads();
    lock_allocator();
    lock_stacks();
}

static void after_fork(void)
{
    unlock_stacks();
    unlock_allocator();
    unlock_threads();
}

__attribute__((constructor)) static void make_fork_safe(void)
{
    if (lock_threads && unlock_threads && lock_allocator && unlock_allocator && lock_stacks &&
        unlock_stacks)
        (void)pthread_atfork(before_fork, after_fork, after_fork);
}

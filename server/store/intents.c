/*
 * The mapped intent slots. Turning what is left of them into records is the store's business.
 * Invariant: the whole file is allocated before it is mapped, so that writing to a slot cannot
 * fail.
 */
#include "store/intents.h"

#include "base/cleanup.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* On disk; all zero when free. */
struct slot {
    uint8_t id[UUID_BYTES_SIZE];
    int64_t created_at;
    uint64_t checksum;
    uint8_t unused[32];
};
_Static_assert(sizeof(struct slot) == 64, "the format of the file");

enum { SLOTS_MAX = 1 << 20 };

struct intents {
    int fd;
    struct slot *slots;
    size_t slot_count; /* in the file: a former setting may have been higher */
    int *free_slots;   /* a stack */
    size_t free_count;
};

/* FNV-1a: finds slots that were cut off while written, and is never 0 for a free slot. */
static uint64_t slot_checksum(const struct slot *slot)
{
    const uint8_t *bytes = (const uint8_t *)slot;
    uint64_t hash = 0xCBF29CE484222325U;
    for (size_t i = 0; i < offsetof(struct slot, checksum); i++) {
        hash = (hash ^ bytes[i]) * 0x100000001B3U;
    }
    return hash;
}

/* The descriptor, which its CLEANUP then leaves alone. */
static int take_fd(int *fd)
{
    int taken = *fd;
    *fd = -1;
    return taken;
}

static int lock_file(const char *path, int *ret_fd)
{
    CLEANUP(fd) int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0) {
        return -errno;
    }
    *ret_fd = take_fd(&fd);
    return 0;
}

static int map_file(struct intents *intents, unsigned slots)
{
    struct stat status;
    if (fstat(intents->fd, &status) != 0) {
        return -errno;
    }
    size_t count = (size_t)status.st_size / sizeof(struct slot);
    count = count > SLOTS_MAX ? SLOTS_MAX : count;
    count = count < slots ? slots : count;
    /* a full disk has to show here and not as SIGBUS */
    int failure = posix_fallocate(intents->fd, 0, (off_t)(count * sizeof(struct slot)));
    if (failure != 0) {
        return -failure;
    }
    void *memory =
        mmap(NULL, count * sizeof(struct slot), PROT_READ | PROT_WRITE, MAP_SHARED, intents->fd, 0);
    if (memory == MAP_FAILED) {
        return -errno;
    }
    intents->slots = memory;
    intents->slot_count = count;
    return 0;
}

int intents_open(const char *path, unsigned slots, struct intents **ret_intents)
{
    assert(slots > 0 && slots <= SLOTS_MAX);
    int fd = -1;
    int failure = lock_file(path, &fd);
    if (failure != 0) {
        return failure;
    }
    struct intents *intents = xcalloc(1, sizeof *intents);
    intents->fd = fd;
    failure = map_file(intents, slots);
    if (failure != 0) {
        (void)intents_close(intents);
        return failure;
    }
    intents->free_slots = xcalloc(slots, sizeof *intents->free_slots);
    while (intents->free_count < slots) {
        intents->free_slots[intents->free_count] = (int)(slots - 1 - intents->free_count);
        intents->free_count++;
    }
    *ret_intents = intents;
    return 0;
}

struct intents *intents_close(struct intents *intents)
{
    if (intents) {
        if (intents->slots) {
            (void)munmap(intents->slots, intents->slot_count * sizeof(struct slot));
        }
        (void)close(intents->fd);
        free(intents->free_slots);
        free(intents);
    }
    return NULL;
}

bool intents_left(const struct intents *intents, size_t *index, struct intent *ret_intent)
{
    for (; *index < intents->slot_count; ++*index) {
        const struct slot *slot = &intents->slots[*index];
        if (slot->checksum == slot_checksum(slot)) {
            memcpy(ret_intent->id, slot->id, sizeof slot->id);
            ret_intent->created_at = slot->created_at;
            ++*index;
            return true;
        }
    }
    return false;
}

void intents_clear(struct intents *intents)
{
    memset(intents->slots, 0, intents->slot_count * sizeof(struct slot));
}

int intents_take(struct intents *intents, const struct intent *intent)
{
    if (intents->free_count == 0) {
        return -1;
    }
    int index = intents->free_slots[--intents->free_count];
    struct slot slot = {.created_at = intent->created_at};
    memcpy(slot.id, intent->id, sizeof slot.id);
    slot.checksum = slot_checksum(&slot);
    memcpy(&intents->slots[index], &slot, sizeof slot);
    return index;
}

void intents_release(struct intents *intents, int slot)
{
    assert(slot >= 0 && (size_t)slot < intents->slot_count);
    assert(intents->slots[slot].checksum != 0);
    memset(&intents->slots[slot], 0, sizeof(struct slot));
    intents->free_slots[intents->free_count++] = slot;
}

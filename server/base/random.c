/*
 * Randomness of the system and of tests, and the UUIDs made from it.
 */
#include "base/random.h"

#include "base/crypto.h"
#include "base/secret.h"

#include <limits.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

enum { UUID_BYTES = 16 };

static void system_fill(void *context, void *bytes, size_t size)
{
    (void)context;
    /* nothing can be done safely without randomness */
    if (size > INT_MAX || RAND_bytes(bytes, (int)size) != 1) {
        abort();
    }
}

const struct random *random_system(void)
{
    static const struct random system = {system_fill, NULL};
    return &system;
}

static uint64_t splitmix64(uint64_t *state)
{
    uint64_t mixed = *state += 0x9E3779B97F4A7C15U;
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBU;
    return mixed ^ mixed >> 31;
}

static void fake_fill(void *context, void *bytes, size_t size)
{
    struct fake_random *fake = context;
    uint8_t *at = bytes;
    uint64_t word = 0;
    for (size_t i = 0; i < size; i++) {
        if (i % sizeof word == 0) {
            word = splitmix64(&fake->state);
        }
        at[i] = (uint8_t)word;
        word >>= 8;
    }
}

void fake_random_init(struct fake_random *fake, uint64_t seed)
{
    *fake = (struct fake_random){{fake_fill, fake}, seed};
}

static void block_fill(void *context, void *bytes, size_t size)
{
    struct block_random *blocks = context;
    if (size > sizeof blocks->block) {
        random_fill(blocks->source, bytes, size);
        return;
    }
    if (size > sizeof blocks->block - blocks->used) {
        random_fill(blocks->source, blocks->block, sizeof blocks->block);
        blocks->used = 0;
    }
    memcpy(bytes, blocks->block + blocks->used, size);
    secret_wipe(blocks->block + blocks->used, size); /* it may become part of a secret */
    blocks->used += size;
}

void block_random_init(struct block_random *blocks, const struct random *source)
{
    blocks->random = (struct random){block_fill, blocks};
    blocks->source = source;
    blocks->used = sizeof blocks->block;
}

/* Sets version and variant, and writes the 8-4-4-4-12 form. */
static void uuid_format(uint8_t bytes[UUID_BYTES], uint8_t version, char ret[UUID_SIZE])
{
    static const size_t group_bytes[] = {4, 2, 2, 2, 6};
    bytes[6] = (uint8_t)((bytes[6] & 0x0F) | version << 4);
    bytes[8] = (uint8_t)((bytes[8] & 0x3F) | 0x80);
    for (size_t i = 0; i < sizeof group_bytes / sizeof *group_bytes; i++) {
        hex_encode(bytes, group_bytes[i], ret);
        bytes += group_bytes[i];
        ret += 2 * group_bytes[i];
        *ret++ = '-';
    }
    ret[-1] = '\0';
}

void uuid4(const struct random *random, char ret[UUID_SIZE])
{
    uint8_t bytes[UUID_BYTES];
    random_fill(random, bytes, sizeof bytes);
    uuid_format(bytes, 4, ret);
}

static void put_time(uint8_t bytes[UUID_BYTES], int64_t wall_ms)
{
    uint64_t ms = wall_ms < 0 ? 0 : (uint64_t)wall_ms;
    for (unsigned i = 0; i < 6; i++) {
        bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
    }
}

void uuid7(const struct random *random, int64_t wall_ms, char ret[UUID_SIZE])
{
    uint8_t bytes[UUID_BYTES];
    random_fill(random, bytes, sizeof bytes);
    put_time(bytes, wall_ms);
    uuid_format(bytes, 7, ret);
}

void uuid7_floor(int64_t wall_ms, char ret[UUID_SIZE])
{
    uint8_t bytes[UUID_BYTES] = {0};
    put_time(bytes, wall_ms);
    uuid_format(bytes, 7, ret);
}

void uuid8_from(const uint8_t bytes[16], char ret[UUID_SIZE])
{
    uint8_t copy[UUID_BYTES];
    for (size_t i = 0; i < sizeof copy; i++) {
        copy[i] = bytes[i];
    }
    uuid_format(copy, 8, ret);
}

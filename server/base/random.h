/*
 * Randomness as a dependency. The system source is the kernel's (through OpenSSL's CSPRNG); tests
 * hand in a seeded one.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct random {
    void (*fill)(void *context, void *bytes, size_t size);
    void *context;
};

/* Ends the process when the kernel cannot give randomness. Process lifetime. */
const struct random *random_system(void);

/* Deterministic (splitmix64), for tests only. */
struct fake_random {
    struct random random;
    uint64_t state;
};
void fake_random_init(struct fake_random *fake, uint64_t seed);

/* Asks another source for many bytes at once: a few cost the system's nearly as much. Each byte is
 * given away once. Not for several threads, and not to be copied. */
enum { RANDOM_BLOCK_BYTES = 4096 };
struct block_random {
    struct random random;
    const struct random *source;
    size_t used;
    uint8_t block[RANDOM_BLOCK_BYTES];
};
void block_random_init(struct block_random *blocks, const struct random *source);

static inline void random_fill(const struct random *random, void *bytes, size_t size)
{
    random->fill(random->context, bytes, size);
}

enum { UUID_SIZE = 37 }; /* 36 characters and NUL */

/* RFC 9562, lower case. Version 7 sorts by time: our session ids; its 74 random bits are not a
 * secret by themselves. */
void uuid4(const struct random *random, char ret[UUID_SIZE]);
void uuid7(const struct random *random, int64_t wall_ms, char ret[UUID_SIZE]);
/* Sorts before every uuid7 of that time, and behind all earlier ones. */
void uuid7_floor(int64_t wall_ms, char ret[UUID_SIZE]);
/* 16 bytes as a UUID of version 8 (RFC 9562 section 5.8: content of our own making). */
void uuid8_from(const uint8_t bytes[16], char ret[UUID_SIZE]);

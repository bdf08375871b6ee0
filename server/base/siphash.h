/*
 * SipHash-1-3: a fast keyed hash. Who does not know the key can neither guess a hash nor find texts
 * whose hashes collide. For tables, not for signatures.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

uint64_t siphash(const uint64_t key[2], const void *bytes, size_t size);

/*
 * Creates that are repeated under an Idempotency-Key, and telling repeats from others.
 */
#pragma once

#include "support/rig.h"

#define KEY_ONE "Idempotency-Key: 7f0c2f5e-one"
#define KEY_TWO "Idempotency-Key: 7f0c2f5e-two"

/* A header that makes its sender one and the same device. */
const char *new_device(const struct rig *rig);
/* A plain create by whoever the header `owner` says, with the header `key` (NULL: none). */
const struct http_answer *create_keyed(const struct rig *rig, const char *owner, const char *key);
struct http_pending *begin_keyed(const struct rig *rig, const char *owner, const char *key);
const struct http_answer *create_keyed_at(const struct rig *rig, const char *path, const char *body,
                                          const char *owner, const char *key);
/* How many plain creates reached upstream. */
unsigned upstream_creates(const struct rig *rig);

/* Both are 200 and the same but for the time left, which has not grown. */
void expect_repeat_at(struct place place, const struct http_answer *first,
                      const struct http_answer *repeat);
#define expect_repeat(first, repeat) expect_repeat_at(HERE, first, repeat)
/* Both are 200, of different sessions. */
void expect_another_at(struct place place, const struct http_answer *first,
                       const struct http_answer *second);
#define expect_another(first, second) expect_another_at(HERE, first, second)

/*
 * Devices: the signed token by which an anonymous device is known again, and the pseudonym the
 * upstream gets for it. The token is an HS256 JWT {"v":1,"did":<uuid>,"iat":…}.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/jwt.h"
#include "base/random.h"

enum { DEVICE_TOKEN_LIFETIME_S = 180 * 24 * 3600 };

struct device_tokens;

/* `key` signs and verifies. Also keeps the last verified tokens by their SHA-256 (bounded), because
 * one is sent with every request. */
struct device_tokens *device_tokens_new(const char *kid, const uint8_t key[SHA256_BYTES],
                                        const struct random *random);
/* Tokens under this key verify as well; at most one such key. */
void device_tokens_accept(struct device_tokens *tokens, const char *kid,
                          const uint8_t key[SHA256_BYTES]);
struct device_tokens *device_tokens_free(struct device_tokens *tokens);

/* Appends a token for the device. */
void device_token_sign(struct device_tokens *tokens, int64_t now_s, const char *device_id,
                       struct buf *ret_token);
/* The same for a new random device; ret_id is that device. */
void device_token_mint(struct device_tokens *tokens, int64_t now_s, struct buf *ret_token,
                       char ret_id[UUID_SIZE]);
/* False for a token that does not verify or is older than 180 days: it then counts as none. */
bool device_token_verify(struct device_tokens *tokens, struct slice token, int64_t now_s,
                         char ret_id[UUID_SIZE]);

/* A device's id as people hand it on: a UUID in any case, made lower-case. False for other texts.
 */
bool device_id_read(struct slice text, char ret_id[UUID_SIZE]);

/* Whether a client's deviceCorrelationId says nothing about a device: empty, over 64 characters, or
 * one of the constants that sample apps send (1234567890, the zero GUID, undefined, null,
 * default…). */
bool device_id_is_meaningless(struct slice id);

/* HMAC-SHA-256(key, tenant, device, epoch) as a UUID: the same for one device wherever it is asked.
 */
void correlation_pseudonym(const uint8_t key[SHA256_BYTES], struct slice tenant,
                           struct slice device, uint32_t epoch, char ret[UUID_SIZE]);

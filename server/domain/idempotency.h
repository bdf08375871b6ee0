/*
 * Idempotency-Key: what makes two creates the same one, and how the answer of the first is kept for
 * the repeat. Neither the key nor the request is kept, only keyed hashes of them; the answer, which
 * holds the auth token, is kept sealed. All from the seal key, each under a label of its own.
 */
#pragma once

#include <stdbool.h>

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/random.h"
#include "domain/bodies.h"
#include "store/store.h"

enum { IDEMPOTENCY_KEY_MAX = 255 };

/* 1 to 255 printable ASCII characters. */
bool idempotency_key_valid(struct slice key);

/* Of whose key it is, too: equal keys of different principals never meet. */
void idempotency_key_hash(const uint8_t seal_key[SHA256_BYTES], const uint8_t owner[SHA256_BYTES],
                          struct slice key, uint8_t ret[RECORD_HASH_BYTES]);

/* Of every decoded field of the request, so that the order of members, white space and the
 * boundary of a form make no difference. `image_hash` is the SHA-256 of the reference image, zero
 * when there is none; `shape` tells apart routes whose answers differ in form. */
void idempotency_request_hash(const uint8_t seal_key[SHA256_BYTES],
                              const struct create_request *request,
                              const uint8_t image_hash[SHA256_BYTES], unsigned shape,
                              uint8_t ret[RECORD_HASH_BYTES]);

/* What a create answers and the record does not keep as it was. */
struct created_answer {
    struct slice auth_token;
    struct slice status_word;
    struct slice model_version;
    struct slice results_json; /* data NULL: none */
};

/* Text that opens only as the answer of this session. The caller's. */
char *created_answer_seal(const uint8_t seal_key[SHA256_BYTES], const struct random *random,
                          const char *session_id, const struct created_answer *answer) MUST_CHECK;
/* The answer points into *ret_plain, a secret buf made here. 0, or -EBADMSG unless the text is
 * exactly one that was sealed for this session; *ret_plain is to be wiped in either case. */
int created_answer_open(const uint8_t seal_key[SHA256_BYTES], const char *session_id,
                        const char *sealed, struct buf *ret_plain,
                        struct created_answer *ret) MUST_CHECK;

/* The record belongs to this key and can be repeated. */
bool idempotency_has_key(const struct session_record *record);
/* Nothing of the key and the answer stays in the record: its key is free for another create. */
void idempotency_release(struct session_record *record);

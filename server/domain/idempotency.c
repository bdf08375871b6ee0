/*
 * Hashes and the seal of idempotent creates. Who waits for whom is the lifecycle's. Invariant: what
 * is hashed or sealed is a list of parts with their lengths, so that no two lists look the same.
 */
#include "domain/idempotency.h"

#include "base/aead.h"
#include "base/secret.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH_BYTES = 4, ANSWER_PARTS = 4, ANSWER_MAX = 64 * 1024 };

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static struct slice hash_slice(const uint8_t hash[SHA256_BYTES])
{
    return (struct slice){(const char *)hash, SHA256_BYTES};
}

bool idempotency_key_valid(struct slice key)
{
    for (size_t i = 0; i < key.len; i++) {
        if (key.data[i] < ' ' || key.data[i] > '~') {
            return false;
        }
    }
    return key.len > 0 && key.len <= IDEMPOTENCY_KEY_MAX;
}

void idempotency_key_hash(const uint8_t seal_key[SHA256_BYTES], const uint8_t owner[SHA256_BYTES],
                          struct slice key, uint8_t ret[RECORD_HASH_BYTES])
{
    const struct slice parts[] = {SLICE_INIT("idempotency key"), hash_slice(owner), key};
    hmac_sha256(seal_key, parts, COUNT_OF(parts), ret);
}

/* ---- the request ---- */

/* Everything that is no text of the client's; whether a text was given at all is such a thing. */
static void put_numbers(const struct create_request *request, unsigned shape, struct buf *ret)
{
    double threshold = request->has_confidence_threshold ? request->confidence_threshold : 0;
    buf_printf(ret, "%u %d %d %d %d %d %d %d ", shape, (int)request->kind, request->set_in_client,
               request->has_enable_session_image, request->enable_session_image, request->attempts,
               request->send_results_to_client, request->has_confidence_threshold);
    buf_put_number(ret, (double)request->token_ttl_s);
    buf_putc(ret, ' ');
    buf_put_number(ret, threshold + 0.0); /* no negative zero */
    buf_printf(ret, " %d %d %d %d %d %d %d", request->device_correlation_id.data != NULL,
               request->user_correlation_id.data != NULL, request->model_version.data != NULL,
               request->transaction_id.data != NULL, request->owner_subject.data != NULL,
               request->platform.data != NULL, request->verify_image.data != NULL);
}

void idempotency_request_hash(const uint8_t seal_key[SHA256_BYTES],
                              const struct create_request *request,
                              const uint8_t image_hash[SHA256_BYTES], unsigned shape,
                              uint8_t ret[RECORD_HASH_BYTES])
{
    CLEANUP(buf) struct buf numbers;
    buf_init(&numbers, 512);
    put_numbers(request, shape, &numbers);
    const struct slice parts[] = {
        SLICE_INIT("idempotency request"),
        buf_slice(&numbers),
        slice_of(request->liveness_mode),
        request->device_correlation_id,
        request->user_correlation_id,
        request->model_version,
        request->transaction_id,
        request->owner_subject,
        request->platform,
        hash_slice(image_hash),
    };
    hmac_sha256(seal_key, parts, COUNT_OF(parts), ret);
}

/* ---- the answer ---- */

static void make_sealing_key(const uint8_t seal_key[SHA256_BYTES], uint8_t ret[SHA256_BYTES])
{
    const struct slice label = SLICE_INIT("idempotency answer");
    hmac_sha256(seal_key, &label, 1, ret);
}

static void put_part(struct buf *ret, struct slice part)
{
    for (int shift = 8 * (LENGTH_BYTES - 1); shift >= 0; shift -= 8) {
        buf_putc(ret, (char)(uint8_t)(part.len >> shift));
    }
    buf_put_slice(ret, part);
}

static bool take_part(struct slice *rest, struct slice *ret)
{
    size_t length = 0;
    if (rest->len < LENGTH_BYTES) {
        return false;
    }
    for (size_t i = 0; i < LENGTH_BYTES; i++) {
        length = length << 8 | (uint8_t)rest->data[i];
    }
    if (length > rest->len - LENGTH_BYTES) {
        return false;
    }
    *ret = (struct slice){rest->data + LENGTH_BYTES, length};
    rest->data += LENGTH_BYTES + length;
    rest->len -= LENGTH_BYTES + length;
    return true;
}

char *created_answer_seal(const uint8_t seal_key[SHA256_BYTES], const struct random *random,
                          const char *session_id, const struct created_answer *answer)
{
    uint8_t key[SHA256_BYTES];
    CLEANUP(secret_buf) struct buf plain;
    CLEANUP(buf) struct buf sealed;
    CLEANUP(buf) struct buf text;
    buf_init_secret(&plain, ANSWER_MAX);
    buf_init(&sealed, ANSWER_MAX + AEAD_NONCE_BYTES + AEAD_TAG_BYTES);
    buf_init(&text, (size_t)2 * ANSWER_MAX);
    put_part(&plain, answer->auth_token);
    put_part(&plain, answer->status_word);
    put_part(&plain, answer->model_version);
    put_part(&plain, answer->results_json);
    if (buf_failed(&plain)) { /* larger than any that upstream may give */
        return NULL;
    }
    make_sealing_key(seal_key, key);
    aead_seal(key, random, slice_of(session_id), buf_slice(&plain), &sealed);
    secret_wipe(key, sizeof key);
    base64url_encode(sealed.data, sealed.len, &text);
    return xmemdup0(text.data, text.len);
}

static bool read_answer(struct slice plain, struct created_answer *ret)
{
    struct slice *const parts[ANSWER_PARTS] = {&ret->auth_token, &ret->status_word,
                                               &ret->model_version, &ret->results_json};
    for (size_t i = 0; i < ANSWER_PARTS; i++) {
        if (!take_part(&plain, parts[i])) {
            return false;
        }
    }
    if (ret->results_json.len == 0) {
        ret->results_json.data = NULL;
    }
    return plain.len == 0;
}

int created_answer_open(const uint8_t seal_key[SHA256_BYTES], const char *session_id,
                        const char *sealed, struct buf *ret_plain, struct created_answer *ret)
{
    uint8_t key[SHA256_BYTES];
    CLEANUP(buf) struct buf bytes;
    buf_init(&bytes, (size_t)2 * ANSWER_MAX);
    buf_init_secret(ret_plain, ANSWER_MAX);
    if (base64url_decode(slice_of(sealed), &bytes) != 0) {
        return -EBADMSG;
    }
    make_sealing_key(seal_key, key);
    int failure = aead_open(key, slice_of(session_id), buf_slice(&bytes), ret_plain);
    secret_wipe(key, sizeof key);
    if (failure == 0 && !read_answer(buf_slice(ret_plain), ret)) {
        failure = -EBADMSG;
    }
    return failure;
}

/* ---- in a record ---- */

bool idempotency_has_key(const struct session_record *record)
{
    static const uint8_t none[RECORD_HASH_BYTES];
    return memcmp(record->idempotency_key, none, sizeof none) != 0;
}

void idempotency_release(struct session_record *record)
{
    memset(record->idempotency_key, 0, sizeof record->idempotency_key);
    memset(record->idempotency_request, 0, sizeof record->idempotency_request);
    free(record->sealed_answer);
    record->sealed_answer = NULL;
}

/*
 * Session image ids of our own. Whose session it is and whether there is an image is for the
 * record to say. Invariant: an id we did not make is never read, whoever made it.
 */
#include "domain/image_id.h"

#include "base/secret.h"

#include <assert.h>
#include <string.h>

enum { MARK = 0x01, UUID_BYTES = 16, CHECK_BYTES = 16, ID_BYTES = 1 + UUID_BYTES + CHECK_BYTES };

/* A UUID's text, in lower case, as its bytes; false for anything else. */
static bool uuid_read(struct slice text, uint8_t ret[UUID_BYTES])
{
    char digits[2 * UUID_BYTES];
    size_t count = 0;
    if (text.len != UUID_SIZE - 1) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash != (text.data[i] == '-')) {
            return false;
        }
        if (!is_dash) {
            digits[count++] = text.data[i];
        }
    }
    return hex_decode((struct slice){digits, count}, ret, UUID_BYTES) == 0;
}

static void uuid_write(const uint8_t bytes[UUID_BYTES], char ret[UUID_SIZE])
{
    char digits[2 * UUID_BYTES + 1];
    hex_encode(bytes, UUID_BYTES, digits);
    const char *from = digits;
    for (size_t i = 0; i < UUID_SIZE - 1; i++) {
        ret[i] = '-';
        if (i != 8 && i != 13 && i != 18 && i != 23) {
            ret[i] = *from++;
        }
    }
    ret[UUID_SIZE - 1] = '\0';
}

static void make_bytes(const uint8_t key[SHA256_BYTES], const uint8_t session[UUID_BYTES],
                       uint8_t ret[ID_BYTES])
{
    /* the label keeps this apart from whatever else the key is used for */
    const struct slice parts[] = {SLICE_INIT("image"), {(const char *)session, UUID_BYTES}};
    uint8_t check[SHA256_BYTES];
    hmac_sha256(key, parts, sizeof parts / sizeof *parts, check);
    ret[0] = MARK;
    memcpy(ret + 1, session, UUID_BYTES);
    memcpy(ret + 1 + UUID_BYTES, check, CHECK_BYTES);
}

void image_id_make(const uint8_t key[SHA256_BYTES], const char *session_id, char ret[IMAGE_ID_SIZE])
{
    uint8_t session[UUID_BYTES];
    uint8_t bytes[ID_BYTES];
    bool is_uuid = uuid_read(slice_of(session_id), session);
    assert(is_uuid); /* our own ids are */
    (void)is_uuid;
    make_bytes(key, session, bytes);
    CLEANUP(buf) struct buf text;
    buf_init(&text, IMAGE_ID_SIZE);
    base64url_encode(bytes, sizeof bytes, &text);
    memcpy(ret, text.data, IMAGE_ID_SIZE);
}

bool image_id_read(const uint8_t key[SHA256_BYTES], struct slice text,
                   char ret_session_id[UUID_SIZE])
{
    uint8_t expected[ID_BYTES];
    CLEANUP(buf) struct buf bytes;
    buf_init(&bytes, ID_BYTES + 1);
    if (text.len != IMAGE_ID_SIZE - 1 || base64url_decode(text, &bytes) != 0 ||
        bytes.len != ID_BYTES) {
        return false;
    }
    const uint8_t *session = (const uint8_t *)bytes.data + 1;
    make_bytes(key, session, expected);
    if (!secret_equal(expected, sizeof expected, bytes.data, bytes.len)) {
        return false;
    }
    uuid_write(session, ret_session_id);
    return true;
}

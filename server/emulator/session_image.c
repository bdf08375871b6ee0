/*
 * Ids of session images and where they lead.
 */
#include "emulator/session_image.h"

#include "base/crypto.h"
#include "emulator/jpeg.h"

#include <assert.h>

enum {
    IMAGE_ID_BYTES = 1 + 2 * EMU_GUID_BYTES,
    IMAGE_ID_VERSION = 1,
    HEX_DIGITS = 32,
    ID_BUF_MAX = 128
};

/* The first three groups of a GUID are little-endian in .NET. */
static const unsigned char dotnet_order[EMU_GUID_BYTES] = {3, 2, 1,  0,  5,  4,  7,  6,
                                                           8, 9, 10, 11, 12, 13, 14, 15};

static void guid_to_dotnet(const char *text, uint8_t ret[EMU_GUID_BYTES])
{
    char hex[HEX_DIGITS];
    uint8_t bytes[EMU_GUID_BYTES] = {0};
    size_t digits = 0;

    for (; *text && digits < HEX_DIGITS; text++)
        if (*text != '-')
            hex[digits++] = *text;
    const int failed = hex_decode((struct slice){hex, digits}, bytes, sizeof bytes);
    assert(!failed);
    (void)failed;
    for (size_t i = 0; i < EMU_GUID_BYTES; i++)
        ret[i] = bytes[dotnet_order[i]];
}

static void guid_from_dotnet(const uint8_t bytes[EMU_GUID_BYTES], char ret[UUID_SIZE])
{
    uint8_t ordered[EMU_GUID_BYTES];
    char hex[HEX_DIGITS + 1];
    size_t written = 0;

    for (size_t i = 0; i < EMU_GUID_BYTES; i++)
        ordered[dotnet_order[i]] = bytes[i];
    hex_encode(ordered, sizeof ordered, hex);
    for (size_t i = 0; i < HEX_DIGITS; i++) {
        if (i == 8 || i == 12 || i == 16 || i == 20)
            ret[written++] = '-';
        ret[written++] = hex[i];
    }
    ret[written] = '\0';
}

void emu_image_id_format(const char *session_id, const uint8_t image_guid[EMU_GUID_BYTES],
                         char ret[EMU_IMAGE_ID_SIZE])
{
    CLEANUP(buf) struct buf text;
    uint8_t bytes[IMAGE_ID_BYTES] = {IMAGE_ID_VERSION};

    guid_to_dotnet(session_id, bytes + 1);
    memcpy(bytes + 1 + EMU_GUID_BYTES, image_guid, EMU_GUID_BYTES);
    buf_init(&text, ID_BUF_MAX);
    base64url_encode(bytes, sizeof bytes, &text);
    memcpy(ret, text.data, EMU_IMAGE_ID_SIZE);
}

const struct emu_attempt *emu_image_find(struct emu_sessions *sessions, struct slice image_id,
                                         int64_t now_ms, const struct emu_session **ret_session)
{
    CLEANUP(buf) struct buf bytes;
    char session_id[UUID_SIZE];

    buf_init(&bytes, ID_BUF_MAX);
    if (image_id.len != EMU_IMAGE_ID_SIZE - 1 || base64url_decode(image_id, &bytes) ||
        bytes.len != IMAGE_ID_BYTES || bytes.data[0] != IMAGE_ID_VERSION)
        return NULL;
    guid_from_dotnet((const uint8_t *)bytes.data + 1, session_id);
    const struct emu_session *session = emu_sessions_find(sessions, slice_of(session_id), now_ms);
    for (unsigned i = 0; session && i < session->attempt_count; i++) {
        const struct emu_attempt *attempt = session->attempts[i];
        if (emu_attempt_has_image(session, attempt) &&
            memcmp(attempt->image_guid, bytes.data + 1 + EMU_GUID_BYTES, EMU_GUID_BYTES) == 0) {
            *ret_session = session;
            return attempt;
        }
    }
    return NULL;
}

/* Light where the face is said to be, and a speckle that follows from the image's GUID. */
static uint8_t shade_of(const struct emu_attempt *attempt, unsigned x, unsigned y)
{
    const struct emu_rectangle *face = &attempt->face;
    const double across = (2.0 * (x - (double)face->left) - face->width) / face->width;
    const double down = (2.0 * (y - (double)face->top) - face->height) / face->height;
    const unsigned mixed = (x / JPEG_BLOCK * 7U + y / JPEG_BLOCK * 13U);
    const unsigned speckle = attempt->image_guid[mixed % EMU_GUID_BYTES] / 8U;

    return (uint8_t)((across * across + down * down <= 1 ? 180U : 60U) + speckle);
}

void emu_image_write(const struct emu_attempt *attempt, struct buf *ret)
{
    struct jpeg_writer writer = jpeg_begin(EMU_FRAME_WIDTH, EMU_FRAME_HEIGHT, ret);

    for (unsigned y = 0; y < EMU_FRAME_HEIGHT; y += JPEG_BLOCK)
        for (unsigned x = 0; x < EMU_FRAME_WIDTH; x += JPEG_BLOCK)
            jpeg_put_block(&writer, shade_of(attempt, x, y));
    jpeg_end(&writer);
}

/*
 * Judges reference images by size, first bytes and the emulator's mark.
 */
#include "emulator/reference_image.h"

#include "base/image.h"

enum { MARKED_BYTES = 256 };

/* The digit after the mark within `text`, or -1. */
static int marked_faces(struct slice text)
{
    static const struct slice mark = SLICE_INIT("livenessd-faces=");

    for (size_t at = 0; at + mark.len < text.len; at++) {
        const char digit = text.data[at + mark.len];
        if (memcmp(text.data + at, mark.data, mark.len) == 0 && digit >= '0' && digit <= '9')
            return digit - '0';
    }
    return -1;
}

static int count_faces(struct slice image)
{
    const struct slice tail = {image.data + image.len - MARKED_BYTES, MARKED_BYTES};
    int faces = marked_faces((struct slice){image.data, MARKED_BYTES});

    if (faces < 0)
        faces = marked_faces(tail);
    return faces < 0 ? 1 : faces;
}

enum reference_image_fault reference_image_check(struct slice image, uint8_t ret_hash[SHA256_BYTES])
{
    if (image.len < REFERENCE_IMAGE_MIN_BYTES)
        return REFERENCE_IMAGE_TOO_SMALL;
    if (image.len > REFERENCE_IMAGE_MAX_BYTES)
        return REFERENCE_IMAGE_TOO_LARGE;
    if (image_kind_of(image) == IMAGE_UNKNOWN)
        return REFERENCE_IMAGE_UNKNOWN_KIND;
    const int faces = count_faces(image);
    if (faces != 1)
        return faces == 0 ? REFERENCE_IMAGE_NO_FACE : REFERENCE_IMAGE_SEVERAL_FACES;
    sha256(image.data, image.len, ret_hash);
    return REFERENCE_IMAGE_GOOD;
}

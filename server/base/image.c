/*
 * Kinds of images by their first bytes. Whether the rest is an image nobody here looks at.
 */
#include "base/image.h"

static const struct {
    struct slice beginning;
    enum image_kind kind;
} signatures[] = {
    {SLICE_INIT("\xFF\xD8\xFF"), IMAGE_JPEG},
    {SLICE_INIT("\x89PNG\r\n\x1A\n"), IMAGE_PNG},
    {SLICE_INIT("GIF87a"), IMAGE_GIF},
    {SLICE_INIT("GIF89a"), IMAGE_GIF},
    {SLICE_INIT("BM"), IMAGE_BMP},
};

enum image_kind image_kind_of(struct slice bytes)
{
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        struct slice beginning = signatures[i].beginning;
        if (bytes.len >= beginning.len && memcmp(bytes.data, beginning.data, beginning.len) == 0) {
            return signatures[i].kind;
        }
    }
    return IMAGE_UNKNOWN;
}

const char *image_media_type(enum image_kind kind)
{
    static const char *const types[IMAGE_KIND_COUNT] = {
        [IMAGE_UNKNOWN] = "application/octet-stream",
        [IMAGE_JPEG] = "image/jpeg",
        [IMAGE_PNG] = "image/png",
        [IMAGE_GIF] = "image/gif",
        [IMAGE_BMP] = "image/bmp",
    };
    return types[kind];
}

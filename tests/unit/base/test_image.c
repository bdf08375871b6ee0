/* Promises of base/image.h. */
#include "base/image.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static const struct {
    struct slice beginning;
    enum image_kind kind;
    const char *media_type;
} samples[] = {
    {SLICE_INIT("\xFF\xD8\xFF\xE0\0\x10JFIF"), IMAGE_JPEG, "image/jpeg"},
    {SLICE_INIT("\xFF\xD8\xFF\xE1"), IMAGE_JPEG, "image/jpeg"},
    {SLICE_INIT("\x89PNG\r\n\x1A\n\0\0\0\rIHDR"), IMAGE_PNG, "image/png"},
    {SLICE_INIT("GIF87a\1\0"), IMAGE_GIF, "image/gif"},
    {SLICE_INIT("GIF89a\1\0"), IMAGE_GIF, "image/gif"},
    {SLICE_INIT("BM\x36\0\0\0"), IMAGE_BMP, "image/bmp"},
    {SLICE_INIT(""), IMAGE_UNKNOWN, "application/octet-stream"},
    {SLICE_INIT("\xFF\xD8"), IMAGE_UNKNOWN, "application/octet-stream"},
    {SLICE_INIT("\x89PNG\n\x1A\n"), IMAGE_UNKNOWN, "application/octet-stream"},
    {SLICE_INIT("GIF88a"), IMAGE_UNKNOWN, "application/octet-stream"},
    {SLICE_INIT("B"), IMAGE_UNKNOWN, "application/octet-stream"},
    {SLICE_INIT("RIFF\0\0\0\0WEBP"), IMAGE_UNKNOWN, "application/octet-stream"},
    {SLICE_INIT("<svg/>"), IMAGE_UNKNOWN, "application/octet-stream"},
};

Test(image, is_known_by_its_first_bytes)
{
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        cr_expect_eq(image_kind_of(samples[i].beginning), samples[i].kind, "%zu", i);
        cr_expect_str_eq(image_media_type(samples[i].kind), samples[i].media_type);
    }
    cr_expect_eq(image_kind_of((struct slice){NULL, 0}), IMAGE_UNKNOWN);
}

Test(image, nothing_is_read_behind_its_end)
{
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        for (size_t size = 0; size <= samples[i].beginning.len; size++) {
            char *exact = malloc(size > 0 ? size : 1);
            memcpy(exact, samples[i].beginning.data, size);
            (void)image_kind_of((struct slice){exact, size});
            free(exact);
        }
    }
}

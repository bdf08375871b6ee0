/*
 * Reference images: what is refused and why.
 */
#include "emulator/reference_image.h"
#include "pictures.h"

#include <criterion/criterion.h>

static enum reference_image_fault check(const char *beginning, const char *text, size_t size)
{
    CLEANUP(buf) struct buf image = picture(beginning, text, size);
    uint8_t hash[SHA256_BYTES];

    return reference_image_check(buf_slice(&image), hash);
}

Test(reference_image, takes_1_kb_to_6_mb)
{
    cr_expect_eq(check(PNG_BEGINNING, "", 1023), REFERENCE_IMAGE_TOO_SMALL);
    cr_expect_eq(check(PNG_BEGINNING, "", 1024), REFERENCE_IMAGE_GOOD);
    cr_expect_eq(check(JPEG_BEGINNING, "", 6291456), REFERENCE_IMAGE_GOOD);
    cr_expect_eq(check(JPEG_BEGINNING, "", 6291457), REFERENCE_IMAGE_TOO_LARGE);
    cr_expect_eq(check("", "", 0), REFERENCE_IMAGE_TOO_SMALL);
}

Test(reference_image, takes_the_four_kinds_only)
{
    cr_expect_eq(check("GIF89a", "", 2000), REFERENCE_IMAGE_GOOD);
    cr_expect_eq(check("BM", "", 2000), REFERENCE_IMAGE_GOOD);
    cr_expect_eq(check("RIFF....WEBP", "", 2000), REFERENCE_IMAGE_UNKNOWN_KIND);
    cr_expect_eq(check("<html>", "", 2000), REFERENCE_IMAGE_UNKNOWN_KIND);
}

Test(reference_image, counts_the_faces_it_is_told)
{
    cr_expect_eq(check(PNG_BEGINNING, "livenessd-faces=0", 2000), REFERENCE_IMAGE_NO_FACE);
    cr_expect_eq(check(PNG_BEGINNING, "livenessd-faces=1", 2000), REFERENCE_IMAGE_GOOD);
    cr_expect_eq(check(PNG_BEGINNING, "livenessd-faces=2", 2000), REFERENCE_IMAGE_SEVERAL_FACES);
    cr_expect_eq(check(PNG_BEGINNING, "livenessd-faces=x", 2000), REFERENCE_IMAGE_GOOD);
}

Test(reference_image, counts_at_either_end_but_not_in_between)
{
    CLEANUP(buf) struct buf image = picture(PNG_BEGINNING, "", 4000);
    uint8_t hash[SHA256_BYTES];

    buf_puts(&image, "livenessd-faces=2");
    cr_expect_eq(reference_image_check(buf_slice(&image), hash), REFERENCE_IMAGE_SEVERAL_FACES);
    for (unsigned i = 0; i < 300; i++)
        buf_putc(&image, 0);
    cr_expect_eq(reference_image_check(buf_slice(&image), hash), REFERENCE_IMAGE_GOOD);
}

Test(reference_image, is_known_by_its_sha_256)
{
    CLEANUP(buf) struct buf image = picture(PNG_BEGINNING, "", 1024);
    uint8_t hash[SHA256_BYTES], expected[SHA256_BYTES];

    cr_assert_eq(reference_image_check(buf_slice(&image), hash), REFERENCE_IMAGE_GOOD);
    sha256(image.data, image.len, expected);
    cr_expect_eq(memcmp(hash, expected, sizeof hash), 0);
}

/*
 * What the camera saw, as the player of the device tells it.
 */
#include "emulator/camera.h"
#include "pictures.h"

#include <criterion/criterion.h>

static enum emu_error decode(const char *body, struct emu_sight *ret)
{
    return emu_sight_decode(slice_of(body), ret);
}

Test(camera, sees_a_real_face_unless_told)
{
    struct emu_sight sight;

    cr_assert_eq(decode("{}", &sight), EMU_OK);
    cr_expect_eq(sight.decision, EMU_REALFACE);
    cr_expect_null(sight.error);
    cr_assert_eq(decode("", &sight), EMU_OK);
    cr_expect_eq(sight.decision, EMU_REALFACE);
    cr_assert_eq(decode("{\"error\":null,\"livenessDecision\":null}", &sight), EMU_OK);
    cr_expect_eq(sight.decision, EMU_REALFACE);
}

Test(camera, sees_every_decision_in_any_case)
{
    struct emu_sight sight;

    cr_assert_eq(decode("{\"livenessDecision\":\"spoofFace\"}", &sight), EMU_OK);
    cr_expect_eq(sight.decision, EMU_SPOOFFACE);
    cr_assert_eq(decode("{\"livenessDecision\":\"uncertain\",\"matchConfidence\":0.25}", &sight),
                 EMU_OK);
    cr_expect_eq(sight.decision, EMU_UNCERTAIN);
    cr_expect_float_eq(sight.match_confidence, 0.25, 1e-9);
    cr_expect_str_eq(emu_decision_word(EMU_UNCERTAIN), "uncertain");
}

Test(camera, knows_the_documented_error_in_its_own_words)
{
    struct emu_sight sight;

    cr_assert_eq(decode("{\"error\":\"facewithmaskdetected\"}", &sight), EMU_OK);
    cr_assert_not_null(sight.error);
    cr_expect_str_eq(sight.error->code, "FaceWithMaskDetected");
    cr_expect_str_eq(sight.error->message, "Mask detected on face image.");
    cr_expect_not(emu_camera_error_cancels(sight.error));
}

Test(camera, takes_only_leaving_the_session_for_a_cancel)
{
    struct emu_sight sight;

    cr_assert_eq(decode("{\"error\":\"UserCanceledSession\"}", &sight), EMU_OK);
    cr_expect(emu_camera_error_cancels(sight.error));
    cr_assert_eq(decode("{\"error\":\"UserCanceledActiveMotion\"}", &sight), EMU_OK);
    cr_expect_not(emu_camera_error_cancels(sight.error));
}

Test(camera, refuses_what_it_does_not_know)
{
    static const struct {
        const char *body;
        enum emu_error error;
    } bad[] = {
        {"{", EMU_BAD_ARGUMENT},
        {"[]", EMU_INVALID_REQUEST_BODY},
        {"{\"livenessDecision\":\"live\"}", EMU_INVALID_REQUEST_BODY},
        {"{\"livenessDecision\":\"\"}", EMU_INVALID_REQUEST_BODY},
        {"{\"livenessDecision\":true}", EMU_INVALID_REQUEST_BODY},
        {"{\"error\":\"Nonsense\"}", EMU_INVALID_REQUEST_BODY},
        {"{\"error\":{}}", EMU_INVALID_REQUEST_BODY},
        {"{\"matchConfidence\":1.1}", EMU_INVALID_REQUEST_BODY},
        {"{\"verifyImage\":5}", EMU_INVALID_REQUEST_BODY},
        {"{\"verifyImage\":\"no base64\"}", EMU_INVALID_REQUEST_BODY},
        {"{\"abuse\":\"true\"}", EMU_INVALID_REQUEST_BODY},
        {"{\"faceId\":\"\"}", EMU_INVALID_REQUEST_BODY},
        {"{\"error\":\"TimedOut\",\"livenessDecision\":\"realface\"}", EMU_INVALID_REQUEST_BODY},
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct emu_sight sight = {.match_confidence = 7};
        cr_expect_eq(decode(bad[i].body, &sight), bad[i].error, "%s", bad[i].body);
        cr_expect_float_eq(sight.match_confidence, 7, 1e-9, "untouched: %s", bad[i].body);
    }
}

static enum emu_error decode_image(const struct buf *image, struct emu_sight *ret)
{
    CLEANUP(buf) struct buf body;

    buf_init(&body, (size_t)16 << 20);
    buf_puts(&body, "{\"verifyImage\":\"");
    base64_encode(image->data, image->len, &body);
    buf_puts(&body, "\"}");
    return emu_sight_decode(buf_slice(&body), ret);
}

Test(camera, takes_a_reference_image_of_the_largest_size)
{
    CLEANUP(buf) struct buf image = picture(JPEG_BEGINNING, "", 6 * 1024 * 1024);
    struct emu_sight sight;
    uint8_t hash[SHA256_BYTES];

    cr_assert_eq(decode_image(&image, &sight), EMU_OK);
    sha256(image.data, image.len, hash);
    cr_expect(sight.has_image);
    cr_expect_null(sight.image_error);
    cr_expect_eq(memcmp(sight.image_hash, hash, sizeof hash), 0);
}

Test(camera, takes_a_bad_reference_image_for_an_error_of_the_attempt)
{
    CLEANUP(buf) struct buf small = picture(JPEG_BEGINNING, "", 1000);
    CLEANUP(buf) struct buf large = picture(JPEG_BEGINNING, "", 6 * 1024 * 1024 + 1);
    CLEANUP(buf) struct buf page = picture("<html>", "", 2000);
    CLEANUP(buf) struct buf crowd = picture(JPEG_BEGINNING, "livenessd-faces=3", 2000);
    struct emu_sight sight;

    cr_assert_eq(decode_image(&small, &sight), EMU_OK);
    cr_expect_str_eq(sight.image_error->code, "ImageSizeIsTooSmall");
    cr_assert_eq(decode_image(&large, &sight), EMU_OK);
    cr_expect_str_eq(sight.image_error->code, "ImageSizeIsTooLarge");
    cr_assert_eq(decode_image(&page, &sight), EMU_OK);
    cr_expect_str_eq(sight.image_error->code, "UnsupportedMediaType");
    cr_assert_eq(decode_image(&crowd, &sight), EMU_OK);
    cr_expect_str_eq(sight.image_error->code, "MultipleFaceFound");
}

Test(camera, keeps_a_hash_of_whose_face_it_is)
{
    struct emu_sight sight;
    uint8_t hash[SHA256_BYTES];

    cr_assert_eq(decode("{\"faceId\":\"anna\",\"abuse\":true}", &sight), EMU_OK);
    sha256("anna", 4, hash);
    cr_expect(sight.abuse);
    cr_expect(sight.has_face);
    cr_expect_eq(memcmp(sight.face_hash, hash, sizeof hash), 0);
    cr_assert_eq(decode("{}", &sight), EMU_OK);
    cr_expect_not(sight.abuse);
    cr_expect_not(sight.has_face);
    cr_expect_not(sight.has_image);
}

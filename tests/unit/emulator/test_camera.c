/*
 * What the camera saw, as the player of the device tells it.
 */
#include "emulator/camera.h"

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
        {"{\"error\":\"TimedOut\",\"livenessDecision\":\"realface\"}", EMU_INVALID_REQUEST_BODY},
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct emu_sight sight = {.match_confidence = 7};
        cr_expect_eq(decode(bad[i].body, &sight), bad[i].error, "%s", bad[i].body);
        cr_expect_float_eq(sight.match_confidence, 7, 1e-9, "untouched: %s", bad[i].body);
    }
}

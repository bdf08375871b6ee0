/*
 * Decodes what the camera saw. Leaves to the session what follows from it. Invariant: no copy of a
 * reference image outlives the call unwiped.
 */
#include "emulator/camera.h"

#include "base/json.h"
#include "base/secret.h"
#include "emulator/reference_image.h"

/* An image of the largest size in base64, and some more so that a too large one is seen as such. */
enum { SIGHT_MAX = 9 * 1024 * 1024, IMAGE_TEXT_MAX = SIGHT_MAX, FACE_ID_MAX = 256, FACES_MAX = 4 };

static const struct json_limits sight_limits = {SIGHT_MAX, 16, 4096};

static const struct emu_camera_error camera_errors[] = {
#define ATTEMPT_ERROR(code, advice, message, say) {code, message},
#include "base/attempt_error_table.h"
#undef ATTEMPT_ERROR
};

static const char *const decision_words[EMU_DECISION_COUNT] = {
    [EMU_REALFACE] = "realface",
    [EMU_SPOOFFACE] = "spoofface",
    [EMU_UNCERTAIN] = "uncertain",
};

const char *emu_decision_word(enum emu_decision decision)
{
    return decision_words[decision];
}

bool emu_camera_error_cancels(const struct emu_camera_error *error)
{
    return slice_equal(slice_of(error->code), SLICE("UserCanceledSession"));
}

const struct emu_camera_error *emu_camera_error_find(struct slice code)
{
    for (size_t i = 0; i < sizeof camera_errors / sizeof *camera_errors; i++)
        if (slice_equal_nocase(slice_of(camera_errors[i].code), code))
            return &camera_errors[i];
    return NULL;
}

static bool find_decision(struct slice word, enum emu_decision *ret)
{
    for (enum emu_decision i = EMU_REALFACE; i < EMU_DECISION_COUNT; i++) {
        if (slice_equal_nocase(slice_of(decision_words[i]), word)) {
            *ret = i;
            return true;
        }
    }
    return false;
}

static const struct emu_camera_error *image_error_of(enum reference_image_fault fault)
{
    static const char *const codes[REFERENCE_IMAGE_FAULT_COUNT] = {
        [REFERENCE_IMAGE_TOO_SMALL] = "ImageSizeIsTooSmall",
        [REFERENCE_IMAGE_TOO_LARGE] = "ImageSizeIsTooLarge",
        [REFERENCE_IMAGE_UNKNOWN_KIND] = "UnsupportedMediaType",
        [REFERENCE_IMAGE_NO_FACE] = "FaceNotFound",
        [REFERENCE_IMAGE_SEVERAL_FACES] = "MultipleFaceFound",
    };

    return codes[fault] ? emu_camera_error_find(slice_of(codes[fault])) : NULL;
}

/* The text is the document's own copy, which nobody reads again. */
static void wipe_copy(struct slice text)
{
    char *copy = NULL;

    memcpy(&copy, &text.data, sizeof copy);
    secret_wipe(copy, text.len);
}

static enum emu_error read_image(const cJSON *object, struct emu_sight *sight)
{
    CLEANUP(secret_buf) struct buf image;
    struct slice text = {0};

    buf_init_secret(&image, IMAGE_TEXT_MAX);
    const enum json_read read = json_string(object, "verifyImage", 0, IMAGE_TEXT_MAX, &text);
    if (read != JSON_OK)
        return read == JSON_ABSENT ? EMU_OK : EMU_INVALID_REQUEST_BODY;
    const int failed = base64_decode(text, &image);
    wipe_copy(text);
    if (failed)
        return EMU_INVALID_REQUEST_BODY;
    sight->has_image = true;
    sight->image_error =
        image_error_of(reference_image_check(buf_slice(&image), sight->image_hash));
    return EMU_OK;
}

static enum emu_error read_face(const cJSON *object, struct emu_sight *sight)
{
    struct slice face = {0};
    int64_t faces = 1;

    if (json_bool(object, "abuse", &sight->abuse) == JSON_WRONG ||
        json_integer(object, "faces", 0, FACES_MAX, &faces) == JSON_WRONG ||
        json_string(object, "faceId", 1, FACE_ID_MAX, &face) == JSON_WRONG)
        return EMU_INVALID_REQUEST_BODY;
    sight->faces = (unsigned)faces;
    sight->has_face = face.data != NULL;
    if (sight->has_face)
        sha256(face.data, face.len, sight->face_hash);
    return EMU_OK;
}

static enum emu_error read_outcome(const cJSON *object, struct emu_sight *sight)
{
    struct slice decision = {0};
    struct slice error = {0};

    if (json_string(object, "livenessDecision", 1, 64, &decision) == JSON_WRONG ||
        json_string(object, "error", 1, 64, &error) == JSON_WRONG ||
        json_number(object, "matchConfidence", 0, 1, &sight->match_confidence) == JSON_WRONG ||
        (decision.data && error.data))
        return EMU_INVALID_REQUEST_BODY;
    if (decision.data && !find_decision(decision, &sight->decision))
        return EMU_INVALID_REQUEST_BODY;
    if (error.data && !(sight->error = emu_camera_error_find(error)))
        return EMU_INVALID_REQUEST_BODY;
    return EMU_OK;
}

enum emu_error emu_sight_decode(struct slice body, struct emu_sight *ret)
{
    CLEANUP(json) cJSON *document = NULL;
    const char *why = NULL;
    struct emu_sight sight = {.match_confidence = 0.9, .faces = 1};

    if (body.len > 0) {
        if (json_parse(body, &sight_limits, &document, &why))
            return EMU_BAD_ARGUMENT;
        enum emu_error error = EMU_OK;
        if ((error = read_outcome(document, &sight)) || (error = read_face(document, &sight)) ||
            (error = read_image(document, &sight)))
            return error;
    }
    *ret = sight;
    return EMU_OK;
}

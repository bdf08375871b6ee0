/*
 * Decodes what the camera saw. Leaves to the session what follows from it.
 */
#include "emulator/camera.h"

#include "base/json.h"

static const struct emu_camera_error camera_errors[] = {
#define CAMERA_ERROR(code, message) {code, message},
#include "emulator/camera_error_table.h"
#undef CAMERA_ERROR
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

static const struct emu_camera_error *find_error(struct slice code)
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

static enum emu_error read_sight(const cJSON *object, struct emu_sight *sight)
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
    if (error.data && !(sight->error = find_error(error)))
        return EMU_INVALID_REQUEST_BODY;
    return EMU_OK;
}

enum emu_error emu_sight_decode(struct slice body, struct emu_sight *ret)
{
    CLEANUP(json) cJSON *document = NULL;
    const char *why = NULL;
    struct emu_sight sight = {.match_confidence = 0.9};

    if (body.len > 0) {
        if (json_parse(body, &json_limits_request, &document, &why))
            return EMU_BAD_ARGUMENT;
        const enum emu_error error = read_sight(document, &sight);
        if (error)
            return error;
    }
    *ret = sight;
    return EMU_OK;
}

/*
 * What the camera saw, as the player of the device tells it: the body of singleModal. The real
 * service gets a video there; its protocol is not public, so this one is ours.
 */
#pragma once

#include <stdbool.h>

#include "base/slice.h"
#include "emulator/error.h"

enum emu_decision { EMU_REALFACE, EMU_SPOOFFACE, EMU_UNCERTAIN, EMU_DECISION_COUNT };

struct emu_camera_error {
    const char *code;
    const char *message;
};

struct emu_sight {
    enum emu_decision decision;           /* when there is no error */
    const struct emu_camera_error *error; /* static, or NULL */
    double match_confidence;              /* 0 to 1; 0.9 unless told */
};

const char *emu_decision_word(enum emu_decision decision);
/* Whether this error is the user walking away, which ends the session. */
bool emu_camera_error_cancels(const struct emu_camera_error *error);

/* {"livenessDecision"?, "error"?, "matchConfidence"?}; `{}` and nothing at all are a real face.
 * Words in any case. Decision and error together are refused. */
enum emu_error emu_sight_decode(struct slice body, struct emu_sight *ret) MUST_CHECK;

/*
 * What the camera saw, as the player of the device tells it: the body of singleModal. The real
 * service gets a video there; its protocol is not public, so this one is ours.
 */
#pragma once

#include <stdbool.h>

#include "base/crypto.h"
#include "base/slice.h"
#include "emulator/error.h"

enum emu_decision { EMU_REALFACE, EMU_SPOOFFACE, EMU_UNCERTAIN, EMU_DECISION_COUNT };

struct emu_camera_error {
    const char *code;
    const char *message;
};

/* Owns nothing: of texts and images only hashes are kept. */
struct emu_sight {
    enum emu_decision decision;                 /* when there is no error */
    const struct emu_camera_error *error;       /* static, or NULL */
    double match_confidence;                    /* 0 to 1; 0.9 unless told */
    unsigned faces;                             /* in the session image; 1 unless told */
    bool abuse;                                 /* told to count as abuse, where it is monitored */
    bool has_face;                              /* a face that can be met again in other sessions */
    bool has_image;                             /* the device brought the reference image */
    const struct emu_camera_error *image_error; /* what is wrong with it, or NULL */
    uint8_t face_hash[SHA256_BYTES];
    uint8_t image_hash[SHA256_BYTES]; /* when nothing is wrong with it */
};

const char *emu_decision_word(enum emu_decision decision);
/* NULL when there is none of this code, in any case. */
const struct emu_camera_error *emu_camera_error_find(struct slice code);
/* Whether this error is the user walking away, which ends the session. */
bool emu_camera_error_cancels(const struct emu_camera_error *error);

/*
 * {"livenessDecision"?, "error"?, "matchConfidence"?, "verifyImage"? (base64), "faceId"?,
 * "abuse"?, "faces"? (0 to 4: what /detect finds in the session image)};
 * `{}` and nothing at all are a real face. Words in any case. Decision and error together are
 * refused. `faceId` is any text of up to 256 bytes that stands for whose face it is. An image that
 * the service would not take is no error of the call but of the attempt.
 */
enum emu_error emu_sight_decode(struct slice body, struct emu_sight *ret) MUST_CHECK;

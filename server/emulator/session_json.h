/*
 * A session as the Face API shows it since v1.2 (LivenessSession, LivenessWithVerifySession), and
 * the pieces that the older shape shares with it.
 */
#pragma once

#include "base/buf.h"
#include "base/json.h"
#include "emulator/emu_version.h"
#include "emulator/sessions.h"

enum { EMU_DIGEST_HEX_SIZE = 2 * EMU_DIGEST_BYTES + 1 };

/* 64 upper-case hex digits. */
void emu_digest_format(const uint8_t digest[EMU_DIGEST_BYTES], char ret[EMU_DIGEST_HEX_SIZE]);
/* {"top":…,"left":…,"width":…,"height":…} */
void emu_rectangle_put(struct json_writer *writer, const struct emu_rectangle *rectangle);
/* The members faceRectangle and qualityForRecognition of the face in a reference image, which
 * follow from its hash. */
void emu_reference_put(struct json_writer *writer, const uint8_t image_hash[SHA256_BYTES]);
/* The hash of the image that the attempt was compared with; NULL when there was none. */
const uint8_t *emu_attempt_reference(const struct emu_session *session,
                                     const struct emu_attempt *attempt);
/* The members matchConfidence and isIdentical. */
void emu_match_put(struct json_writer *writer, const struct emu_session *session,
                   const struct emu_attempt *attempt);
void emu_image_id_put(struct json_writer *writer, const char *session_id,
                      const uint8_t image_guid[EMU_GUID_BYTES]);

/* `auth_token` is empty except in the answer of the create. Attempts stand newest first. */
void emu_session_write(const struct emu_session *session, enum emu_version version,
                       struct slice auth_token, struct buf *ret);
/* As v1.2, and each attempt's verifyResult once more beside its result: the tutorial's snippets
 * look for it there. */
void emu_session_write_for_tutorial(const struct emu_session *session, struct buf *ret);

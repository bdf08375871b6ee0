/*
 * Session images: their ids, and a picture that stands for what the camera took. Nothing is stored:
 * the id holds the session's id, and the picture follows from the attempt.
 */
#pragma once

#include "base/buf.h"
#include "emulator/sessions.h"

enum { EMU_IMAGE_ID_SIZE = 45 };

/* base64url of 0x01, the session's GUID in the byte order of .NET, and the image's own GUID. */
void emu_image_id_format(const char *session_id, const uint8_t image_guid[EMU_GUID_BYTES],
                         char ret[EMU_IMAGE_ID_SIZE]);
/* The attempt whose image this is, and its session; NULL when there is none. */
const struct emu_attempt *emu_image_find(struct emu_sessions *sessions, struct slice image_id,
                                         int64_t now_ms, const struct emu_session **ret_session);
/* A JPEG of some kilobytes: the same for the same attempt, another for every other. */
void emu_image_write(const struct emu_attempt *attempt, struct buf *ret);

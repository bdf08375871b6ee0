/*
 * A session as the Face API shows it (LivenessSession of v1.2).
 */
#pragma once

#include "base/buf.h"
#include "emulator/sessions.h"

enum { EMU_DIGEST_HEX_SIZE = 2 * EMU_DIGEST_BYTES + 1 };

/* 64 upper-case hex digits. */
void emu_digest_format(const uint8_t digest[EMU_DIGEST_BYTES], char ret[EMU_DIGEST_HEX_SIZE]);

/* `auth_token` is empty except in the answer of the create. Attempts stand newest first. */
void emu_session_write(const struct emu_session *session, struct slice auth_token, struct buf *ret);

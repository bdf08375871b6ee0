/*
 * Sessions as the previews before v1.2 show them: items, audit entries, and the state told in other
 * words. There an attempt is a call of the device, and the session's result is the newest one.
 */
#pragma once

#include "base/buf.h"
#include "base/json.h"
#include "emulator/emu_version.h"
#include "emulator/sessions.h"

/* The answer of a create. */
void emu_preview_write_created(const struct emu_session *session, struct slice auth_token,
                               struct buf *ret);
void emu_preview_write(const struct emu_session *session, enum emu_version version, int64_t now_ms,
                       struct buf *ret);
/* An element of the list: the session without status and result. */
void emu_preview_put_item(struct json_writer *writer, const struct emu_session *session,
                          int64_t now_ms);
/* The audit entry of the attempt with this id (from 1). */
void emu_preview_put_entry(struct json_writer *writer, const struct emu_session *session,
                           enum emu_version version, unsigned attempt_id);
/* The members of a result's body: a decision, or an error. */
void emu_preview_put_result(struct json_writer *writer, const struct emu_session *session,
                            const struct emu_attempt *attempt);

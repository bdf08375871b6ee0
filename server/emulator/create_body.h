/*
 * The body of a create, as strict and as lenient as the Face API is: unknown members are ignored,
 * words compare in any case, booleans may come as text (the official tutorial sends them so).
 */
#pragma once

#include "base/slice.h"
#include "emulator/error.h"
#include "emulator/sessions.h"

enum { EMU_CORRELATION_ID_CHARACTERS = 64 };

/* Whether it is a text of 1 to 64 characters; GUID syntax is not asked for. */
bool emu_correlation_id_valid(struct slice id);

/* The JSON body of a plain liveness session. On EMU_OK *ret is the caller's
 * (emu_session_settings_done); otherwise untouched. */
enum emu_error emu_create_decode(struct slice body, struct emu_session_settings *ret) MUST_CHECK;

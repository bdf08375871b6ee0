/*
 * The body of a create, as strict and as lenient as the Face API is: unknown members are ignored,
 * among them those that the version does not have yet or no longer; words compare in any case,
 * booleans may come as text (the official tutorial sends them so).
 */
#pragma once

#include "base/slice.h"
#include "emulator/error.h"
#include "emulator/sessions.h"

enum { EMU_CORRELATION_ID_CHARACTERS = 64 };

/* Whether it is a text of 1 to 64 characters; GUID syntax is not asked for. */
bool emu_correlation_id_valid(struct slice id);

struct emu_create {
    enum emu_version version;
    enum emu_kind kind;
    bool strict;
    bool multipart;            /* JSON otherwise */
    struct slice content_type; /* of a multipart body: the header's whole value */
    struct slice body;
};

/* On EMU_OK *ret is the caller's (emu_session_settings_done); otherwise untouched. */
enum emu_error emu_create_decode(const struct emu_create *create,
                                 struct emu_session_settings *ret) MUST_CHECK;

/*
 * What the address of a Face or device call names: version, kind of session, id. An address that
 * the version does not have is one that the gateway does not know.
 */
#pragma once

#include "emulator/call.h"
#include "emulator/emu_version.h"

struct emu_target {
    enum emu_version version;
    const struct emu_version_info *info;
    enum emu_kind kind; /* EMU_KIND_COUNT: the address names none */
    struct slice id;    /* raw; data NULL when the address has none */
};

/* Each fails the call and returns false or NULL when there is no such thing. */
bool emu_target_find(struct emu_call *call, struct emu_target *ret);
/* The same for calls with a key: an unknown address is told before a wrong key. */
bool emu_target_admit(struct emu_call *call, struct emu_target *ret);
struct emu_session *emu_target_session(struct emu_call *call, const struct emu_target *target);

/*
 * Reads the address by the route's row.
 */
#include "emulator/target.h"

#include "emulator/routes.h"

static bool is_served(const struct emulator *emulator, unsigned versions, enum emu_version version)
{
    return (versions & 1U << version) != 0 &&
           ((versions & EMU_TUTORIAL) == 0 || emulator->tutorial_paths);
}

bool emu_target_find(struct emu_call *call, struct emu_target *ret)
{
    const struct request *request = call->flow.request;
    const struct emu_place place = emu_place_of(request->route);
    struct emu_target target = {.kind = place.kind, .id = request->params[1]};

    if (!emu_version_find(request->params[0], &target.version) ||
        !is_served(emu_call_emulator(call), place.versions, target.version)) {
        emu_call_fail(call, EMU_RESOURCE_NOT_FOUND);
        return false;
    }
    target.info = emu_version_info(target.version);
    *ret = target;
    return true;
}

bool emu_target_admit(struct emu_call *call, struct emu_target *ret)
{
    return emu_target_find(call, ret) && emu_call_check_key(call);
}

/* The tutorial creates sessions of one kind under the address of the other and goes on with the
 * right one. */
static bool is_meant(const struct emulator *emulator, const struct emu_target *target,
                     const struct emu_session *session)
{
    return target->kind == EMU_KIND_COUNT || session->settings.kind == target->kind ||
           (emulator->tutorial_paths && target->version == EMU_V1_2);
}

struct emu_session *emu_target_session(struct emu_call *call, const struct emu_target *target)
{
    struct emulator *emulator = emu_call_emulator(call);
    struct emu_session *session =
        emu_sessions_find(&emulator->sessions, target->id, emu_call_now_ms(call));

    if (session && is_meant(emulator, target, session))
        return session;
    emu_call_fail(call, EMU_SESSION_NOT_FOUND);
    return NULL;
}

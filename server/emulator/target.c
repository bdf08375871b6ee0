/*
 * Reads the address by the route's row.
 */
#include "emulator/target.h"

#include "emulator/routes.h"

bool emu_target_find(struct emu_call *call, struct emu_target *ret)
{
    const struct request *request = call->flow.request;
    const struct emu_place place = emu_place_of(request->route);
    struct emu_target target = {.kind = place.kind, .id = request->params[1]};

    if (!emu_version_find(request->params[0], &target.version) ||
        !(place.versions & 1U << target.version)) {
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

struct emu_session *emu_target_session(struct emu_call *call, const struct emu_target *target)
{
    struct emu_session *session =
        emu_sessions_find(&emu_call_emulator(call)->sessions, target->id, emu_call_now_ms(call));

    if (session && (target->kind == EMU_KIND_COUNT || session->settings.kind == target->kind))
        return session;
    emu_call_fail(call, EMU_SESSION_NOT_FOUND);
    return NULL;
}

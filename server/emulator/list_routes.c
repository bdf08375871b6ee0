/*
 * What only the previews have: the list of sessions and the audit of one.
 */
#include "emulator/list_query.h"
#include "emulator/preview_json.h"
#include "emulator/routes.h"
#include "emulator/target.h"

#include <stdio.h>

enum { ENTRY_ID_SIZE = 12 };

/* ---- list ---- */

static enum flow_next begin_list(struct flow *flow)
{
    return emu_call_begin(flow, EMU_LIST);
}

static void write_list(const struct emu_session *const *sessions, size_t count, int64_t now_ms,
                       struct buf *ret)
{
    struct json_writer writer = json_writer(ret);

    json_open(&writer, NULL, '[');
    for (size_t i = 0; i < count; i++)
        emu_preview_put_item(&writer, sessions[i], now_ms);
    json_close(&writer, ']');
}

static enum flow_next list_sessions(struct flow *flow)
{
    struct emu_call *call = (struct emu_call *)flow;
    struct emu_sessions *sessions = &emu_call_emulator(call)->sessions;
    const int64_t now_ms = emu_call_now_ms(call);
    struct emu_list_query query;
    struct emu_target target;

    if (!emu_target_admit(call, &target))
        return FLOW_NEXT;
    const enum emu_error error = emu_list_query_read(flow->request, &query);
    if (error) {
        emu_call_fail(call, error);
        return FLOW_NEXT;
    }
    const struct emu_session **found =
        request_alloc(flow->request, EMU_LIST_TOP_MAX * sizeof(struct emu_session *));
    emu_sessions_sweep(sessions, now_ms);
    const size_t count = emu_list_select(sessions, target.kind, &query, found);
    write_list(found, count, now_ms, emu_call_answer(call, 200));
    return FLOW_NEXT;
}

const struct flow_step emu_list_steps[] = EMU_CALL_STEPS(begin_list, list_sessions);

/* ---- audit ---- */

static enum flow_next begin_audit(struct flow *flow)
{
    return emu_call_begin(flow, EMU_AUDIT);
}

/* Entry ids have one digit, so that their order as text is theirs as numbers. */
static void write_audit(const struct emu_session *session, enum emu_version version,
                        const struct emu_list_query *query, struct buf *ret)
{
    struct json_writer writer = json_writer(ret);
    size_t left = query->top;
    char id[ENTRY_ID_SIZE];

    json_open(&writer, NULL, '[');
    for (unsigned entry = session->attempt_count; entry > 0 && left > 0; entry--) {
        (void)snprintf(id, sizeof id, "%u", entry);
        if (!emu_list_is_behind(id, query->start))
            continue;
        emu_preview_put_entry(&writer, session, version, entry);
        left--;
    }
    json_close(&writer, ']');
}

static enum flow_next audit_session(struct flow *flow)
{
    struct emu_call *call = (struct emu_call *)flow;
    const struct emu_session *session = NULL;
    struct emu_list_query query;
    struct emu_target target;

    if (!emu_target_admit(call, &target))
        return FLOW_NEXT;
    const enum emu_error error = emu_list_query_read(flow->request, &query);
    if (error)
        emu_call_fail(call, error);
    else if ((session = emu_target_session(call, &target)))
        write_audit(session, target.version, &query, emu_call_answer(call, 200));
    return FLOW_NEXT;
}

const struct flow_step emu_audit_steps[] = EMU_CALL_STEPS(begin_audit, audit_session);

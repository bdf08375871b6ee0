/*
 * GET …/{id}/events: server-sent events. `status` whenever the session's status changes, `verdict`
 * once; then the stream ends, and who comes back with the verdict's id gets 204, so that an
 * EventSource rests. `end` says why a stream ends without a verdict.
 */
#include "base/cleanup.h"
#include "base/json.h"
#include "routes/session_flow.h"

#include <stddef.h>
#include <string.h>

enum {
    EVENT_MAX = 8 * 1024,
    LIFETIME_MS = 15 * 60 * 1000, /* then the client comes back */
    RETRY_MS = 1000,
    RETRY_SPREAD_MS = 4000, /* so that not all come back together */
    EVENT_ID_SIZE = 40,
};

static enum flow_next identify(struct flow *flow)
{
    struct look_flow *self = (struct look_flow *)flow;
    return session_identify(flow, &self->principal, self->id);
}

/* ---- events ---- */

static void event_id(const struct session_record *record, struct buf *ret)
{
    buf_printf(ret, "verdict-%lld", (long long)record->settled_at);
}

static void write_event(struct request *request, const char *name, const char *id,
                        struct slice data)
{
    CLEANUP(buf) struct buf event;
    buf_init(&event, EVENT_MAX);
    buf_printf(&event, "event: %s\n", name);
    if (id)
        buf_printf(&event, "id: %s\n", id);
    buf_puts(&event, "data: ");
    buf_put_slice(&event, data); /* our own JSON: on one line */
    buf_puts(&event, "\n\n");
    if (!buf_failed(&event))
        reply_stream_write(request, buf_slice(&event));
}

static void write_word(struct request *request, const char *name, const char *member,
                       const char *word)
{
    CLEANUP(buf) struct buf data;
    buf_init(&data, EVENT_MAX);
    struct json_writer json = json_writer(&data);
    json_open(&json, NULL, '{');
    json_put_string(&json, member, word);
    json_close(&json, '}');
    write_event(request, name, NULL, buf_slice(&data));
}

static void write_retry(struct request *request)
{
    const struct services *services = request->context;
    uint32_t roll;
    random_fill(services->random, &roll, sizeof roll);
    CLEANUP(buf) struct buf line;
    buf_init(&line, 64);
    buf_printf(&line, "retry: %u\n\n", RETRY_MS + roll % RETRY_SPREAD_MS);
    reply_stream_write(request, buf_slice(&line));
}

static struct session_view view_of(const struct events_flow *self)
{
    return (struct session_view){.services = self->look.flow.request->context,
                                 .record = self->look.record,
                                 .face = self->look.face};
}

/* When it is another one than before. */
static void write_status(struct events_flow *self)
{
    struct request *request = self->look.flow.request;
    const struct session_view view = view_of(self);
    const char *status = path_is_preview(request) ? preview_status(&view) : session_status(&view);
    if (strcmp(status, self->status) == 0)
        return;
    strncpy(self->status, status, sizeof self->status - 1);
    write_word(request, "status", "status", status);
}

static void write_verdict(struct events_flow *self)
{
    const struct session_view view = view_of(self);
    CLEANUP(buf) struct buf verdict;
    CLEANUP(buf) struct buf id;
    buf_init(&verdict, EVENT_MAX);
    buf_init(&id, EVENT_ID_SIZE);
    session_write_verdict(&view, &verdict);
    audit_say_read(view.services->sessions->audit, AUDIT_READ, &self->look.principal, view.record);
    event_id(self->look.record, &id);
    write_status(self);
    write_event(self->look.flow.request, "verdict", id.data, buf_slice(&verdict));
}

/* ---- steps ---- */

static enum flow_next rest(struct flow *flow)
{
    struct look_flow *self = (struct look_flow *)flow;
    CLEANUP(buf) struct buf id;
    buf_init(&id, EVENT_ID_SIZE);
    event_id(self->record, &id);
    if (self->record->state != SESSION_SETTLED ||
        !slice_equal(request_header(flow->request, "last-event-id"), buf_slice(&id)))
        return FLOW_NEXT;
    reply_empty(flow->request, 204);
    return FLOW_DONE;
}

static enum flow_next admit(struct flow *flow)
{
    return limit_waiting(flow, &((struct look_flow *)flow)->principal);
}

static enum flow_next begin(struct flow *flow)
{
    struct look_flow *self = (struct look_flow *)flow;
    const struct services *services = flow->request->context;
    reply_header(flow->request, "x-accel-buffering", SLICE("no"));
    if (!reply_stream_begin(flow->request, "text/event-stream", ":\n\n"))
        return FLOW_DONE;
    write_retry(flow->request);
    self->wait_until = clock_monotonic_ms(services->clock) + LIFETIME_MS;
    if (self->record->state != SESSION_SETTLED)
        request_watch(flow->request);
    return FLOW_NEXT;
}

static const char *reason_of(enum wait_news news)
{
    switch (news) {
    case WAIT_GONE:
        return "removed";
    case WAIT_DRAINED:
        return "shutdown";
    default:
        return "timeout";
    }
}

static void told(struct wait_ticket *ticket, enum wait_news news,
                 const struct session_record *record, const struct face_session *face)
{
    struct events_flow *self =
        (struct events_flow *)((char *)ticket - offsetof(struct events_flow, look.waiting));
    self->look.record = record;
    self->look.face = face;
    if (news == WAIT_LOOKED) { /* and it goes on waiting */
        write_status(self);
        return;
    }
    self->reason = news == WAIT_SETTLED ? NULL : reason_of(news);
    flow_resume(&self->look.flow);
}

static void stop_waiting(struct flow *flow)
{
    waits_leave(&((struct look_flow *)flow)->waiting);
}

static enum flow_next follow(struct flow *flow)
{
    struct events_flow *self = (struct events_flow *)flow;
    const struct services *services = flow->request->context;
    struct look_flow *look = &self->look;
    if (!look_is_open(look)) {
        if (look->problem != PROBLEM_NONE)
            self->reason =
                look->problem == PROBLEM_SESSION_NOT_FOUND ? reason_of(WAIT_GONE) : "unavailable";
        return FLOW_NEXT;
    }
    if (look->problem == PROBLEM_NONE)
        write_status(self);
    look->waiting.told = told;
    look->waiting.every = true;
    waits_join(services->sessions->waits, look->record, look->face, flow->request->request_id,
               look->wait_until, &look->waiting);
    flow->cancel = stop_waiting;
    return FLOW_WAIT;
}

static enum flow_next end(struct flow *flow)
{
    struct events_flow *self = (struct events_flow *)flow;
    if (self->reason)
        write_word(flow->request, "end", "reason", self->reason);
    else
        write_verdict(self);
    reply_stream_end(flow->request);
    return FLOW_DONE;
}

const struct flow_step session_events_steps[] = {FLOW_STEP(caller_meet),
                                                 FLOW_STEP(identify),
                                                 FLOW_STEP(look_limit),
                                                 FLOW_STEP(limit_admit),
                                                 FLOW_STEP(look_find),
                                                 FLOW_STEP(look_own),
                                                 FLOW_STEP(rest),
                                                 FLOW_STEP(admit),
                                                 FLOW_STEP(begin),
                                                 FLOW_STEP(look_ask),
                                                 FLOW_STEP(follow),
                                                 FLOW_STEP(end),
                                                 FLOW_END};

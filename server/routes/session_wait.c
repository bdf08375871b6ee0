/*
 * Waiting for a verdict within a request: ?wait=N and Prefer: wait=N (RFC 7240). Who asks is
 * answered at once when the session is settled, and with what is known when the time is over.
 */
#include "http/preference.h"
#include "routes/session_flow.h"

#include <stddef.h>
#include <string.h>

enum { MS_PER_S = 1000, SECONDS_DIGITS_MAX = 9 };

/* ---- how long ---- */

static bool read_seconds(struct slice text, uint64_t *ret)
{
    uint64_t seconds = 0;
    if (text.len == 0)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        if (i < SECONDS_DIGITS_MAX) /* more is more than anybody waits */
            seconds = seconds * 10 + (uint64_t)(text.data[i] - '0');
    }
    *ret = seconds;
    return true;
}

/* A preference that is no number counts for nothing. */
static bool preferred_seconds(const struct request *request, uint64_t *ret)
{
    char value[PREFERENCE_SIZE];
    struct slice line = request_header_at(request, "prefer", 0);
    for (size_t i = 1; line.data; i++) {
        if (preference_find(line, SLICE("wait"), value))
            return read_seconds(slice_of(value), ret);
        line = request_header_at(request, "prefer", i);
    }
    return false;
}

static void say_applied(struct request *request, uint64_t seconds)
{
    CLEANUP(buf) struct buf text;
    buf_init(&text, 32);
    buf_printf(&text, "wait=%llu", (unsigned long long)seconds);
    reply_header(request, "preference-applied", buf_slice(&text));
}

enum flow_next look_read_wait(struct flow *flow)
{
    struct look_flow *self = (struct look_flow *)flow;
    const struct services *services = flow->request->context;
    struct slice asked = request_query(flow->request, "wait");
    uint64_t seconds = 0, max_ms = services->max_wait_ms;
    bool preferred = asked.len == 0 && preferred_seconds(flow->request, &seconds);
    if (asked.len > 0 && !read_seconds(asked, &seconds))
        return flow_fail_detail(
            flow, PROBLEM_BAD_ARGUMENT,
            &(struct problem_detail){.sentence = "wait must be a whole number of seconds."});
    uint64_t wait_ms = seconds * MS_PER_S < max_ms ? seconds * MS_PER_S : max_ms;
    if (wait_ms == 0)
        return FLOW_NEXT;
    self->wait_until = clock_monotonic_ms(services->clock) + wait_ms;
    enum flow_next next = limit_waiting(flow, &self->principal);
    if (next == FLOW_NEXT && preferred)
        say_applied(flow->request, wait_ms / MS_PER_S);
    return next;
}

/* ---- waiting ---- */

bool look_is_open(const struct look_flow *self)
{
    switch (self->problem) {
    case PROBLEM_NONE:
    case PROBLEM_UPSTREAM_BUSY:
    case PROBLEM_UPSTREAM_DENIED:
    case PROBLEM_UPSTREAM_TIMEOUT:
    case PROBLEM_UPSTREAM_BROKEN:
        return self->record->state == SESSION_CREATED;
    default:
        return false;
    }
}

static void told(struct wait_ticket *ticket, enum wait_news news,
                 const struct session_record *record, const struct face_session *face)
{
    struct look_flow *self =
        (struct look_flow *)((char *)ticket - offsetof(struct look_flow, waiting));
    self->record = record;
    self->face = face;
    if (news == WAIT_GONE)
        self->problem = PROBLEM_SESSION_NOT_FOUND;
    else if (news == WAIT_SETTLED || face) /* else what the look said still stands */
        self->problem = PROBLEM_NONE;
    flow_resume(&self->flow);
}

static void stop_waiting(struct flow *flow)
{
    waits_leave(&((struct look_flow *)flow)->waiting);
}

enum flow_next look_wait(struct flow *flow)
{
    struct look_flow *self = (struct look_flow *)flow;
    const struct services *services = flow->request->context;
    if (self->wait_until == 0 || !look_is_open(self))
        return FLOW_NEXT;
    self->waiting.told = told;
    waits_join(services->sessions->waits, self->record, self->face, flow->request->request_id,
               self->wait_until, &self->waiting);
    request_watch(flow->request);
    flow->cancel = stop_waiting;
    return FLOW_WAIT;
}

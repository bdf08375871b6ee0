/*
 * Waiting for a verdict within a request: ?wait=N and Prefer: wait=N (RFC 7240). Who asks is
 * answered at once when the session is settled, and with what is known when the time is over.
 */
#include "http/text.h"
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

/* Cuts off what stands before the separator. */
static struct slice cut(struct slice *rest, char separator)
{
    const char *end = rest->len > 0 ? memchr(rest->data, separator, rest->len) : NULL;
    struct slice piece = {rest->data, end ? (size_t)(end - rest->data) : rest->len};
    size_t used = piece.len + (end ? 1 : 0);
    rest->data += used;
    rest->len -= used;
    return text_trim(piece);
}

/* Preferences that are not understood count for nothing. */
static bool preferred_seconds(struct slice header, uint64_t *ret)
{
    while (header.len > 0) {
        struct slice preference = cut(&header, ',');
        struct slice value = cut(&preference, ';');
        struct slice name = cut(&value, '=');
        value = text_trim(value);
        if (value.len >= 2 && value.data[0] == '"' && value.data[value.len - 1] == '"')
            value = (struct slice){value.data + 1, value.len - 2};
        if (slice_equal_nocase(name, SLICE("wait")) && read_seconds(value, ret))
            return true;
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
    bool preferred =
        asked.len == 0 && preferred_seconds(request_header(flow->request, "prefer"), &seconds);
    if (asked.len > 0 && !read_seconds(asked, &seconds))
        return flow_fail_detail(
            flow, PROBLEM_BAD_ARGUMENT,
            &(struct problem_detail){.sentence = "wait must be a whole number of seconds."});
    uint64_t wait_ms = seconds * MS_PER_S < max_ms ? seconds * MS_PER_S : max_ms;
    if (wait_ms == 0)
        return FLOW_NEXT;
    self->wait_until = clock_monotonic_ms(services->clock) + wait_ms;
    if (preferred)
        say_applied(flow->request, wait_ms / MS_PER_S);
    return FLOW_NEXT;
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

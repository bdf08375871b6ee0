/*
 * Clients that vanish, over bare connections.
 */
#include "support/leaving.h"
#include "support/raw.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int client_ask(const struct rig *rig, const char *method, const char *path, const char *owner,
               const char *body)
{
    int fd = raw_connect(daemon_address(rig->server, "http"));
    const char *type = body ? "Content-Type: application/json\r\n" : "";
    raw_send(fd, text_of("%s %s HTTP/1.1\r\nHost: test\r\n%s%s%sContent-Length: %zu\r\n\r\n%s",
                         method, path, type, owner ? owner : "", owner ? "\r\n" : "",
                         body ? strlen(body) : 0, body ? body : ""));
    return fd;
}

static void close_kept(void *object)
{
    const int *fd = object;
    (void)close(*fd);
    free(object);
}

void client_leave(int fd, enum leaving way)
{
    if (way == LEAVE_CLOSE) {
        (void)close(fd);
    } else if (way == LEAVE_RESET) {
        raw_reset(fd);
    } else {
        int *kept = keep(xcalloc(1, sizeof *kept), close_kept);
        *kept = fd;
        raw_half_close(fd);
    }
}

static unsigned gauge(const struct rig *rig, const char *series)
{
    double value = metric_value(rig, series);
    if (value < 0)
        fail_at(HERE, "there is no %s", series);
    return (unsigned)value;
}

unsigned requests_in_flight(const struct rig *rig)
{
    return gauge(rig, "livenessd_http_requests_in_flight{listener=\"http\"}");
}

unsigned upstream_in_flight(const struct rig *rig)
{
    return gauge(rig, "livenessd_upstream_in_flight");
}

unsigned upstream_queued(const struct rig *rig)
{
    return gauge(rig, "livenessd_upstream_queue_length");
}

unsigned sessions_asked(const struct rig *rig)
{
    return gauge(rig, "livenessd_sessions_asked");
}

bool nothing_left(const struct rig *rig)
{
    return requests_in_flight(rig) == 0 && upstream_in_flight(rig) == 0 &&
           upstream_queued(rig) == 0 && sessions_asked(rig) == 0 &&
           gauge(rig, "livenessd_http_connections{listener=\"http\"}") == 0;
}

unsigned records_changed(const struct rig *rig)
{
    return gauge(rig, "livenessd_store_calls_total{operation=\"save\",result=\"ok\"}");
}

/*
 * Reading a stream of events.
 */
#include "support/events.h"

#include "support/raw.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct events {
    int fd;
    char *text;
    size_t size;
    bool ended;
};

static void release(void *object)
{
    struct events *events = object;
    events_leave(events);
    free(events->text);
    free(events);
}

struct events *events_open_at(const char *address, const char *path, const char *headers)
{
    struct events *events = keep(xcalloc(1, sizeof *events), release);
    events->text = xstrdup("");
    events->fd = raw_connect(address);
    raw_send(events->fd,
             text_of("GET %s HTTP/1.0\r\nHost: test\r\n%s\r\n", path, headers ? headers : ""));
    return events;
}

struct events *events_open(const struct rig *rig, const struct story *story)
{
    return events_open_at(daemon_address(rig->server, "http"),
                          text_of(SESSIONS_PATH "/%s/events", story->id),
                          text_of("%s\r\n", story->owner));
}

const char *events_text(struct events *events)
{
    char chunk[4096];
    ssize_t got = 1;
    while (!events->ended && events->fd >= 0 &&
           (got = recv(events->fd, chunk, sizeof chunk, MSG_DONTWAIT)) >= 0) {
        events->ended = got == 0;
        events->text = xrealloc(events->text, events->size + (size_t)got + 1);
        memcpy(events->text + events->size, chunk, (size_t)got);
        events->size += (size_t)got;
        events->text[events->size] = '\0';
    }
    return events->text;
}

bool events_has(struct events *events, const char *text)
{
    return strstr(events_text(events), text) != NULL;
}

bool events_ended(struct events *events)
{
    (void)events_text(events);
    return events->ended;
}

void events_leave(struct events *events)
{
    if (events->fd >= 0)
        (void)close(events->fd);
    events->fd = -1;
}

void expect_events_at(struct place place, struct events *events, const char *const *pieces)
{
    if (!wait_until(events_ended(events), SOON_MS))
        fail_at(place, "the stream does not end: %s", events_text(events));
    const char *rest = events_text(events);
    for (; *pieces; pieces++) {
        const char *found = strstr(rest, *pieces);
        if (!found)
            fail_at(place, "no \"%s\" in what is left of: %s", *pieces, events_text(events));
        rest = found + strlen(*pieces);
    }
    if (strstr(rest, "event: verdict"))
        fail_at(place, "another verdict: %s", events_text(events));
}

unsigned waiters(const struct rig *rig)
{
    return (unsigned)metric_value(rig, "livenessd_waiters");
}

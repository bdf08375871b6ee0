/*
 * A client of server-sent events: reads what comes, as it comes, over a bare connection. An old
 * client of HTTP/1.0, so that the events stand there without chunks between them.
 */
#pragma once

#include "support/rig.h"

struct events;

/* GET of the path with these header lines (each ending with \r\n; NULL: none). */
struct events *events_open_at(const char *address, const char *path, const char *headers);
/* The events of a session as its owner. */
struct events *events_open(const struct rig *rig, const struct story *story);

/* All that has come so far, head included; until the next call or the test's end. */
const char *events_text(struct events *events);
bool events_has(struct events *events, const char *text);
/* Whether the server has closed. */
bool events_ended(struct events *events);
void events_leave(struct events *events);

/* Fails unless, before the server closes, there come these pieces of text in this order, and no
 * later `verdict`. */
void expect_events_at(struct place place, struct events *events, const char *const *pieces);
#define expect_events(events, ...)                                                                 \
    expect_events_at(HERE, events, (const char *const[]){__VA_ARGS__, NULL})

/* Clients that wait for a session, as /metrics says. */
unsigned waiters(const struct rig *rig);

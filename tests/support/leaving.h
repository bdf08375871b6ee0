/*
 * A client that asks and then vanishes: the ways it can, and what has to be left of it: nothing.
 */
#pragma once

#include "support/rig.h"

enum leaving { LEAVE_CLOSE, LEAVE_RESET, LEAVE_HALF_CLOSE, LEAVE_WAYS };

/* Sends a request over a connection of its own and does not wait. `owner` is a header, it and
 * `body` may be NULL. */
int client_ask(const struct rig *rig, const char *method, const char *path, const char *owner,
               const char *body);
/* Vanishes. After a half close the connection stays open for reading until the test ends. */
void client_leave(int fd, enum leaving way);

/* Requests on the public listener that wait for their answer; calls upstream under way; calls
 * waiting for their turn; sessions being looked at. */
unsigned requests_in_flight(const struct rig *rig);
unsigned upstream_in_flight(const struct rig *rig);
unsigned upstream_queued(const struct rig *rig);
unsigned sessions_asked(const struct rig *rig);
/* None of these, and no connection of a client. */
bool nothing_left(const struct rig *rig);
/* Records that were changed in the store so far: for a settled session, once by the verdict and
 * once by the deletion upstream. */
unsigned records_changed(const struct rig *rig);

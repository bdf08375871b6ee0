/*
 * Bytes over a bare connection, for what an HTTP client would not send.
 */
#pragma once

#include "support/support.h"

/* Connects to "127.0.0.1:PORT"; fails the test when it cannot. */
int raw_connect(const char *address);
void raw_send(int fd, const char *text);
/* Ends our direction: no more will be sent, answers are still read. */
void raw_half_close(int fd);
/* Closes with a reset. */
void raw_reset(int fd);
/* Reads until the other side closes, at most SOON_MS; a text until the test ends. ret_closed (may
 * be NULL) says whether it did close. */
const char *raw_read_all(int fd, bool *ret_closed);

/*
 * What other processes that share the store did, passed on to those who wait here: a session that
 * was changed is read again, once however many say so and many wait; one that was looked at is told
 * with what was seen. After a gap in the news every session that somebody waits for is read again.
 * Nobody else's sessions are read. And how many processes there are, for those who share with them.
 */
#pragma once

#include "lifecycle/sessions.h"

enum { NEWS_READS_MAX = 100 }; /* under way at once */

struct news *news_new(struct sessions *sessions);
struct news *news_free(struct news *news);

/* This session is not what its waiters here believe: it is read, and they are told. */
void news_read(struct news *news, const char *id);
/* How many processes use the store, this one among them, as far as was heard; 0: not yet. */
unsigned news_peers(const struct news *news);

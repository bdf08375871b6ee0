/*
 * What a server says, cut into replies, in whatever pieces it comes: hiredis' parser with limits
 * around it, because the parser believes every length it is told.
 */
#pragma once

#include "base/alloc.h"
#include "base/slice.h"

#include <hiredis/hiredis.h>
#include <stdbool.h>

/* One reply with all that is in it; the longest thing that stays unparsed is a text. */
enum { REDIS_REPLY_MAX = 32 * 1024 * 1024, REDIS_ELEMENTS_MAX = 256 * 1024 };

struct redis_reader;

struct redis_reader *redis_reader_new(void);
/* NULL is fine; returns NULL. */
struct redis_reader *redis_reader_free(struct redis_reader *reader);

/* False, from then on: this is not Redis' protocol, or more of it than we take. */
bool redis_reader_feed(struct redis_reader *reader, struct slice bytes) MUST_CHECK;
/* The next whole reply, to be freed with freeReplyObject; NULL in *ret_reply: none yet. False as
 * above. */
bool redis_reader_next(struct redis_reader *reader, struct redisReply **ret_reply) MUST_CHECK;

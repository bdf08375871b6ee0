/*
 * Limits around hiredis' parser. Its functions that make objects are replaced by ones that count
 * against a budget first; the budget is a reply's. Before a reply is whole, what has been read and
 * not parsed is limited too, and so are the lines that say how long something is.
 */
#include "redis/reader.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 65536, LENGTH_DIGITS = 8 };

struct redis_reader {
    redisReader *parser;
    redisReplyObjectFunctions functions; /* ours, around: */
    const redisReplyObjectFunctions *made_by;
    size_t bytes; /* of the reply that is being read */
    size_t elements;
    bool broken;
};

/* ---- the budget ---- */

/* NULL is what the parser takes for a lack of memory. */
static void *create_string(const redisReadTask *task, char *text, size_t size)
{
    struct redis_reader *reader = task->privdata;
    if (size > REDIS_REPLY_MAX - reader->bytes) {
        return NULL;
    }
    reader->bytes += size;
    return reader->made_by->createString(task, text, size);
}

static void *create_array(const redisReadTask *task, int elements)
{
    struct redis_reader *reader = task->privdata;
    if (elements < 0 || (size_t)elements > REDIS_ELEMENTS_MAX - reader->elements) {
        return NULL;
    }
    reader->elements += (size_t)elements;
    return reader->made_by->createArray(task, elements);
}

struct redis_reader *redis_reader_new(void)
{
    struct redis_reader *reader = xcalloc(1, sizeof *reader);
    reader->parser = redisReaderCreate();
    if (!reader->parser) {
        abort(); /* no memory */
    }
    reader->made_by = reader->parser->fn;
    reader->functions = *reader->parser->fn;
    reader->functions.createString = create_string;
    reader->functions.createArray = create_array;
    reader->parser->fn = &reader->functions;
    reader->parser->privdata = reader;
    return reader;
}

struct redis_reader *redis_reader_free(struct redis_reader *reader)
{
    if (reader) {
        redisReaderFree(reader->parser);
        free(reader);
    }
    return NULL;
}

/* ---- reading ---- */

/* What the parser waits with: the start of something whose end has not come. */
static struct slice unparsed(const struct redis_reader *reader)
{
    const redisReader *parser = reader->parser;
    return (struct slice){parser->buf + parser->pos, parser->len - parser->pos};
}

/* Whether the parser is at a line that says how long a text or list will be. */
static bool expects_length(const redisReader *parser)
{
    int type = parser->ridx >= 0 ? parser->rstack[parser->ridx].type : REDIS_REPLY_NIL;
    return type == REDIS_REPLY_STRING || type == REDIS_REPLY_ARRAY;
}

/* Whether nobody in his right mind would wait for the rest: a line without end, or a length of more
 * than eight digits. */
static bool is_hopeless(const struct redis_reader *reader)
{
    struct slice rest = unparsed(reader);
    if (rest.len >= LINE_MAX_BYTES && !memchr(rest.data, '\n', LINE_MAX_BYTES)) {
        return true;
    }
    size_t digits = 0;
    while (digits < rest.len && isdigit((unsigned char)rest.data[digits])) {
        digits++;
    }
    return digits > LENGTH_DIGITS && expects_length(reader->parser);
}

bool redis_reader_feed(struct redis_reader *reader, struct slice bytes)
{
    /* a length line and two line ends come on top of a text */
    if (reader->broken || unparsed(reader).len + bytes.len > REDIS_REPLY_MAX + LINE_MAX_BYTES ||
        redisReaderFeed(reader->parser, bytes.data, bytes.len) != REDIS_OK) {
        reader->broken = true;
    }
    return !reader->broken;
}

bool redis_reader_next(struct redis_reader *reader, struct redisReply **ret_reply)
{
    void *reply = NULL;
    *ret_reply = NULL;
    if (reader->broken || redisReaderGetReply(reader->parser, &reply) != REDIS_OK) {
        reader->broken = true;
        return false;
    }
    if (reply) {
        reader->bytes = 0;
        reader->elements = 0;
        *ret_reply = reply;
    } else if (is_hopeless(reader)) {
        reader->broken = true;
        return false;
    }
    return true;
}

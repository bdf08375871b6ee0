/*
 * What other processes say on the channel "news": what they changed, what they saw upstream, that
 * they came or went. A process hears itself as well, and others may write there: what is not
 * understood is passed over.
 */
#include "store/store_redis_private.h"
#include "store/uuid_bytes.h"

#include <string.h>

/* The first word of `rest`, which then begins behind it and one space. */
static struct slice next_word(struct slice *rest)
{
    const char *end = rest->len > 0 ? memchr(rest->data, ' ', rest->len) : NULL;
    struct slice word = {rest->data, end ? (size_t)(end - rest->data) : rest->len};
    size_t taken = end ? word.len + 1 : word.len;
    *rest = (struct slice){rest->data + taken, rest->len - taken};
    return word;
}

static bool copy_word(struct slice word, char *ret, size_t size)
{
    if (word.len >= size || (word.len > 0 && memchr(word.data, '\0', word.len))) {
        return false;
    }
    memcpy(ret, word.data, word.len);
    ret[word.len] = '\0';
    return true;
}

static bool read_id(struct slice word, char ret[UUID_SIZE])
{
    uint8_t bytes[UUID_BYTES_SIZE];
    return copy_word(word, ret, UUID_SIZE) && uuid_bytes_parse(ret, bytes);
}

void redis_on_news(void *context, struct slice payload)
{
    struct store_redis *store = context;
    const struct store_listener *listener = &store->store.listener;
    struct slice rest = payload;
    struct slice who = next_word(&rest);
    struct slice what = next_word(&rest);
    char id[UUID_SIZE];
    char status_word[RECORD_WORD_SIZE];
    if (slice_equal(who, slice_of(store->instance))) {
        return;
    }
    if (slice_equal(what, SLICE("peers"))) {
        redis_presence_beat(store->presence);
    } else if (slice_equal(what, SLICE("resets"))) {
        if (listener->resets)
            listener->resets(listener->context);
    } else if (!read_id(next_word(&rest), id)) {
        return;
    } else if (slice_equal(what, SLICE("changed")) && listener->changed) {
        listener->changed(listener->context, id);
    } else if (slice_equal(what, SLICE("looked")) && listener->looked &&
               copy_word(next_word(&rest), status_word, sizeof status_word)) {
        listener->looked(listener->context, id, status_word);
    }
}

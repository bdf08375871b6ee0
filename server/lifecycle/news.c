/*
 * One `reading` a session that is to be read, in the order of the news, a bounded number under way.
 * Invariant: a reading is in the queue, or under way, and in the table while it is either.
 */
#include "lifecycle/news.h"

#include "base/alloc.h"
#include "base/table.h"
#include "lifecycle/asker.h"
#include "lifecycle/resets.h"
#include "lifecycle/waits.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

struct reading {
    UT_hash_handle hh;
    struct reading *next, *prev; /* in the queue */
    struct news *news;
    char id[UUID_SIZE];
    struct store_call *call; /* under way; NULL: in the queue */
    bool again;              /* there was more news since it began */
};

struct news {
    struct sessions *sessions;
    struct reading *readings;
    struct reading *queue;
    unsigned under_way;
    unsigned peers;
    struct series *gauge;
};

static void reading_free(struct news *news, struct reading *reading)
{
    assert(news->readings);
    HASH_DEL(news->readings, reading);
    free(reading);
}

/* ---- reading ---- */

static bool is_awaited(const struct news *news, const char *id)
{
    const struct sessions *sessions = news->sessions;
    return waits_has(sessions->waits, id) || asker_has(sessions->asker, id);
}

static void tell(const struct news *news, const char *id, const struct session_record *record)
{
    const struct sessions *sessions = news->sessions;
    if (record)
        waits_tell_change(sessions->waits, record);
    else
        waits_tell_gone(sessions->waits, id);
    asker_tell_change(sessions->asker, id, record);
}

static void read_next(struct news *news);

/* When the store does not answer, whoever waits asks it again by themselves. */
static void loaded(void *context, enum store_result result, struct session_record *record)
{
    struct reading *reading = context;
    struct news *news = reading->news;
    if (result == STORE_OK || result == STORE_NOT_FOUND)
        tell(news, reading->id, record);
    session_record_free(record);
    reading->call = NULL;
    news->under_way--;
    if (reading->again) {
        reading->again = false;
        DL_APPEND(news->queue, reading);
    } else {
        reading_free(news, reading);
    }
    read_next(news);
}

static void read_next(struct news *news)
{
    while (news->queue && news->under_way < NEWS_READS_MAX) {
        struct reading *reading = news->queue;
        DL_DELETE(news->queue, reading);
        if (is_awaited(news, reading->id)) {
            news->under_way++;
            reading->call = store_load(news->sessions->config.store, reading->id, loaded, reading);
        } else {
            reading_free(news, reading);
        }
    }
}

static void enqueue(void *context, const char *id)
{
    struct news *news = context;
    struct reading *reading = NULL;
    HASH_FIND(hh, news->readings, id, UUID_SIZE - 1, reading);
    if (reading) {
        reading->again = reading->call != NULL; /* what it brings may be older than the news */
        return;
    }
    reading = xcalloc(1, sizeof *reading);
    reading->news = news;
    memcpy(reading->id, id, UUID_SIZE);
    HASH_ADD(hh, news->readings, id, UUID_SIZE - 1, reading);
    DL_APPEND(news->queue, reading);
}

void news_read(struct news *news, const char *id)
{
    enqueue(news, id);
    read_next(news);
}

/* ---- what is heard ---- */

static void on_changed(void *context, const char *id)
{
    struct news *news = context;
    if (is_awaited(news, id))
        news_read(news, id);
}

static void on_looked(void *context, const char *id, const char *status_word)
{
    const struct news *news = context;
    asker_tell_looked(news->sessions->asker, id);
    waits_tell_looked(news->sessions->waits, id, status_word);
}

static void on_resets(void *context)
{
    const struct news *news = context;
    resets_read(news->sessions->resets);
}

static void on_missed(void *context)
{
    struct news *news = context;
    resets_read(news->sessions->resets);
    waits_each(news->sessions->waits, enqueue, news);
    asker_each(news->sessions->asker, enqueue, news);
    read_next(news);
}

static void on_peers(void *context, unsigned count)
{
    struct news *news = context;
    news->peers = count;
    series_set(news->gauge, count);
    face_client_share(news->sessions->config.face, count);
}

/* ---- start and end ---- */

struct news *news_new(struct sessions *sessions)
{
    struct news *news = xcalloc(1, sizeof *news);
    news->sessions = sessions;
    news->gauge =
        METRIC_SERIES(metrics_gauge(sessions->config.metrics, "livenessd_store_peers",
                                    "Processes that use the store, with this one.", NULL));
    store_listen(sessions->config.store, &(struct store_listener){.changed = on_changed,
                                                                  .looked = on_looked,
                                                                  .resets = on_resets,
                                                                  .missed = on_missed,
                                                                  .peers = on_peers,
                                                                  .context = news});
    return news;
}

struct news *news_free(struct news *news)
{
    if (!news)
        return NULL;
    store_listen(news->sessions->config.store, NULL);
    struct reading *reading = news->readings, *next = NULL;
    HASH_CLEAR(hh, news->readings); /* their order stays */
    for (; reading; reading = next) {
        next = reading->hh.next;
        if (reading->call)
            store_cancel(reading->call);
        free(reading);
    }
    free(news);
    return NULL;
}

unsigned news_peers(const struct news *news)
{
    return news->peers;
}

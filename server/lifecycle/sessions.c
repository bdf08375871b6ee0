/*
 * Builds the parts and keeps house: counts what is open and owed for the metrics, forgets what has
 * been kept long enough, idempotency keys at their token's end.
 */
#include "lifecycle/sessions.h"

#include "base/alloc.h"
#include "base/uv_timer.h"
#include "lifecycle/asker.h"
#include "lifecycle/audit.h"
#include "lifecycle/cache.h"
#include "lifecycle/change.h"
#include "lifecycle/creation.h"
#include "lifecycle/news.h"
#include "lifecycle/outbox.h"
#include "lifecycle/reaper.h"
#include "lifecycle/resets.h"
#include "lifecycle/revocation.h"
#include "lifecycle/waits.h"

enum {
    HOUSEKEEPING_EVERY_MS = 5000,
    FORGET_BATCH = 100 /* others wait meanwhile: a few ms */
};

static void declare_metrics(struct sessions *sessions)
{
    struct metrics *metrics = sessions->config.metrics;
    struct metric *verdicts = metrics_counter(metrics, "livenessd_verdicts_total",
                                              "Sessions settled, by decision.", "decision");
    for (int decision = 0; decision < DECISION_COUNT; decision++)
        if (decision != DECISION_PENDING)
            sessions->verdicts[decision] =
                METRIC_SERIES(verdicts, decision_word((enum decision)decision));
    struct metric *denied =
        metrics_counter(metrics, "livenessd_verdict_denied_total",
                        "Verdicts that do not accept, by each reason they have.", "reason");
    for (int reason = 0; reason < REASON_COUNT; reason++)
        sessions->denied[reason] = METRIC_SERIES(denied, reason_word((enum reason)reason));
    sessions->created = METRIC_SERIES(metrics_counter(metrics, "livenessd_sessions_created_total",
                                                      "Sessions made and recorded.", NULL));
    sessions->completed = METRIC_SERIES(
        metrics_counter(metrics, "livenessd_sessions_completed_total",
                        "Sessions whose frontend said that the check is over.", NULL));
    sessions->accepted = METRIC_SERIES(metrics_counter(metrics, "livenessd_verdicts_accepted_total",
                                                       "Sessions settled with a yes.", NULL));
    sessions->abandoned = METRIC_SERIES(
        metrics_counter(metrics, "livenessd_sessions_abandoned_total",
                        "Sessions made for clients that had left; they are deleted.", NULL));
    sessions->orphaned = METRIC_SERIES(metrics_counter(
        metrics, "livenessd_sessions_orphaned_total",
        "Creates cut off after which upstream may hold a session we cannot name.", NULL));
}

/* Run before each exposition. */
static void collect(void *context)
{
    struct sessions *sessions = context;
    struct metrics *metrics = sessions->config.metrics;
    int64_t now = clock_wall_ms(sessions->config.clock);
    const struct store_counts *counts = &sessions->counts;
    series_set(METRIC_SERIES(metrics_gauge(metrics, "livenessd_sessions_open",
                                           "Sessions without a verdict.", NULL)),
               (double)counts->open);
    series_set(
        METRIC_SERIES(metrics_gauge(metrics, "livenessd_sessions_overdue",
                                    "Sessions without a verdict whose token has expired.", NULL)),
        (double)counts->overdue);
    series_set(METRIC_SERIES(metrics_gauge(metrics, "livenessd_sessions_orphaned",
                                           "Creates cut off in the last 48 hours.", NULL)),
               (double)counts->orphaned);
    series_set(
        METRIC_SERIES(metrics_gauge(metrics, "livenessd_deletions_owed",
                                    "Sessions that should be gone upstream and are not.", NULL)),
        (double)counts->owed);
    double age = counts->oldest_owed_at ? (double)(now - counts->oldest_owed_at) / 1000.0 : 0;
    series_set(METRIC_SERIES(metrics_gauge(metrics, "livenessd_oldest_owed_deletion_seconds",
                                           "Age of the oldest of them.", NULL)),
               age);
    series_set(METRIC_SERIES(metrics_gauge(metrics, "livenessd_sessions_asked",
                                           "Sessions being looked at upstream.", NULL)),
               asker_active(sessions->asker));
}

/* ---- housekeeping ---- */

static void counted(void *context, enum store_result result, const struct store_counts *counts)
{
    struct sessions *sessions = context;
    sessions->counting = NULL;
    if (result == STORE_OK)
        sessions->counts = *counts;
}

static void forget_some(struct sessions *sessions);
static void release_some(struct sessions *sessions);

static void forgotten(void *context, enum store_result result, struct session_record *record)
{
    struct sessions *sessions = context;
    (void)record;
    sessions->forgetting = NULL;
    if (result == STORE_MORE)
        forget_some(sessions);
}

static void forget_some(struct sessions *sessions)
{
    const struct sessions_config *config = &sessions->config;
    if (!sessions->forgetting)
        sessions->forgetting = store_forget(config->store, clock_wall_ms(config->clock),
                                            FORGET_BATCH, forgotten, sessions);
}

static void released(void *context, enum store_result result, struct session_record *record)
{
    struct sessions *sessions = context;
    (void)record;
    sessions->releasing = NULL;
    if (result == STORE_MORE)
        release_some(sessions);
}

static void release_some(struct sessions *sessions)
{
    const struct sessions_config *config = &sessions->config;
    if (!sessions->releasing)
        sessions->releasing = store_release_keys(config->store, clock_wall_ms(config->clock),
                                                 FORGET_BATCH, released, sessions);
}

static void keep_house(uv_timer_t *timer)
{
    struct sessions *sessions = timer->data;
    const struct sessions_config *config = &sessions->config;
    if (!sessions->counting)
        sessions->counting = store_count(config->store, counted, sessions);
    forget_some(sessions);
    release_some(sessions);
    audit_keep_house(sessions->audit);
}

struct sessions *sessions_new(const struct sessions_config *config)
{
    struct sessions *sessions = xcalloc(1, sizeof *sessions);
    sessions->config = *config;
    sessions->cache = cache_new(config->cache_bytes);
    sessions->audit = audit_new(sessions);
    sessions->asker = asker_new(sessions);
    sessions->waits = waits_new(sessions);
    sessions->resets = resets_new(sessions);
    sessions->news = news_new(sessions);
    sessions->outbox = outbox_new(sessions);
    sessions->reaper = reaper_new(sessions);
    declare_metrics(sessions);
    metrics_on_collect(config->metrics, collect, sessions);
    sessions->housekeeping = xcalloc(1, sizeof *sessions->housekeeping);
    uv_timer_init(config->uv, sessions->housekeeping);
    sessions->housekeeping->data = sessions;
    timer_start(sessions->housekeeping, keep_house, 0, HOUSEKEEPING_EVERY_MS);
    return sessions;
}

static void timer_closed(uv_handle_t *handle)
{
    free(handle);
}

struct sessions *sessions_free(struct sessions *sessions)
{
    if (!sessions)
        return NULL;
    if (sessions->counting)
        store_cancel(sessions->counting);
    if (sessions->forgetting)
        store_cancel(sessions->forgetting);
    if (sessions->releasing)
        store_cancel(sessions->releasing);
    sessions->news = news_free(sessions->news);
    sessions->resets = resets_free(sessions->resets);
    sessions->reaper = reaper_free(sessions->reaper);
    sessions->waits = waits_free(sessions->waits);
    sessions->asker = asker_free(sessions->asker);
    sessions->outbox = outbox_free(sessions->outbox);
    creations_free(sessions);
    revocations_free(sessions);
    changes_free(sessions);
    sessions->audit = audit_free(sessions->audit);
    sessions->cache = cache_free(sessions->cache);
    uv_close((uv_handle_t *)sessions->housekeeping, timer_closed);
    free(sessions);
    return NULL;
}

bool sessions_busy(const struct sessions *sessions)
{
    return sessions->creations || sessions->revocations || sessions->changes ||
           audit_busy(sessions->audit);
}

struct store_counts sessions_counts(const struct sessions *sessions)
{
    return sessions->counts;
}

unsigned sessions_peers(const struct sessions *sessions)
{
    return news_peers(sessions->news);
}

/* What an operator may have to look into. */
static void note_suspicion(const struct sessions *sessions, const struct session_record *record,
                           enum reason reason)
{
    if (record->verdict.reasons & (1U << reason))
        LOG_EVENT(sessions->config.log, LOG_WARN, "session denied", LOG_TEXT(SESSION, record->id),
                  LOG_TEXT(REASON, reason_word(reason)));
}

void sessions_note_settled(struct sessions *sessions, const struct session_record *record,
                           const char *request_id)
{
    const struct session_verdict *verdict = &record->verdict;
    series_add(sessions->verdicts[verdict->decision], 1);
    series_add(sessions->accepted, verdict->accepted);
    for (int reason = 0; reason < REASON_COUNT && !verdict->accepted; reason++)
        if (verdict->reasons & (1U << reason))
            series_add(sessions->denied[reason], 1);
    LOG_EVENT(sessions->config.log, LOG_INFO, "session settled", LOG_TEXT(SESSION, record->id),
              LOG_TEXT(DECISION, decision_word(verdict->decision)),
              LOG_TEXT(REQUEST_ID, request_id));
    if (sessions->config.limits)
        limits_note_outcome(sessions->config.limits, record);
    note_suspicion(sessions, record, REASON_ABUSE_DETECTED);
    note_suspicion(sessions, record, REASON_CLIENT_ADDRESS_MISMATCH);
}

void sessions_note_completed(struct sessions *sessions)
{
    series_add(sessions->completed, 1);
}

const struct session_record *sessions_cached(struct sessions *sessions, const char *id)
{
    return cache_find(sessions->cache, id);
}

void sessions_remember(struct sessions *sessions, const struct session_record *record)
{
    if (record->state == SESSION_SETTLED)
        cache_put(sessions->cache, record);
}

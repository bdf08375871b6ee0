/*
 * The own table, with the timer that sweeps it, and the questions to a shared store. Invariant: a
 * bill is weighed as a whole in one place, here or there.
 */
#include "lifecycle/limits.h"

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/uv_timer.h"
#include "domain/limiter.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum { US_PER_MS = 1000, SWEEP_EVERY_MS = 250, SWEEP_KEYS = 2000 };

/* Charged or given back after the fact, in the shared store; nobody waits for it. */
struct posting {
    struct posting *next, *prev;
    struct limits *limits;
    enum store_charging how;
    struct limit_bill bill;
    bool kept_here; /* it is in the own table already, which learns what the store knows */
    struct store_call *call;
};

struct limits {
    struct limits_config config;
    struct limiter *limiter;
    uv_timer_t *sweeping; /* runs while there are keys */
    struct posting *postings;
    struct series *limited[LIMIT_NAME_COUNT];
    struct series *keys;
};

static uint64_t now_ms(const struct limits *limits)
{
    return clock_monotonic_ms(limits->config.clock);
}

static uint64_t now_us(const struct limits *limits)
{
    return now_ms(limits) * US_PER_MS;
}

/* ---- the own table ---- */

static void sweep(uv_timer_t *timer)
{
    struct limits *limits = timer->data;
    limiter_sweep(limits->limiter, now_us(limits), SWEEP_KEYS);
    if (limiter_keys(limits->limiter) == 0)
        uv_timer_stop(timer);
}

static void sweep_later(struct limits *limits)
{
    if (limiter_keys(limits->limiter) > 0 && !uv_is_active((uv_handle_t *)limits->sweeping))
        timer_start(limits->sweeping, sweep, SWEEP_EVERY_MS, SWEEP_EVERY_MS);
}

static void post_here(struct limits *limits, enum store_charging how, const struct limit_bill *bill)
{
    for (size_t i = 0; i < bill->count; i++) {
        if (how == STORE_REFUND)
            limiter_refund(limits->limiter, now_us(limits), &bill->charges[i]);
        else
            limiter_debit(limits->limiter, now_us(limits), &bill->charges[i]);
    }
    sweep_later(limits);
}

/* ---- a ticket ---- */

static void count_refusal(struct limits *limits, const struct limit_bill *bill)
{
    struct limit_refusal refusal;
    if (limit_bill_refusal(bill, &refusal))
        series_add(limits->limited[refusal.name], 1);
}

static void decide(struct limits_ticket *ticket, enum limits_verdict verdict)
{
    ticket->verdict = verdict;
    ticket->decided_ms = now_ms(ticket->limits);
    if (verdict == LIMITS_REFUSED)
        count_refusal(ticket->limits, &ticket->bill);
}

static void decide_here(struct limits_ticket *ticket)
{
    struct limits *limits = ticket->limits;
    struct limit_bill *bill = &ticket->bill;
    ticket->here = true;
    bool admitted = limiter_charge(limits->limiter, now_us(limits), bill->charges, bill->count,
                                   bill->standings);
    decide(ticket, admitted ? LIMITS_ADMITTED : LIMITS_REFUSED);
    sweep_later(limits);
}

/* The store fails. */
static void decide_without(struct limits_ticket *ticket)
{
    if (ticket->limits->config.refuse_without_store)
        decide(ticket, LIMITS_UNAVAILABLE);
    else
        decide_here(ticket);
}

static void weighed(void *context, enum store_result result, const struct limit_standing *standings,
                    size_t count)
{
    struct limits_ticket *ticket = context;
    ticket->call = NULL;
    if (standings && count == ticket->bill.count) {
        memcpy(ticket->bill.standings, standings, count * sizeof *standings);
        decide(ticket, result == STORE_OK ? LIMITS_ADMITTED : LIMITS_REFUSED);
    } else {
        decide_without(ticket);
    }
    ticket->done(ticket);
}

static bool is_shared(const struct limits *limits)
{
    return store_is_shared(limits->config.store);
}

bool limits_charge(struct limits *limits, struct limits_ticket *ticket)
{
    const struct limit_bill *bill = &ticket->bill;
    ticket->limits = limits;
    if (bill->count == 0)
        decide(ticket, LIMITS_ADMITTED);
    else if (!is_shared(limits))
        decide_here(ticket);
    else if (!store_ready(limits->config.store))
        decide_without(ticket);
    else
        ticket->call = store_charge(limits->config.store, STORE_CHARGE, bill->charges, bill->count,
                                    weighed, ticket);
    return !ticket->call;
}

void limits_leave(struct limits_ticket *ticket)
{
    if (ticket->call)
        store_cancel(TAKE(ticket->call));
}

/* ---- after the fact ---- */

static void posting_free(struct posting *posting)
{
    DL_DELETE(posting->limits->postings, posting);
    free(posting);
}

static void posted(void *context, enum store_result result, const struct limit_standing *standings,
                   size_t count)
{
    struct posting *posting = context;
    struct limits *limits = posting->limits;
    const struct limit_bill *bill = &posting->bill;
    for (size_t i = 0; posting->kept_here && standings && i < count && i < bill->count; i++)
        limiter_raise(limits->limiter, now_us(limits), &bill->charges[i], standings[i].full_us);
    if (result == STORE_UNAVAILABLE && !posting->kept_here && !limits->config.refuse_without_store)
        post_here(limits, posting->how, bill);
    posting_free(posting);
}

static void post_there(struct limits *limits, enum store_charging how,
                       const struct limit_bill *bill, bool kept_here)
{
    struct posting *posting = xcalloc(1, sizeof *posting);
    posting->limits = limits;
    posting->how = how;
    posting->bill = *bill;
    posting->kept_here = kept_here;
    DL_APPEND(limits->postings, posting);
    posting->call =
        store_charge(limits->config.store, how, bill->charges, bill->count, posted, posting);
}

static void post(struct limits *limits, enum store_charging how, const struct limit_bill *bill)
{
    if (bill->count == 0)
        return;
    if (is_shared(limits))
        post_there(limits, how, bill, false);
    else
        post_here(limits, how, bill);
}

void limits_give_back(struct limits_ticket *ticket)
{
    if (!ticket->limits || ticket->verdict != LIMITS_ADMITTED)
        return;
    if (ticket->here)
        post_here(ticket->limits, STORE_REFUND, &ticket->bill);
    else
        post(ticket->limits, STORE_REFUND, &ticket->bill);
    limit_bill_forgive(&ticket->bill);
}

void limits_note_outcome(struct limits *limits, const struct session_record *record)
{
    struct limit_bill bill;
    enum limit_outcome outcome = limit_bill_outcome(&limits->config.book, record, &bill);
    if (outcome != LIMIT_OUTCOME_NONE)
        post(limits, outcome == LIMIT_OUTCOME_REFUND ? STORE_REFUND : STORE_DEBIT, &bill);
}

/* ---- wrong credentials ---- */

bool limits_may_try(struct limits *limits, const struct address *address,
                    struct limits_ticket *ret_refused)
{
    struct limit_bill *bill = &ret_refused->bill;
    limit_bill_failure(&limits->config.book, address, bill);
    ret_refused->limits = limits;
    if (bill->count == 0)
        return true;
    bill->standings[0] = limiter_look(limits->limiter, now_us(limits), &bill->charges[0]);
    if (bill->standings[0].retry_us == 0)
        return true;
    decide(ret_refused, LIMITS_REFUSED);
    return false;
}

void limits_note_failure(struct limits *limits, const struct address *address)
{
    struct limit_bill bill;
    limit_bill_failure(&limits->config.book, address, &bill);
    post_here(limits, STORE_DEBIT, &bill);
    if (bill.count > 0 && is_shared(limits))
        post_there(limits, STORE_DEBIT, &bill, true);
}

/* ---- start and end ---- */

/* Run before each exposition. */
static void collect(void *context)
{
    struct limits *limits = context;
    series_set(limits->keys, (double)limiter_keys(limits->limiter));
}

static void declare_metrics(struct limits *limits)
{
    struct metrics *metrics = limits->config.metrics;
    struct metric *limited =
        metrics_counter(metrics, "livenessd_limited_total",
                        "Requests refused by a limit, by the one that takes longest.", "limit");
    for (int name = 0; name < LIMIT_NAME_COUNT; name++)
        limits->limited[name] = METRIC_SERIES(limited, limit_word((enum limit_name)name));
    limits->keys =
        METRIC_SERIES(metrics_gauge(metrics, "livenessd_limiter_keys",
                                    "Devices, callers and networks that this process counts by "
                                    "itself and that have not all of their burst.",
                                    NULL));
    metrics_on_collect(metrics, collect, limits);
}

struct limits *limits_new(const struct limits_config *config)
{
    struct limits *limits = xcalloc(1, sizeof *limits);
    limits->config = *config;
    limits->limiter = limiter_new(config->keys_max);
    limits->sweeping = xcalloc(1, sizeof *limits->sweeping);
    uv_timer_init(config->uv, limits->sweeping);
    limits->sweeping->data = limits;
    declare_metrics(limits);
    return limits;
}

static void timer_closed(uv_handle_t *handle)
{
    free(handle);
}

struct limits *limits_free(struct limits *limits)
{
    if (!limits)
        return NULL;
    struct posting *posting = NULL, *next = NULL;
    DL_FOREACH_SAFE(limits->postings, posting, next)
    {
        store_cancel(posting->call);
        posting_free(posting);
    }
    uv_close((uv_handle_t *)limits->sweeping, timer_closed);
    limits->limiter = limiter_free(limits->limiter);
    free(limits);
    return NULL;
}

const struct limit_book *limits_book(const struct limits *limits)
{
    return &limits->config.book;
}

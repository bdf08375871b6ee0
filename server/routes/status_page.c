/*
 * What the status page says without its script: the essential facts as text, for browsers that have
 * none and for the moment before it runs.
 */
#include "base/html.h"
#include "routes/status.h"

enum { MINUTE_S = 60, HOUR_S = 3600, DAY_S = 86400 };

static const char mark[] = "<!--facts-->";

static void put_fact(struct buf *ret, const char *name, const char *value)
{
    buf_puts(ret, "<dt>");
    html_put(ret, name);
    buf_puts(ret, "</dt><dd>");
    html_put(ret, value);
    buf_puts(ret, "</dd>\n");
}

static void put_count(struct buf *ret, const char *name, int64_t count)
{
    buf_printf(ret, "<dt>%s</dt><dd>%lld</dd>\n", name, (long long)count);
}

static void put_duration(struct buf *ret, int64_t seconds)
{
    if (seconds < MINUTE_S)
        buf_printf(ret, "%lld s", (long long)seconds);
    else if (seconds < HOUR_S)
        buf_printf(ret, "%lld min", (long long)(seconds / MINUTE_S));
    else if (seconds < DAY_S)
        buf_printf(ret, "%lld h %lld min", (long long)(seconds / HOUR_S),
                   (long long)(seconds % HOUR_S / MINUTE_S));
    else
        buf_printf(ret, "%lld d %lld h", (long long)(seconds / DAY_S),
                   (long long)(seconds % DAY_S / HOUR_S));
}

/* How long before `now`; `never` when it is not known. */
static void put_age(struct buf *ret, const char *name, int64_t now, int64_t then, const char *never)
{
    buf_printf(ret, "<dt>%s</dt><dd>", name);
    if (then > 0) {
        put_duration(ret, now > then ? (now - then) / 1000 : 0);
        buf_puts(ret, never ? " ago" : "");
    } else {
        buf_puts(ret, never ? never : "none");
    }
    buf_puts(ret, "</dd>\n");
}

static void put_sessions(const struct status *status, struct buf *ret)
{
    const struct store_counts *counts = &status->sessions;
    buf_puts(ret, "<h2>Sessions</h2>\n<dl>\n");
    put_count(ret, "Without a verdict", counts->open);
    put_count(ret, "Of these overdue", counts->overdue);
    put_count(ret, "Creates cut off in the last 48 hours", counts->orphaned);
    put_count(ret, "Deletions owed", counts->owed);
    put_age(ret, "Oldest deletion owed for", status->now, counts->oldest_owed_at, NULL);
    buf_puts(ret, "</dl>\n");
}

static void put_checks(const struct status *status, struct buf *ret)
{
    buf_puts(ret, "<h2>Checks</h2>\n<dl>\n");
    put_count(ret, "Created", (int64_t)status->checks.created);
    put_count(ret, "Completed", (int64_t)status->checks.completed);
    put_count(ret, "Settled", (int64_t)status->checks.settled);
    put_count(ret, "Accepted", (int64_t)status->checks.accepted);
    put_count(ret, "Requests limited", (int64_t)status->checks.limited);
    buf_puts(ret, "</dl>\n");
}

static void put_upstream(const struct status *status, struct buf *ret)
{
    buf_puts(ret, "<h2>Upstream</h2>\n<dl>\n");
    put_fact(ret, "Credentials",
             status->upstream.denied                 ? "denied by upstream"
             : status->upstream.last_success_at == 0 ? "not used yet"
                                                     : "accepted");
    put_age(ret, "Last success", status->now, status->upstream.last_success_at, "never");
    put_age(ret, "Last failure", status->now, status->upstream.last_failure_at, "never");
    put_count(ret, "Calls waiting", status->upstream.queue);
    put_count(ret, "Calls under way", status->upstream.in_flight);
    put_fact(ret, "API version", status->upstream.version);
    buf_puts(ret, "</dl>\n");
}

static void put_server(const struct status *status, struct buf *ret)
{
    buf_puts(ret, "<h2>Server</h2>\n<dl>\n");
    put_fact(ret, "Store", status->shared_store ? "Redis" : "SQLite");
    put_fact(ret, "Store ready", status->store_ready ? "yes" : "no");
    put_count(ret, "Servers on it", status->peers);
    put_count(ret, "Connections", status->connections);
    put_count(ret, "Clients waiting for a verdict", status->waiters);
    put_age(ret, "Running for", status->now, status->started_at, NULL);
    put_fact(ret, "Version", status->version);
    put_fact(ret, "Key of receipts", status->receipt_key ? status->receipt_key : "none");
    buf_puts(ret, "</dl>\n");
}

static void put_facts(const struct status *status, struct buf *ret)
{
    buf_printf(ret, "<p class=\"state %s\"><strong>%s</strong>", status->reason ? "bad" : "ok",
               status->reason ? "Not ready" : "Ready");
    if (status->reason) {
        buf_puts(ret, ": ");
        html_put(ret, status->reason);
    }
    buf_puts(ret, "</p>\n");
    put_checks(status, ret);
    put_sessions(status, ret);
    put_upstream(status, ret);
    put_server(status, ret);
}

void status_write_page(const struct status *status, struct slice skeleton, struct buf *ret)
{
    size_t size = sizeof mark - 1;
    const char *at = memmem(skeleton.data, skeleton.len, mark, size);
    size_t before = at ? (size_t)(at - skeleton.data) : skeleton.len;
    size_t after = at ? before + size : before;
    buf_put_slice(ret, (struct slice){skeleton.data, before});
    put_facts(status, ret);
    buf_put_slice(ret, (struct slice){skeleton.data + after, skeleton.len - after});
}

// What the page shows: cards of rows. A row is {label, value, text, trend}: value(view) is the number whose
// trend is drawn (null: there is none just now), text(view) what is written.
import * as judge from "./judge.js";
import { count, duration, latency, megabytes, percent, rate } from "./numbers.js";

// Nothing is known of how fast things grow before there are two moments to compare.
const perSecond = (view, name, where) => (view.seconds > 0 ? judge.grown(view, name, where) / view.seconds : null);
const pace = (view, name, where) => {
  const now = perSecond(view, name, where);
  return now === null ? "" : rate(now * 60);
};

// A counter: its total, and how fast it grows.
const counter = (label, name, where) => ({
  label,
  value: (view) => perSecond(view, name, where),
  text: (view) => count(view.now.sum(name, where)),
  note: (view) => pace(view, name, where),
});

const gauge = (label, name, write = count, where = {}) => ({
  label,
  value: (view) => view.now.sum(name, where),
  text: (view) => write(view.now.sum(name, where)),
});

// The mean of a histogram over the window.
const average = (label, name) => ({
  label,
  value: (view) => judge.mean(view, name),
  text: (view) => {
    const mean = judge.mean(view, name);
    return mean === null ? "none" : latency(mean);
  },
});

// A moment, as how long ago it was.
const moment = (label, name) => ({
  label,
  text: (view) => {
    const then = view.now.sum(name);
    return then > 0 ? `${duration(view.at - then)} ago` : "never";
  },
});

const fact = (label, text) => ({ label, text });

// A step of the funnel: with its share of the one before.
const step = (label, name, before) => ({
  ...counter(label, name),
  note: (view) =>
    [percent(view.now.sum(name), before ? view.now.sum(before) : 0), pace(view, name)]
      .filter(Boolean)
      .join(", "),
});

const CREATED = "livenessd_sessions_created_total";
const VERDICTS = "livenessd_verdicts_total";
const CALLS = "livenessd_upstream_requests_total";

const labelled = (name, label) => (view) =>
  [...view.now.by(name, label)].filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);

// Calls that had their turn, a second.
const sent = (view) => perSecond(view, "livenessd_upstream_request_duration_seconds_count");

// Operations and how they ended, without those that never occurred.
function outcomes({ now }) {
  return [...now.by(CALLS, "operation")]
    .filter(([, n]) => n > 0)
    .map(([operation]) => [
      operation,
      [...now.by(CALLS, "outcome", { operation })]
        .filter(([, n]) => n > 0)
        .map(([outcome, n]) => `${outcome} ${count(n)}`)
        .join(", "),
    ]);
}

// Those of clients: not what this page and other watchers ask.
const requestPace = (view) => (view.seconds > 0 ? judge.newRequests(view) / view.seconds : null);
const requests = {
  label: "Requests",
  value: requestPace,
  text: (view) => count(judge.requests(view).reduce((sum, { value }) => sum + value, 0)),
  note: (view) => (requestPace(view) === null ? "" : rate(requestPace(view) * 60)),
};

const cpu = (view) => perSecond(view, "process_cpu_seconds_total");

// Two by two, in columns where there is room.
export const columns = [
  [
    {
      id: "checks",
      title: "Checks",
      judge: judge.judgeChecks,
      rows: [
        step("Created", CREATED),
        step("Completed", "livenessd_sessions_completed_total", CREATED),
        step("Settled", VERDICTS, CREATED),
        step("Accepted", "livenessd_verdicts_accepted_total", VERDICTS),
        gauge("Without a verdict", "livenessd_sessions_open"),
        gauge("Clients waiting", "livenessd_waiters"),
      ],
      lists: [
        { title: "Decisions", entries: labelled(VERDICTS, "decision") },
        { title: "Why denied", entries: labelled("livenessd_verdict_denied_total", "reason") },
      ],
    },
    {
      id: "limits",
      title: "Limits",
      judge: judge.judgeLimits,
      rows: [
        counter("Requests limited", "livenessd_limited_total"),
        gauge("Callers counted", "livenessd_limiter_keys"),
        counter("Tokens refused", "livenessd_tokens_refused_total"),
      ],
      lists: [{ title: "Limits reached", entries: labelled("livenessd_limited_total", "limit") }],
    },
  ],
  [
    {
      id: "upstream",
      title: "Upstream",
      judge: judge.judgeUpstream,
      rows: [
        counter("Calls", CALLS),
        counter("Failed", CALLS, { outcome: judge.FAILURES }),
        counter("Without a turn", CALLS, { outcome: "refused_by_queue" }),
        gauge("Waiting for a turn", "livenessd_upstream_queue_length"),
        average("Wait for a turn", "livenessd_upstream_queue_wait_seconds"),
        average("Time of a call", "livenessd_upstream_request_duration_seconds"),
        {
          label: "Rate",
          value: sent,
          text: (view) => `${(sent(view) ?? 0).toFixed(1)}/s`,
          note: ({ now }) => `of ${count(now.sum("livenessd_upstream_rate_limit"))}`,
        },
        moment("Last success", "livenessd_upstream_last_success_timestamp_seconds"),
        moment("Last failure", "livenessd_upstream_last_failure_timestamp_seconds"),
        fact("Credentials", ({ status }) => {
          if (status.upstream.denied) return "denied";
          return status.upstream.lastSuccessSeconds === null ? "not used yet" : "accepted";
        }),
      ],
      lists: [{ title: "Operations", entries: outcomes }],
    },
    {
      id: "store",
      title: "Store",
      judge: judge.judgeStore,
      rows: [
        fact("Kind", ({ status }) => (status.store.kind === "redis" ? "Redis" : "SQLite")),
        fact("Servers on it", ({ status }) => (status.store.peers > 0 ? count(status.store.peers) : "not known yet")),
        counter("Writes", "livenessd_store_commits_total"),
        counter("Failed writes", "livenessd_store_commits_total", { outcome: "failed" }),
        average("Time of a write", "livenessd_store_commit_duration_seconds"),
        gauge("Calls waiting", "livenessd_store_queue"),
      ],
    },
  ],
  [
    {
      id: "deletions",
      title: "Deletions",
      judge: judge.judgeDeletions,
      rows: [
        gauge("Owed", "livenessd_deletions_owed"),
        gauge("Oldest", "livenessd_oldest_owed_deletion_seconds", (s) => (s > 0 ? duration(s) : "none")),
        gauge("Without a verdict, overdue", "livenessd_sessions_overdue"),
        gauge("Creates cut off, 48 h", "livenessd_sessions_orphaned"),
        counter("Made for clients that left", "livenessd_sessions_abandoned_total"),
        counter("Settled by the clock", "livenessd_sessions_reaped_total"),
      ],
    },
    {
      id: "server",
      title: "Server",
      judge: judge.judgeServer,
      rows: [
        requests,
        gauge("In flight", "livenessd_http_requests_in_flight"),
        gauge("Connections", "livenessd_http_connections", count, { listener: "http" }),
        counter("Connections refused", "livenessd_http_refused_total"),
        { label: "CPU", value: cpu, text: (view) => (cpu(view) === null ? "" : `${(cpu(view) * 100).toFixed(1)} %`) },
        gauge("Memory", "process_resident_memory_bytes", megabytes),
        counter("Audit entries lost", "livenessd_audit_lost_total"),
        fact("Key of receipts", ({ status }) => status.receiptKey ?? "none"),
      ],
    },
  ],
];

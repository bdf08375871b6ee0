// What the numbers mean to who is on call: a level and words. `view` is {now, before, seconds, at,
// status}: the numbers now and at the beginning of the window (a minute ago, or when the page was opened),
// how long that is, the server's time, and what /status says. Pure, so that it can be tested by itself.
import { count, duration, latency } from "./numbers.js";

const ok = (words) => ({ level: "ok", words });
const look = (words) => ({ level: "look", words });
const act = (words) => ({ level: "act", words });

// How much a counter grew within the window.
export const grown = ({ now, before }, name, where) => Math.max(0, now.sum(name, where) - before.sum(name, where));

// The mean of what a histogram observed within the window, or null.
export function mean(view, name, where) {
  const observed = grown(view, `${name}_count`, where);
  return observed > 0 ? grown(view, `${name}_sum`, where) / observed : null;
}

export const FAILURES = ["denied", "busy", "broken", "timeout"];
const CALLS = "livenessd_upstream_requests_total";

// Requests of clients, without what is asked of the admin listener.
const ADMIN = ["/livez", "/readyz", "/healthz", "/metrics", "/status", "/status/{file}", "/"];
export const requests = (view) =>
  view.now.series("livenessd_http_requests_total").filter(({ labels }) => !ADMIN.includes(labels.route));
export const newRequests = (view, wanted = () => true) =>
  requests(view)
    .filter(({ labels }) => wanted(labels))
    .reduce((sum, { labels }) => sum + grown(view, "livenessd_http_requests_total", labels), 0);

const calls = (n) => (n === 1 ? "1 call" : `${count(n)} calls`);

const HINTS = {
  draining: "It is being stopped.",
  "store unavailable": "See the log's store events, and the store itself.",
  "resets of devices not yet read": "See the log's store events.",
  "keys of an issuer unavailable": "See the log's keys events, and the issuer's jwks.",
};

export function judgeReadiness({ status }) {
  if (status.status === "ready") return ok("Ready");
  return act(`Not ready: ${status.status}. ${HINTS[status.status] ?? ""}`.trim());
}

const ALARMING = ["abuse_detected", "digest_mismatch", "verify_image_mismatch", "client_address_mismatch"];

export function judgeChecks(view) {
  const alarming = ALARMING.filter((reason) => grown(view, "livenessd_verdict_denied_total", { reason }) > 0);
  if (alarming.length > 0) return look(`Just denied: ${alarming.join(", ")}. The audit trail shows whose.`);
  const overdue = view.now.sum("livenessd_sessions_overdue");
  if (overdue > 0) return look(`${count(overdue)} without a verdict although their token has expired: looks upstream fail.`);
  if (grown(view, "livenessd_sessions_created_total") === 0) return ok("No session was just created.");
  return ok("Sessions are created and settled.");
}

function judgeFailures(view, failed) {
  const all = grown(view, CALLS) - grown(view, CALLS, { outcome: ["refused_by_queue", "cancelled"] });
  const success = view.now.sum("livenessd_upstream_last_success_timestamp_seconds");
  const failure = view.now.sum("livenessd_upstream_last_failure_timestamp_seconds");
  if (failed === 0 && failure <= success) return null;
  if (failure > success && (failed === all || view.at - success > 60)) {
    const since = success > 0 ? `for ${duration(view.at - success)}` : "so far";
    return act(`No call has succeeded ${since}.`);
  }
  return failed > 0 ? look(`${calls(failed)} of ${count(all)} just failed.`) : null;
}

export function judgeUpstream(view) {
  if (view.now.sum("livenessd_upstream_denied") > 0) {
    return act("Upstream denies our calls: wrong credentials, or no access.");
  }
  const failures = judgeFailures(view, grown(view, CALLS, { outcome: FAILURES }));
  if (failures?.level === "act") return failures;
  const refused = grown(view, CALLS, { outcome: "refused_by_queue" });
  if (refused > 0) return act(`${calls(refused)} just got no turn: more is asked than upstream.rate allows.`);
  if (failures) return failures;
  const wait = mean(view, "livenessd_upstream_queue_wait_seconds");
  if (wait !== null && wait > 0.5) return look(`Calls wait ${latency(wait)} for their turn: the rate is used up.`);
  return view.now.sum(CALLS) > 0 ? ok("Upstream answers.") : ok("Upstream has not been called yet.");
}

export function judgeDeletions(view) {
  const owed = view.now.sum("livenessd_deletions_owed");
  const oldest = view.now.sum("livenessd_oldest_owed_deletion_seconds");
  const orphaned = view.now.sum("livenessd_sessions_orphaned");
  if (oldest > 3600) return act(`A session should be gone upstream for ${duration(oldest)} and is not.`);
  if (oldest > 300) return look(`A deletion is owed for ${duration(oldest)}.`);
  if (orphaned > 0) return look(`${count(orphaned)} cut off while being created: upstream may hold them for 48 hours.`);
  return ok(owed > 0 ? `${count(owed)} under way.` : "Nothing is owed.");
}

export function judgeLimits(view) {
  const hit = [...view.now.by("livenessd_limited_total", "limit")]
    .map(([limit]) => ({ limit, n: grown(view, "livenessd_limited_total", { limit }) }))
    .filter(({ n }) => n > 0)
    .sort((a, b) => b.n - a.n);
  if (hit.some(({ limit }) => limit === "create_total")) {
    return act("limits.create_total was just reached: nobody could begin a check.");
  }
  if (hit.length === 0) return ok("Nobody was just limited.");
  const words = `Just reached: ${hit.map(({ limit, n }) => `${limit} (${count(n)})`).join(", ")}.`;
  // somebody always is: what is strange is many
  const limited = hit.reduce((sum, { n }) => sum + n, 0);
  const many = limited >= 10 && limited > newRequests(view) / 10;
  return many ? look(words) : ok(words);
}

export function judgeStore(view) {
  if (!view.status.store.ready) return act("The store does not answer.");
  const failed = grown(view, "livenessd_store_commits_total", { outcome: "failed" });
  const away = grown(view, "livenessd_store_calls_total", { result: "unavailable" });
  if (failed + away > 0) return act(`${count(failed + away)} just failed: see store events in the log.`);
  const commit = mean(view, "livenessd_store_commit_duration_seconds");
  if (commit !== null && commit > 0.1) return look(`A write takes ${latency(commit)}.`);
  return ok("The store answers.");
}

export function judgeServer(view) {
  const lost = view.now.sum("livenessd_audit_lost_total");
  if (lost > 0) return act(`${count(lost)} entries of the audit trail are lost.`);
  const errors = newRequests(view, ({ code }) => code.startsWith("5"));
  if (errors > 0) return look(`${count(errors)} requests were just answered with a 5xx.`);
  return ok("Requests are answered.");
}

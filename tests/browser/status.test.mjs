// The status page in a headless Chromium: what it says is what the server counts, trouble is called by its name,
// old numbers are called old, and it can be used by everybody. The error catalogue beside it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { startEmulator, startServer } from "../face_api/daemon.mjs";
import { send } from "../face_api/http.mjs";
import { control, openPage } from "./demo.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const sessions = "/api/detectLiveness-sessions";
const json = { "Content-Type": "application/json" };

const open = (t, server, options = {}) => openPage(t, server.admin, { path: "/status", ...options });

const create = (server) =>
  send(server.url, "POST", sessions, { headers: json, body: '{"livenessOperationMode":"Passive"}' });

// A check from beginning to end.
async function check(server, emulator, saw) {
  const made = await create(server);
  assert.equal(made.status, 200, made.text);
  const device = { Authorization: `Bearer ${made.json.authToken}`, ...json };
  await send(emulator.url, "POST", "/face/v1.2/session/start", { headers: device, body: "{}" });
  await send(emulator.url, "POST", "/face/v1.2/detectLiveness/singleModal", { headers: device, body: JSON.stringify(saw) });
  await send(emulator.url, "POST", "/face/v1.2/session/attempt/end", { headers: device });
  const owner = { "X-Device-Token": made.headers["x-device-token"], ...json };
  const done = await send(server.url, "POST", `${sessions}/${made.json.sessionId}/completion`, { headers: owner, body: "{}" });
  assert.equal(done.status, 200, done.text);
}

const card = (page, title) => page.getByRole("region", { name: title, exact: true });
const row = (page, title, label) => card(page, title).locator("tr").filter({ has: page.getByRole("rowheader", { name: label, exact: true }) });

// Waits until a row says so.
const says = (page, title, label, value) => row(page, title, label).locator(".value").filter({ hasText: value }).waitFor();
const light = (page, title, text) => card(page, title).locator(".state").filter({ hasText: text }).waitFor();
const headline = (page, text) => page.locator("#headline").filter({ hasText: text }).waitFor();

async function violations(page) {
  // from outside the page's policy, which allows no script but its own
  await page.evaluate(axe);
  const { violations: found } = await page.evaluate(() => globalThis.axe.run());
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}

const overflows = (page) => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);

// One for all that do not end it.
const emulator = await startEmulator();
const server = await startServer(emulator);

test("counts what happens, without being read anew", async (t) => {
  const page = await open(t, server);
  await headline(page, "Fine Ready.");
  await says(page, "Checks", "Created", /^0$/);
  await check(server, emulator, {});
  await check(server, emulator, { livenessDecision: "spoofface" });
  await says(page, "Checks", "Created", /^2$/);
  await says(page, "Checks", "Completed", /^2$/);
  await says(page, "Checks", "Settled", /^2$/);
  await says(page, "Checks", "Accepted", /^1$/);
  await says(page, "Upstream", "Credentials", "accepted");
  await says(page, "Server", "Requests", /^4$/);
  await card(page, "Upstream").getByText("ok 2").first().waitFor();
  assert.match(await card(page, "Checks").innerText(), /Decisions\s+live\s+1\s+spoof\s+1\s+Why denied\s+spoof\s+1/);
  await row(page, "Checks", "Without a verdict").getByRole("img", { name: /when the page was opened|than then/ }).waitFor();
  assert.equal(await page.title(), "Fine: livenessd");
});

test("says when upstream denies, and when it does so no more", async (t) => {
  const page = await open(t, server);
  await headline(page, "Ready");
  await control(emulator, "faults", { route: "create", status: 401 });
  assert.equal((await create(server)).status, 502);
  await light(page, "Upstream", "Act Upstream denies our calls");
  await headline(page, "Act Ready. Upstream: Upstream denies our calls: wrong credentials, or no access. See also: Server.");
  await control(emulator, "faults", undefined, "DELETE");
  await create(server);
  await light(page, "Upstream", "Look 1 call of");
});

test("says what is wrong when nothing succeeds", async (t) => {
  const page = await open(t, server);
  await headline(page, "Ready");
  await control(emulator, "faults", { route: "create", status: 500 });
  await create(server);
  await light(page, "Upstream", "Act No call has succeeded");
  await control(emulator, "faults", undefined, "DELETE");
  await create(server);
  await light(page, "Upstream", /Look|Fine/);
});

test("says how long ago things were by the server's clock", async (t) => {
  const page = await openPage(t, "about:", { path: "blank" });
  // this machine is a day ahead
  await page.clock.install({ time: Date.now() + 86400000 });
  await page.goto(`${server.admin}/status`);
  await headline(page, "Ready");
  await says(page, "Upstream", "Last success", /^\d+ (s|min) ago$/);
});

test("begins anew when another process answers", async (t) => {
  const page = await open(t, server);
  await says(page, "Checks", "Created", /^[1-9]/);
  const note = row(page, "Checks", "Created").locator(".note");
  await note.filter({ hasText: "/min" }).waitFor();
  await page.route(/\/metrics$/, async (route) => {
    const response = await route.fetch();
    const body = (await response.text())
      .replace(/^(process_start_time_seconds) .*/m, "$1 1")
      .replace(/^(livenessd_sessions_created_total) .*/m, "$1 0");
    await route.fulfill({ response, body });
  });
  await says(page, "Checks", "Created", /^0$/);
  assert.equal(await note.textContent(), "", "compared with the former process");
  await page.unrouteAll({ behavior: "wait" });
});

test("calls old numbers old, and goes on by itself", async (t) => {
  const page = await open(t, server, { expects: [/ERR_INTERNET_DISCONNECTED/] });
  await headline(page, "Ready");
  await page.context().setOffline(true);
  const banner = page.getByRole("alert");
  await banner.filter({ hasText: /No answer since \d\d:\d\d:\d\d, for \d+ s: what stands below is from then\./ }).waitFor();
  assert.equal(await page.title(), "No answer: livenessd");
  assert.deepEqual(await violations(page), []);
  await page.context().setOffline(false);
  await banner.waitFor({ state: "hidden" });
  assert.match(await page.title(), /^(Fine|Look|Act): livenessd$/);
});

test("can be paused", async (t) => {
  const page = await open(t, server);
  await headline(page, "Ready");
  const pause = page.getByRole("button");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Paused", pressed: true }).waitFor();
  let asked = 0;
  page.on("request", () => asked++);
  await page.waitForTimeout(4000); // more than a period
  assert.equal(asked, 0);
  await pause.press("Enter");
  await page.waitForRequest(/\/metrics$/);
  await page.getByRole("button", { name: "Pause", pressed: false }).waitFor();
});

test("says the essential without scripts", async (t) => {
  const page = await open(t, server, { context: { javaScriptEnabled: false } });
  await page.getByText("Ready", { exact: true }).waitFor();
  const text = await page.locator("main").innerText();
  for (const expected of [/Deletions owed\s+0/, /Credentials\s+accepted/, /Store\s+SQLite/, /Version\s+\d/, /Read anew every 15 seconds/]) {
    assert.match(text, expected);
  }
  assert.equal(await page.locator("#cards").isVisible(), false);
});

// In light and dark, on a desk and on a phone.
async function isForEverybody(page) {
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await violations(page), [], colorScheme);
  }
  await page.setViewportSize({ width: 320, height: 640 });
  assert.equal(await overflows(page), false);
  assert.deepEqual(await violations(page), [], "phone");
}

test("is for everybody", async (t) => {
  const page = await open(t, server);
  await headline(page, "Ready");
  await isForEverybody(page);
});

test("so is the catalogue", async (t) => {
  await isForEverybody(await openPage(t, server.url, { path: "/errors#SessionNotFound" }));
});

test("the catalogue opens where help leads to", async (t) => {
  const answer = await send(server.url, "GET", `${sessions}/unknown`, {});
  const page = await openPage(t, server.url, { path: answer.json.error.help });
  const section = page.locator("section:target");
  assert.equal(await section.getByRole("heading").innerText(), answer.json.error.code);
  assert.match(await section.innerText(), new RegExp(answer.json.error.advice));
  const { y } = await section.boundingBox();
  assert.ok(y >= 0 && y < 200, `${y}`);
});

test("says so when the server is gone", async (t) => {
  const mortal = await startServer(emulator);
  const page = await open(t, mortal, { expects: [/ERR_CONNECTION_REFUSED/] });
  await headline(page, "Ready");
  assert.equal(await mortal.daemon.end(), 0);
  await page.getByRole("alert").filter({ hasText: "No answer since" }).waitFor();
  assert.equal(await page.locator("#cards").isVisible(), true);
});

/* ---- the judgements, by themselves ---- */

const judgements = [
  ["judgeUpstream", "ok", /not been called yet/, {}, {}],
  ["judgeUpstream", "act", /denies/, { livenessd_upstream_denied: 1 }, {}],
  ["judgeUpstream", "act", /got no turn/, { 'livenessd_upstream_requests_total{operation="create",outcome="refused_by_queue"}': 5 }, {}],
  [
    "judgeUpstream",
    "look",
    /2 calls of 10/,
    {
      'livenessd_upstream_requests_total{operation="get",outcome="ok"}': 108,
      'livenessd_upstream_requests_total{operation="get",outcome="timeout"}': 2,
      livenessd_upstream_last_success_timestamp_seconds: 999,
      livenessd_upstream_last_failure_timestamp_seconds: 990,
    },
    { 'livenessd_upstream_requests_total{operation="get",outcome="ok"}': 100 },
  ],
  [
    "judgeUpstream",
    "act",
    /No call has succeeded for 15 min/,
    { livenessd_upstream_last_success_timestamp_seconds: 100, livenessd_upstream_last_failure_timestamp_seconds: 900 },
    {},
  ],
  [
    "judgeUpstream",
    "look",
    /wait 1\.5 s/,
    {
      'livenessd_upstream_queue_wait_seconds_sum{operation="create"}': 30,
      'livenessd_upstream_queue_wait_seconds_count{operation="create"}': 20,
    },
    {},
  ],
  ["judgeDeletions", "ok", /Nothing/, {}, {}],
  ["judgeDeletions", "ok", /3 under way/, { livenessd_deletions_owed: 3, livenessd_oldest_owed_deletion_seconds: 20 }, {}],
  ["judgeDeletions", "look", /10 min/, { livenessd_deletions_owed: 3, livenessd_oldest_owed_deletion_seconds: 600 }, {}],
  ["judgeDeletions", "act", /2 h 0 min/, { livenessd_oldest_owed_deletion_seconds: 7200 }, {}],
  ["judgeDeletions", "look", /2 cut off/, { livenessd_sessions_orphaned: 2 }, {}],
  ["judgeChecks", "look", /abuse_detected/, { 'livenessd_verdict_denied_total{reason="abuse_detected"}': 1 }, {}],
  [
    "judgeChecks",
    "ok",
    /No session/,
    { 'livenessd_verdict_denied_total{reason="abuse_detected"}': 1 },
    { 'livenessd_verdict_denied_total{reason="abuse_detected"}': 1 },
  ],
  ["judgeChecks", "look", /4 without a verdict/, { livenessd_sessions_overdue: 4 }, {}],
  ["judgeLimits", "ok", /create_device \(1\)/, { 'livenessd_limited_total{limit="create_device"}': 1 }, {}],
  ["judgeLimits", "act", /nobody/, { 'livenessd_limited_total{limit="create_total"}': 1 }, {}],
  [
    "judgeLimits",
    "look",
    /read \(50\)/,
    { 'livenessd_limited_total{limit="read"}': 50, 'livenessd_http_requests_total{route="/api/x",code="429"}': 100 },
    {},
  ],
  ["judgeStore", "act", /1 just failed/, { 'livenessd_store_commits_total{outcome="failed"}': 1 }, {}],
  ["judgeStore", "look", /200 ms/, { livenessd_store_commit_duration_seconds_sum: 2, livenessd_store_commit_duration_seconds_count: 10 }, {}],
  ["judgeServer", "act", /lost/, { livenessd_audit_lost_total: 1 }, {}],
  ["judgeServer", "look", /7 requests/, { 'livenessd_http_requests_total{route="/api/x",code="503"}': 7 }, {}],
  ["judgeServer", "ok", /answered/, { 'livenessd_http_requests_total{route="/readyz",code="503"}': 7 }, {}],
  ["judgeReadiness", "ok", /^Ready$/, {}, {}],
];

test("numbers mean what they should to who is on call", async (t) => {
  const page = await open(t, server);
  await headline(page, "Ready");
  const text = (numbers) => Object.entries(numbers).map(([name, value]) => `${name} ${value}\n`).join("");
  for (const [name, level, words, now, earlier] of judgements) {
    const judged = await page.evaluate(
      async ([what, ...texts]) => {
        const judge = await import("/status/judge.js");
        const { Numbers } = await import("/status/numbers.js");
        const [after, former] = texts.map((one) => new Numbers(one));
        const status = { status: "ready", store: { ready: true }, upstream: {} };
        return judge[what]({ now: after, before: former, seconds: 60, at: 1000, status });
      },
      [name, text(now), text(earlier)],
    );
    assert.equal(judged.level, level, `${name} ${JSON.stringify(now)}: ${judged.words}`);
    assert.match(judged.words, words);
  }
});

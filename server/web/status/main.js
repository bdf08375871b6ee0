// Reads /metrics and /status every few seconds and shows what they say; when nobody answers any more, it says
// since when, and leaves what was known.
import { columns } from "./cards.js";
import { judgeReadiness } from "./judge.js";
import { Numbers, duration } from "./numbers.js";
import { Card, Light, write } from "./view.js";

const PERIOD_MS = 3000;
const PATIENCE_MS = 5000;
const WINDOW_S = 60;
const LEVELS = ["ok", "look", "act"];
const TITLES = { ok: "Fine", look: "Look", act: "Act" };

const at = (id) => document.getElementById(id);
const stacks = columns.map((cards) => cards.map((card) => new Card(card)));
const shown = stacks.flat();
const headline = new Light(at("headline"));
let snapshots = []; // of the window, oldest first
let started = null; // of the process that answers
let lastAnswer = Date.now(); // the page itself was one
let stale = false;
let paused = false;

/* ---- reading ---- */

async function read(path, type) {
  const answer = await fetch(path, {
    headers: { Accept: type },
    cache: "no-store",
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return { text: await answer.text(), date: Date.parse(answer.headers.get("date")) };
}

// `at` is by the server's clock, by which its moments are; this machine's may differ.
async function take() {
  const [metrics, status] = await Promise.all([read("metrics", "text/plain"), read("status", "application/json")]);
  const taken = Date.now();
  const at = (Number.isNaN(metrics.date) ? taken : metrics.date) / 1000;
  return { now: new Numbers(metrics.text), status: JSON.parse(status.text), at, taken: taken / 1000 };
}

/* ---- showing ---- */

function worst(judgements) {
  return judgements.reduce((a, b) => (LEVELS.indexOf(b.level) > LEVELS.indexOf(a.level) ? b : a));
}

// The server's readiness, then the worst there is in its own words, then where else to look.
function summary(readiness, judgements) {
  const named = judgements.map((judgement, i) => ({ ...judgement, title: shown[i].card.title }));
  const { level } = worst([readiness, ...judgements]);
  const first = worst(named);
  const words = [readiness.words.replace(/\.?$/, ".")];
  if (first.level !== "ok") {
    const others = named.filter((one) => one !== first && one.level !== "ok").map(({ title }) => title);
    words.push(`${first.title}: ${first.words}`);
    if (others.length > 0) words.push(`See also: ${others.join(", ")}.`);
  }
  return { level, words: words.join(" ") };
}

function show(snapshot) {
  const before = snapshots[0];
  const view = { ...snapshot, before: before.now, seconds: snapshot.taken - before.taken };
  const judgements = shown.map((card) => card.show(view));
  const whole = summary(judgeReadiness(view), judgements);
  const { version, uptimeSeconds } = snapshot.status;
  headline.show(whole);
  write(at("about"), `Version ${version}, running for ${duration(uptimeSeconds)}`);
  document.title = `${TITLES[whole.level]}: livenessd`;
}

// Numbers of another process are not compared with the former one's.
function noteRestart(snapshot) {
  const since = snapshot.now.sum("process_start_time_seconds");
  if (started !== null && since !== started) {
    snapshots = [];
    for (const card of shown) card.restart();
  }
  started = since;
}

function keep(snapshot) {
  snapshots.push(snapshot);
  while (snapshots.length > 2 && snapshots[1].taken <= snapshot.taken - WINDOW_S) snapshots.shift();
}

// The text that came with the page gives way to the cards.
function reveal() {
  at("facts").hidden = true;
  for (const id of ["headline", "cards", "pause", "legend"]) at(id).hidden = false;
}

/* ---- staleness ---- */

function sayStale() {
  const since = new Date(lastAnswer).toLocaleTimeString("en-GB");
  write(at("stale"), `No answer since ${since}, for ${duration((Date.now() - lastAnswer) / 1000)}: what stands below is from then.`);
}

function setStale(now) {
  stale = now;
  document.body.classList.toggle("stale", stale);
  if (stale) {
    sayStale();
    document.title = "No answer: livenessd";
  }
  at("stale").hidden = !stale;
}

/* ---- going on ---- */

async function turn() {
  try {
    const snapshot = await take();
    noteRestart(snapshot);
    keep(snapshot);
    lastAnswer = Date.now();
    setStale(false);
    show(snapshot);
    reveal();
  } catch {
    setStale(true);
  }
}

async function run() {
  for (;;) {
    if (!paused) await turn();
    await new Promise((resolve) => setTimeout(resolve, PERIOD_MS));
  }
}

function togglePause() {
  paused = !paused;
  at("pause").setAttribute("aria-pressed", String(paused));
  write(at("pause"), paused ? "Paused" : "Pause");
  if (!paused) turn();
}

for (const stack of stacks) {
  const column = document.createElement("div");
  column.append(...stack.map(({ element }) => element));
  at("cards").append(column);
}
at("pause").addEventListener("click", togglePause);
run();

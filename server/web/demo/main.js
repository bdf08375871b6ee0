// The story: create, camera, verdict. What a reload needs is in this tab's sessionStorage, the id also in the
// address, so that another tab can watch; the token is in no address.
import { Api, Problem } from "./api.js";
import { ComponentCamera, EmulatedCamera, sightsFor } from "./camera.js";
import { $, copyButton, countdown, duration, el, icon, say, show } from "./dom.js";
import { pictureFor, preparePicture } from "./picture.js";
import { clearProblem, showProblem } from "./problem.js";
import { clearVerdict, factOf, showReceipt, showVerdict } from "./verdict.js";
import { note, prepareWire } from "./wire.js";
import { attemptWords, kinds, statusWords } from "./words.js";

const KEPT = "livenessd.demo";
const RECONNECT_MS = 1000;
const RECONNECT_MOST_MS = 30000;

let settings = null;
let session = null; // {id, kind, mode?, token?, expires?, transaction?}
let settled = false;
let knownDevice = false; // whether the browser has a device token by now
let watching = null; // the AbortController of the events
let stopClock = () => {};

const tell = (entry) => note(entry, knownDevice);
const api = new Api(tell);
const slots = { create: $("error-create"), camera: $("error-camera"), verdict: $("error-verdict") };

// ---- what outlives a reload ----

function keep() {
  sessionStorage.setItem(KEPT, JSON.stringify(session));
  history.replaceState(null, "", `#${session.id}`);
}

// A session that has its verdict needs no token any more; a camera that is still playing has its own.
function keepNoToken() {
  const { token, ...rest } = session;
  if (!token) return;
  session = rest;
  keep();
}

function forget() {
  sessionStorage.removeItem(KEPT);
  history.replaceState(null, "", location.pathname);
}

// The address may also name a place of the page.
function namedSession() {
  const [, id] = /^#([0-9a-f]{8}-[0-9a-f-]{27})$/.exec(location.hash) ?? [];
  return id;
}

function kept() {
  const saved = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  const named = namedSession();
  if (!named || saved?.id === named) return saved;
  return { id: named, kind: "detectLiveness" };
}

// ---- steps ----

const steps = ["create", "camera", "verdict"];

function goTo(step) {
  const at = steps.indexOf(step);
  steps.forEach((name, index) => {
    const node = $(`step-${name}`);
    node.classList.toggle("done", index < at || (settled && index <= at));
    node.classList.toggle("todo", index > at);
    if (index === at) node.setAttribute("aria-current", "step");
    else node.removeAttribute("aria-current");
  });
}

function clearProblems() {
  Object.values(slots).forEach(clearProblem);
}

function busy(on) {
  document.body.classList.toggle("busy", on);
  for (const button of document.querySelectorAll("#create-button, #sights button, #component-start, #give-up"))
    button.disabled = on;
}

// Does it, once at a time; a problem is shown in the slot, with a way to repeat it.
async function attempt(slot, act) {
  clearProblems();
  busy(true);
  try {
    await act();
    busy(false);
  } catch (error) {
    busy(false);
    if (error.name === "AbortError") return;
    if (error.status === 401 && !settings.anonymous) show($("credential-field"));
    const anew = session ? begin : null;
    showProblem(slot, error, { again: () => attempt(slot, act), anew });
  }
}

// ---- create ----

function factsOf() {
  const expires = el("span", { id: "expires" });
  const code = el("code", { id: "session-id", class: "wrap" }, session.id);
  const id = el("span", { class: "with-copy" }, code, copyButton(session.id));
  $("facts").replaceChildren(
    factOf("Session", id),
    factOf("Checks", kinds[session.kind]),
    session.transaction ? factOf("Transaction", el("code", { class: "wrap" }, session.transaction)) : "",
    session.expires ? factOf("Token", expires) : "",
  );
  show($("facts"));
  show($("create"), false);
  stopClock();
  if (!session.expires) return;
  stopClock = countdown(session.expires, (left) => {
    expires.textContent = left > 0 ? `good for ${duration(left)}` : "expired";
    if (left <= 0 && !settled) say("The token has expired.");
  });
}

async function create() {
  const form = new FormData($("create"));
  const kind = form.get("kind");
  const mode = form.get("mode");
  api.credential = $("credential").value.trim() || null;
  const picture = kind === "detectLivenessWithVerify" ? await pictureFor(settings.imageMaxBytes) : null;
  const transaction = `demo-${crypto.getRandomValues(new Uint32Array(2)).join("")}`;
  const made = await api.create({ kind, mode, transaction, picture });
  const expires = Date.now() + made.authTokenExpiresInSeconds * 1000;
  session = { id: made.sessionId, kind, mode, token: made.authToken, expires, transaction };
  knownDevice = true;
  keep();
  factsOf();
  openCamera("NotStarted");
  $("title-camera").focus();
  say("The session is created. Run the camera.");
}

// ---- camera ----

const noCamera =
  "This server asks a real Face resource, and has no camera component for this page: set web.face_ui_dir, or hand " +
  "the token to an app. The verdict will still appear here.";

function setStatus(status, tone = "live") {
  $("live").dataset.tone = tone;
  $("live-text").textContent = statusWords(status);
}

function sightButton([name, { title, text, icon: shape }]) {
  const button = el(
    "button",
    {
      type: "button",
      class: "sight",
      "data-sight": name,
      onclick: () => attempt(slots.camera, () => playEmulated(name)),
    },
    icon(shape),
    el("span", { class: "sight-title" }, title),
    el("span", { class: "sight-text" }, text),
  );
  return el("li", {}, button);
}

function openCamera(status) {
  settled = false;
  goTo("camera");
  show($("camera"));
  setStatus(status);
  const mayPlay = Boolean(session.token);
  $("sights").replaceChildren(...sightsFor(session.kind).map(sightButton));
  show($("play"), mayPlay && Boolean(settings.emulator));
  show($("component"), mayPlay && settings.faceUi);
  show($("give-up-line"), false);
  $("no-camera").textContent = mayPlay ? noCamera : "The camera runs where the session was created. This tab watches.";
  show($("no-camera"), !mayPlay || (!settings.emulator && !settings.faceUi));
  watch();
}

async function playEmulated(name) {
  setStatus("Running");
  const camera = new EmulatedCamera(settings.emulator, settings.apiVersion, tell);
  await finish(await camera.play(session, name));
}

async function playComponent() {
  setStatus("Running");
  await finish(await new ComponentCamera($("frame")).play(session));
}

async function finish({ digest, resultId, error }) {
  if (digest) {
    await attempt(slots.verdict, () => complete({ digest, resultId }));
    return;
  }
  const { verdict, status, results } = await api.read(session);
  if (verdict.decision !== "pending") {
    await arrive(verdict);
    return;
  }
  setStatus(status);
  // the previews do not tell the device what went wrong
  offerAgain(error ?? results.attempts[0]?.error ?? { code: "Unexpected", message: "The camera saw nothing." });
}

// The attempt failed and the session is still open: same session, same token.
function offerAgain({ code, message }) {
  const text = attemptWords(code, message);
  const card = el(
    "div",
    { class: "problem soft", role: "alert", tabindex: -1, "data-code": code },
    icon("unsure"),
    el(
      "div",
      {},
      el("p", { class: "problem-text" }, text),
      el("p", {}, "No verdict yet: the same session may be tried again, with the same token."),
      el("p", { class: "note" }, el("code", {}, code)),
    ),
  );
  slots.camera.replaceChildren(card);
  card.focus();
  say(text);
  show($("give-up-line"));
  $("give-up").onclick = () => attempt(slots.verdict, () => complete({ error: code }));
}

async function complete(word) {
  const { verdict, status } = await api.complete(session, word);
  if (verdict.decision === "pending") setStatus(status);
  else arrive(verdict);
}

// ---- live ----

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function follow(signal) {
  let lastId = null;
  let pause = RECONNECT_MS;
  while (!signal.aborted) {
    try {
      for await (const event of api.events(session, lastId, signal)) {
        lastId = event.id ?? lastId;
        pause = event.retry ?? RECONNECT_MS;
        if (event.type === "status" && !settled) setStatus(event.data.status);
        if (event.type === "verdict") return arrive(event.data);
        if (event.type === "end" && event.data.reason === "removed") return vanished();
      }
    } catch (error) {
      if (error.name === "AbortError") return;
      if (error.status === 404) return vanished();
      if (error.status > 0 && !error.error.retryable) {
        showProblem(slots.camera, error, { anew: begin });
        return;
      }
    }
    $("live").dataset.tone = "lost";
    await wait(pause);
    pause = Math.min(2 * pause, RECONNECT_MOST_MS);
  }
}

function watch() {
  watching?.abort();
  watching = new AbortController();
  follow(watching.signal);
}

function vanished() {
  if (settled) return;
  const message = "There is no such session any more: it was deleted, is forgotten, or belongs to somebody else.";
  const gone = new Problem({ code: "SessionNotFound", message, advice: "new_session", help: true }, 404);
  showProblem(slots.verdict, gone, { anew: begin });
  closed();
}

// ---- verdict ----

async function arrive(verdict) {
  if (settled) return;
  settled = true;
  watching?.abort();
  stopClock();
  keepNoToken();
  clearProblems();
  goTo("verdict");
  for (const id of ["play", "component", "no-camera", "give-up-line"]) show($(id), false);
  setStatus("Settled", verdict.accepted ? "yes" : "rest");
  $("expires")?.closest("div").remove();
  showVerdict(verdict, session);
  offerNext(verdict);
  $("verdict-title").focus();
  if (!verdict.receipt) return;
  const { issuer, audience } = settings;
  const expected = { issuer, audience, session: session.id, transaction: session.transaction };
  try {
    await showReceipt(verdict.receipt, await api.keys(), expected);
  } catch (error) {
    showProblem(slots.verdict, error, { again: () => attempt(slots.verdict, () => readAgain()) });
  }
}

async function readAgain() {
  const { verdict } = await api.read(session);
  settled = false;
  await arrive(verdict);
}

function offerNext(verdict) {
  const anew = el("button", { type: "button", class: verdict.accepted ? "quiet" : "main", id: "anew", onclick: begin });
  anew.textContent = "Start a new session";
  const remove = el("button", { type: "button", class: "quiet", id: "delete" }, "Delete this session");
  remove.addEventListener("click", () =>
    attempt(slots.verdict, async () => {
      await api.remove(session);
      closed();
      const done = "Deleted, here and at the face service.";
      $("verdict").append(el("p", { class: "banner plain", id: "deleted" }, icon("yes"), done));
      say("Deleted.");
      $("anew").focus();
    }),
  );
  $("after").replaceChildren(anew, remove);
  show($("after"));
}

// Nothing more can be done with this session.
function closed() {
  watching?.abort();
  stopClock();
  forget();
  $("delete")?.remove();
  show($("play"), false);
  show($("component"), false);
}

// ---- from the start ----

function begin() {
  watching?.abort();
  stopClock();
  forget();
  session = null;
  settled = false;
  clearProblems();
  clearVerdict();
  show($("facts"), false);
  show($("camera"), false);
  show($("after"), false);
  show($("create"));
  goTo("create");
  $("title-create").focus();
}

async function resume(saved) {
  session = saved;
  knownDevice = true;
  factsOf();
  goTo("camera");
  const { verdict, status, results } = await api.read(session);
  if (results.verifyReferences && !session.token) session.kind = "detectLivenessWithVerify";
  factsOf();
  openCamera(status);
  if (verdict.decision !== "pending") await arrive(verdict);
}

async function comeBack(saved) {
  clearProblems();
  try {
    await resume(saved);
  } catch (error) {
    showProblem(slots.camera, error, { again: () => comeBack(saved), anew: begin });
    show($("camera"));
    if (error.status === 404) forget();
    const credential = error.status === 401 && !settings.anonymous;
    if (credential) begin();
    show($("credential-field"), credential);
  }
}

function sayWhere() {
  const upstream = settings.emulator ? "Emulator" : "Face resource";
  $("where").textContent = `${upstream} · ${settings.apiVersion}`;
}

async function start() {
  prepareWire();
  preparePicture();
  show($("columns"));
  goTo("create");
  $("create").addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(slots.create, create);
  });
  $("component-start").addEventListener("click", () => attempt(slots.camera, playComponent));
  addEventListener("hashchange", () => {
    if (namedSession() && namedSession() !== session?.id) location.reload();
  });
  await attempt(slots.create, open);
}

async function open() {
  settings = await api.settings();
  sayWhere();
  show($("credential-field"), !settings.anonymous);
  show($("sample"), Boolean(settings.emulator));
  const saved = kept();
  if (saved) await comeBack(saved);
}

start();

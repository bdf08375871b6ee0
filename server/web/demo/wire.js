// What went over the wire: each request as a curl line, and what answers said about limits. Token and digest are
// shown only when asked for; the device's cookie cannot be.
import { $, copyButton, countdown, duration, el, show } from "./dom.js";
import { limitWords } from "./words.js";

const MOST = 60; // requests kept
const entries = [];
let shown = false;
let stopCounting = () => {};

const quote = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

// A header whose value is a credential is named after it, in double quotes, for a shell's variable.
function headerOf([name, value], { to }) {
  if (name !== "Authorization" || shown) return `-H ${quote(`${name}: ${value}`)}`;
  return `-H "${name}: Bearer $${to === "camera" ? "AUTH_TOKEN" : "TOKEN"}"`;
}

// The digest belongs to the device and the server, like a token.
function bodyOf(json) {
  const line = quote(JSON.stringify(json));
  return shown ? line : line.replace(/"digest":"[^"]*"/, `"digest":"'"$DIGEST"'"`);
}

// curl takes a comma or semicolon in the name of a file for the end of it, unless the name is quoted for curl as well.
const fileOf = (name) => (/[,;"\\]/.test(name) ? `@"${name.replaceAll(/["\\]/g, "\\$&")}"` : `@${name}`);

const isPageOnly = ([name, value]) => name === "Accept" && value === "application/json";

export function curlOf(entry) {
  const { method, url, call, headers, to } = entry;
  const hasBody = call.json !== undefined || call.form;
  const verb = method === (hasBody ? "POST" : "GET") ? "" : ` -X ${method}`;
  const parts = [`curl -sS${call.path?.endsWith("/events") ? "N" : ""}${verb} ${quote(url)}`];
  for (const pair of Object.entries(headers)) if (!isPageOnly(pair)) parts.push(headerOf(pair, entry));
  if (to === "server" && !headers.Authorization && entry.knownDevice) parts.push('-H "X-Device-Token: $DEVICE_TOKEN"');
  for (const [name, value] of Object.entries(call.fields ?? {})) parts.push(`-F ${quote(`${name}=${value}`)}`);
  if (call.file) parts.push(`-F ${quote(`verifyImage=${fileOf(call.file)}`)}`);
  if (call.json !== undefined) parts.push(`-d ${bodyOf(call.json)}`);
  return parts.join(" \\\n  ");
}

// ---- the list ----

function toneOf({ status, failed }) {
  if (failed) return "no";
  if (!status) return "wait";
  return status < 400 ? "yes" : "no";
}

function resultOf({ status, failed, ms }) {
  if (failed) return "no answer";
  return status ? `${status} · ${ms} ms` : "under way";
}

function pathOf({ url, to }) {
  const { pathname } = new URL(url);
  return to === "camera" ? pathname : pathname.replace(/^.*?\/api\//, "/api/");
}

// Long ids in the middle of a path would hide its end.
const shortened = (path) => path.replace(/([0-9a-f]{8})-[0-9a-f-]{20,}/g, "$1…");

function render(entry) {
  const result = el("span", { class: `result ${toneOf(entry)}` }, resultOf(entry));
  if (entry.node) {
    entry.node.querySelector(".result").replaceWith(result);
    return;
  }
  const line = el("pre", { tabindex: 0, "aria-label": "curl line" }, curlOf(entry));
  entry.node = el(
    "li",
    {},
    el(
      "details",
      {},
      el(
        "summary",
        {},
        el("span", { class: "method" }, entry.method),
        el("span", { class: "path" }, shortened(pathOf(entry))),
        result,
      ),
      el("div", { class: "code" }, line, copyButton(() => curlOf(entry))),
    ),
  );
  $("requests").prepend(entry.node); // the newest is seen first, all are copied as they came
}

function renderLines() {
  for (const entry of entries) entry.node.querySelector("pre").textContent = curlOf(entry);
}

// Told of each request when it goes out, and again when its answer has come.
export function note(entry, knownDevice) {
  if (!entries.includes(entry)) {
    entry.knownDevice = knownDevice;
    entries.push(entry);
    if (entries.length > MOST) entries.shift().node.remove();
  }
  show($("wire-empty"), false);
  show($("wire"));
  show($("cookie-note"), entries.some((one) => one.to === "server" && one.knownDevice && !one.headers.Authorization));
  render(entry);
  if (entry.answer && entry.to === "server") readLimits(entry.answer.headers);
}

// ---- limits ----

// "name";q=6;w=600, … : what the draft of RateLimit header fields has of structured fields.
function itemsIn(text) {
  return [...(text ?? "").matchAll(/"([\w-]+)"((?:;[a-z]+=\d+)*)/g)].map(([, name, rest]) => {
    const values = [...rest.matchAll(/;([a-z]+)=(\d+)/g)].map(([, key, value]) => [key, Number(value)]);
    return { name, ...Object.fromEntries(values) };
  });
}

const known = new Map(); // name: {q, w, r, full}

function readLimits(headers) {
  const policies = itemsIn(headers.get("ratelimit-policy"));
  for (const { name, r, t } of itemsIn(headers.get("ratelimit"))) {
    const policy = policies.find((one) => one.name === name) ?? {};
    known.set(name, { ...known.get(name), ...policy, r, full: Date.now() + t * 1000 });
  }
  if (known.size > 0) renderLimits();
}

function renderLimits() {
  show($("limits"));
  stopCounting();
  const rows = [...known].map(([name, { q, w, r, full }]) => {
    const rest = el("span", { class: "limit-rest" });
    const left = el("strong", { class: r > 0 ? "" : "no" }, r > 0 ? `${r} left` : "none left");
    const what = el("span", { class: "limit-name" }, limitWords(name));
    const rule = q ? `${q} in ${duration(w)}` : "";
    return { node: el("li", { "data-limit": name }, what, left, rest), rest, full, rule };
  });
  $("limits-list").replaceChildren(...rows.map(({ node }) => node));
  const latest = Math.max(...rows.map(({ full }) => full));
  stopCounting = countdown(latest, () => {
    for (const { rest, full, rule } of rows) {
      const left = (full - Date.now()) / 1000;
      rest.textContent = [rule, left > 0 ? `all back in ${duration(left)}` : "all there"].filter(Boolean).join(" · ");
    }
  });
}

export function prepareWire() {
  $("show-tokens").addEventListener("change", ({ target }) => {
    shown = target.checked;
    renderLines();
  });
  const all = () => `${entries.map(curlOf).join("\n\n")}\n`;
  $("copy-all").replaceWith(copyButton(all, "Copy all"));
}

// The verdict in plain words, and the receipt, checked here.
import { $, copyButton, el, icon, say, show } from "./dom.js";
import { checkReceipt, tamperWith } from "./receipt.js";
import { nextWords, reasonWords, verdictWords } from "./words.js";

export function showVerdict(verdict, session) {
  const words = verdictWords(verdict, session.kind);
  const facts = [
    ["Decision", verdict.decision],
    ["Attempt", verdict.attemptId],
    ["Device’s digest compared", verdict.digestChecked ? "yes" : "no"],
    ["Same face", verdict.verify && `${verdict.verify.isIdentical ? "yes" : "no"}, ${confidence(verdict)}`],
    ["Picture came from", verdict.reference],
    ["Settled at", verdict.settledAt && new Date(verdict.settledAt).toLocaleTimeString()],
  ].filter(([, value]) => value !== undefined && value !== null);
  const heading = el("h3", { class: "verdict-title", tabindex: -1, id: "verdict-title" }, words.title);
  $("verdict").replaceChildren(
    el(
      "div",
      { class: `verdict ${words.tone}`, "data-decision": verdict.decision, "data-accepted": String(verdict.accepted) },
      icon(words.icon),
      el("div", {}, heading, el("p", { class: "verdict-text" }, words.text)),
    ),
    verdict.reasons.length > 0 ? el("ul", { class: "reasons" }, ...verdict.reasons.map(reasonLine)) : "",
    el("dl", { class: "facts" }, ...facts.map(([name, value]) => factOf(name, String(value)))),
    el("p", { class: "next", id: "next" }, nextWords(verdict)),
  );
  show($("verdict"));
  say(`${words.title}. ${words.text}`);
}

const confidence = ({ verify }) =>
  verify.matchConfidence === undefined ? "" : `confidence ${verify.matchConfidence.toFixed(2)}`;

const reasonLine = (word) => el("li", {}, `${reasonWords(word)} `, el("code", {}, word));

export const factOf = (name, ...value) => el("div", {}, el("dt", {}, name), el("dd", {}, ...value));

// ---- the receipt ----

const checkLine = ({ what, ok, detail }) =>
  el(
    "li",
    { class: ok ? "yes" : "no", "data-check": what, "data-ok": String(ok) },
    icon(ok ? "yes" : "no"),
    el("span", { class: "check-what" }, what),
    el("span", { class: "check-detail" }, `${ok ? "" : "wrong: "}${detail}`),
  );

function judged({ ok, claims }, tampered) {
  if (ok && claims.accepted) return { tone: "yes", sign: "yes", text: "Genuine, and it says yes." };
  if (ok) return { tone: "unsure", sign: "unsure", text: "Genuine, and it says no: a backend refuses it as well." };
  const forged = "Refused: somebody changed it after it was signed.";
  return { tone: "no", sign: "no", text: tampered ? forged : "Refused: it is not a genuine receipt of this check." };
}

function valueOf(name, value) {
  if (!["iat", "exp", "nbf"].includes(name)) return typeof value === "string" ? value : JSON.stringify(value);
  return `${value} (${new Date(value * 1000).toLocaleTimeString()})`;
}

export async function showReceipt(jws, keys, expected) {
  const result = el("div", { id: "receipt-result", "aria-live": "polite" });
  const button = el("button", { type: "button", class: "quiet", "aria-pressed": "false" }, "Tamper with it");
  const render = async () => {
    const tampered = button.getAttribute("aria-pressed") === "true";
    const shown = tampered ? tamperWith(jws) : jws;
    const checked = await checkReceipt(shown, keys, expected);
    const { tone, sign, text } = judged(checked, tampered);
    const raw = el("pre", { tabindex: 0, "aria-label": "Receipt" }, shown);
    result.replaceChildren(
      el("p", { class: `banner ${tone}`, "data-receipt": checked.ok ? "genuine" : "refused" }, icon(sign), text),
      el("ul", { class: "checks" }, ...checked.checks.map(checkLine)),
      el(
        "details",
        {},
        el("summary", {}, "What it says"),
        el(
          "dl",
          { class: "facts claims" },
          ...Object.entries(checked.claims ?? {}).map(([name, value]) => factOf(name, valueOf(name, value))),
        ),
      ),
      el(
        "details",
        {},
        el("summary", {}, "As it is sent"),
        el("div", { class: "code" }, raw, copyButton(shown, "Copy the receipt")),
      ),
    );
  };
  button.addEventListener("click", async () => {
    const pressed = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(pressed));
    button.textContent = pressed ? "Put it right again" : "Tamper with it";
    await render();
  });
  await render();
  $("receipt").replaceChildren(
    el("h3", {}, "Receipt"),
    el("p", { class: "note" }, "Checked in this page with the server’s published keys, as any backend can."),
    result,
    el("p", { class: "actions" }, button),
  );
  show($("receipt"));
}

export function clearVerdict() {
  for (const id of ["verdict", "receipt"]) {
    $(id).replaceChildren();
    show($(id), false);
  }
}

// A problem where it happened: what went wrong, what to do, and after how long.
import { Problem } from "./api.js";
import { countdown, el, icon, say } from "./dom.js";
import { adviceWords } from "./words.js";

const places = new Map(); // slot: how its countdown is ended

export function clearProblem(slot) {
  places.get(slot)?.();
  places.delete(slot);
  slot.replaceChildren();
}

const helpOf = ({ help, code }) =>
  help ? el("a", { href: `../errors#${encodeURIComponent(code)}` }, "What this means, and who can help") : null;

const factsOf = ({ code, requestId }, status) =>
  el(
    "p",
    { class: "note" },
    el("code", {}, code),
    status ? ` · ${status}` : "",
    requestId ? " · request " : "",
    requestId ? el("code", { class: "wrap" }, requestId) : "",
  );

// Until then nothing that would fail in the same way can be pressed.
function waitFor(slot, button, words, seconds) {
  const until = Date.now() + seconds * 1000;
  const submit = slot.parentElement.querySelector("button[type=submit]");
  places.set(
    slot,
    countdown(until, (left) => {
      button.disabled = left > 0;
      if (submit) submit.disabled = left > 0;
      button.textContent = left > 0 ? `${words} in ${Math.ceil(left)} s` : words;
    }),
  );
}

// `again` repeats what failed, `anew` begins with a new session; offered as the problem advises.
export function showProblem(slot, thrown, { again, anew }) {
  clearProblem(slot);
  const problem = thrown instanceof Problem ? thrown : new Problem({ code: "PageFailed", message: String(thrown) });
  const { error, status } = problem;
  const mayRepeat = again && (error.retryable || error.advice === "retry" || error.retryAfterSeconds);
  const mayBegin = anew && error.advice === "new_session";
  const button = (words, act) => el("button", { type: "button", class: "main", onclick: act }, words);
  const repeat = mayRepeat ? button("Try again", again) : null;
  const begin = mayBegin ? button("Start a new session", anew) : null;
  const card = el(
    "div",
    { class: "problem", role: "alert", tabindex: -1, "data-code": error.code },
    icon("no"),
    el(
      "div",
      {},
      el("p", { class: "problem-text" }, error.message),
      el("p", {}, adviceWords(error)),
      repeat || begin ? el("p", { class: "actions" }, repeat, begin) : null,
      factsOf(error, status),
      helpOf(error),
    ),
  );
  slot.replaceChildren(card);
  if (repeat && error.retryAfterSeconds) waitFor(slot, repeat, "Try again", error.retryAfterSeconds);
  card.focus();
  say(error.message);
}

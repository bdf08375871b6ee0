// The camera: played against the emulator's device protocol, or the vendor's component in a frame of its own. Both
// end in {resultId, digest}, or in {error: {code, message}} when the camera could not do it.
import { Problem } from "./api.js";

const sights = {
  real: { title: "A real face", text: "looks into the camera", icon: "yes", sight: { livenessDecision: "realface" } },
  other: {
    title: "Somebody else",
    text: "real, but not the one in the picture",
    icon: "unsure",
    sight: { livenessDecision: "realface", matchConfidence: 0.07 },
    verifyOnly: true,
  },
  spoof: { title: "A spoof", text: "a photo or a screen", icon: "no", sight: { livenessDecision: "spoofface" } },
  uncertain: {
    title: "Hard to tell",
    text: "too dark to decide",
    icon: "unsure",
    sight: { livenessDecision: "uncertain" },
  },
  mask: { title: "A mask", text: "mouth and nose covered", icon: "mask", sight: { error: "FaceWithMaskDetected" } },
  slow: { title: "Nobody in time", text: "the attempt times out", icon: "wait", sight: { error: "TimedOut" } },
};

export function sightsFor(kind) {
  return Object.entries(sights).filter(([, sight]) => !sight.verifyOnly || kind === "detectLivenessWithVerify");
}

export class EmulatedCamera {
  constructor(emulator, version, onRequest) {
    Object.assign(this, { root: `${emulator}/face/${version}`, emulator, onRequest });
  }

  async #post(session, path, json) {
    const url = `${this.root}/${path}`;
    const headers = { Authorization: `Bearer ${session.token}` };
    if (json) headers["Content-Type"] = "application/json";
    const entry = { to: "camera", method: "POST", url, call: { json }, headers, started: performance.now() };
    this.onRequest(entry);
    const body = json ? JSON.stringify(json) : undefined;
    const answer = await fetch(url, { method: "POST", headers, body }).catch(() => {
      entry.failed = true;
      this.onRequest(entry);
      const message = `The emulator at ${this.emulator} does not answer this browser.`;
      throw new Problem({ code: "EmulatorUnreachable", message, retryable: true, advice: "retry" });
    });
    Object.assign(entry, { answer, status: answer.status, ms: Math.round(performance.now() - entry.started) });
    this.onRequest(entry);
    if (!answer.ok) throw await refusalOf(answer);
    return answer;
  }

  async play(session, name) {
    await this.#post(session, "session/start");
    const answer = await this.#post(session, `${session.kind}/singleModal`, sights[name].sight);
    const result = answer.status === 204 ? resultIn(answer.headers) : await answer.json();
    await this.#post(session, "session/attempt/end");
    return result;
  }
}

// The previews tell the device nothing in the body.
function resultIn(headers) {
  return { resultId: headers.get("x-livenessd-result-id"), digest: headers.get("x-livenessd-digest") };
}

async function refusalOf(answer) {
  const { error } = await answer.json().catch(() => ({}));
  if (answer.status === 401)
    return new Problem(
      {
        code: "InvalidToken",
        message: "The face service no longer takes this session’s token: it has expired, or the session is gone.",
        retryable: false,
        advice: "new_session",
      },
      401,
    );
  if (answer.status === 409)
    return new Problem(
      {
        code: error?.code ?? "ConcurrentOperationConflict",
        message: "The session takes no further attempt: it is decided, in use elsewhere, or its attempts are used up.",
        retryable: false,
        advice: "same_session",
      },
      409,
    );
  const message = error?.message ?? `The face service answered ${answer.status}.`;
  const retryAfterSeconds = Number(answer.headers.get("retry-after")) || undefined;
  const code = error?.code ?? `Status${answer.status}`;
  return new Problem({ code, message, retryable: true, advice: "retry", retryAfterSeconds }, answer.status);
}

// The component runs in a page of its own, which alone may evaluate text, and is talked to by messages.
export class ComponentCamera {
  constructor(frame) {
    this.frame = frame;
  }

  async play(session) {
    const { frame } = this;
    frame.hidden = false;
    try {
      const answer = await this.#ask({ start: session.token });
      if (answer.error) return { error: { code: answer.error, message: answer.message } };
      return answer.result;
    } finally {
      frame.hidden = true;
      frame.removeAttribute("src");
    }
  }

  #ask(question) {
    const { frame } = this;
    return new Promise((resolve) => {
      const hear = ({ source, origin, data }) => {
        if (source !== frame.contentWindow || origin !== location.origin) return;
        if (data?.ready) frame.contentWindow.postMessage(question, location.origin);
        // what else the component says to the page that frames it is not for us
        if (!data?.result && !data?.error) return;
        removeEventListener("message", hear);
        resolve(data);
      };
      addEventListener("message", hear);
      frame.src = "face-ui/";
    });
  }
}

// The server's API as this page uses it. Every request is told to `onRequest`, and what cannot be used comes as a
// Problem, which says what to do about it.

const base = new URL("..", document.baseURI);

export class Problem extends Error {
  // `error` is the body's, {code, message, retryable, advice?, retryAfterSeconds?, requestId, help}.
  constructor(error, status = 0) {
    super(error.message);
    Object.assign(this, { error, status });
  }
}

const unreachable = (message) =>
  new Problem({ code: "Unreachable", message, retryable: true, advice: "retry", requestId: null, help: null });

// What no header can carry would look like a server that does not answer.
const notToken = () =>
  new Problem({ code: "NotAuthenticated", message: "Tokens have no such characters.", advice: "authenticate" }, 401);

export class Api {
  constructor(onRequest) {
    this.onRequest = onRequest;
    this.credential = null; // instead of the device's cookie
  }

  // `call`: {method, path, json?, form?, headers?, signal?}; path is relative to the server's root.
  async request(call) {
    const url = new URL(call.path, base);
    const headers = { Accept: "application/json", ...call.headers };
    if (/[^!-~]/.test(this.credential ?? "")) throw notToken();
    if (this.credential) headers.Authorization = `Bearer ${this.credential}`;
    if (call.json !== undefined) headers["Content-Type"] = "application/json";
    const body = call.form ?? (call.json === undefined ? undefined : JSON.stringify(call.json));
    const entry = { to: "server", method: call.method, url: url.href, call, headers, started: performance.now() };
    this.onRequest(entry);
    const options = { method: call.method, headers, body, signal: call.signal, cache: "no-store" };
    const answer = await fetch(url, options).catch((error) => {
      if (error.name === "AbortError") throw error;
      entry.failed = true;
      this.onRequest(entry);
      throw unreachable("The server does not answer. Is it still running?");
    });
    Object.assign(entry, { answer, status: answer.status, ms: Math.round(performance.now() - entry.started) });
    this.onRequest(entry);
    if (!answer.ok) throw await problemOf(answer);
    return answer;
  }

  async json(call) {
    const answer = await this.request(call);
    return answer.status === 204 ? null : answer.json();
  }

  settings() {
    return this.plain("demo/settings.json");
  }

  keys() {
    return this.plain(".well-known/jwks.json");
  }

  async plain(path) {
    const answer = await fetch(new URL(path, base)).catch(() => {
      throw unreachable("The server does not answer. Is it still running?");
    });
    if (!answer.ok) throw await problemOf(answer);
    return answer.json();
  }

  create({ kind, mode, transaction, picture }) {
    const path = `api/${kind}-sessions`;
    const fields = { livenessOperationMode: mode, transactionId: transaction, platform: "web" };
    if (!picture) return this.json({ method: "POST", path, json: fields });
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("verifyImage", picture, picture.name);
    return this.json({ method: "POST", path, form, fields, file: picture.name });
  }

  read({ id, kind }) {
    return this.json({ method: "GET", path: `api/${kind}-sessions/${encodeURIComponent(id)}` });
  }

  complete({ id, kind }, word) {
    const path = `api/${kind}-sessions/${encodeURIComponent(id)}/completion`;
    return this.json({ method: "POST", path, json: { ...word, platform: "web" }, headers: { Prefer: "wait=10" } });
  }

  remove({ id, kind }) {
    return this.json({ method: "DELETE", path: `api/${kind}-sessions/${encodeURIComponent(id)}` });
  }

  // The events of a session, as {type, data, id}, until the server ends them or `signal` does.
  async *events({ id, kind }, lastId, signal) {
    const headers = { Accept: "text/event-stream", ...(lastId ? { "Last-Event-ID": lastId } : {}) };
    const path = `api/${kind}-sessions/${encodeURIComponent(id)}/events`;
    const answer = await this.request({ method: "GET", path, headers, signal });
    if (answer.status === 204) return;
    yield* eventsIn(answer.body.pipeThrough(new TextDecoderStream()));
  }
}

async function problemOf(answer) {
  const body = await answer.json().catch(() => null);
  const after = Number(answer.headers.get("retry-after"));
  const error = {
    code: `Status${answer.status}`,
    message: `The server answered ${answer.status}.`,
    retryable: answer.status >= 500,
    ...body?.error,
  };
  if (after > 0) error.retryAfterSeconds ??= after;
  return new Problem(error, answer.status);
}

// Of the wire format what our server writes: a field a line, an empty line at the end of an event.
async function* eventsIn(stream) {
  let text = "";
  const reader = stream.getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      text += value.replaceAll("\r", "");
      const blocks = text.split("\n\n");
      text = blocks.pop();
      for (const block of blocks) {
        const event = { type: "message" };
        for (const line of block.split("\n")) {
          const [, name, rest] = /^([a-z]*): ?(.*)$/.exec(line) ?? [];
          if (name === "event") event.type = rest;
          if (name === "data") event.data = JSON.parse(rest);
          if (name === "id") event.id = rest;
          if (name === "retry") event.retry = Number(rest);
        }
        yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

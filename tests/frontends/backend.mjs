// The server and its emulator as a frontend finds them, and the camera: what stands where the vendor's component
// does. Whatever the tests of a file do to it, the server has to be alive afterwards, with nothing in its log
// that an operator would have to look at.
import assert from "node:assert/strict";
import { after } from "node:test";
import { Face } from "../face_api/face.mjs";
import { send } from "../face_api/http.mjs";
import { startPair } from "../face_api/server.mjs";

// Words of the log that stand for trouble of ours, and none of a client's making.
const trouble = /"level":"(warn|error|fatal)"/;

async function assertWell({ url, admin, daemon }) {
  assert.equal((await send(admin, "GET", "/livez")).status, 200);
  assert.equal((await send(url, "GET", "/errors")).status, 200);
  assert.equal(daemon.said, "", "standard error");
  assert.equal(
    daemon.lines.find((line) => trouble.test(line)),
    undefined,
  );
}

// `settings` come on top; pages are anonymous devices, apps have the token "an-app-token". With `mayComplain` the
// log is not looked at: the tests break the upstream.
export async function startBackend({
  version = "v1.2",
  settings = [],
  mayComplain = false,
  ...options
} = {}) {
  const backend = {};
  // hooks run in order: this one before the daemon is ended
  after(async () => {
    if (backend.daemon && !mayComplain) await assertWell(backend);
  });
  const auth = "auth.mode=anonymous,app_token";
  return Object.assign(backend, await startPair(version, { settings: [auth, ...settings], ...options }));
}

const noToken = { livenessError: "InvalidToken", recognitionError: "InvalidToken" };
// The upstream's own id of the session that a token is for.
export const upstreamId = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url")).sid;

// start(token) ends as the component's does: with resultId and digest, or thrown {livenessError,
// recognitionError}.
export class Camera {
  #face;
  #sights = [];

  constructor(backend) {
    this.#face = new Face(backend.emulator, backend.upstreamVersion);
  }

  // What it is going to see, one sight a start; afterwards real faces.
  sees(...sights) {
    this.#sights.push(...sights);
    return this;
  }

  // What the service knows of the token's session.
  async #sessionOf(token) {
    const { sessions } = (await send(this.#face.service.url, "GET", "/emulator/sessions")).json;
    return sessions.find(({ sessionId }) => sessionId === upstreamId(token));
  }

  async start(token) {
    if (!token) throw noToken;
    const known = await this.#sessionOf(token);
    const session = { token, kind: known?.kind };
    const started = await this.#face.start(session);
    if (started.status >= 300) throw noToken;
    this.correlationId = known.deviceCorrelationId;
    const sight = this.#sights.shift() ?? {};
    const { json } = await this.#face.see(session, sight);
    await this.#face.endAttempt(session);
    if (sight.error) throw { livenessError: sight.error, recognitionError: "GenericFailure" };
    return json;
  }
}

export const sights = {
  real: { livenessDecision: "realface", matchConfidence: 0.93 },
  spoof: { livenessDecision: "spoofface" },
  uncertain: { livenessDecision: "uncertain" },
  other: { matchConfidence: 0.07 }, // a real face that is somebody else's
  mask: { error: "FaceWithMaskDetected" },
  slow: { error: "TimedOut" },
};

// What the upstream was asked for: "POST /face/v1.2/…".
export async function askedUpstream(backend) {
  const { requests } = (await send(backend.emulator.url, "GET", "/emulator/requests")).json;
  return requests.map(({ method, path }) => `${method} ${path}`);
}

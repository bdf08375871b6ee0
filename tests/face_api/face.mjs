// The Face API's liveness operations of one version, for tests: knows its paths, plays the device, and checks
// of every answer what all answers promise.
import assert from "node:assert/strict";
import { send } from "./http.mjs";
import { form, picture } from "./multipart.mjs";
import { assertShape } from "./schema.mjs";

export const stable = ["v1.2", "v1.3-preview.1"];
export const previews = ["v1.1-preview.1", "v1.2-preview.1"];
export const versions = [...previews, ...stable];
export const kinds = ["detectLiveness", "detectLivenessWithVerify"];

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const json = { "Content-Type": "application/json" };

export const plainFields = {
  livenessOperationMode: "Passive",
  deviceCorrelationId: "723d6d03-ef33-40a8-9682-23a1feb7bccd",
};

export class Face {
  constructor(service, version = "v1.2", { key = service.key ?? "any", root = "/face" } = {}) {
    Object.assign(this, { service, version, key, root });
    this.preview = previews.includes(version);
    this.schema = version; // the document its answers are held against
  }

  // `path` is what follows the version.
  call(method, path, options = {}) {
    return this.at(method, `${this.root}/${this.version}${path}`, options);
  }

  async at(method, path, { headers = {}, body = null, key = this.key } = {}) {
    const auth = key === null ? {} : { "Ocp-Apim-Subscription-Key": key };
    const answer = await send(this.service.url, method, path, { headers: { ...auth, ...headers }, body });
    this.check(answer);
    return answer;
  }

  check(answer) {
    assert.match(answer.headers["apim-request-id"] ?? "", uuid, "apim-request-id");
    if (answer.status < 400) return;
    assert.equal(answer.headers["x-ms-error-code"], answer.json?.error?.code, "x-ms-error-code is the code");
    assertShape(this.schema, "error", answer.json);
  }

  json(method, path, value, options = {}) {
    const body = typeof value === "string" ? value : JSON.stringify(value);
    return this.call(method, path, { ...options, headers: { ...json, ...options.headers }, body });
  }

  sessions(kind = "detectLiveness") {
    return this.preview ? `/${kind}/singleModal/sessions` : `/${kind}-sessions`;
  }

  create(fields = plainFields) {
    return this.json("POST", this.sessions(), fields);
  }

  // The version's own form: previews take Parameters and VerifyImage, the others a part a field.
  createVerify(fields = plainFields, { bytes = picture(), sender } = {}) {
    const image = bytes && { name: this.preview ? "VerifyImage" : "verifyImage", bytes };
    const rest = this.preview ? { jsonParts: [{ name: "Parameters", value: fields }] } : { fields };
    return this.call("POST", this.sessions("detectLivenessWithVerify"), form({ sender, image, ...rest }));
  }

  // A session made and looked at: {id, token, answer}.
  async created(kind = "detectLiveness", fields = plainFields, options = {}) {
    const answer =
      kind === "detectLiveness" ? await this.create(fields) : await this.createVerify(fields, options);
    assert.equal(answer.status, 200, answer.text);
    return { kind, id: answer.json.sessionId, token: answer.json.authToken, answer };
  }

  get(session) {
    return this.call("GET", `${this.sessions(session.kind)}/${session.id}`);
  }

  remove(session) {
    return this.call("DELETE", `${this.sessions(session.kind)}/${session.id}`);
  }

  audit(session, query = "") {
    return this.call("GET", `${this.sessions(session.kind)}/${session.id}/audit${query}`);
  }

  image(id) {
    return this.call("GET", `${this.preview ? "/session" : ""}/sessionImages/${id}`);
  }

  // The device's side: no key, the session's token.
  device(session, path, value = null, { headers = {} } = {}) {
    const auth = { Authorization: `Bearer ${session.token}` };
    if (value === null) return this.call("POST", path, { key: null, headers: { ...auth, ...headers } });
    return this.json("POST", path, value, { key: null, headers: { ...auth, ...headers } });
  }

  start(session, value = {}) {
    return this.device(session, "/session/start", value);
  }

  see(session, sight = {}) {
    return this.device(session, `/${session.kind}/singleModal`, sight);
  }

  endAttempt(session) {
    return this.device(session, "/session/attempt/end");
  }

  // One attempt a sight, from start to end; the answers to the sights.
  async play(session, ...sights) {
    const answers = [];
    for (const sight of sights.length > 0 ? sights : [{}]) {
      assert.ok((await this.start(session)).status < 300);
      answers.push(await this.see(session, sight));
      await this.endAttempt(session);
    }
    return answers;
  }

  // GET, held against the version's schema.
  async shown(session) {
    const answer = await this.get(session);
    assert.equal(answer.status, 200, answer.text);
    assertShape(this.schema, session.kind === "detectLiveness" ? "get" : "getVerify", answer.json);
    return answer.json;
  }

  shape(name, answer) {
    assertShape(this.schema, name, answer.json);
  }
}

export function assertError(answer, status, code) {
  assert.equal(answer.status, status, `${answer.status} ${answer.text}`);
  assert.equal(answer.json?.error?.code, code, answer.text);
}

// The emulator's clock, moved on.
export async function advanceClock(emulator, seconds) {
  const answer = await send(emulator.url, "POST", "/emulator/clock", {
    headers: json,
    body: JSON.stringify({ advanceSeconds: seconds }),
  });
  assert.equal(answer.status, 200, answer.text);
}

export async function addFault(emulator, fault) {
  const answer = await send(emulator.url, "POST", "/emulator/faults", {
    headers: json,
    body: JSON.stringify(fault),
  });
  assert.equal(answer.status, 200, answer.text);
}

export async function clearFaults(emulator) {
  assert.equal((await send(emulator.url, "DELETE", "/emulator/faults")).status, 204);
}

// One of the emulator's own switches: "options", "entra".
export async function setControl(emulator, name, value) {
  const answer = await send(emulator.url, "POST", `/emulator/${name}`, {
    headers: json,
    body: JSON.stringify(value),
  });
  assert.equal(answer.status, 200, answer.text);
  return answer.json;
}

// Waits for it, 20 s at most.
export async function until(what, holds) {
  const deadline = Date.now() + 20000;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, `waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

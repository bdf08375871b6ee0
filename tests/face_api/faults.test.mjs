// /emulator/faults: what can go wrong between a client and the service, on demand.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startEmulator } from "./daemon.mjs";
import { Face, addFault, clearFaults, plainFields } from "./face.mjs";
import { send } from "./http.mjs";

const emulator = await startEmulator();
const face = new Face(emulator);
const one = async (fault) => {
  await clearFaults(emulator);
  await addFault(emulator, { count: 1, ...fault });
};
const create = () =>
  send(emulator.url, "POST", "/face/v1.2/detectLiveness-sessions", {
    headers: { "Content-Type": "application/json", "Ocp-Apim-Subscription-Key": "any" },
    body: JSON.stringify(plainFields),
  });
const sessions = async () => (await send(emulator.url, "GET", "/emulator/sessions")).json.sessions.length;

test("latency, and jitter on top of it, come before the answer", async () => {
  await one({ route: "create", delayMs: 60, jitterMs: 20 });
  const begun = process.hrtime.bigint();
  assert.equal((await create()).status, 200);
  assert.ok(process.hrtime.bigint() - begun >= 55_000_000n);
});

for (const [kind, performed] of [
  ["reset", false],
  ["resetMidway", true],
]) {
  test(`${kind}: the connection breaks`, async () => {
    const before = await sessions();
    await one({ route: "create", kind });
    await assert.rejects(create, /ECONNRESET|socket hang up|aborted/);
    assert.equal((await sessions()) - before, performed ? 1 : 0);
    assert.equal((await create()).status, 200);
  });
}

test("reset after the call was performed", async () => {
  const before = await sessions();
  await one({ route: "create", kind: "reset", after: true });
  await assert.rejects(create);
  assert.equal((await sessions()) - before, 1);
});

test("truncated: less body than the head says", async () => {
  await one({ route: "create", kind: "truncated" });
  await assert.rejects(create, /aborted|ECONNRESET|socket hang up/);
});

test("garbage: a body that is no JSON", async () => {
  await one({ route: "create", kind: "garbage" });
  await assert.rejects(create, SyntaxError);
});

test("wrongTypes: every value of another type", async () => {
  await one({ route: "create", kind: "wrongTypes" });
  const answer = await create();
  assert.equal(answer.status, 200);
  assert.equal(typeof answer.json.sessionId, "number");
  assert.notEqual(typeof answer.json.status, "string");
  assert.throws(() => face.shape("create", answer));
});

test("huge: a body of many megabytes that begins well", async () => {
  await one({ route: "create", kind: "huge", sizeBytes: 20_000_000 });
  const answer = await create();
  assert.equal(answer.raw.length, 20_000_000);
  assert.equal(answer.json.status, "NotStarted");
});

test("drip: a byte at a time", async () => {
  await one({ route: "get", kind: "drip", intervalMs: 1 });
  const session = await face.created();
  assert.equal((await face.get(session)).json.sessionId, session.id);
});

test("status with a code of its own and Retry-After", async () => {
  await one({ route: "create", status: 418, code: "Teapot", retryAfter: 3 });
  const answer = await create();
  assert.equal(answer.status, 418);
  assert.equal(answer.headers["x-ms-error-code"], "Teapot");
  assert.equal(answer.headers["retry-after"], "3");
});

test("a fault hits as often as it says, and its own operation alone", async () => {
  await one({ route: "get", status: 500, count: 2 });
  const session = await face.created();
  assert.deepEqual(
    [(await face.get(session)).status, (await face.get(session)).status, (await face.get(session)).status],
    [500, 500, 200],
  );
});

test("a fault with a probability hits some and spares others", async () => {
  await clearFaults(emulator);
  await addFault(emulator, { route: "get", status: 500, probability: 0.5 });
  const session = await face.created();
  const statuses = new Set();
  for (let i = 0; i < 200 && statuses.size < 2; i++) statuses.add((await face.get(session)).status);
  assert.deepEqual([...statuses].sort(), [200, 500]);
});

test("every operation can be named", async () => {
  for (const route of [
    "create",
    "get",
    "delete",
    "list",
    "audit",
    "image",
    "detect",
    "settings",
    "assetsToken",
    "token",
    "start",
    "singleModal",
    "attemptEnd",
    "any",
  ]) {
    await one({ route, status: 500 });
  }
  await clearFaults(emulator);
});

test("a fault that makes no sense is refused", async () => {
  for (const fault of [
    {},
    { route: "create" },
    { route: "nothing", status: 500 },
    { route: "get", status: 99 },
    { route: "get", kind: "magic" },
    { route: "get", status: 500, probability: 2 },
    { route: "get", delayMs: -1 },
  ]) {
    const answer = await send(emulator.url, "POST", "/emulator/faults", {
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(fault),
    });
    assert.equal(answer.status, 400, JSON.stringify(fault));
  }
});

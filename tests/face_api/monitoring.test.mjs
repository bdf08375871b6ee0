// What v1.3-preview.1 adds: settings, abuse monitoring, client addresses, the assets token.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startEmulator } from "./daemon.mjs";
import { Face, assertError, kinds, plainFields, versions } from "./face.mjs";

const emulator = await startEmulator();
const face = new Face(emulator, "v1.3-preview.1");
let count = 0;
const fields = (more = {}) => ({
  livenessOperationMode: "Passive",
  deviceCorrelationId: `device-${++count}`,
  ...more,
});

async function setMonitoring(enabled) {
  const answer = await face.json("PATCH", "/settings", { livenessAbuseMonitoring: { enabled } });
  assert.equal(answer.status, 200, answer.text);
  face.shape("settings", answer);
  assert.equal(answer.json.livenessAbuseMonitoring.enabled, enabled);
}

async function attemptOf(session) {
  return (await face.shown(session)).results.attempts[0];
}

test("settings: abuse monitoring is read and changed", async () => {
  await setMonitoring(true);
  const answer = await face.call("GET", "/settings");
  assert.equal(answer.status, 200);
  face.shape("settings", answer);
  assert.equal(answer.json.livenessAbuseMonitoring.enabled, true);
  await setMonitoring(false);
  assert.equal((await face.call("GET", "/settings")).json.livenessAbuseMonitoring.enabled, false);
});

test("settings: the shape of a superseded draft is taken too", async () => {
  assert.equal((await face.json("PATCH", "/settings", { enabled: true })).status, 200);
  assert.equal((await face.call("GET", "/settings")).json.livenessAbuseMonitoring.enabled, true);
  await setMonitoring(false);
});

test("settings: what does not fit is refused", async () => {
  for (const body of [{ livenessAbuseMonitoring: { enabled: 5 } }, { livenessAbuseMonitoring: true }, []]) {
    assertError(await face.json("PATCH", "/settings", body), 400, "InvalidRequestBody");
  }
  assertError(await face.json("PATCH", "/settings", "{"), 400, "BadArgument");
  assertError(
    await face.json("PATCH", "/settings", {}, { headers: { "Content-Type": "text/plain" } }),
    415,
    "BadArgument",
  );
  assertError(await face.call("GET", "/settings", { key: null }), 401, "401");
});

test("settings and the assets token are of this version alone", async () => {
  for (const version of versions.filter((name) => name !== "v1.3-preview.1")) {
    const other = new Face(emulator, version);
    assertError(await other.call("GET", "/settings"), 404, "404");
    assertError(await other.json("PATCH", "/settings", {}), 404, "404");
    assertError(await other.call("GET", "/settings/getClientAssetsAccessToken"), 404, "404");
  }
});

test("the client assets' token comes in both encodings", async () => {
  const answer = await face.call("GET", "/settings/getClientAssetsAccessToken");
  assert.equal(answer.status, 200);
  face.shape("assetsToken", answer);
  assert.equal(Buffer.from(answer.json.base64AccessToken, "base64").toString(), answer.json.accessToken);
  assert.ok(Date.parse(answer.json.expiry) > Date.now());
});

for (const kind of kinds) {
  test(`${kind}: a session tells whether it is monitored`, async () => {
    await setMonitoring(false);
    const off = await face.created(kind, fields());
    assert.notEqual((await face.shown(off)).isAbuseMonitoringEnabled, true);
    await setMonitoring(true);
    const on = await face.created(kind, fields());
    assert.equal((await face.shown(on)).isAbuseMonitoringEnabled, true);
    await face.play(on);
    assert.equal((await attemptOf(on)).abuseMonitoringResult.isAbuseDetected, false);
    await face.play(off);
    assert.ok(!("abuseMonitoringResult" in (await attemptOf(off))));
  });

  test(`${kind}: the same face under another correlation id is abuse, and names the others`, async () => {
    await setMonitoring(true);
    const faceId = `somebody of ${kind}`;
    const first = await face.created(kind, fields({ enableSessionImage: true }));
    await face.play(first, { faceId });
    const second = await face.created(kind, fields());
    await face.play(second, { faceId });
    const attempt = await attemptOf(second);
    assert.equal(attempt.result.livenessDecision, "realface", "abuse is no decision");
    assert.equal(attempt.abuseMonitoringResult.isAbuseDetected, true);
    const image = (await attemptOf(first)).result.sessionImageId;
    assert.deepEqual(attempt.abuseMonitoringResult.otherFlaggedSessions, [
      { attemptId: 1, sessionId: first.id, sessionImageId: image },
    ]);
  });
}

test("the same face under its own correlation id is no abuse", async () => {
  await setMonitoring(true);
  const own = fields();
  for (let i = 0; i < 2; i++) {
    const session = await face.created(kinds[0], own);
    await face.play(session, { faceId: "a regular" });
    assert.equal((await attemptOf(session)).abuseMonitoringResult.isAbuseDetected, false);
  }
});

test("a flagged correlation id creates no session any more", async () => {
  await setMonitoring(true);
  const own = fields();
  const session = await face.created(kinds[0], own);
  await face.play(session, { abuse: true });
  assert.equal((await attemptOf(session)).abuseMonitoringResult.isAbuseDetected, true);
  const answer = await face.create(own);
  assert.equal(answer.status, 403);
  assert.ok(answer.json.error.message.length > 20);
  assert.equal((await face.create(fields())).status, 200);
});

test("an attempt tells from which address it came", async () => {
  const session = await face.created(kinds[0], fields({ expectedClientIpAddress: "203.0.113.0/24" }));
  await face.play(session);
  assert.deepEqual((await attemptOf(session)).clientInformation, [{ ip: "127.0.0.1" }]);
  assert.equal((await face.shown(session)).expectedClientIpAddress, "203.0.113.0/24");
});

test("v1.2 shows nothing of all that", async () => {
  await setMonitoring(true);
  const old = new Face(emulator, "v1.2");
  const session = await old.created(kinds[0], fields());
  await old.play(session, { faceId: "x" });
  await old.shown(session);
  const plain = await old.create(plainFields);
  old.shape("create", plain);
});

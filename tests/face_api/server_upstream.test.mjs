// What the server sends upstream: no field to a version that lacks it, nothing of the client's but what it may
// choose, and its own credentials.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { kinds, plainFields, previews, until, versions } from "./face.mjs";
import { picture } from "./multipart.mjs";
import { partsOf, recorderOf } from "./recorder.mjs";
import { ServerFace, startPair } from "./server.mjs";

const always = [
  "livenessOperationMode",
  "deviceCorrelationId",
  "deviceCorrelationIdSetInClient",
  "authTokenTimeToLiveInSeconds",
];
const latest = [...always, "enableSessionImage", "livenessModelVersion"];
const newestForm = [...latest, "numberOfClientAttemptsAllowed"];
const newest = [
  ...newestForm,
  "userCorrelationId",
  "userCorrelationIdSetInClient",
  "expectedClientIpAddress",
];
const verify = ["returnVerifyImageHash", "verifyConfidenceThreshold"];
const fieldsOf = {
  "v1.1-preview.1": { plain: [...always, "sendResultsToClient"], verify: [] },
  "v1.2-preview.1": {
    plain: [...always, "sendResultsToClient", "enableSessionImage", "livenessSingleModalModel"],
    verify,
  },
  "v1.2": { plain: latest, verify },
  "v1.3-preview.1": { plain: newest, form: newestForm, verify },
};
const all = {
  ...plainFields,
  livenessOperationMode: "PassiveActive",
  enableSessionImage: true,
  authTokenTimeToLiveInSeconds: 120,
  numberOfClientAttemptsAllowed: 2,
  userCorrelationId: "somebody",
  sendResultsToClient: true,
  verifyConfidenceThreshold: 0.7,
  transactionId: "t-1",
  platform: "web",
  unheardOf: { a: 1 },
};

// all before the first test: a runner whose tests are done does not wait for more
const servers = await Promise.all(versions.map((version) => startPair(version, { between: recorderOf })));

for (const [i, version] of versions.entries()) {
  const server = servers[i];
  const face = new ServerFace(server, "v1.3-preview.1");
  const { calls } = server.upstream;
  const allowed = fieldsOf[version];
  const lastCreate = () => calls.filter(({ method }) => method === "POST").at(-1);

  test(`${version} upstream: a plain create has this version's fields and no other`, async () => {
    await face.created(kinds[0], all);
    const sent = JSON.parse(lastCreate().body);
    assert.deepEqual(
      Object.keys(sent).filter((name) => !allowed.plain.includes(name)),
      [],
    );
    assert.equal(sent.livenessOperationMode, "PassiveActive");
    assert.equal(sent.authTokenTimeToLiveInSeconds, 120);
    for (const name of [
      "enableSessionImage",
      "sendResultsToClient",
      "numberOfClientAttemptsAllowed",
      "userCorrelationId",
    ]) {
      assert.equal(name in sent, allowed.plain.includes(name), name);
    }
  });

  test(`${version} upstream: a model chosen by another version's field is not sent`, async () => {
    const models = {
      livenessSingleModalModel: "2022-10-15-preview.04",
      livenessModelVersion: "2024-11-15",
    };
    for (const [name, model] of Object.entries(models)) {
      await face.created(kinds[0], { ...plainFields, [name]: model });
      const sent = JSON.parse(lastCreate().body);
      const known = allowed.plain.includes(name);
      assert.equal(sent[name], known ? model : undefined);
      assert.equal(Object.values(sent).includes(model), known);
    }
  });

  test(`${version} upstream: the correlation ids are pseudonyms`, async () => {
    await face.created(kinds[0], all);
    const first = JSON.parse(lastCreate().body);
    await face.created(kinds[0], { ...all, deviceCorrelationId: "another" });
    const second = JSON.parse(lastCreate().body);
    assert.match(first.deviceCorrelationId, /^[0-9a-f-]{36}$/);
    assert.notEqual(first.deviceCorrelationId, plainFields.deviceCorrelationId);
    assert.notEqual(first.deviceCorrelationId, second.deviceCorrelationId);
    assert.equal(first.userCorrelationId, second.userCorrelationId);
    assert.notEqual(first.userCorrelationId, "somebody");
  });

  test(`${version} upstream: a verify create is this version's form, with the image as it came`, async () => {
    const bytes = picture("png", 3000);
    await face.created(kinds[1], all, { bytes });
    const parts = partsOf(lastCreate());
    const preview = previews.includes(version);
    const image = parts[preview ? "VerifyImage" : "verifyImage"];
    assert.match(image.head, /filename=/, "the file part has a file name");
    assert.deepEqual(Buffer.from(image.text, "latin1"), bytes);
    const sent = preview ? JSON.parse(parts.Parameters.text) : parts;
    const names = Object.keys(sent).filter((name) => name !== "verifyImage");
    assert.deepEqual(
      names.filter((name) => ![...(allowed.form ?? allowed.plain), ...allowed.verify].includes(name)),
      [],
    );
    assert.equal(names.includes("returnVerifyImageHash"), allowed.verify.length > 0);
    assert.equal(names.includes("verifyConfidenceThreshold"), allowed.verify.length > 0);
    if (preview) assert.deepEqual(Object.keys(parts).sort(), ["Parameters", "VerifyImage"]);
  });

  test(`${version} upstream: the key is the upstream's, the request id goes along`, async () => {
    const session = await face.created();
    await face.play(session);
    await face.get(session);
    for (const { headers } of calls) {
      assert.equal(headers["ocp-apim-subscription-key"], "the-upstream-key");
      assert.match(headers["x-ms-client-request-id"], /^[0-9a-f-]{36}$/);
      assert.ok(!("authorization" in headers));
    }
  });

  test(`${version} upstream: a finished session costs three calls`, async () => {
    const creates = () =>
      calls.filter(({ method, path }) => method === "POST" && /sessions$/.test(path)).length;
    const before = creates();
    const session = await face.created();
    await face.play(session);
    for (let i = 0; i < 5; i++) await face.get(session);
    await face.remove(session);
    const { sid } = JSON.parse(Buffer.from(session.token.split(".")[1], "base64url"));
    const own = () => calls.filter(({ path }) => path.endsWith(sid)).map(({ method }) => method);
    await until("the deletion", () => own().includes("DELETE"));
    assert.deepEqual(own(), ["GET", "DELETE"]);
    assert.equal(creates() - before, 1);
  });
}

// ---- policy ----

test("policy may let the device bring the face it is compared with, and the verdict says so", async () => {
  const server = await startPair("v1.2", { settings: ["policy.verify_image=client_allowed"] });
  const face = new ServerFace(server, "v1.2");
  const session = await face.created(kinds[1], plainFields, { bytes: null });
  const bytes = picture("png", 2000);
  await face.play(session, { verifyImage: bytes.toString("base64") });
  const body = await face.as("operator").shown(session);
  assert.equal(body.verdict.reference, "client");
  assert.equal(
    body.results.attempts[0].result.verifyImageHash,
    createHash("sha256").update(bytes).digest("hex").toUpperCase(),
  );
});

test("policy bounds what a frontend may choose, and names what is allowed", async () => {
  const server = await startPair("v1.3-preview.1", {
    settings: [
      "policy.modes=PassiveActive",
      "policy.token_ttl_max=10m",
      "policy.attempts_max=2",
      "policy.session_image=never",
      "retention.image=0s",
      "policy.verify_confidence_threshold=0.6",
    ],
  });
  const face = new ServerFace(server, "v1.3-preview.1");
  const fields = { ...plainFields, livenessOperationMode: "PassiveActive" };
  for (const [change, allowed] of [
    [{ livenessOperationMode: "Passive" }, /PassiveActive/],
    [{ authTokenTimeToLiveInSeconds: 601 }, /600/],
    [{ numberOfClientAttemptsAllowed: 3 }, /2/],
  ]) {
    const answer = await face.create({ ...fields, ...change });
    assert.equal(answer.status, 400, answer.text);
    assert.equal(answer.json.error.code, "NotAllowedByPolicy");
    assert.match(answer.json.error.message, allowed);
  }
  const low = await face.createVerify({ ...fields, verifyConfidenceThreshold: 0.5 });
  assert.equal(low.json.error?.code, "NotAllowedByPolicy");
  assert.equal((await face.create({ ...fields, numberOfClientAttemptsAllowed: 2 })).status, 200);
});

// ---- abuse ----

test("abuse that upstream detects denies, and operators see the other sessions by our ids", async () => {
  const server = await startPair("v1.3-preview.1");
  const face = new ServerFace(server, "v1.3-preview.1");
  const set = await face.upstream.json("PATCH", "/settings", { livenessAbuseMonitoring: { enabled: true } });
  assert.equal(set.status, 200);
  // its image keeps the first one alive upstream
  const first = await face.created(kinds[0], {
    ...plainFields,
    enableSessionImage: true,
    deviceCorrelationId: "one",
  });
  await face.play(first, { faceId: "somebody" });
  assert.equal((await face.shown(first)).verdict.accepted, true);
  const second = await face.created(kinds[0], { ...plainFields, deviceCorrelationId: "two" });
  await face.play(second, { faceId: "somebody" });
  const body = await face.shown(second);
  assert.equal(body.verdict.accepted, false);
  assert.deepEqual(body.verdict.reasons, ["abuse_detected"]);
  assert.deepEqual(body.results.attempts[0].abuseMonitoringResult, { isAbuseDetected: true });
  const seen = await face.as("operator").shown(second);
  assert.deepEqual(seen.results.attempts[0].abuseMonitoringResult, {
    isAbuseDetected: true,
    otherFlaggedSessions: [{ attemptId: 1, sessionId: first.id }],
  });
});

// ---- credentials ----

test("the second key is tried when the first is refused", async () => {
  const server = await startPair("v1.2", {
    secrets: { "upstream.key": "an-old-key", "upstream.key2": "the-upstream-key" },
  });
  const face = new ServerFace(server, "v1.2");
  for (let i = 0; i < 3; i++) assert.equal((await face.create()).status, 200);
});

test("an Entra application instead of a key", async () => {
  const server = await startPair("v1.2", {
    between: recorderOf,
    secrets: { "upstream.entra_client_secret": "the-secret" },
    env: { LIVENESSD_EMULATOR_CLIENT_SECRET: "the-secret" },
    withAuthority: true,
    settings: ["upstream.entra_tenant=a-tenant", "upstream.entra_client_id=an-app"],
  });
  const face = new ServerFace(server, "v1.2");
  for (let i = 0; i < 3; i++) assert.equal((await face.create()).status, 200);
  const [asked, ...creates] = server.upstream.calls;
  assert.equal(asked.path, "/a-tenant/oauth2/v2.0/token");
  assert.equal(
    new URLSearchParams(asked.body.toString()).get("scope"),
    "https://cognitiveservices.azure.com/.default",
  );
  assert.equal(creates.length, 3, "one token serves them all");
  for (const { headers } of creates) {
    assert.match(headers.authorization, /^Bearer /);
    assert.ok(!("ocp-apim-subscription-key" in headers));
  }
});

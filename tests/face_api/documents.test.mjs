// The product's own documents contradict each other and the service. What they say works where a tolerant
// service can make it work; --tutorial-paths adds the addresses of the tutorial, --strict takes tolerance away.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startEmulator } from "./daemon.mjs";
import { Face, assertError, kinds, plainFields } from "./face.mjs";
import { form, picture } from "./multipart.mjs";

const plain = await startEmulator();
const tutorial = await startEmulator({ args: ["--tutorial-paths"] });
const strict = await startEmulator({ args: ["--strict"] });
const face = new Face(plain);
const student = new Face(tutorial);
const judge = new Face(strict);
const [liveness, verify] = kinds;
const verifyPath = "/detectLivenessWithVerify-sessions";
const tutorialFields = {
  livenessOperationMode: "passiveactive",
  deviceCorrelationId: "723d6d03-ef33-40a8-9682-23a1feb7bcc",
  enableSessionImage: "true",
};

// ---- addresses ----

test("the tutorial's addresses are none unless switched on", async () => {
  const session = await face.created();
  for (const [method, path] of [
    ["GET", `/livenessSessions/${session.id}/result`],
    ["DELETE", `/livenessSessions/${session.id}`],
    ["DELETE", `/livenessWithVerifySessions/${session.id}`],
  ]) {
    const answer = await face.call(method, path);
    assertError(answer, 404, "404");
    assert.equal(answer.json.error.message, "Resource not found");
  }
  const made = form({ fields: plainFields, image: { bytes: picture() } });
  assertError(await face.call("POST", "/createLivenessWithVerifySession", made), 404, "404");
});

for (const kind of kinds) {
  test(`--tutorial-paths: the result of ${kind} at /livenessSessions/{id}/result`, async () => {
    const session = await student.created(kind);
    await student.play(session);
    const answer = await student.call("GET", `/livenessSessions/${session.id}/result`);
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.json, (await student.get(session)).json);
  });
}

test("--tutorial-paths: delete at /livenessSessions/{id} and /livenessWithVerifySessions/{id}", async () => {
  for (const [kind, path] of [
    [liveness, "/livenessSessions"],
    [verify, "/livenessWithVerifySessions"],
  ]) {
    const session = await student.created(kind);
    const answer = await student.call("DELETE", `${path}/${session.id}`);
    assert.equal(answer.status, 204);
    assertError(await student.get(session), 404, "SessionNotFound");
  }
});

test("--tutorial-paths: verify sessions are created at /createLivenessWithVerifySession", async () => {
  const image = { name: "VerifyImage", bytes: picture() };
  const answer = await student.call(
    "POST",
    "/createLivenessWithVerifySession",
    form({
      image,
      jsonParts: [
        { name: "CreateLivenessWithVerifySessionRequest", value: tutorialFields, filename: "request.json" },
      ],
    }),
  );
  assert.equal(answer.status, 200, answer.text);
  student.shape("createVerify", answer);
});

test("--tutorial-paths: verifyResult stands inside result and beside it, attempts stay newest first", async () => {
  const session = await student.created(verify);
  await student.play(session, { error: "FaceWithMaskDetected" }, { matchConfidence: 0.75 });
  const { attempts } = (await student.get(session)).json.results;
  assert.deepEqual(
    attempts.map(({ attemptId }) => attemptId),
    [2, 1],
  );
  assert.deepEqual(attempts[0].verifyResult, attempts[0].result.verifyResult);
  assert.equal(attempts[0].verifyResult.matchConfidence, 0.75);
});

test("the tutorial's detectLivenesswithVerify, with a small w, is always the verify path", async () => {
  const made = form({ fields: plainFields, image: { bytes: picture() } });
  const answer = await face.call("POST", "/detectLivenesswithVerify-sessions", made);
  assert.equal(answer.status, 200);
});

test("an early draft's singleModal paths are none in v1.2", async () => {
  assertError(await face.json("POST", "/detectLiveness/singleModal/sessions", plainFields), 404, "404");
});

// ---- bodies ----

test("JSON on the verify path is a verify session whose image the device brings", async () => {
  const answer = await face.json("POST", verifyPath, plainFields);
  assert.equal(answer.status, 200, answer.text);
  face.shape("createVerify", answer);
  assert.deepEqual(answer.json.results.verifyReferences, []);
});

test("--strict: JSON on the verify path is the wrong media type", async () => {
  assertError(await judge.json("POST", verifyPath, plainFields), 415, "BadArgument");
});

for (const [name, filename, type] of [
  ["CreateLivenessWithVerifySessionRequest", "request.json", "application/json"],
  ["CreateLivenessWithVerifySessionRequest", undefined, "application/json; charset=utf-8"],
  ["Parameters", undefined, null],
  ["parameters", undefined, "application/json"],
]) {
  test(`the JSON part ${name} (${type}) is spread into fields, with an image VerifyImage`, async () => {
    const value = { ...tutorialFields, authTokenTimeToLiveInSeconds: 120 };
    const image = { name: "VerifyImage", bytes: picture() };
    const answer = await face.call(
      "POST",
      verifyPath,
      form({ image, jsonParts: [{ name, value, filename, type }] }),
    );
    assert.equal(answer.status, 200, answer.text);
    face.shape("createVerify", answer);
    const claims = JSON.parse(Buffer.from(answer.json.authToken.split(".")[1], "base64url"));
    assert.equal(claims.exp - claims.iat, 120);
    assert.equal(answer.json.results.verifyReferences.length, 1);
  });
}

test("--strict: v1.2 has no JSON part", async () => {
  const image = { name: "verifyImage", bytes: picture() };
  const answer = await judge.call(
    "POST",
    verifyPath,
    form({ image, jsonParts: [{ name: "Parameters", value: plainFields }] }),
  );
  assert.equal(answer.status, 400);
});

test("the image part's name is in any case", async () => {
  for (const name of ["verifyImage", "VerifyImage", "verifyimage", "VERIFYIMAGE"]) {
    const answer = await face.call(
      "POST",
      verifyPath,
      form({ fields: plainFields, image: { name, bytes: picture() } }),
    );
    assert.equal(answer.json.results.verifyReferences.length, 1, name);
  }
});

test("Windows' curl, whose JSON is cut at an inner quote, gets InvalidRequestBody", async () => {
  const value =
    '{"livenessOperationMode":"passiveactive","deviceCorrelationId":"723d6d03-ef33-40a8-9682-23a1feb7bccd",';
  const image = { name: "VerifyImage", bytes: picture() };
  assertError(
    await face.call(
      "POST",
      verifyPath,
      form({ image, jsonParts: [{ name: "Parameters", value, type: null }] }),
    ),
    400,
    "InvalidRequestBody",
  );
});

test("Linux' curl, whose JSON arrives unescaped, gets a session", async () => {
  const value =
    '{"livenessOperationMode": "passiveactive", "deviceCorrelationId": "723d6d03-ef33-40a8-9682-23a1feb7bccd"}';
  const image = { name: "VerifyImage", bytes: picture() };
  const answer = await face.call(
    "POST",
    verifyPath,
    form({ image, jsonParts: [{ name: "Parameters", value, type: null }] }),
  );
  assert.equal(answer.status, 200, answer.text);
});

test("passiveactive and booleans as texts are taken", async () => {
  assert.equal((await face.create(tutorialFields)).status, 200);
});

test("--strict: booleans as texts are InvalidRequestBody", async () => {
  assertError(await judge.create({ ...plainFields, enableSessionImage: "true" }), 400, "InvalidRequestBody");
  assertError(
    await judge.create({ livenessOperationMode: "Passive", deviceCorrelationIdSetInClient: "true" }),
    400,
    "InvalidRequestBody",
  );
  assert.equal((await judge.create({ ...plainFields, enableSessionImage: true })).status, 200);
});

test("Java's body with a trailing comma is refused, not mended", async () => {
  const body =
    '{"livenessOperationMode": "PassiveActive", "deviceCorrelationId": "d", "enableSessionImage": true,}';
  assertError(await face.create(body), 400, "BadArgument");
});

test("correlation ids that are no GUIDs are taken", async () => {
  for (const id of ["723d6d03-ef33-40a8-9682-23a1feb7bcc", "your_device_correlation_id"]) {
    assert.equal((await face.create({ ...plainFields, deviceCorrelationId: id })).status, 200);
  }
});

test("both model versions of the documents are taken, the newest is the default", async () => {
  for (const model of ["2024-11-15", "2025-05-20"]) {
    assert.equal(
      (await face.create({ ...plainFields, livenessModelVersion: model })).json.modelVersion,
      model,
    );
  }
  assert.equal((await face.create()).json.modelVersion, "2025-05-20");
});

test("both operation modes are taken in every version, as later documents say", async () => {
  for (const version of ["v1.1-preview.1", "v1.2-preview.1"]) {
    const old = new Face(plain, version);
    assert.equal((await old.create({ ...plainFields, livenessOperationMode: "PassiveActive" })).status, 200);
  }
});

// ---- answers ----

test("a finished session's GET has a final status and an empty token, whatever the example shows", async () => {
  const session = await face.created();
  await face.play(session);
  const body = await face.shown(session);
  assert.equal(body.status, "Succeeded");
  assert.equal(body.authToken, "");
});

test("the reference is of type image", async () => {
  const { answer } = await face.created(verify);
  assert.equal(answer.json.results.verifyReferences[0].referenceType, "image");
});

test("404 SessionNotFound is never a create's", async () => {
  for (const fields of [{}, plainFields, { livenessOperationMode: "x" }]) {
    assert.notEqual((await face.create(fields)).status, 404);
  }
});

// ---- the tutorial's snippets, each from create to delete ----

async function snippet({ kind, create, result, remove }) {
  const made = await create();
  assert.equal(made.status, 200, made.text);
  const session = { kind, id: made.json.sessionId, token: made.json.authToken };
  await student.play(session, { error: "FaceWithMaskDetected" }, {});
  const body = (await student.call("GET", result(session.id))).json;
  const latest = body.results.attempts.reduce((a, b) => (b.attemptId > a.attemptId ? b : a));
  assert.equal(latest.attemptStatus, "Succeeded");
  assert.equal(latest.result.livenessDecision, "realface");
  if (kind === verify) assert.equal(latest.verifyResult.isIdentical, true);
  assert.equal((await student.call("DELETE", remove(session.id))).status, 204);
  assertError(await student.call("GET", result(session.id)), 404, "SessionNotFound");
}

const ownPaths = {
  result: (id) => `/livenessSessions/${id}/result`,
  remove: (id) => `/livenessSessions/${id}`,
};
const ownVerifyPaths = { ...ownPaths, remove: (id) => `/livenessWithVerifySessions/${id}` };
const jsonForm = (name, sender, filename) =>
  form({
    sender,
    image: { name: "VerifyImage", bytes: picture() },
    jsonParts: [{ name, value: tutorialFields, filename, type: filename ? "application/json" : null }],
  });

test("the tutorial's Python, liveness", () =>
  snippet({
    kind: liveness,
    ...ownPaths,
    create: () =>
      student.json("POST", "/detectLiveness-sessions", tutorialFields, { headers: { Accept: "*/*" } }),
  }));

test("the tutorial's JavaScript, liveness", () =>
  snippet({
    kind: liveness,
    ...ownPaths,
    create: () => student.json("POST", "/detectLiveness-sessions", tutorialFields),
  }));

test("the tutorial's curl on Linux, liveness: JSON on the verify path makes a verify session", async () => {
  const made = await student.json("POST", "/detectLivenesswithVerify-sessions", tutorialFields);
  assert.equal(made.status, 200);
  const session = { kind: verify, id: made.json.sessionId, token: made.json.authToken };
  assert.equal((await student.call("GET", `/detectLivenesswithVerify-sessions/${session.id}`)).status, 200);
  assert.equal(
    (await student.call("DELETE", `/detectLivenesswithVerify-sessions/${session.id}`)).status,
    204,
  );
});

for (const [language, sender, file] of [
  ["Python", "curl", "request.json"],
  ["JavaScript", "Node's fetch", "blob"],
]) {
  test(`the tutorial's ${language}, with verify`, () =>
    snippet({
      kind: verify,
      ...ownVerifyPaths,
      create: () =>
        student.call(
          "POST",
          "/createLivenessWithVerifySession",
          jsonForm("CreateLivenessWithVerifySessionRequest", sender, file),
        ),
    }));
}

test("the tutorial's curl on Linux, with verify", () =>
  snippet({
    kind: verify,
    result: (id) => `/detectLivenesswithVerify-sessions/${id}`,
    remove: (id) => `/detectLivenesswithVerify-sessions/${id}`,
    create: () => student.call("POST", "/detectLivenesswithVerify-sessions", jsonForm("Parameters", "curl")),
  }));

test("the tutorial's C#, whose endpoint is a Uri, with verify", async () => {
  const made = jsonForm("CreateLivenessWithVerifySessionRequest", ".NET", "request.json");
  const answer = await student.at("POST", "//face/v1.2/createLivenessWithVerifySession", made);
  assert.equal(answer.status, 200, answer.text);
});

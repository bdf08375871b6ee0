// Azure's own JavaScript client, driven through all it can do with liveness sessions; the same against the
// emulator and against the server, whose key is an app token. `play` is the device: play(session, sight).
import assert from "node:assert/strict";
import stableClient, { isUnexpected } from "@azure-rest/ai-vision-face";
import previewClient, { isUnexpected as isUnexpectedPreview } from "@azure-rest/ai-vision-face-beta1";
import { plainFields } from "./face.mjs";
import { picture } from "./multipart.mjs";

const plainHttp = { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } };

export const stableOf = (endpoint, credential) => stableClient(endpoint, credential, plainHttp);
export const previewOf = (endpoint, credential) => previewClient(endpoint, credential, plainHttp);

function expect(response, isWrong = isUnexpected) {
  assert.ok(!isWrong(response), `${response.status} ${JSON.stringify(response.body)}`);
  return response;
}

const attemptOf = (body) => body.results.attempts[0];

async function getStable(client, session) {
  const { body } = expect(await client.path(`/${session.kind}-sessions/{sessionId}`, session.id).get());
  assert.equal(body.sessionId, session.id);
  return body;
}

async function removeStable(client, session) {
  const path = `/${session.kind}-sessions/{sessionId}`;
  assert.equal(expect(await client.path(path, session.id).delete()).status, "204");
  const gone = await client.path(path, session.id).get();
  assert.ok(isUnexpected(gone));
  assert.equal(gone.body.error.code, "SessionNotFound");
  assert.equal(gone.headers["x-ms-error-code"], "SessionNotFound");
}

const sessionOf = (kind, { body }) => ({ kind, id: body.sessionId, token: body.authToken });

export async function livenessOfStable({ client, play }) {
  const kind = "detectLiveness";
  const made = expect(await client.path("/detectLiveness-sessions").post({ body: plainFields }));
  const session = sessionOf(kind, made);
  assert.equal((await getStable(client, session)).status, "NotStarted");
  await play(session, { livenessDecision: "realface" });
  const body = await getStable(client, session);
  assert.equal(attemptOf(body).result.livenessDecision, "realface");
  await removeStable(client, session);
}

// Each part as the client wants it: {name, body}; Blob parts get no file name.
export function verifyParts(fields, image = { body: picture("png") }) {
  return [
    ...Object.entries(fields).map(([name, body]) => ({ name, body })),
    { name: "verifyImage", ...image },
  ];
}

export async function verifyOfStable({ client, play, image }) {
  const made = expect(
    await client.path("/detectLivenessWithVerify-sessions").post({
      contentType: "multipart/form-data",
      body: verifyParts({ ...plainFields, enableSessionImage: true }, image),
    }),
  );
  const session = sessionOf("detectLivenessWithVerify", made);
  assert.equal(made.body.results.verifyReferences[0].referenceType, "image");
  await play(session, { matchConfidence: 0.9 });
  assert.deepEqual(attemptOf(await getStable(client, session)).result.verifyResult, {
    matchConfidence: 0.9,
    isIdentical: true,
  });
  await removeStable(client, session);
}

export async function imageOfStable({ client, play }) {
  const made = expect(
    await client
      .path("/detectLiveness-sessions")
      .post({ body: { ...plainFields, enableSessionImage: true } }),
  );
  const session = sessionOf("detectLiveness", made);
  await play(session, {});
  const { sessionImageId } = attemptOf(await getStable(client, session)).result;
  const stream = await client.path("/sessionImages/{sessionImageId}", sessionImageId).get().asNodeStream();
  assert.equal(stream.status, "200");
  const parts = [];
  for await (const part of stream.body) parts.push(part);
  assert.deepEqual([...Buffer.concat(parts).subarray(0, 2)], [0xff, 0xd8]);
  const found = expect(
    await client.path("/detect").post({
      contentType: "application/json",
      body: { sessionImageId },
      queryParameters: {
        detectionModel: "detection_03",
        recognitionModel: "recognition_04",
        returnFaceId: true,
        returnRecognitionModel: true,
        returnFaceAttributes: ["mask", "qualityForRecognition"],
      },
    }),
  );
  assert.equal(found.body.length, 1);
  assert.equal(found.body[0].recognitionModel, "recognition_04");
  assert.ok(found.body[0].faceRectangle.width > 0);
  await removeStable(client, session);
}

async function getPreview(client, session) {
  const response = await client.path(`/${session.kind}/singleModal/sessions/{sessionId}`, session.id).get();
  const { body } = expect(response, isUnexpectedPreview);
  assert.equal(body.id, session.id);
  return body;
}

async function removePreview(client, session) {
  const path = `/${session.kind}/singleModal/sessions/{sessionId}`;
  assert.equal(expect(await client.path(path, session.id).delete(), isUnexpectedPreview).status, "200");
  assert.equal((await client.path(path, session.id).get()).status, "404");
}

const previewFields = { ...plainFields, sendResultsToClient: false };

export async function livenessOfPreview({ client, play }) {
  const response = await client.path("/detectLiveness/singleModal/sessions").post({ body: previewFields });
  const session = sessionOf("detectLiveness", expect(response, isUnexpectedPreview));
  assert.equal((await getPreview(client, session)).status, "NotStarted");
  await play(session, { livenessDecision: "spoofface" });
  const body = await getPreview(client, session);
  assert.equal(body.status, "ResultAvailable");
  assert.equal(body.result.response.body.livenessDecision, "spoofface");
  await removePreview(client, session);
}

export async function verifyOfPreview({ client, play }) {
  const response = await client.path("/detectLivenessWithVerify/singleModal/sessions").post({
    contentType: "multipart/form-data",
    body: [
      { name: "VerifyImage", body: picture("jpeg"), filename: "blob" },
      { name: "Parameters", body: previewFields },
    ],
  });
  const session = sessionOf("detectLivenessWithVerify", expect(response, isUnexpectedPreview));
  assert.ok(["low", "medium", "high"].includes(response.body.verifyImage.qualityForRecognition));
  await play(session, { matchConfidence: 0.1 });
  const { result } = await getPreview(client, session);
  assert.equal(result.response.body.verifyResult.isIdentical, false);
  await removePreview(client, session);
}

export async function listsOfPreview({ client, play }) {
  const path = "/detectLiveness/singleModal/sessions";
  const session = sessionOf(
    "detectLiveness",
    expect(await client.path(path).post({ body: previewFields }), isUnexpectedPreview),
  );
  await play(session, {});
  await getPreview(client, session);
  const { body: items } = expect(
    await client.path(path).get({ queryParameters: { top: 1000 } }),
    isUnexpectedPreview,
  );
  assert.ok(items.some(({ id }) => id === session.id));
  const { body: after } = expect(
    await client.path(path).get({ queryParameters: { start: session.id, top: 10 } }),
    isUnexpectedPreview,
  );
  assert.ok(after.every(({ id }) => id > session.id));
  const entries = await client
    .path(`${path}/{sessionId}/audit`, session.id)
    .get({ queryParameters: { top: 5 } });
  const [entry] = expect(entries, isUnexpectedPreview).body;
  assert.equal(entry.sessionId, session.id);
  assert.equal(entry.response.body.livenessDecision, "realface");
  await removePreview(client, session);
}

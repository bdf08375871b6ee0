// Azure's JavaScript client against the server: endpoint and key are another's, nothing else changes.
import assert from "node:assert/strict";
import { test } from "node:test";
import stableClient, { isUnexpected } from "@azure-rest/ai-vision-face";
import * as azure from "./azure_client.mjs";
import { addFault, plainFields } from "./face.mjs";
import { picture } from "./multipart.mjs";
import { ServerFace, startPair, tokens } from "./server.mjs";

const server = await startPair();
const face = new ServerFace(server, "v1.2");
const play = (session, sight) => face.play(session, sight);
const key = { key: tokens.app };
const stable = { client: azure.stableOf(server.url, key), play };
const operated = { client: azure.stableOf(server.url, { key: tokens.operator }), play };
const preview = { client: azure.previewOf(server.url, key), play };

test("beta.3: create, get, delete", () => azure.livenessOfStable(stable));
test("beta.3: an endpoint that ends with a slash", () =>
  azure.livenessOfStable({ ...stable, client: azure.stableOf(`${server.url}/`, key) }));
test("beta.3: verify with image", () => azure.verifyOfStable({ ...stable }));
test("beta.3: session image and detect, for an operator", () => azure.imageOfStable(operated));
test("beta.1: create, get, delete", () => azure.livenessOfPreview(preview));
test("beta.1: verify with image", () => azure.verifyOfPreview(preview));
test("beta.1: list and audit, for an operator", () =>
  azure.listsOfPreview({ client: azure.previewOf(server.url, { key: tokens.operator }), play }));

const sessions = "/detectLiveness-sessions";

test("beta.3: constants and empty texts as ids are no error", async () => {
  for (const id of ["1234567890", "undefined", "", "d".repeat(100)]) {
    const body = { ...plainFields, deviceCorrelationId: id };
    assert.equal((await stable.client.path(sessions).post({ body })).status, "200", id);
  }
});

test("beta.3: a failed attempt, and another one with the same token", async () => {
  const { body } = await stable.client.path(sessions).post({ body: plainFields });
  const session = { kind: "detectLiveness", id: body.sessionId, token: body.authToken };
  await face.play(session, { error: "FaceWithMaskDetected" }, {});
  const shown = await stable.client.path(`${sessions}/{sessionId}`, session.id).get();
  const [newest, failed] = shown.body.results.attempts;
  assert.equal(newest.result.livenessDecision, "realface");
  assert.equal(failed.error.code, "FaceWithMaskDetected");
});

test("beta.3: errors are what the client takes for errors", async () => {
  const post = (client, options) => client.path(sessions).post(options);
  const verify = (image) =>
    stable.client.path("/detectLivenessWithVerify-sessions").post({
      contentType: "multipart/form-data",
      body: azure.verifyParts(plainFields, { body: image }),
    });
  const unknown = "00000000-0000-4000-8000-000000000000";
  for (const [asked, status, code] of [
    [post(azure.stableOf(server.url, { key: "wrong" }), { body: plainFields }), "401", "NotAuthenticated"],
    [post(stable.client, { body: {} }), "400", "InvalidLivenessOperationMode"],
    [verify(picture("text")), "400", "InvalidImage"],
    [verify(picture("jpeg", 100)), "400", "InvalidImageSize"],
    [stable.client.path(`${sessions}/{sessionId}`, unknown).get(), "404", "SessionNotFound"],
    [stable.client.path(`${sessions}/{sessionId}`, "../persongroups").get(), "400", "BadArgument"],
  ]) {
    const answer = await asked;
    assert.ok(isUnexpected(answer));
    assert.equal(answer.status, status);
    assert.equal(answer.body.error.code, code);
    assert.ok(answer.body.error.message);
    assert.equal(answer.headers["x-ms-error-code"], code);
  }
});

test("beta.3: a busy upstream is tried again by the client after Retry-After", async () => {
  const patient = stableClient(server.url, key, {
    allowInsecureConnection: true,
    retryOptions: { maxRetries: 3, retryDelayInMs: 1 },
  });
  await addFault(server.emulator, { route: "create", status: 429, retryAfter: 1, count: 1 });
  assert.equal((await patient.path(sessions).post({ body: plainFields })).status, "200");
});

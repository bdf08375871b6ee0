// Azure's JavaScript client against the emulator: beta.3 speaks v1.2, beta.1 v1.1-preview.1.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as azure from "./azure_client.mjs";
import { startEmulator } from "./daemon.mjs";
import { Face, addFault, clearFaults, plainFields } from "./face.mjs";
import { picture } from "./multipart.mjs";

const emulator = await startEmulator({ key: "the-key" });
const face = new Face(emulator);
const old = new Face(emulator, "v1.1-preview.1");
const stable = {
  client: azure.stableOf(emulator.url, { key: "the-key" }),
  play: (session, sight) => face.play(session, sight),
};
const preview = {
  client: azure.previewOf(emulator.url, { key: "the-key" }),
  play: (session, sight) => old.play(session, sight),
};

test("beta.3: create, get, delete", () => azure.livenessOfStable(stable));

for (const [name, image] of [
  ["bytes without a name", { body: picture("png") }],
  ["bytes with a name", { body: picture("jpeg"), filename: "face.jpg", contentType: "image/jpeg" }],
  ["a blob", { body: new Blob([picture("bmp")]) }],
]) {
  test(`beta.3: verify with ${name}`, () => azure.verifyOfStable({ ...stable, image }));
}

test("beta.3: session image, and detect from it", () => azure.imageOfStable(stable));

test("beta.3: an endpoint that ends with a slash", () =>
  azure.livenessOfStable({ ...stable, client: azure.stableOf(`${emulator.url}/`, { key: "the-key" }) }));

test("beta.3: a wrong key", async () => {
  const answer = await azure
    .stableOf(emulator.url, { key: "wrong" })
    .path("/detectLiveness-sessions")
    .post({ body: plainFields });
  assert.equal(answer.status, "401");
  assert.equal(answer.body.error.code, "401");
});

test("beta.3: a 429 is tried again by the client after Retry-After", async () => {
  await addFault(emulator, { route: "get", status: 429, retryAfter: 1, count: 1 });
  const { id } = await face.created();
  const patient = (await import("@azure-rest/ai-vision-face")).default(
    emulator.url,
    { key: "the-key" },
    { allowInsecureConnection: true, retryOptions: { maxRetries: 2, retryDelayInMs: 1 } },
  );
  const answer = await patient.path("/detectLiveness-sessions/{sessionId}", id).get();
  assert.equal(answer.status, "200");
  await clearFaults(emulator);
});

test("beta.1: create, get, delete", () => azure.livenessOfPreview(preview));
test("beta.1: verify with image", () => azure.verifyOfPreview(preview));
test("beta.1: list and audit", () => azure.listsOfPreview(preview));

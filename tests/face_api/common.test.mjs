// What all operations of all versions have in common: addresses, keys, headers, media types.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startEmulator } from "./daemon.mjs";
import { Face, assertError, kinds, plainFields, versions } from "./face.mjs";
import { send } from "./http.mjs";
import { assertShape } from "./schema.mjs";

const emulator = await startEmulator({ key: "the-key" });
const face = new Face(emulator);

for (const version of versions) {
  test(`${version} lives below /face/${version}`, async () => {
    const of = new Face(emulator, version);
    const answer = await of.create();
    assert.equal(answer.status, 200);
    of.shape("create", answer);
  });

  test(`${version} takes the key in Ocp-Apim-Subscription-Key and no other`, async () => {
    const of = new Face(emulator, version);
    assertError(
      await new Face(emulator, version, { key: "another-key" }).create(),
      401,
      of.preview ? "Unspecified" : "401",
    );
    assertError(
      await of.json("POST", of.sessions(), plainFields, { key: null }),
      401,
      of.preview ? "Unspecified" : "401",
    );
  });
}

test("an endpoint with a trailing slash works", async () => {
  const path = "//face/v1.2/detectLiveness-sessions";
  const answer = await face.at("POST", path, {
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(plainFields),
  });
  assert.equal(answer.status, 200);
  face.shape("create", answer);
});

test("repeated slashes collapse anywhere", async () => {
  const { id } = await face.created();
  assert.equal((await face.at("GET", `/face//v1.2///detectLiveness-sessions//${id}`)).status, 200);
});

test("the version is in the path: an api-version in the query says nothing", async () => {
  const { id } = await face.created();
  const answer = await face.call("GET", `/detectLiveness-sessions/${id}?api-version=v1.1-preview.1`);
  assert.equal(answer.status, 200);
  face.shape("get", answer);
});

test("an unknown and an empty query are ignored", async () => {
  const { id } = await face.created();
  for (const query of ["?", "?&", "?what=ever&=&a"]) {
    assert.equal((await face.call("GET", `/detectLiveness-sessions/${id}${query}`)).status, 200);
  }
});

test("a version that does not exist is no resource", async () => {
  for (const version of ["v1.0", "v1.3", "v1.2-preview.2", "V", "v1.2preview.1"]) {
    const answer = await face.at("POST", `/face/${version}/detectLiveness-sessions`, {
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(plainFields),
    });
    assertError(answer, 404, "404");
  }
});

test("Azure's JavaScript client may send all of its headers", async () => {
  const answer = await face.json("POST", "/detectLiveness-sessions", plainFields, {
    headers: {
      accept: "application/json",
      "Accept-Encoding": "gzip,deflate",
      "User-Agent": "azsdk-js-ai-vision-face-rest/1.0.0-beta.3 core-rest-pipeline/1.20.0 Node/18.0.0",
      "x-ms-client-request-id": "a4c0b0a8-2b43-4b5b-9d0e-1a2f6f6f7a10",
      "client-request-id": "a4c0b0a8-2b43-4b5b-9d0e-1a2f6f6f7a10",
      "X-MS-AZSDK-Telemetry": "sample=ios-face",
    },
  });
  assert.equal(answer.status, 200);
});

test("every answer has the gateway's headers and a request id of its own", async () => {
  const first = await face.create();
  const second = await face.create();
  assert.notEqual(first.headers["apim-request-id"], second.headers["apim-request-id"]);
  for (const { headers } of [first, second, await face.call("GET", "/nothing")]) {
    assert.equal(headers["strict-transport-security"], "max-age=31536000; includeSubDomains; preload");
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["content-type"], "application/json; charset=utf-8");
  }
  assert.match(
    first.headers["x-envoy-upstream-service-time"],
    /^\d+$/,
    "what got through the gateway says how long it took",
  );
});

test("every answer says that it is an emulator's", async () => {
  assert.equal((await face.create()).headers["x-livenessd-emulator"], "1");
  assert.equal((await face.call("GET", "/nothing")).headers["x-livenessd-emulator"], "1");
});

test("a media type may have parameters", async () => {
  for (const type of [
    "application/json; charset=UTF-8",
    "application/json;charset=utf-8",
    "Application/JSON",
  ]) {
    const answer = await face.json("POST", "/detectLiveness-sessions", plainFields, {
      headers: { "Content-Type": type },
    });
    assert.equal(answer.status, 200, type);
  }
});

test("a Content-Type on GET and DELETE says nothing", async () => {
  const session = await face.created();
  for (const [method, status] of [
    ["GET", 200],
    ["DELETE", 204],
  ]) {
    const answer = await face.call(method, `/detectLiveness-sessions/${session.id}`, {
      headers: { "Content-Type": "text/plain" },
    });
    assert.equal(answer.status, status);
  }
});

test("a plain create takes JSON only", async () => {
  for (const type of ["text/plain", "multipart/form-data; boundary=b", "application/x-www-form-urlencoded"]) {
    assertError(
      await face.json("POST", "/detectLiveness-sessions", plainFields, { headers: { "Content-Type": type } }),
      415,
      "BadArgument",
    );
  }
});

test("members that no document names are ignored, as samples send them", async () => {
  const fields = { ...plainFields, userCorrelationId: "u-1", sendResultsToClient: true, more: { deep: [1] } };
  assert.equal((await face.create(fields)).status, 200);
});

test("absent members are left out, never null", async () => {
  for (const version of versions) {
    const of = new Face(emulator, version);
    const session = await of.created();
    assert.doesNotMatch((await of.get(session)).text, /null/);
    await of.play(session, { error: "FaceWithMaskDetected" });
    assert.doesNotMatch((await of.get(session)).text, /null/);
  }
});

test("a member that is null counts as absent", async () => {
  const answer = await face.create({
    livenessOperationMode: "Passive",
    deviceCorrelationId: null,
    deviceCorrelationIdSetInClient: true,
    enableSessionImage: null,
    authTokenTimeToLiveInSeconds: null,
  });
  assert.equal(answer.status, 200, answer.text);
});

for (const version of versions) {
  test(`${version} matches paths in any case`, async () => {
    const of = new Face(emulator, version);
    const { id } = await of.created();
    for (const change of [(path) => path.toLowerCase(), (path) => path.toUpperCase()]) {
      const path = change(`/face/${version}${of.sessions()}/${id}`);
      assert.equal((await of.at("GET", path)).status, 200, path);
    }
  });
}

test("the tutorial's spelling with a small w is the verify path", async () => {
  const session = await face.created(kinds[1]);
  assert.equal((await face.call("GET", `/detectLivenesswithVerify-sessions/${session.id}`)).status, 200);
});

test("HEAD and OPTIONS do not fall over", async () => {
  const { id } = await face.created();
  const head = await send(emulator.url, "HEAD", `/face/v1.2/detectLiveness-sessions/${id}`, {
    headers: { "Ocp-Apim-Subscription-Key": "the-key" },
  });
  assert.equal(head.raw.length, 0);
  const preflight = await send(emulator.url, "OPTIONS", "/face/v1.2/session/start", {
    headers: {
      Origin: "http://a.example",
      "Access-Control-Request-Method": "POST",
      "Access-Control-Request-Headers": "authorization,content-type",
    },
  });
  assert.equal(preflight.status, 204);
  assert.equal(preflight.headers["access-control-allow-headers"], "authorization,content-type");
});

test("an address outside the service is no resource", async () => {
  const answer = await send(emulator.url, "GET", "/nothing/here");
  assert.equal(answer.status, 404);
  assertShape("v1.2", "error", answer.json);
});

// Every refusal of the service: status, code, header and body.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startEmulator } from "./daemon.mjs";
import {
  Face,
  addFault,
  assertError,
  clearFaults,
  kinds,
  plainFields,
  setControl,
  versions,
} from "./face.mjs";
import { send, sendRaw } from "./http.mjs";
import { picture } from "./multipart.mjs";
import { assertShape } from "./schema.mjs";

const emulator = await startEmulator({ key: "the-key", args: ["--rate-limit", "0"] });
const faces = Object.fromEntries(versions.map((version) => [version, new Face(emulator, version)]));
const nobody = "5f0c7c1e-9a42-4d0b-8a53-6d2f0b6f7a10";
// what the gateway refuses has neither code nor x-ms-error-code
const atGateway = (face) =>
  send(emulator.url, "GET", `/face/${face.version}${face.sessions()}/${nobody}`, {
    headers: { "Ocp-Apim-Subscription-Key": "the-key" },
  });

for (const version of versions) {
  const face = faces[version];

  test(`${version}: 400 InvalidRequestBody when the body does not fit`, async () => {
    assertError(await face.create([]), 400, "InvalidRequestBody");
    assertError(
      await face.create({ ...plainFields, deviceCorrelationIdSetInClient: {} }),
      400,
      "InvalidRequestBody",
    );
    assertError(await face.create({ ...plainFields, deviceCorrelationId: 5 }), 400, "InvalidRequestBody");
  });

  test(`${version}: 400 InvalidTokenLifetime`, async () => {
    assertError(
      await face.create({ ...plainFields, authTokenTimeToLiveInSeconds: 10 }),
      400,
      "InvalidTokenLifetime",
    );
  });

  test(`${version}: 400 InvalidLivenessOperationMode`, async () => {
    assertError(
      await face.create({ ...plainFields, livenessOperationMode: "Film" }),
      400,
      "InvalidLivenessOperationMode",
    );
  });

  test(`${version}: 400 InvalidDeviceCorrelationId, at create and at the device's start`, async () => {
    assertError(await face.create({ livenessOperationMode: "Passive" }), 400, "InvalidDeviceCorrelationId");
    const session = await face.created(kinds[0], {
      livenessOperationMode: "Passive",
      deviceCorrelationIdSetInClient: true,
    });
    assertError(await face.start(session), 400, "InvalidDeviceCorrelationId");
  });

  test(`${version}: 400 BadArgument for what is no JSON`, async () => {
    assertError(await face.create("{"), 400, "BadArgument");
  });

  test(`${version}: 400 InvalidImage for no picture, no face, two faces`, async () => {
    const noFace = Buffer.concat([picture(), Buffer.from("livenessd-faces=0")]);
    const two = Buffer.concat([picture(), Buffer.from("livenessd-faces=2")]);
    for (const bytes of [picture("text"), noFace, two]) {
      assertError(await face.createVerify(plainFields, { bytes }), 400, "InvalidImage");
    }
  });

  test(`${version}: 400 InvalidImageSize`, async () => {
    assertError(
      await face.createVerify(plainFields, { bytes: picture("jpeg", 1000) }),
      400,
      "InvalidImageSize",
    );
    assertError(
      await face.createVerify(plainFields, { bytes: picture("jpeg", 6 * 1024 * 1024 + 1) }),
      400,
      "InvalidImageSize",
    );
  });

  test(`${version}: 401 for a wrong, an empty, a missing and a doubled key`, async () => {
    const code = face.preview ? "Unspecified" : "401";
    for (const key of ["wrong", "", null, "the-key2", "THE-KEY"]) {
      assertError(await face.call("GET", `${face.sessions()}/${nobody}`, { key }), 401, code);
    }
    const { text, status } = await sendRaw(
      emulator.url,
      `GET /face/${version}${face.sessions()}/${nobody} HTTP/1.1\r\n` +
        "Host: face\r\nConnection: close\r\nOcp-Apim-Subscription-Key: the-key\r\nOcp-Apim-Subscription-Key: x\r\n\r\n",
    );
    assert.ok(status === 401 || status === 400, text);
  });

  test(`${version}: 403 UnsupportedFeature, when the resource is said to lack approval`, async () => {
    await addFault(emulator, { route: "create", status: 403, count: 1 });
    assertError(await face.create(), 403, "UnsupportedFeature");
    assert.equal((await face.create()).status, 200);
  });

  test(`${version}: 403 of the gateway, out of quota, has a statusCode and no code`, async () => {
    await addFault(emulator, { route: "get", status: 403, gateway: true, count: 1 });
    const answer = await atGateway(face);
    assert.equal(answer.status, 403);
    assertShape(version, "gatewayError", answer.json);
    assert.equal(answer.json.error.statusCode, 403);
    assert.equal(answer.headers["x-ms-error-code"], undefined);
  });

  test(`${version}: 404 SessionNotFound`, async () => {
    for (const kind of kinds) {
      for (const id of [nobody, "x", "00000000-0000-0000-0000-000000000000", nobody.toUpperCase()]) {
        assertError(await face.get({ kind, id }), 404, "SessionNotFound");
        assertError(await face.remove({ kind, id }), 404, "SessionNotFound");
      }
    }
  });

  test(`${version}: 404 of the gateway for what is no operation`, async () => {
    for (const [method, path] of [
      ["GET", "/"],
      ["GET", ""],
      ["PUT", face.sessions()],
      ["POST", `${face.sessions()}/${nobody}`],
      ["GET", "/detect"],
      ["PATCH", `${face.sessions()}/${nobody}`],
      ["DELETE", face.sessions()],
    ]) {
      const answer = await face.call(method, path);
      assertError(answer, 404, "404");
      assert.equal(answer.json.error.message, "Resource not found");
    }
  });

  test(`${version}: 409 ConcurrentOperationConflict`, async () => {
    const session = await face.created();
    assertError(await face.see(session), 409, "ConcurrentOperationConflict");
    assertError(await face.endAttempt(session), 409, "ConcurrentOperationConflict");
  });

  test(`${version}: 415 BadArgument, by operation`, async () => {
    const wrong = { headers: { "Content-Type": "text/plain" } };
    for (const path of [...kinds.map((kind) => face.sessions(kind))]) {
      const answer = await face.json("POST", path, plainFields, wrong);
      assertError(answer, 415, "BadArgument");
      assert.equal(answer.json.error.message, "Invalid Media Type.");
    }
    const form = { headers: { "Content-Type": "multipart/form-data; boundary=b" }, body: "--b--\r\n" };
    assertError(await face.call("POST", face.sessions(), form), 415, "BadArgument");
  });

  test(`${version}: 429 with Retry-After`, async () => {
    await addFault(emulator, { route: "create", status: 429, retryAfter: 7, count: 1 });
    const answer = await face.create();
    assertError(answer, 429, "429");
    assert.equal(answer.headers["retry-after"], "7");
  });

  test(`${version}: 429 in the old text says the seconds in words only`, async () => {
    await addFault(emulator, { route: "get", status: 429, gateway: true, retryAfter: 26, count: 1 });
    const answer = await atGateway(face);
    assert.equal(answer.status, 429);
    assertShape(version, "gatewayError", answer.json);
    assert.equal(answer.json.error.message, "Rate limit is exceeded. Try again in 26 seconds.");
    assert.equal(answer.headers["retry-after"], undefined);
  });

  test(`${version}: 500 Unspecified`, async () => {
    await addFault(emulator, { route: "any", status: 500, count: 1 });
    assertError(await face.create(), 500, "Unspecified");
  });

  test(`${version}: 503`, async () => {
    await addFault(emulator, { route: "any", status: 503, retryAfter: 1, count: 1 });
    assert.equal((await face.create()).status, 503);
  });
}

test("the rate limit counts calls a second and says when to come again", async () => {
  const face = faces["v1.2"];
  await setControl(emulator, "options", { rateLimit: 3 });
  try {
    const answers = await Promise.all(Array.from({ length: 12 }, () => face.create()));
    const limited = answers.filter(({ status }) => status === 429);
    assert.ok(limited.length > 0);
    for (const answer of limited) {
      assertError(answer, 429, "429");
      assert.equal(answer.headers["retry-after"], "1");
      assert.match(answer.json.error.message, /retry after 1 second/);
    }
  } finally {
    await setControl(emulator, "options", { rateLimit: 0 });
  }
});

test("the rate limit counts the calls with a dead token too", async () => {
  const face = faces["v1.2"];
  const session = await face.created();
  await face.remove(session);
  await setControl(emulator, "options", { rateLimit: 2 });
  try {
    const answers = await Promise.all(Array.from({ length: 8 }, () => face.start(session)));
    assert.ok(answers.some(({ status }) => status === 429));
    assert.ok(answers.every(({ status }) => status === 429 || status === 401));
  } finally {
    await setControl(emulator, "options", { rateLimit: 0 });
  }
});

test("the switch makes all 403 and 429 the gateway's", async () => {
  await setControl(emulator, "options", { gatewayErrors: true, rateLimit: 1 });
  try {
    const answers = await Promise.all(Array.from({ length: 6 }, () => atGateway(faces["v1.2"])));
    const limited = answers.find(({ status }) => status === 429);
    assertShape("v1.2", "gatewayError", limited.json);
    assert.match(limited.json.error.message, /Try again in \d+ seconds/);
    assert.equal(limited.headers["retry-after"], undefined);
  } finally {
    await setControl(emulator, "options", { gatewayErrors: false, rateLimit: 0 });
    await clearFaults(emulator);
  }
});

test("a status that nobody expects can be had: 299", async () => {
  await addFault(emulator, { route: "get", status: 299, count: 1 });
  const answer = await send(emulator.url, "GET", `/face/v1.2/detectLiveness-sessions/${nobody}`, {
    headers: { "Ocp-Apim-Subscription-Key": "the-key" },
  });
  assert.equal(answer.status, 299);
});

test("bodies that are too large are refused at the head", async () => {
  const { status } = await sendRaw(
    emulator.url,
    "POST /face/v1.2/detectLivenessWithVerify-sessions HTTP/1.1\r\nHost: face\r\n" +
      "Ocp-Apim-Subscription-Key: the-key\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 1073741824\r\n\r\n",
  );
  assert.equal(status, 413);
});

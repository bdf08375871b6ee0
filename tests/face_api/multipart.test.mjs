// The create of a verify session: multipart as every known client writes it, and the reference image.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { startEmulator } from "./daemon.mjs";
import { Face, assertError, plainFields, previews, stable, versions } from "./face.mjs";
import { form, imageKinds, picture, senderNames } from "./multipart.mjs";

const emulator = await startEmulator();
const faces = Object.fromEntries(versions.map((version) => [version, new Face(emulator, version)]));
const kind = "detectLivenessWithVerify";
const fields = {
  livenessOperationMode: "PassiveActive",
  deviceCorrelationId: "device-1",
  enableSessionImage: true,
  authTokenTimeToLiveInSeconds: 300,
  returnVerifyImageHash: true,
};
const hashOf = (bytes) => createHash("sha256").update(bytes).digest("hex").toUpperCase();

function post(version, parts, headers = {}) {
  const face = faces[version];
  const { headers: own, body } = form(parts);
  return face.call("POST", face.sessions(kind), { headers: { ...own, ...headers }, body });
}

// Played to its end: the image's hash shows which bytes arrived.
async function hashShown(version, answer) {
  const face = faces[version];
  assert.equal(answer.status, 200, answer.text);
  const session = { kind, id: answer.json.sessionId, token: answer.json.authToken };
  await face.play(session);
  const body = await face.shown(session);
  return face.preview ? body.result.verifyImageHash : body.results.attempts[0].result.verifyImageHash;
}

const claims = ({ authToken }) => JSON.parse(Buffer.from(authToken.split(".")[1], "base64url"));

for (const version of stable) {
  for (const sender of senderNames) {
    test(`${version} takes the form of ${sender}`, async () => {
      const image = { name: "verifyImage", bytes: picture("jpeg", 5000) };
      const answer = await post(version, { sender, fields, image });
      assert.equal(answer.status, 200, answer.text);
      faces[version].shape("createVerify", answer);
      assert.equal(answer.json.results.verifyReferences.length, 1);
      const { exp, iat } = claims(answer.json);
      assert.equal(exp - iat, 300, "the fields arrived");
      assert.equal(await hashShown(version, answer), hashOf(image.bytes), "the image arrived whole");
    });
  }
}

for (const version of previews) {
  for (const sender of senderNames) {
    test(`${version} takes Parameters and VerifyImage in the form of ${sender}`, async () => {
      const image = { name: "VerifyImage", bytes: picture("jpeg", 5000) };
      const answer = await post(version, {
        sender,
        image,
        jsonParts: [{ name: "Parameters", value: fields }],
      });
      assert.equal(answer.status, 200, answer.text);
      faces[version].shape("createVerify", answer);
      const { exp, iat } = claims(answer.json);
      assert.equal(exp - iat, 300, "the fields arrived");
      const shown = await hashShown(version, answer);
      assert.equal(shown, version === "v1.1-preview.1" ? undefined : hashOf(image.bytes));
    });
  }

  test(`${version}: a verify create as JSON means that the device brings the image`, async () => {
    const face = faces[version];
    const answer = await face.json("POST", face.sessions(kind), plainFields);
    assert.equal(answer.status, 200, answer.text);
    face.shape("createVerifyWithoutImage", answer);
  });
}

for (const version of stable) {
  const face = faces[version];

  test(`${version}: parts in any order, and parts that nobody knows`, async () => {
    const image = { name: "verifyImage", bytes: picture() };
    const reversed = Object.fromEntries(
      Object.entries({ ...fields, userCorrelationId: "u", more: "x" }).reverse(),
    );
    assert.equal((await post(version, { fields: reversed, image })).status, 200);
  });

  test(`${version}: livenessOperationMode and the correlation id are as in JSON`, async () => {
    const image = { name: "verifyImage", bytes: picture() };
    assertError(
      await post(version, { fields: { deviceCorrelationId: "d" }, image }),
      400,
      "InvalidLivenessOperationMode",
    );
    assertError(
      await post(version, { fields: { livenessOperationMode: "Passive" }, image }),
      400,
      "InvalidDeviceCorrelationId",
    );
    assertError(
      await post(version, { fields: { ...fields, authTokenTimeToLiveInSeconds: 59 }, image }),
      400,
      "InvalidTokenLifetime",
    );
    assertError(
      await post(version, { fields: { ...fields, authTokenTimeToLiveInSeconds: "soon" }, image }),
      400,
      "InvalidRequestBody",
    );
    const inClient = { livenessOperationMode: "Passive", deviceCorrelationIdSetInClient: true };
    assert.equal((await post(version, { fields: inClient, image })).status, 200);
  });

  test(`${version}: livenessModelVersion is as in JSON`, async () => {
    const answer = await post(version, {
      fields: { ...fields, livenessModelVersion: "2024-11-15" },
      image: { bytes: picture() },
    });
    assert.equal(answer.json.modelVersion, "2024-11-15");
  });

  test(`${version}: booleans are texts in any case`, async () => {
    for (const word of ["true", "True", "TRUE", "false", "False"]) {
      const image = { bytes: picture() };
      const answer = await post(version, { fields: { ...fields, returnVerifyImageHash: word }, image });
      const expected = word.toLowerCase() === "true" ? hashOf(image.bytes) : undefined;
      assert.equal(await hashShown(version, answer), expected, word);
    }
    assertError(
      await post(version, {
        fields: { ...fields, returnVerifyImageHash: "perhaps" },
        image: { bytes: picture() },
      }),
      400,
      "InvalidRequestBody",
    );
  });

  test(`${version}: a form without verifyImage means that the device brings the image`, async () => {
    const answer = await post(version, { sender: "the Kotlin sample", fields });
    assert.equal(answer.status, 200, answer.text);
    face.shape("createVerify", answer);
    assert.deepEqual(answer.json.results.verifyReferences, []);
  });

  test(`${version}: the device may bring an image only when the form had none, and has to then`, async () => {
    const without = (await post(version, { fields })).json;
    const session = { kind, id: without.sessionId, token: without.authToken };
    await face.start(session);
    await face.see(session, {});
    assert.equal((await face.shown(session)).results.attempts[0].error.code, "VerifyImageNotProvided");

    const second = (await post(version, { fields: { ...fields, numberOfClientAttemptsAllowed: 3 } })).json;
    const bringing = { kind, id: second.sessionId, token: second.authToken };
    const bytes = picture("png", 3000);
    await face.play(bringing, { verifyImage: bytes.toString("base64") });
    const shown = await face.shown(bringing);
    assert.equal(shown.results.attempts[0].result.verifyImageHash, hashOf(bytes));
    assert.equal(shown.results.attempts[0].result.verifyResult.isIdentical, true);

    const with_ = (await post(version, { fields, image: { bytes: picture() } })).json;
    const choosing = { kind, id: with_.sessionId, token: with_.authToken };
    await face.start(choosing);
    await face.see(choosing, { verifyImage: bytes.toString("base64") });
    assert.equal((await face.shown(choosing)).results.attempts[0].error.code, "SetVerifyImageNotAllowed");
  });

  test(`${version}: verifyConfidenceThreshold decides what counts as identical`, async () => {
    for (const [threshold, confidence, identical] of [
      ["0.8", 0.79, false],
      ["0.8", 0.8, true],
      ["0", 0, true],
      ["1", 0.99, false],
      [undefined, 0.5, true],
      [undefined, 0.49, false],
    ]) {
      const given = threshold === undefined ? fields : { ...fields, verifyConfidenceThreshold: threshold };
      const session = await face.created(kind, given);
      await face.play(session, { matchConfidence: confidence });
      const { verifyResult } = (await face.shown(session)).results.attempts[0].result;
      assert.ok(Math.abs(verifyResult.matchConfidence - confidence) < 1e-9);
      assert.equal(verifyResult.isIdentical, identical, `${threshold} ${confidence}`);
    }
    for (const wrong of ["1.1", "-0.1", "much", "nan", ""]) {
      assertError(
        await face.createVerify({ ...fields, verifyConfidenceThreshold: wrong }),
        400,
        "InvalidRequestBody",
      );
    }
  });

  test(`${version}: verifyImageHash is shown only when asked for`, async () => {
    const { returnVerifyImageHash, ...rest } = fields;
    assert.equal(returnVerifyImageHash, true);
    assert.equal(
      await hashShown(version, await post(version, { fields: rest, image: { bytes: picture() } })),
      undefined,
    );
  });

  for (const picked of imageKinds) {
    test(`${version}: a ${picked} is an image`, async () => {
      assert.equal((await face.createVerify(fields, { bytes: picture(picked) })).status, 200);
    });
  }

  test(`${version}: what is none of them is no image`, async () => {
    for (const bytes of [
      picture("text"),
      Buffer.alloc(4096),
      Buffer.from("RIFF0000WEBP".padEnd(2048, "x")),
    ]) {
      assertError(await face.createVerify(fields, { bytes }), 400, "InvalidImage");
    }
  });

  test(`${version}: an image has 1 KB to 6 MB`, async () => {
    for (const size of [1024, 6 * 1024 * 1024]) {
      assert.equal(
        (await face.createVerify(fields, { bytes: picture("jpeg", size) })).status,
        200,
        String(size),
      );
    }
    for (const size of [0, 1, 1023, 6 * 1024 * 1024 + 1]) {
      assertError(await face.createVerify(fields, { bytes: picture("jpeg", size) }), 400, "InvalidImageSize");
    }
  });

  test(`${version}: bytes after the end of the form say nothing`, async () => {
    const made = form({ fields, image: { bytes: picture() } });
    const body = Buffer.concat([made.body, Buffer.from("\r\n\r\nepilogue")]);
    assert.equal((await face.call("POST", face.sessions(kind), { ...made, body })).status, 200);
  });

  test(`${version}: bytes before the first boundary say nothing`, async () => {
    const made = form({ fields, image: { bytes: picture() } });
    const body = Buffer.concat([Buffer.from("preamble\r\n"), made.body]);
    assert.equal((await face.call("POST", face.sessions(kind), { ...made, body })).status, 200);
  });

  test(`${version}: a form that is cut off, has no boundary or another one is refused`, async () => {
    const made = form({ fields, image: { bytes: picture() } });
    const path = face.sessions(kind);
    for (const length of [0, 20, made.body.length >> 1, made.body.length - 10]) {
      const answer = await face.call("POST", path, { ...made, body: made.body.subarray(0, length) });
      assert.equal(answer.status, 400, String(length));
    }
    for (const type of [
      "multipart/form-data",
      "multipart/form-data; boundary=",
      "multipart/form-data; boundary=other",
    ]) {
      const answer = await face.call("POST", path, { headers: { "Content-Type": type }, body: made.body });
      assert.equal(answer.status, 400, type);
    }
  });

  test(`${version}: a form in chunks of one byte arrives`, async () => {
    const made = form({ fields, image: { bytes: picture("gif", 1024) } });
    const chunks = Array.from(made.body, (byte) => Buffer.from([byte]));
    assert.equal((await face.call("POST", face.sessions(kind), { ...made, body: chunks })).status, 200);
  });
}

for (const version of previews) {
  const face = faces[version];

  test(`${version}: the image's rules hold`, async () => {
    assertError(await face.createVerify(plainFields, { bytes: picture("text") }), 400, "InvalidImage");
    assertError(
      await face.createVerify(plainFields, { bytes: picture("png", 1000) }),
      400,
      "InvalidImageSize",
    );
  });

  test(`${version}: a form without VerifyImage or with broken Parameters is refused or has no image`, async () => {
    assertError(
      await post(version, {
        image: { name: "VerifyImage", bytes: picture() },
        jsonParts: [{ name: "Parameters", value: '{"livenessOperationMode":' }],
      }),
      400,
      "InvalidRequestBody",
    );
  });
}

test("v1.3-preview.1: the fields of the JSON body are taken as parts too", async () => {
  const face = faces["v1.3-preview.1"];
  const answer = await face.createVerify({
    ...fields,
    numberOfClientAttemptsAllowed: 2,
    expectedClientIpAddress: "203.0.113.0/24",
    userCorrelationId: "u-1",
  });
  assert.equal(answer.status, 200, answer.text);
  face.shape("createVerify", answer);
  assert.equal(answer.json.expectedClientIpAddress, "203.0.113.0/24");
});

// The JSON body of a create, field by field, in the versions that have the field.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startEmulator } from "./daemon.mjs";
import { Face, assertError, plainFields, previews, stable, versions } from "./face.mjs";

const emulator = await startEmulator();
const faces = Object.fromEntries(versions.map((version) => [version, new Face(emulator, version)]));
const mode = { livenessOperationMode: "Passive" };

async function accepts(version, fields) {
  const answer = await faces[version].create(fields);
  assert.equal(answer.status, 200, `${JSON.stringify(fields)}: ${answer.text}`);
  faces[version].shape("create", answer);
  return answer.json;
}

async function refuses(version, fields, code) {
  assertError(await faces[version].create(fields), 400, code);
}

for (const version of versions) {
  test(`${version}: livenessOperationMode is Passive or PassiveActive, in any case`, async () => {
    for (const word of ["Passive", "PassiveActive", "passiveactive", "PASSIVE"]) {
      await accepts(version, { ...plainFields, livenessOperationMode: word });
    }
  });

  test(`${version}: livenessOperationMode has to be there and known`, async () => {
    await refuses(version, { deviceCorrelationId: "d" }, "InvalidLivenessOperationMode");
    await refuses(
      version,
      { ...plainFields, livenessOperationMode: "Active" },
      "InvalidLivenessOperationMode",
    );
    await refuses(version, { ...plainFields, livenessOperationMode: "" }, "InvalidLivenessOperationMode");
    await refuses(version, { ...plainFields, livenessOperationMode: 1 }, "InvalidRequestBody");
  });

  test(`${version}: deviceCorrelationId is any text of 1 to 64 characters`, async () => {
    for (const id of [
      "d",
      "your_device_correlation_id",
      "723d6d03-ef33-40a8-9682-23a1feb7bcc",
      "x".repeat(64),
      "ä".repeat(64),
    ]) {
      await accepts(version, { ...mode, deviceCorrelationId: id });
    }
    for (const id of ["", "x".repeat(65), "ä".repeat(65)]) {
      await refuses(version, { ...mode, deviceCorrelationId: id }, "InvalidDeviceCorrelationId");
    }
  });

  test(`${version}: deviceCorrelationId is needed unless the device brings it`, async () => {
    await refuses(version, mode, "InvalidDeviceCorrelationId");
    await refuses(version, { ...mode, deviceCorrelationIdSetInClient: false }, "InvalidDeviceCorrelationId");
    await accepts(version, { ...mode, deviceCorrelationIdSetInClient: true });
  });

  test(`${version}: a deviceCorrelationId that the device is to bring is refused`, async () => {
    await refuses(version, { ...plainFields, deviceCorrelationIdSetInClient: true }, "InvalidRequestBody");
  });

  test(`${version}: authTokenTimeToLiveInSeconds is 60 to 86400`, async () => {
    for (const seconds of [60, 600, 86400]) {
      await accepts(version, { ...plainFields, authTokenTimeToLiveInSeconds: seconds });
    }
    for (const seconds of [59, 0, -1, 86401, 2147483647]) {
      await refuses(
        version,
        { ...plainFields, authTokenTimeToLiveInSeconds: seconds },
        "InvalidTokenLifetime",
      );
    }
    await refuses(version, { ...plainFields, authTokenTimeToLiveInSeconds: "600" }, "InvalidRequestBody");
    await refuses(version, { ...plainFields, authTokenTimeToLiveInSeconds: [] }, "InvalidRequestBody");
  });

  test(`${version}: the token lives 600 s when nothing is asked for, else as long as was asked`, async () => {
    const claims = ({ authToken }) => JSON.parse(Buffer.from(authToken.split(".")[1], "base64url"));
    const short = claims(await accepts(version, plainFields));
    assert.equal(short.exp - short.iat, 600);
    const long = claims(await accepts(version, { ...plainFields, authTokenTimeToLiveInSeconds: 3600 }));
    assert.equal(long.exp - long.iat, 3600);
  });

  test(`${version}: booleans may come as texts`, async () => {
    await accepts(version, { ...mode, deviceCorrelationIdSetInClient: "true" });
    await accepts(version, { ...plainFields, deviceCorrelationIdSetInClient: "false" });
    await refuses(version, { ...mode, deviceCorrelationIdSetInClient: "perhaps" }, "InvalidRequestBody");
    await refuses(version, { ...mode, deviceCorrelationIdSetInClient: 1 }, "InvalidRequestBody");
  });

  test(`${version}: what is no JSON object is refused`, async () => {
    for (const body of ["{", "", '{"livenessOperationMode":"Passive",}', "\u0000", '{"a":1}{}']) {
      const answer = await faces[version].create(body);
      assert.equal(answer.status, 400, body);
      assert.ok(["BadArgument", "InvalidRequestBody"].includes(answer.json.error.code), answer.text);
    }
    for (const body of ["[]", '"Passive"', "17", "null"]) await refuses(version, body, "InvalidRequestBody");
  });

  test(`${version}: members of no version are ignored`, async () => {
    await accepts(version, { ...plainFields, nobody: { knows: [1] }, LivenessOperationMode2: 1 });
  });
}

for (const version of [...stable, "v1.2-preview.1"]) {
  test(`${version}: enableSessionImage decides whether there is an image`, async () => {
    for (const [value, shown] of [
      [true, true],
      ["true", true],
      [false, false],
      [undefined, false],
    ]) {
      const of = faces[version];
      const session = await of.created("detectLiveness", { ...plainFields, enableSessionImage: value });
      await of.play(session);
      const body = await of.shown(session);
      const result = of.preview ? body.result : body.results.attempts[0].result;
      assert.equal("sessionImageId" in result, shown, String(value));
    }
    await refuses(version, { ...plainFields, enableSessionImage: "perhaps" }, "InvalidRequestBody");
  });
}

test("v1.1-preview.1: enableSessionImage is not known there", async () => {
  const face = faces["v1.1-preview.1"];
  const session = await face.created("detectLiveness", { ...plainFields, enableSessionImage: true });
  await face.play(session);
  assert.ok(!("sessionImageId" in (await face.shown(session)).result));
});

for (const version of stable) {
  test(`${version}: livenessModelVersion is the one that was asked for, else the newest`, async () => {
    for (const model of ["2024-11-15", "2025-05-20"]) {
      const { modelVersion } = await accepts(version, { ...plainFields, livenessModelVersion: model });
      assert.equal(modelVersion, model);
    }
    assert.equal((await accepts(version, plainFields)).modelVersion, "2025-05-20");
  });
}

test("v1.2-preview.1: livenessSingleModalModel is the one that was asked for", async () => {
  const face = faces["v1.2-preview.1"];
  for (const model of ["2022-10-15-preview.04", "2023-12-20-preview.06"]) {
    const session = await face.created("detectLiveness", { ...plainFields, livenessSingleModalModel: model });
    await face.play(session);
    assert.equal((await face.shown(session)).result.response.body.modelVersionUsed, model);
  }
});

for (const version of previews) {
  test(`${version}: sendResultsToClient decides what the device's own call is answered`, async () => {
    const face = faces[version];
    for (const [value, status] of [
      [true, 200],
      [false, 204],
      [undefined, 204],
    ]) {
      const session = await face.created("detectLiveness", { ...plainFields, sendResultsToClient: value });
      const [answer] = await face.play(session);
      assert.equal(answer.status, status);
      if (status === 204) assert.equal(answer.raw.length, 0);
      else assert.equal(answer.json.livenessDecision, "realface");
    }
    await refuses(version, { ...plainFields, sendResultsToClient: 5 }, "InvalidRequestBody");
  });
}

for (const version of stable) {
  test(`${version}: sendResultsToClient is not known any more`, async () => {
    const face = faces[version];
    const session = await face.created("detectLiveness", { ...plainFields, sendResultsToClient: true });
    const [answer] = await face.play(session);
    assert.ok(!("livenessDecision" in answer.json), "the device learns no decision");
    await accepts(version, { ...plainFields, sendResultsToClient: "whatever" });
  });
}

async function attemptsOf(version, fields) {
  const face = faces[version];
  const session = await face.created("detectLiveness", { ...plainFields, ...fields });
  let count = 0;
  while (count < 5) {
    if ((await face.start(session)).status !== 200) break;
    if ((await face.see(session, { error: "FaceWithMaskDetected" })).status >= 300) break;
    count++;
    await face.endAttempt(session);
  }
  return count;
}

test("v1.3-preview.1: numberOfClientAttemptsAllowed is 1 to 3, and 1 when nothing is asked for", async () => {
  for (const count of [1, 2, 3]) {
    assert.equal(await attemptsOf("v1.3-preview.1", { numberOfClientAttemptsAllowed: count }), count);
  }
  assert.equal(await attemptsOf("v1.3-preview.1", {}), 1);
  for (const count of [4, -1, 1.5, "many"]) {
    await refuses(
      "v1.3-preview.1",
      { ...plainFields, numberOfClientAttemptsAllowed: count },
      "InvalidRequestBody",
    );
  }
});

test("v1.3-preview.1: {} and 0 attempts, which SDKs send by mistake, mean the default", async () => {
  for (const slip of [{}, 0]) {
    assert.equal(await attemptsOf("v1.3-preview.1", { numberOfClientAttemptsAllowed: slip }), 1);
  }
});

test("v1.2: three attempts, whatever numberOfClientAttemptsAllowed says", async () => {
  assert.equal(await attemptsOf("v1.2", {}), 3);
  assert.equal(await attemptsOf("v1.2", { numberOfClientAttemptsAllowed: 1 }), 3);
});

test("v1.3-preview.1: userCorrelationId may be there or not", async () => {
  await accepts("v1.3-preview.1", { ...plainFields, userCorrelationId: "user-1" });
  await accepts("v1.3-preview.1", plainFields);
  await refuses("v1.3-preview.1", { ...plainFields, userCorrelationId: 17 }, "InvalidRequestBody");
});

test("v1.3-preview.1: userCorrelationIdSetInClient excludes userCorrelationId", async () => {
  await accepts("v1.3-preview.1", { ...plainFields, userCorrelationIdSetInClient: true });
  await accepts("v1.3-preview.1", {
    ...plainFields,
    userCorrelationId: "u",
    userCorrelationIdSetInClient: false,
  });
  await refuses(
    "v1.3-preview.1",
    { ...plainFields, userCorrelationId: "u", userCorrelationIdSetInClient: true },
    "InvalidRequestBody",
  );
});

test("v1.3-preview.1: expectedClientIpAddress is an address or a CIDR block, and is shown again", async () => {
  for (const address of ["203.0.113.27", "203.0.113.0/24", "2001:db8::1", "2001:db8::/48"]) {
    const body = await accepts("v1.3-preview.1", { ...plainFields, expectedClientIpAddress: address });
    assert.equal(body.expectedClientIpAddress, address);
  }
  for (const address of ["here", "203.0.113.0/33", "203.0.113", 7]) {
    await refuses(
      "v1.3-preview.1",
      { ...plainFields, expectedClientIpAddress: address },
      "InvalidRequestBody",
    );
  }
});

test("v1.2 shows nothing of the fields of v1.3-preview.1", async () => {
  const body = await accepts("v1.2", {
    ...plainFields,
    expectedClientIpAddress: "203.0.113.27",
    userCorrelationId: "u",
  });
  assert.ok(!("expectedClientIpAddress" in body));
});

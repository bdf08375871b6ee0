// The schemas themselves: every member that is not expected, every one that is missing or of another type, fails.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startEmulator } from "./daemon.mjs";
import { Face, kinds, plainFields, stable, versions } from "./face.mjs";
import { assertShape } from "./schema.mjs";

const emulator = await startEmulator();
const fields = {
  ...plainFields,
  enableSessionImage: true,
  returnVerifyImageHash: true,
  numberOfClientAttemptsAllowed: 2,
};

// Every object in it as a path of names.
function* objects(value, path = []) {
  if (Array.isArray(value)) for (const [i, item] of value.entries()) yield* objects(item, [...path, i]);
  else if (value !== null && typeof value === "object") {
    yield path;
    for (const [name, item] of Object.entries(value)) yield* objects(item, [...path, name]);
  }
}

const at = (value, path) => path.reduce((inner, name) => inner[name], value);

function refused(version, name, value, path, change, what) {
  const copy = structuredClone(value);
  change(at(copy, path));
  assert.throws(
    () => assertShape(version, name, copy),
    `${what} at /${path.join("/")} of ${name} went unseen`,
  );
}

function tryAll(version, name, value, isOptional) {
  assertShape(version, name, value);
  for (const path of objects(value)) {
    refused(
      version,
      name,
      value,
      path,
      (object) => {
        object.unheardOf = 1;
      },
      "an unknown member",
    );
    for (const member of Object.keys(at(value, path))) {
      refused(
        version,
        name,
        value,
        path,
        (object) => {
          object[member] = null;
        },
        `null as ${member}`,
      );
      if (isOptional.has(member)) continue;
      refused(
        version,
        name,
        value,
        path,
        (object) => {
          delete object[member];
        },
        `no ${member}`,
      );
    }
  }
}

const optional = new Set([
  "modelVersion",
  "livenessDecision",
  "sessionImageId",
  "verifyResult",
  "verifyImageHash",
  "isAbuseMonitoringEnabled",
  "clientInformation",
  "abuseMonitoringResult",
  "sessionStartDateTime",
  "deviceCorrelationId",
  "contentLength",
  "userAgent",
  "clientRequestId",
  "target",
  "modelVersionUsed",
]);

for (const version of versions) {
  for (const kind of kinds) {
    test(`${version} ${kind}: a create and a finished session`, async () => {
      const face = new Face(emulator, version);
      const session = await face.created(kind, fields);
      const verify = kind === kinds[1];
      tryAll(version, verify ? "createVerify" : "create", session.answer.json, optional);
      await face.play(session, {});
      tryAll(version, verify ? "getVerify" : "get", await face.shown(session), optional);
    });
  }

  test(`${version}: an error`, async () => {
    tryAll(version, "error", (await new Face(emulator, version).call("GET", "/nothing")).json, new Set());
  });
}

for (const version of stable) {
  test(`${version}: values of no such kind`, async () => {
    const face = new Face(emulator, version);
    const session = await face.created(kinds[1], fields);
    await face.play(session, {});
    const body = await face.shown(session);
    const attempt = ["results", "attempts", 0];
    for (const [path, member, wrong] of [
      [[], "sessionId", session.id.toUpperCase()],
      [[], "authToken", session.token],
      [[], "status", "succeeded"],
      [attempt, "attemptId", 0],
      [attempt, "attemptStatus", "Failed"],
      [attempt, "error", { code: "a", message: "b" }],
      [[...attempt, "result"], "livenessDecision", "realFace"],
      [[...attempt, "result"], "digest", body.results.attempts[0].result.digest.toLowerCase()],
      [[...attempt, "result"], "sessionImageId", "x"],
      [[...attempt, "result", "verifyResult"], "matchConfidence", 1.1],
      [["results", "verifyReferences", 0], "referenceType", "Color"],
    ]) {
      refused(
        version,
        "getVerify",
        body,
        path,
        (object) => {
          object[member] = wrong;
        },
        `${member} ${wrong}`,
      );
    }
  });
}

test("a preview's dates have seven digits", async () => {
  const face = new Face(emulator, "v1.1-preview.1");
  const body = await face.shown(await face.created());
  refused(
    "v1.1-preview.1",
    "get",
    body,
    [],
    (object) => {
      object.createdDateTime = "2024-04-18T07:44:41Z";
    },
    "a date",
  );
});

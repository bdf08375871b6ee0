// Through the server: what operators and delegates may ask: list, audit, images, detect, sessions for others.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { assertError, kinds, plainFields, stable, versions } from "./face.mjs";
import { form, picture } from "./multipart.mjs";
import { ServerFace, startPair } from "./server.mjs";

const server = await startPair();
const fields = { ...plainFields, enableSessionImage: true };

for (const version of versions) {
  const face = new ServerFace(server, version);
  const operator = face.as("operator");
  for (const kind of kinds) {
    const list = async (query = "") => {
      const answer = await operator.call("GET", `${operator.sessions(kind)}${query}`);
      assert.equal(answer.status, 200, answer.text);
      operator.shape("list", answer);
      return answer.json.map(({ id }) => id);
    };

    test(`${version} ${kind}: operators list sessions ascending by id, start exclusive`, async () => {
      const made = [];
      for (let i = 0; i < 5; i++) made.push((await face.created(kind)).id);
      const all = await list();
      assert.deepEqual(all, [...all].sort());
      for (const id of made) assert.ok(all.includes(id));
      assert.deepEqual(await list(`?start=${all[1]}&top=2`), all.slice(2, 4));
      assert.deepEqual(await list(`?start=${all.at(-1)}`), []);
      assert.deepEqual(await list("?start=&top="), all);
    });

    test(`${version} ${kind}: a start or top out of range is BadArgument`, async () => {
      for (const query of ["?top=0", "?top=1001", "?top=x", `?start=${"0".repeat(65)}`]) {
        assertError(await operator.call("GET", `${operator.sessions(kind)}${query}`), 400, "BadArgument");
      }
    });

    test(`${version} ${kind}: operators read the audit, newest first`, async () => {
      const session = await face.created(kind);
      await face.play(session, { error: "FaceWithMaskDetected" }, { livenessDecision: "spoofface" });
      const answer = await operator.audit(session);
      assert.equal(answer.status, 200, answer.text);
      operator.shape(kind === kinds[0] ? "audit" : "auditVerify", answer);
      assert.deepEqual(
        answer.json.map(({ id }) => id),
        [2, 1],
      );
      assert.equal(answer.json[0].response.body.livenessDecision, "spoofface");
      assert.equal(answer.json[0].sessionId, session.id);
      assert.deepEqual((await operator.audit(session, "?top=1")).json, answer.json.slice(0, 1));
      assertError(await operator.audit(session, "?top=0"), 400, "BadArgument");
    });

    test(`${version} ${kind}: nobody else lists or audits`, async () => {
      const session = await face.created(kind);
      assertError(await face.call("GET", face.sessions(kind)), 403, "Forbidden");
      assertError(await face.audit(session), 403, "Forbidden");
      assertError(await face.call("GET", face.sessions(kind), { key: null }), 401, "NotAuthenticated");
    });
  }

  test(`${version}: operators read and delete any session`, async () => {
    const session = await face.created();
    assert.equal((await operator.get(session)).status, 200);
    assert.equal((await operator.remove(session)).status, operator.preview ? 200 : 204);
    assertError(await face.get(session), 404, "SessionNotFound");
  });

  test(`${version}: an app's session is not another app's`, async () => {
    const session = await face.created();
    assertError(await face.as("backend").get(session), 404, "SessionNotFound");
    assertError(await face.as("backend").remove(session), 404, "SessionNotFound");
  });
}

async function photographed(face, kind) {
  const session = await face.created(kind, fields);
  await face.play(session);
  const body = await face.as("operator").shown(session);
  session.image = (face.preview ? body.result : body.results.attempts[0].result).sessionImageId;
  assert.ok(session.image, JSON.stringify(body));
  return session;
}

for (const version of [...stable, "v1.2-preview.1"]) {
  const face = new ServerFace(server, version);
  const operator = face.as("operator");

  for (const kind of kinds) {
    test(`${version} ${kind}: operators get the session image, by an id of ours`, async () => {
      const session = await photographed(face, kind);
      assert.doesNotMatch((await face.get(session)).text, /sessionImageId/, "the owner does not see it");
      const answer = await operator.image(session.image);
      assert.equal(answer.status, 200, answer.text.slice(0, 200));
      assert.deepEqual([...answer.raw.subarray(0, 2)], [0xff, 0xd8]);
      assert.equal(answer.headers["content-type"], "application/octet-stream");
    });
  }

  test(`${version}: operators detect the face in a session image`, async () => {
    const { image } = await photographed(face, kinds[0]);
    const answer = await operator.json(
      "POST",
      "/detect?returnRecognitionModel=true&recognitionModel=recognition_04&returnFaceAttributes=mask,blur",
      { sessionImageId: image },
    );
    assert.equal(answer.status, 200, answer.text);
    operator.shape("detect", answer);
    assert.equal(answer.json[0].recognitionModel, "recognition_04");
    assert.deepEqual(Object.keys(answer.json[0].faceAttributes).sort(), ["blur", "mask"]);
    assertError(
      await operator.json("POST", "/detect?detectionModel=x", { sessionImageId: image }),
      400,
      "BadArgument",
    );
    assertError(await operator.json("POST", "/detect", {}), 400, "BadArgument");
  });

  test(`${version}: images go with their session, and are nobody else's`, async () => {
    const session = await photographed(face, kinds[0]);
    assert.equal((await face.image(session.image)).status, 403);
    assert.equal((await operator.image("A".repeat(44))).status, 404);
    assert.equal((await operator.image(`AQ${"A".repeat(42)}`)).status, 404);
    await operator.remove(session);
    assert.equal((await operator.image(session.image)).status, 404);
    assert.equal((await operator.json("POST", "/detect", { sessionImageId: session.image })).status, 404);
  });
}

test("v1.1-preview.1 has no images and no detect", async () => {
  const operator = new ServerFace(server, "v1.1-preview.1").as("operator");
  assertError(await operator.image("x"), 404, "RouteNotFound");
  assertError(await operator.json("POST", "/detect", { sessionImageId: "x" }), 404, "RouteNotFound");
});

test("a backend creates a verify session for an app, with the reference image of its own", async () => {
  const app = new ServerFace(server, "v1.2");
  const backend = app.as("backend");
  const bytes = picture("png", 2000);
  const made = form({ fields: { ...plainFields, ownerSubject: "app:app" }, image: { bytes } });
  const answer = await backend.call("POST", backend.sessions(kinds[1]), made);
  assert.equal(answer.status, 200, answer.text);
  const session = { kind: kinds[1], id: answer.json.sessionId, token: answer.json.authToken };
  await app.play(session);
  const owned = await app.shown(session);
  assert.equal(owned.verdict.reference, "delegate");
  assert.equal(owned.verdict.accepted, true);
  const seen = await backend.shown(session);
  assert.equal(
    seen.results.attempts[0].result.verifyImageHash,
    createHash("sha256").update(bytes).digest("hex").toUpperCase(),
  );
  assert.equal((await backend.remove(session)).status, 204);
});

test("an app creates no session for others", async () => {
  const app = new ServerFace(server, "v1.2");
  assertError(await app.create({ ...plainFields, ownerSubject: "app:operator" }), 403, "Forbidden");
  assertError(
    await app.as("backend").create({ ...plainFields, ownerSubject: "app:nobody" }),
    400,
    "InvalidRequestBody",
  );
});

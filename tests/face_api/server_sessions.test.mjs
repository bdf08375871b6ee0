// Through the server: the session resources on every version's paths, in that version's shapes, whatever version
// is spoken upstream.
import assert from "node:assert/strict";
import { test } from "node:test";
import { assertError, kinds, plainFields, previews, stable, until, versions } from "./face.mjs";
import { send, sendRaw } from "./http.mjs";
import { form, imageKinds, picture, senderNames } from "./multipart.mjs";
import { ServerFace, startPair } from "./server.mjs";

const server = await startPair();
const faces = Object.fromEntries(versions.map((version) => [version, new ServerFace(server, version)]));
const nobody = "5f0c7c1e-9a42-4d0b-8a53-6d2f0b6f7a10";
const decisions = { realface: "live", spoofface: "spoof", uncertain: "uncertain" };
const resultOf = (face, body) =>
  face.preview ? body.result?.response.body : body.results.attempts[0]?.result;

for (const version of versions) {
  const face = faces[version];
  for (const kind of kinds) {
    test(`${version} ${kind}: create, get, delete in this version's shapes`, async () => {
      const session = await face.created(kind);
      face.shape(kind === kinds[0] ? "create" : "createVerify", session.answer);
      const body = await face.shown(session);
      assert.equal(face.preview ? body.id : body.sessionId, session.id);
      assert.equal(body.status, "NotStarted");
      assert.equal(body.verdict.decision, "pending");
      const gone = await face.remove(session);
      assert.equal(gone.status, face.preview ? 200 : 204);
      assert.equal(gone.raw.length, 0);
      assertError(await face.get(session), 404, "SessionNotFound");
      assertError(await face.remove(session), 404, "SessionNotFound");
    });

    for (const [word, decision] of Object.entries(decisions)) {
      test(`${version} ${kind}: ${word} is shown and judged ${decision}`, async () => {
        const session = await face.created(kind);
        await face.play(session, { livenessDecision: word });
        const body = await face.shown(session);
        assert.equal(body.status, face.preview ? "ResultAvailable" : "Succeeded");
        assert.equal(resultOf(face, body).livenessDecision, word);
        assert.equal(body.verdict.decision, decision);
        assert.equal(body.verdict.accepted, word === "realface");
      });
    }

    test(`${version} ${kind}: neither the upstream's id nor a digest nor the token is shown`, async () => {
      const session = await face.created(kind);
      const [told] = await face.play(session);
      const { text } = await face.get(session);
      const upstream = JSON.parse(Buffer.from(session.token.split(".")[1], "base64url")).sid;
      assert.notEqual(upstream, session.id);
      for (const secret of [upstream, told.json.digest, session.token]) assert.ok(!text.includes(secret));
    });
  }

  test(`${version}: a face that does not match is live and not accepted`, async () => {
    const session = await face.created(kinds[1]);
    await face.play(session, { matchConfidence: 0.1 });
    const body = await face.shown(session);
    assert.equal(resultOf(face, body).verifyResult.isIdentical, false);
    assert.equal(body.verdict.decision, "live");
    assert.equal(body.verdict.accepted, false);
    assert.deepEqual(body.verdict.reasons, ["not_identical"]);
  });

  test(`${version}: a failed attempt leaves the session pending`, async () => {
    const session = await face.created();
    await face.play(session, { error: "FaceWithMaskDetected" });
    const body = await face.shown(session);
    assert.equal(body.verdict.decision, "pending");
    assert.match(JSON.stringify(body), face.preview ? /Started/ : /FaceWithMaskDetected/);
  });

  test(`${version}: the refusals of a create are the Face API's`, async () => {
    for (const [fields, code] of [
      [{ ...plainFields, livenessOperationMode: "Film" }, "InvalidLivenessOperationMode"],
      [{ deviceCorrelationId: "d" }, "InvalidLivenessOperationMode"],
      [{ ...plainFields, authTokenTimeToLiveInSeconds: 59 }, "InvalidTokenLifetime"],
      [{ ...plainFields, authTokenTimeToLiveInSeconds: 86401 }, "InvalidTokenLifetime"],
      [{ ...plainFields, authTokenTimeToLiveInSeconds: "600" }, "InvalidRequestBody"],
      [{ ...plainFields, deviceCorrelationIdSetInClient: true }, "InvalidRequestBody"],
      [{ ...plainFields, enableSessionImage: "perhaps" }, "InvalidRequestBody"],
      ["{", "InvalidRequestBody"],
      ["[]", "InvalidRequestBody"],
      ["", "InvalidRequestBody"],
    ]) {
      assertError(await face.create(fields), 400, code);
    }
  });

  test(`${version}: the refusals of a reference image are the Face API's`, async () => {
    assertError(await face.createVerify(plainFields, { bytes: picture("text") }), 400, "InvalidImage");
    assertError(
      await face.createVerify(plainFields, { bytes: picture("jpeg", 1023) }),
      400,
      "InvalidImageSize",
    );
    // what only the upstream can see comes back with its code
    const two = Buffer.concat([picture(), Buffer.from("livenessd-faces=2")]);
    assertError(await face.createVerify(plainFields, { bytes: two }), 400, "InvalidImage");
  });

  test(`${version}: what Azure's clients send and no document names is ignored`, async () => {
    const answer = await face.create({
      ...plainFields,
      userCorrelationId: "u",
      sendResultsToClient: true,
      x: {},
    });
    assert.equal(answer.status, 200);
  });

  test(`${version}: an unknown session, kind or address`, async () => {
    for (const kind of kinds) {
      assertError(await face.get({ kind, id: nobody }), 404, "SessionNotFound");
      assertError(await face.get({ kind, id: "x" }), 404, "SessionNotFound");
    }
    assertError(await face.call("GET", "/detect-sessions"), 404, "RouteNotFound");
    assertError(await face.call("PATCH", `${face.sessions()}/${nobody}`), 405, "MethodNotAllowed");
  });

  test(`${version}: a wrong or missing key`, async () => {
    for (const key of ["wrong", "", null]) {
      const answer = await face.json("POST", face.sessions(), plainFields, { key });
      assertError(answer, 401, "NotAuthenticated");
      assert.ok(answer.headers["www-authenticate"]);
    }
  });

  test(`${version}: a wrong media type`, async () => {
    for (const path of kinds.map((kind) => face.sessions(kind))) {
      assertError(
        await face.json("POST", path, plainFields, { headers: { "Content-Type": "text/plain" } }),
        415,
        "BadArgument",
      );
    }
  });

  test(`${version}: any case and doubled slashes in the path`, async () => {
    const { id } = await face.created();
    for (const path of [
      `//face/${version}${face.sessions()}/${id}`,
      `/face/${version}${face.sessions()}/${id}`.toLowerCase(),
      `/FACE/${version.toUpperCase()}/${face.sessions()}//${id}?api-version=x`,
    ]) {
      assert.equal((await face.at("GET", path)).status, 200, path);
    }
  });

  for (const sender of senderNames) {
    test(`${version}: the form of ${sender}`, async () => {
      const fields = { ...plainFields, authTokenTimeToLiveInSeconds: 300 };
      const answer = await face.createVerify(fields, { sender });
      assert.equal(answer.status, 200, answer.text);
      face.shape("createVerify", answer);
      assert.ok(answer.json.authTokenExpiresInSeconds > 200 && answer.json.authTokenExpiresInSeconds <= 300);
      const session = { kind: kinds[1], id: answer.json.sessionId, token: answer.json.authToken };
      await face.play(session);
      const { verdict } = await face.shown(session);
      assert.equal(verdict.accepted, true, JSON.stringify(verdict));
      assert.equal(verdict.reference, "owner");
    });
  }
}

test("the paths of one version are none under another", async () => {
  for (const version of stable) {
    assertError(
      await faces[version].json("POST", "/detectLiveness/singleModal/sessions", plainFields),
      404,
      "RouteNotFound",
    );
  }
  for (const version of previews) {
    assertError(
      await faces[version].json("POST", "/detectLiveness-sessions", plainFields),
      404,
      "RouteNotFound",
    );
  }
  assertError(
    await faces["v1.2"].at("POST", "/face/v1.0/detectLiveness-sessions", {
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(plainFields),
    }),
    404,
    "RouteNotFound",
  );
});

test("a session made under one version is shown under every other", async () => {
  const session = await faces["v1.2"].created();
  for (const version of versions) assert.equal((await faces[version].get(session)).status, 200, version);
});

test("the form of the tutorial, and its JSON part in v1.2", async () => {
  const face = faces["v1.2"];
  const image = { name: "VerifyImage", bytes: picture() };
  const value = {
    livenessOperationMode: "passiveactive",
    deviceCorrelationId: "d",
    enableSessionImage: "true",
  };
  for (const [name, filename] of [
    ["CreateLivenessWithVerifySessionRequest", "request.json"],
    ["Parameters", undefined],
  ]) {
    const answer = await face.call(
      "POST",
      face.sessions(kinds[1]),
      form({ image, jsonParts: [{ name, value, filename }] }),
    );
    assert.equal(answer.status, 200, answer.text);
    face.shape("createVerify", answer);
  }
});

test("all kinds of images go upstream", async () => {
  for (const picked of imageKinds) {
    assert.equal(
      (await faces["v1.2"].createVerify(plainFields, { bytes: picture(picked) })).status,
      200,
      picked,
    );
  }
});

test("a verify session without an image is policy's to allow", async () => {
  const face = faces["v1.2"];
  assertError(await face.createVerify(plainFields, { bytes: null }), 400, "NotAllowedByPolicy");
  assertError(await face.json("POST", face.sessions(kinds[1]), plainFields), 400, "NotAllowedByPolicy");
});

test("an upload that says it is a gigabyte is refused at its head", async () => {
  const { status } = await sendRaw(
    server.url,
    "POST /face/v1.2/detectLivenessWithVerify-sessions HTTP/1.1\r\nHost: face\r\n" +
      "Ocp-Apim-Subscription-Key: an-app-token\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 1073741824\r\n\r\n",
  );
  assert.equal(status, 413);
});

test("no session is left upstream of those that were deleted", async () => {
  const face = faces["v1.2"];
  const session = await face.created();
  const upstream = JSON.parse(Buffer.from(session.token.split(".")[1], "base64url")).sid;
  const alive = async () =>
    (await send(server.emulator.url, "GET", "/emulator/sessions")).text.includes(upstream);
  assert.equal(await alive(), true);
  await face.remove(session);
  await until("the deletion", async () => !(await alive()));
});

// A session from its creation to its end: what it shows at every point, and how it gets there.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startEmulator } from "./daemon.mjs";
import { Face, advanceClock, assertError, kinds, plainFields, previews, stable, versions } from "./face.mjs";
import { picture } from "./multipart.mjs";

const emulator = await startEmulator();
const faces = Object.fromEntries(versions.map((version) => [version, new Face(emulator, version)]));
const failure = { error: "FaceWithMaskDetected" };
const three = { ...plainFields, numberOfClientAttemptsAllowed: 3 };
const hours = 3600;

for (const version of stable) {
  const face = faces[version];
  for (const kind of kinds) {
    test(`${version} ${kind}: create answers 200 and the session without an attempt`, async () => {
      const { answer } = await face.created(kind);
      assert.equal(answer.headers.location, undefined);
      face.shape(kind === kinds[0] ? "create" : "createVerify", answer);
    });

    test(`${version} ${kind}: GET shows no token, and nothing before the device starts`, async () => {
      const session = await face.created(kind);
      const body = await face.shown(session);
      assert.equal(body.sessionId, session.id);
      assert.equal(body.status, "NotStarted");
      assert.deepEqual(body.results.attempts, []);
    });

    test(`${version} ${kind}: Running from the device's start on`, async () => {
      const session = await face.created(kind);
      await face.start(session);
      const body = await face.shown(session);
      assert.equal(body.status, "Running");
      assert.deepEqual(body.results.attempts, []);
    });

    for (const decision of ["realface", "spoofface", "uncertain"]) {
      test(`${version} ${kind}: ${decision} is a decision, so attempt and session succeeded`, async () => {
        const session = await face.created(kind);
        const [told] = await face.play(session, { livenessDecision: decision });
        const body = await face.shown(session);
        assert.equal(body.status, "Succeeded");
        assert.equal(body.results.attempts.length, 1);
        const [attempt] = body.results.attempts;
        assert.equal(attempt.attemptId, 1);
        assert.equal(attempt.attemptStatus, "Succeeded");
        assert.equal(attempt.result.livenessDecision, decision);
        assert.equal(attempt.result.digest, told.json.digest, "the device learns the digest");
      });
    }

    test(`${version} ${kind}: attempts stand newest first`, async () => {
      const session = await face.created(kind, three);
      await face.play(session, failure, { error: "TimedOut" }, {});
      const body = await face.shown(session);
      assert.deepEqual(
        body.results.attempts.map((attempt) => attempt.attemptId),
        [3, 2, 1],
      );
      assert.deepEqual(
        body.results.attempts.map((attempt) => attempt.attemptStatus),
        ["Succeeded", "Failed", "Failed"],
      );
      assert.equal(body.status, "Succeeded");
    });

    test(`${version} ${kind}: a failed attempt has an error and no result, and the session goes on`, async () => {
      const session = await face.created(kind, three);
      await face.play(session, failure);
      const body = await face.shown(session);
      assert.equal(body.status, "Running");
      assert.deepEqual(
        { code: body.results.attempts[0].error.code, message: body.results.attempts[0].error.message },
        { code: "FaceWithMaskDetected", message: "Mask detected on face image." },
      );
    });

    test(`${version} ${kind}: Running until the token expires`, async () => {
      const unused = await face.created(kind, three);
      const begun = await face.created(kind, three);
      await face.start(begun);
      const tried = await face.created(kind, three);
      await face.play(tried, failure);
      await advanceClock(emulator, 601);
      assert.equal((await face.shown(unused)).status, "NotStarted");
      assert.equal((await face.shown(begun)).status, "Failed");
      const body = await face.shown(tried);
      assert.equal(body.status, "Failed");
      assert.equal(body.results.attempts.length, 1);
    });

    test(`${version} ${kind}: the last allowed attempt fails the session`, async () => {
      const session = await face.created(kind, three);
      await face.play(session, failure, failure, failure);
      assert.equal((await face.shown(session)).status, "Failed");
      assertError(await face.start(session), 409, "ConcurrentOperationConflict");
    });

    test(`${version} ${kind}: a user who leaves cancels the session`, async () => {
      for (const error of [
        "UserCanceledSession",
        "UserCanceledActiveMotion",
        "UserCanceledActiveMotionPrompt",
      ]) {
        const session = await face.created(kind, three);
        await face.play(session, { error });
        const body = await face.shown(session);
        assert.equal(body.results.attempts[0].error.code, error);
        if (error === "UserCanceledSession") assert.equal(body.status, "Canceled");
      }
    });

    test(`${version} ${kind}: DELETE answers 204 with nothing, and then the session is unknown`, async () => {
      const session = await face.created(kind);
      const gone = await face.remove(session);
      assert.equal(gone.status, 204);
      assert.equal(gone.raw.length, 0);
      assertError(await face.get(session), 404, "SessionNotFound");
      assertError(await face.remove(session), 404, "SessionNotFound");
    });

    test(`${version} ${kind}: the other kind of session does not know the id`, async () => {
      const session = await face.created(kind);
      const other = { ...session, kind: kinds.find((name) => name !== kind) };
      assertError(await face.get(other), 404, "SessionNotFound");
      assertError(await face.remove(other), 404, "SessionNotFound");
      assert.equal((await face.get(session)).status, 200);
    });

    test(`${version} ${kind}: the token dies, the session stays readable`, async () => {
      const session = await face.created(kind, { ...plainFields, authTokenTimeToLiveInSeconds: 60 });
      await advanceClock(emulator, 61);
      assertError(await face.start(session), 401, "401");
      assert.equal((await face.shown(session)).status, "NotStarted");
    });

    test(`${version} ${kind}: a session lives 48 hours`, async () => {
      const session = await face.created(kind);
      await advanceClock(emulator, 48 * hours - 60);
      assert.equal((await face.get(session)).status, 200);
      await advanceClock(emulator, 61);
      assertError(await face.get(session), 404, "SessionNotFound");
      assertError(await face.remove(session), 404, "SessionNotFound");
    });

    test(`${version} ${kind}: there is no list and no audit`, async () => {
      const session = await face.created(kind);
      assertError(await face.call("GET", face.sessions(kind)), 404, "404");
      assertError(await face.audit(session), 404, "404");
      assertError(await face.call("GET", `/${kind}/singleModal/sessions/${session.id}`), 404, "404");
    });
  }

  test(`${version}: one token serves all attempts`, async () => {
    const session = await face.created(kinds[0], three);
    await face.play(session, failure);
    await face.play(session, {});
    assert.equal((await face.shown(session)).status, "Succeeded");
    assertError(await face.start(session), 409, "ConcurrentOperationConflict");
  });

  test(`${version}: a face that matches, and one that does not`, async () => {
    for (const [matchConfidence, isIdentical] of [
      [0.9137, true],
      [0.12, false],
    ]) {
      const session = await face.created(kinds[1]);
      await face.play(session, { matchConfidence });
      assert.deepEqual((await face.shown(session)).results.attempts[0].result.verifyResult, {
        matchConfidence,
        isIdentical,
      });
    }
  });

  test(`${version}: the tutorial's place of verifyResult is empty without the switch`, async () => {
    const session = await face.created(kinds[1]);
    await face.play(session);
    assert.ok(!("verifyResult" in (await face.shown(session)).results.attempts[0]));
  });

  test(`${version}: two operations of the device at once are a conflict`, async () => {
    const session = await face.created();
    assertError(await face.endAttempt(session), 409, "ConcurrentOperationConflict");
    await face.start(session);
    await face.see(session);
    await face.endAttempt(session);
    assertError(await face.endAttempt(session), 409, "ConcurrentOperationConflict");
  });

  test(`${version}: the device brings the correlation id that the create left to it`, async () => {
    const fields = { livenessOperationMode: "Passive", deviceCorrelationIdSetInClient: true };
    const session = await face.created(kinds[0], fields);
    assertError(await face.start(session, {}), 400, "InvalidDeviceCorrelationId");
    assertError(await face.start(session, { deviceCorrelationId: "" }), 400, "InvalidDeviceCorrelationId");
    assertError(
      await face.start(session, { deviceCorrelationId: "x".repeat(65) }),
      400,
      "InvalidDeviceCorrelationId",
    );
    assert.equal((await face.start(session, { deviceCorrelationId: "mine" })).status, 200);
  });
}

for (const version of previews) {
  const face = faces[version];
  for (const kind of kinds) {
    test(`${version} ${kind}: NotStarted, Started, ResultAvailable`, async () => {
      const session = await face.created(kind);
      const created = await face.shown(session);
      assert.equal(created.id, session.id);
      assert.equal(created.status, "NotStarted");
      assert.ok(!("sessionStartDateTime" in created));
      assert.equal(created.deviceCorrelationId, plainFields.deviceCorrelationId);
      assert.equal(created.authTokenTimeToLiveInSeconds, 600);
      assert.equal(created.sessionExpired, false);
      await face.start(session);
      const running = await face.shown(session);
      assert.equal(running.status, "Started");
      assert.ok("sessionStartDateTime" in running);
      await face.see(session);
      const done = await face.shown(session);
      assert.equal(done.status, "ResultAvailable");
      assert.equal(done.result.response.statusCode, 200);
      assert.equal(done.result.response.body.livenessDecision, "realface");
      assert.equal(done.result.sessionId, session.id);
    });

    test(`${version} ${kind}: result is the newest of up to three calls`, async () => {
      const session = await face.created(kind);
      await face.play(session, failure);
      const first = (await face.shown(session)).result;
      await face.play(session, { livenessDecision: "spoofface" });
      const second = (await face.shown(session)).result;
      assert.ok(second.id > first.id);
      assert.equal(second.response.body.livenessDecision, "spoofface");
    });

    test(`${version} ${kind}: DELETE answers 200 with nothing, and then the session is unknown`, async () => {
      const session = await face.created(kind);
      const gone = await face.remove(session);
      assert.equal(gone.status, 200);
      assert.equal(gone.raw.length, 0);
      assertError(await face.get(session), 404, "SessionNotFound");
      assertError(await face.remove(session), 404, "SessionNotFound");
      assertError(await face.audit(session), 404, "SessionNotFound");
    });

    test(`${version} ${kind}: sessionExpired says that the token is dead, for 48 hours`, async () => {
      const session = await face.created(kind);
      await advanceClock(emulator, 601);
      const body = await face.shown(session);
      assert.equal(body.sessionExpired, true);
      assert.equal(body.status, "NotStarted");
      await advanceClock(emulator, 48 * hours);
      assertError(await face.get(session), 404, "SessionNotFound");
    });

    test(`${version} ${kind}: the paths of later versions are none`, async () => {
      const session = await face.created(kind);
      assertError(await face.call("GET", `/${kind}-sessions/${session.id}`), 404, "404");
      assertError(await face.json("POST", `/${kind}-sessions`, plainFields), 404, "404");
    });
  }

  test(`${version}: a session takes three calls and no fourth`, async () => {
    const session = await face.created();
    await face.play(session, failure, failure, failure);
    assertError(await face.start(session), 409, "ConcurrentOperationConflict");
    assertError(await face.see(session), 409, "ConcurrentOperationConflict");
    assert.equal((await face.audit(session)).json.length, 3);
  });

  test(`${version}: a verify result tells about the image, the confidence and the match`, async () => {
    const session = await face.created(kinds[1]);
    await face.play(session, { matchConfidence: 0.25 });
    const { verifyResult } = (await face.shown(session)).result.response.body;
    assert.equal(verifyResult.matchConfidence, 0.25);
    assert.equal(verifyResult.isIdentical, false);
  });
}

test("v1.2-preview.1: a verify session's image hash and threshold", async () => {
  const face = faces["v1.2-preview.1"];
  const session = await face.created(
    kinds[1],
    { ...plainFields, returnVerifyImageHash: true, verifyConfidenceThreshold: 0.95 },
    { bytes: picture() },
  );
  await face.play(session, { matchConfidence: 0.94 });
  const { result } = await face.shown(session);
  assert.equal(result.response.body.verifyResult.isIdentical, false);
  assert.match(result.verifyImageHash, /^[0-9A-F]{64}$/);
});

// ---- tokens ----

const part = (token, index) => Buffer.from(token.split(".")[index], "base64url").toString();

for (const version of versions) {
  const face = faces[version];

  test(`${version}: the token is an ES256 JWS that begins as the service's do`, async () => {
    const { token } = await face.created();
    assert.match(part(token, 0), /^\{"alg":"ES256","kid":"/);
    assert.equal(Buffer.from(token.split(".")[2], "base64url").length, 64);
    const claims = JSON.parse(part(token, 1));
    assert.ok(claims.exp > claims.iat);
  });

  test(`${version}: a token names its session and no other, and nothing else is one`, async () => {
    const session = await face.created();
    assert.equal(JSON.parse(part(session.token, 1)).sid, session.id);
    const [head, payload, signature] = session.token.split(".");
    const none = Buffer.from('{"alg":"none"}').toString("base64url");
    const other = (await face.created()).token.split(".")[1];
    for (const token of [
      "",
      "x",
      `${head}.${payload}.`,
      `${head}.${other}.${signature}`,
      `${none}.${payload}.`,
      face.key,
    ]) {
      assert.equal((await face.start({ ...session, token })).status, 401, token.slice(0, 20));
    }
  });

  test(`${version}: the key opens no device call, the token no call of the app server`, async () => {
    const session = await face.created();
    assert.equal((await face.json("POST", "/session/start", {})).status, 401);
    const bearer = { headers: { Authorization: `Bearer ${session.token}` }, key: null };
    assert.equal((await face.call("GET", `${face.sessions()}/${session.id}`, bearer)).status, 401);
  });

  test(`${version}: DELETE revokes the token at once`, async () => {
    const session = await face.created();
    await face.start(session);
    await face.remove(session);
    for (const answer of [
      await face.start(session),
      await face.see(session),
      await face.endAttempt(session),
    ]) {
      assert.equal(answer.status, 401);
    }
  });

  test(`${version}: the device calls are the four of a network-isolated resource`, async () => {
    for (const kind of kinds) {
      const session = await face.created(kind);
      assert.ok((await face.start(session)).status < 300);
      assert.ok((await face.device(session, `/${kind}/singleModal`, {})).status < 300);
      assert.ok((await face.endAttempt(session)).status < 300);
    }
  });

  test(`${version}: what the device learns of an attempt is {resultId, digest}, without a decision`, async () => {
    const [answer] = await face.play(await face.created());
    if (face.preview) {
      assert.equal(answer.status, 204);
      assert.equal(answer.raw.length, 0);
      assert.match(answer.headers["x-livenessd-result-id"], /^[0-9a-f-]{36}$/);
      assert.match(answer.headers["x-livenessd-digest"], /^[0-9A-F]{64}$/);
      return;
    }
    assert.deepEqual(Object.keys(answer.json).sort(), ["digest", "resultId"]);
    assert.match(answer.json.digest, /^[0-9A-F]{64}$/);
  });

  test(`${version}: every error of the client SDKs can be what the camera met`, async () => {
    for (const error of [
      "TimedOut",
      "InvalidToken",
      "CameraPermissionDenied",
      "CameraStartupFailure",
      "NoFaceDetected",
      "FaceTrackingFailed",
      "SmileNotPerformed",
      "HeadTurnNotPerformed",
      "ServerRequestTimedOut",
      "ServerTimedOut",
      "FaceMouthRegionNotVisible",
      "FaceEyeRegionNotVisible",
      "ExcessiveImageBlurDetected",
      "ExcessiveFaceBrightness",
      "FaceWithMaskDetected",
      "EnvironmentNotSupported",
      "UserCanceledSession",
      "UserCanceledActiveMotion",
      "UserCanceledActiveMotionPrompt",
      "UnexpectedClientError",
      "UnexpectedServerError",
      "ClientVersionNotSupported",
      "VerifyImageNotProvided",
      "SetVerifyImageNotAllowed",
      "Unexpected",
      "GenericFailure",
      "FaceNotFrontal",
      "FaceNotFound",
      "MultipleFaceFound",
      "ContentDecodingError",
      "ImageSizeIsTooLarge",
      "ImageSizeIsTooSmall",
      "UnsupportedMediaType",
    ]) {
      const session = await face.created();
      await face.play(session, { error });
      const body = await face.shown(session);
      if (!face.preview) assert.equal(body.results.attempts[0].error.code, error);
      else assert.notEqual(body.result.response.statusCode, 200);
    }
    const session = await face.created();
    await face.start(session);
    assert.equal((await face.see(session, { error: "NoSuchError" })).status, 400);
  });
}

test("v1.2: the device of one kind of session cannot play the other", async () => {
  const face = faces["v1.2"];
  const session = await face.created(kinds[1]);
  await face.start(session);
  const answer = await face.device(session, "/detectLiveness/singleModal", {});
  assert.ok(answer.status >= 400 && answer.status < 500, String(answer.status));
});

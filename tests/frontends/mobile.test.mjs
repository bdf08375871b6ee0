// The mobile samples with another endpoint and another key, and nothing else changed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { picture } from "../face_api/multipart.mjs";
import { apps } from "./apps.mjs";
import { Camera, sights, startBackend } from "./backend.mjs";
import { Phone } from "./phone.mjs";

const backend = await startBackend();
const lenient = await startBackend({ settings: ["policy.verify_image=client_allowed"] });
const below = await startBackend({ settings: ["http.base_path=/liveness/eu"] });
const large = 48 * 1024;

// A phone that is off when the test is over.
function phoneOf(t, app, seen = [], options = {}) {
  const server = options.backend ?? backend;
  const phone = new Phone(app, server, new Camera(server).sees(...seen), options);
  t.after(() => phone.off());
  return phone;
}

for (const app of apps) {
  for (const [name, livenessDecision] of [
    ["real", "realface"],
    ["spoof", "spoofface"],
    ["uncertain", "uncertain"],
  ]) {
    test(`${app.name}: ${name}`, async (t) => {
      assert.deepEqual(await phoneOf(t, app, [sights[name]]).start("Passive"), { livenessDecision });
    });
  }

  if (app.canVerify) {
    for (const [name, isIdentical, matchConfidence] of [
      ["real", true, 0.93],
      ["other", false, 0.07],
    ]) {
      test(`${app.name}, with a picture: ${name}`, async (t) => {
        const phone = phoneOf(t, app, [sights[name]]);
        const livenessDecision = "realface";
        const expected = { livenessDecision, isIdentical, matchConfidence };
        assert.deepEqual(await phone.start("PassiveActive", picture("jpeg", large)), expected);
      });
    }

    test(`${app.name}, with a picture: a mask, then Retry with the same token`, async (t) => {
      const phone = phoneOf(t, app, [sights.mask]);
      assert.deepEqual(await phone.start("Passive", picture("png")), {
        livenessError: "FaceWithMaskDetected",
      });
      assert.equal((await phone.retry()).isIdentical, true);
    });

    test(`${app.name}: what is no picture is told in words`, async (t) => {
      const { error } = await phoneOf(t, app).start("Passive", picture("text"));
      assert.match(error, /picture/);
    });
  }

  for (const [name, livenessError] of [
    ["mask", "FaceWithMaskDetected"],
    ["slow", "TimedOut"],
  ]) {
    test(`${app.name}: ${name}, then Retry with the same token`, async (t) => {
      const phone = phoneOf(t, app, [sights[name]]);
      assert.deepEqual(await phone.start(), { livenessError });
      assert.deepEqual(await phone.retry(), { livenessDecision: "realface" });
      assert.deepEqual(
        phone.shown.json.results.attempts.map(({ attemptStatus }) => attemptStatus),
        ["Succeeded", "Failed"],
      );
    });
  }

  test(`${app.name}: an endpoint that ends with a slash`, async (t) => {
    assert.deepEqual(await phoneOf(t, app, [], { base: "/" }).start(), { livenessDecision: "realface" });
  });

  test(`${app.name}: an endpoint with a path, and with a slash behind it`, async (t) => {
    for (const base of ["/liveness/eu", "/liveness/eu/"]) {
      const phone = phoneOf(t, app, [], { base, backend: below });
      assert.deepEqual(await phone.start(), { livenessDecision: "realface" });
    }
    const elsewhere = phoneOf(t, app, [], { base: "/liveness", backend: below });
    await elsewhere.start().catch(() => {});
    assert.equal(elsewhere.created.status, 404);
    assert.ok(elsewhere.created.json.error.message);
  });

  test(`${app.name}: a wrong key and none are told in words`, async (t) => {
    for (const key of ["wrong", ""]) {
      const phone = phoneOf(t, app, [], { key });
      const { error } = await phone.start();
      assert.match(error, /credential/);
      assert.equal(phone.created.status, 401);
      assert.ok(phone.created.json.error.message);
    }
  });

  test(`${app.name}: a mode that there is not, and a session that there is not`, async (t) => {
    const phone = phoneOf(t, app);
    assert.match((await phone.start("Aggressive")).error, /livenessOperationMode/);
    assert.equal(phone.created.status, 400);
    phone.session = { id: "00000000-0000-4000-8000-000000000000", withVerify: false };
    const answer = await phone.ask();
    assert.equal(app.succeeded(answer), false);
    assert.match(app.error(answer), /session/);
  });

  test(`${app.name}: a result that is asked for before there is one`, async (t) => {
    const phone = phoneOf(t, app, [sights.mask]);
    await phone.start();
    const { json } = await phone.ask();
    assert.equal(json.verdict.decision, "pending");
    assert.equal(json.results.attempts[0].error.code, "FaceWithMaskDetected");
  });
}

for (const app of apps.filter(({ name }) => /Kotlin|Swift/.test(name))) {
  test(`${app.name}: a form without the picture is refused in words, where policy wants it`, async (t) => {
    const phone = phoneOf(t, app);
    assert.match((await phone.start("Passive", "in client")).error, /verifyImage/);
    assert.equal(phone.created.json.error.code, "NotAllowedByPolicy");
  });

  test(`${app.name}: a form without the picture, where the device may bring it`, async (t) => {
    const brought = { ...sights.real, verifyImage: picture().toString("base64") };
    const phone = phoneOf(t, app, [brought], { backend: lenient });
    const shown = await phone.start("Passive", "in client");
    assert.deepEqual(shown, { livenessDecision: "realface", isIdentical: true, matchConfidence: 0.93 });
    assert.equal(phone.shown.json.verdict.reference, "client");
  });
}

test("phones that call themselves 1234567890 are not one device upstream", async (t) => {
  const flutter = apps.find(({ name }) => /Flutter/.test(name));
  const ids = new Set();
  for (let i = 0; i < 3; i++) {
    const phone = phoneOf(t, flutter);
    await phone.start();
    ids.add(phone.camera.correlationId);
  }
  assert.equal(ids.size, 3);
  assert.ok(![...ids].includes("1234567890"));
});

// The samples do not know what version of the Face API stands behind the server, nor that it has bad days: results
// look the same over every version, and what goes wrong there is said in words, with the status it deserves.
import assert from "node:assert/strict";
import { File } from "node:buffer";
import { test } from "node:test";
import { Face, addFault, clearFaults, versions } from "../face_api/face.mjs";
import { picture } from "../face_api/multipart.mjs";
import { android } from "./apps.mjs";
import { Camera, sights, startBackend, upstreamId } from "./backend.mjs";
import { Page } from "./browser.mjs";
import { Phone } from "./phone.mjs";
import { NextSample, VueSample } from "./token_samples.mjs";
import { VanillaSample } from "./vanilla.mjs";

const threeAttempts = { settings: ["policy.attempts_default=3"] };
const monitored = await startBackend({ version: "v1.3-preview.1", mayComplain: true });
const troubled = await startBackend({ mayComplain: true });
const busy = await startBackend({ mayComplain: true });
const backends = {};
for (const version of versions) backends[version] = await startBackend({ version, ...threeAttempts });
const image = new File([picture()], "face.jpg", { type: "image/jpeg" });

for (const version of versions) {
  const backend = backends[version];
  const sampleOf = (Sample, ...seen) => new Sample(new Page(backend.url), new Camera(backend).sees(...seen));

  test(`${version} upstream: Next, with and without a picture`, async () => {
    assert.deepEqual(await sampleOf(NextSample, sights.spoof).run("PassiveActive"), { live: false });
    const shown = await sampleOf(NextSample, sights.other).run("Passive", { image });
    assert.deepEqual(shown, { live: true, same: false });
  });

  test(`${version} upstream: Vue with a picture`, async () => {
    assert.deepEqual(await sampleOf(VueSample).run("PassiveActive", { image }), { live: true, same: true });
  });

  test(`${version} upstream: plain JavaScript with a picture`, async () => {
    const shown = await sampleOf(VanillaSample).start("Passive", { image });
    assert.deepEqual(shown, { live: true, same: true });
  });

  test(`${version} upstream: Android with a picture`, async () => {
    const phone = new Phone(android, backend, new Camera(backend).sees(sights.other));
    const { isIdentical } = await phone.start("PassiveActive", picture());
    assert.equal(isIdentical, false);
    phone.off();
  });

  test(`${version} upstream: Retry with the same token`, async () => {
    const sample = sampleOf(VanillaSample, sights.mask);
    assert.deepEqual(await sample.start("PassiveActive"), { livenessError: "FaceWithMaskDetected" });
    assert.deepEqual(await sample.retry(), { live: true });
  });
}

test("abuse is shown by the sample that looks for it, where it looks for it", async () => {
  const upstream = new Face(monitored.emulator, "v1.3-preview.1");
  await upstream.json("PATCH", "/settings", { livenessAbuseMonitoring: { enabled: true } });
  const page = new Page(monitored.url);
  const sample = new VanillaSample(page, new Camera(monitored).sees({ abuse: true }, sights.real));
  assert.deepEqual(await sample.start("Passive"), { live: true, abuse: true });
  assert.equal(sample.shown.verdict.accepted, false);
  const other = new VanillaSample(new Page(monitored.url), new Camera(monitored));
  assert.deepEqual(await other.start("Passive"), { live: true });
});

for (const [name, fault, status, code, backend = troubled] of [
  ["refuses the key", { status: 401 }, 502, "UpstreamDenied"],
  ["is not allowed", { status: 403 }, 502, "UpstreamDenied"],
  ["has too much to do", { status: 429, retryAfter: 7 }, 503, "UpstreamBusy", busy],
  ["fails", { status: 500 }, 502, "UpstreamBroken"],
  ["talks nonsense", { kind: "garbage" }, 502, "UpstreamBroken"],
  ["breaks off", { kind: "reset", after: true }, 502, "UpstreamBroken"],
]) {
  test(`an upstream that ${name}: each sample has a message to show`, async (t) => {
    t.after(() => clearFaults(backend.emulator));
    await addFault(backend.emulator, { route: "create", ...fault });
    const next = new NextSample(new Page(backend.url), new Camera(backend));
    const { error } = await next.run("Passive");
    assert.equal(next.status, status);
    assert.equal(next.created.error.code, code);
    assert.match(error, /^The face service .+\.$/);
    assert.equal(next.created.token, null);
    const phone = new Phone(android, backend, new Camera(backend));
    const shown = await phone.start("Passive", picture());
    assert.equal(phone.created.status, status);
    assert.match(shown.error, /face service/);
    phone.off();
    if (!fault.retryAfter) return;
    const waits = [phone.created.headers["retry-after"], next.created.error.retryAfterSeconds];
    for (const seconds of waits) assert.ok(Number(seconds) > 0 && Number(seconds) <= 10, `${seconds}`);
  });
}

test("an upstream that fails when the result is asked for: an error, and afterwards the result", async (t) => {
  t.after(() => clearFaults(troubled.emulator));
  const sample = new VueSample(new Page(troubled.url), new Camera(troubled));
  await sample.open("Passive");
  await addFault(troubled.emulator, { route: "get", kind: "garbage" });
  assert.deepEqual(await sample.detect(), { livenessError: undefined });
  assert.equal(sample.answer.status, 502);
  assert.equal(sample.answer.body.error.code, "UpstreamBroken");
  await clearFaults(troubled.emulator);
  const { results } = await sample.result(sample.action, sample.session.sessionId);
  assert.equal(results.attempts[0].result.livenessDecision, "realface");
});

test("a session that the upstream has forgotten is no yes to anybody", async () => {
  const forget = ({ created, session, token = created?.authToken ?? session.authToken }) =>
    new Face(troubled.emulator).remove({ kind: "detectLiveness", id: upstreamId(token) });
  const next = new NextSample(new Page(troubled.url), new Camera(troubled));
  await next.open("Passive");
  await forget(next);
  assert.deepEqual(await next.detect(), { livenessError: "InvalidToken" });
  const { results, verdict } = await next.result(next.action, next.session.sessionId);
  assert.equal(verdict.decision, "expired");
  assert.notEqual(results.attempts[0].result.livenessDecision, "realface");
  const vanilla = new VanillaSample(new Page(troubled.url), new Camera(troubled).sees(sights.mask));
  await vanilla.start("Passive");
  await forget(vanilla);
  vanilla.camera = { start: async () => ({}) }; // a device that lies
  assert.deepEqual(await vanilla.retry(), { live: false });
  const phone = new Phone(android, troubled, new Camera(troubled).sees(sights.mask));
  await phone.start();
  await forget(phone);
  phone.camera = { start: async () => ({}) };
  await assert.rejects(phone.retry()); // as that app does with a result that is none
  assert.equal(phone.shown.json.verdict.accepted, false);
  phone.off();
});

// The samples against the server as it starts out: its limits, and its pace towards the upstream.
import assert from "node:assert/strict";
import { File } from "node:buffer";
import { test } from "node:test";
import { picture } from "../face_api/multipart.mjs";
import { flutter } from "./apps.mjs";
import { Camera, sights, startBackend } from "./backend.mjs";
import { Page } from "./browser.mjs";
import { Phone } from "./phone.mjs";
import { AngularSample } from "./token_samples.mjs";
import { VanillaSample } from "./vanilla.mjs";

const settings = ["limits.enabled=true", "upstream.poll_interval=1s", "upstream.rate=10"];
const backend = await startBackend({ settings });
const image = new File([picture()], "face.jpg", { type: "image/jpeg" });
const sampleOf = (Sample, ...seen) => new Sample(new Page(backend.url), new Camera(backend).sees(...seen));

test("who asks once, and only once, gets the result", async () => {
  const sample = sampleOf(AngularSample);
  await sample.open("Passive", { image });
  // somebody who looks too early, so that the server has just asked
  const early = await sample.result(sample.action, sample.session.sessionId);
  assert.equal(early.verdict.decision, "pending");
  assert.deepEqual(await sample.detect(), { live: true, same: true });
});

test("two more sessions for who did not pass, then a time to wait, in words", async () => {
  const sample = sampleOf(AngularSample, sights.mask, sights.mask, sights.mask);
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(await sample.run("Passive"), { livenessError: "FaceWithMaskDetected" });
  }
  const { error } = await sample.run("Passive");
  assert.equal(sample.status, 429);
  assert.match(error, /^This device has started too many checks\. Try again in \d+ seconds\.$/);
  assert.equal(sample.created.error.code, "RateLimited");
  assert.equal(sample.created.token, null);
  assert.ok(sample.created.error.retryAfterSeconds > 0);
});

test("the same for a page that looks at no status", async () => {
  const sample = sampleOf(VanillaSample, sights.slow, sights.slow, sights.slow);
  for (let i = 0; i < 3; i++) await sample.start("Passive");
  assert.deepEqual(await sample.start("Passive"), { livenessError: "InvalidToken" });
  assert.equal(sample.page.status, 429);
  assert.ok(sample.created.error.message);
});

test("who passes may go on", async () => {
  const sample = sampleOf(AngularSample);
  for (let i = 0; i < 4; i++) assert.deepEqual(await sample.run("Passive"), { live: true });
});

test("apps that all call themselves 1234567890 do not use up each other's limit", async () => {
  for (let i = 0; i < 5; i++) {
    const phone = new Phone(flutter, backend, new Camera(backend).sees(sights.slow));
    assert.deepEqual(await phone.start(), { livenessError: "TimedOut" });
    phone.off();
  }
});

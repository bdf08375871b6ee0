// All samples at once, each with an outcome of its own: nobody gets what is another's, whoever is slow, asks twice
// or leaves in the middle.
import assert from "node:assert/strict";
import { File } from "node:buffer";
import { test } from "node:test";
import { picture } from "../face_api/multipart.mjs";
import { apps } from "./apps.mjs";
import { Camera, sights, startBackend } from "./backend.mjs";
import { Page } from "./browser.mjs";
import { Phone } from "./phone.mjs";
import { NextSample, tokenSamples } from "./token_samples.mjs";
import { VanillaSample } from "./vanilla.mjs";

const backend = await startBackend();
const image = new File([picture("jpeg", 20000)], "face.jpg", { type: "image/jpeg" });
const outcomes = [
  ["real", "realface", true],
  ["spoof", "spoofface", true],
  ["uncertain", "uncertain", true],
  ["other", "realface", false],
];

const pageWith = (Sample, ...seen) => new Sample(new Page(backend.url), new Camera(backend).sees(...seen));

// Each is {name, run}: a check whose first attempt fails, and whose second one is to say what is expected.
const webSamples = Object.entries(tokenSamples).map(([name, Sample]) => ({
  name,
  async run(sight, decision, isIdentical) {
    const sample = pageWith(Sample, sights.mask, sights[sight]);
    await sample.run("PassiveActive", { image });
    assert.deepEqual(await sample.detect(), { live: decision === "realface", same: isIdentical });
  },
}));

const vanilla = {
  name: "plain JavaScript",
  async run(sight, decision) {
    const sample = pageWith(VanillaSample, sights.slow, sights[sight]);
    await sample.start("Passive", { image });
    assert.deepEqual(await sample.retry(), { live: decision === "realface" });
  },
};

const phones = apps.map((app) => ({
  name: app.name,
  async run(sight, decision, isIdentical) {
    const phone = new Phone(app, backend, new Camera(backend).sees(sights.mask, sights[sight]));
    await phone.start("Passive", app.canVerify ? picture("png", 20000) : null);
    const shown = await phone.retry();
    assert.equal(shown.livenessDecision, decision);
    if (app.canVerify) assert.equal(shown.isIdentical, isIdentical);
    phone.off();
  },
}));

// Creates that nobody waits for.
async function leave() {
  for (const app of apps) {
    const phone = new Phone(app, backend, new Camera(backend));
    phone.start("Passive", null).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 3));
    phone.off();
  }
}

test("everybody at once, and each sees the own outcome", async () => {
  const everybody = [...webSamples, vanilla, ...phones];
  const checks = everybody.flatMap(({ run }) => outcomes.map((outcome) => run(...outcome)));
  await Promise.all([...checks, leave(), leave()]);
});

test("two creates of a page at once: the one that came last goes on", async () => {
  const sample = pageWith(NextSample);
  await Promise.all([sample.open("Passive"), sample.open("Passive")]);
  assert.deepEqual(await sample.detect(), { live: true });
});

test("two creates of a page that has a device: both go on", async () => {
  const page = new Page(backend.url);
  await page.fetch("/api/devices", { method: "POST" });
  const samples = [0, 1].map(() => new NextSample(page, new Camera(backend)));
  const shown = await Promise.all(samples.map((sample) => sample.run("Passive")));
  assert.deepEqual(shown, [{ live: true }, { live: true }]);
});

test("a result that is asked for five times at once is the same five times", async () => {
  const sample = pageWith(NextSample, sights.spoof);
  await sample.open("Passive");
  await sample.camera.start(sample.session.authToken);
  const path = `/api/getSessionResult?action=detectLiveness&sessionId=${sample.session.sessionId}`;
  const answers = await Promise.all(Array.from({ length: 5 }, () => sample.page.fetch(path)));
  const bodies = await Promise.all(answers.map((answer) => answer.json()));
  for (const body of bodies) assert.deepEqual(body, bodies[0]);
  assert.equal(bodies[0].verdict.decision, "spoof");
});

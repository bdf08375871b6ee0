// The plain JavaScript sample, served from the same origin as the server, with nothing changed but where /api is.
import assert from "node:assert/strict";
import { File } from "node:buffer";
import { test } from "node:test";
import { picture } from "../face_api/multipart.mjs";
import { Camera, sights, startBackend } from "./backend.mjs";
import { Page } from "./browser.mjs";
import { VanillaSample } from "./vanilla.mjs";

const backend = await startBackend();
const browserIds = { device: "6ahK3rkRrqIJ2aPNzGQX0aLBzvQnC8wT9kbpTr4o8vA=", user: "aZ09kLmQ2x" };
const portrait = (name = "my face.jpg") => new File([picture()], name, { type: "image/jpeg" });

function sampleWith(...seen) {
  return new VanillaSample(new Page(backend.url), new Camera(backend).sees(...seen));
}

const outcomes = [
  ["real", { live: true, same: true }],
  ["spoof", { live: false, same: true }],
  ["uncertain", { live: false, same: true }],
  ["other", { live: true, same: false }],
];

for (const [name, { live, same }] of outcomes) {
  test(`${name}`, async () => {
    assert.deepEqual(await sampleWith(sights[name]).start("PassiveActive", { ids: browserIds }), { live });
  });

  test(`${name}, with a picture`, async () => {
    const sample = sampleWith(sights[name]);
    assert.deepEqual(await sample.start("Passive", { image: portrait(), ids: browserIds }), { live, same });
  });
}

for (const [name, livenessError] of [
  ["mask", "FaceWithMaskDetected"],
  ["slow", "TimedOut"],
]) {
  test(`${name}: the component's error is shown, and Retry passes with the same token`, async () => {
    const sample = sampleWith(sights[name]);
    assert.deepEqual(await sample.start("PassiveActive", { ids: browserIds }), { livenessError });
    assert.deepEqual(await sample.retry(), { live: true });
    const creates = sample.page.asked.filter((line) => line.startsWith("POST"));
    assert.deepEqual(creates, ["POST /api/detectLiveness-sessions"]);
  });

  test(`${name} with a picture: Retry asks for the verify session as for a plain one`, async () => {
    const sample = sampleWith(sights[name]);
    assert.deepEqual(await sample.start("Passive", { image: portrait(), ids: browserIds }), {
      livenessError,
      recognitionError: "GenericFailure",
    });
    assert.deepEqual(await sample.retry(), { live: true });
    assert.match(sample.page.asked.at(-1), /^GET \/api\/detectLiveness-sessions\//);
    // what it does not show is there all the same
    const [newest, failed] = sample.shown.results.attempts;
    assert.equal(newest.result.verifyResult.isIdentical, true);
    assert.equal(failed.error.code, livenessError);
    assert.equal(sample.shown.verdict.reference, "owner");
  });
}

test("three attempts with one token, and the newest comes first", async () => {
  const sample = sampleWith(sights.mask, sights.slow, sights.real);
  await sample.start("Passive");
  await sample.retry();
  assert.deepEqual(await sample.retry(), { live: true });
  assert.deepEqual(
    sample.shown.results.attempts.map(({ attemptId }) => attemptId),
    [3, 2, 1],
  );
});

test("Retry after a verdict changes nothing: the token is spent", async () => {
  const sample = sampleWith(sights.spoof);
  assert.deepEqual(await sample.start("Passive"), { live: false });
  assert.deepEqual(await sample.retry(), { livenessError: "InvalidToken" });
  const again = await sample.page.fetch(`/api/detectLiveness-sessions/${sample.created.sessionId}`);
  assert.equal((await again.json()).verdict.decision, "spoof");
});

const ids = {
  "no ids at all (JSON leaves them out, a form says undefined)": {},
  "ids of ten characters": { device: "AbCdEfGhIj", user: "0123456789" },
  "a browser's device id": browserIds,
  "an audio device's id": { device: "default", user: "communications" },
  "ids of 65 characters": { device: "d".repeat(65), user: "u".repeat(65) },
  "ids of 1000 characters": { device: "d".repeat(1000), user: "u".repeat(1000) },
  "ids that are no ASCII": { device: "кámera/№1 \u{1f4f7}", user: 'ü"\\\t' },
  "empty ids": { device: "", user: "" },
};

for (const [name, used] of Object.entries(ids)) {
  test(`${name} are no error`, async () => {
    assert.deepEqual(await sampleWith().start("Passive", { ids: used }), { live: true });
    assert.deepEqual(await sampleWith().start("Passive", { image: portrait(), ids: used }), {
      live: true,
      same: true,
    });
  });
}

for (const name of ["", "C:\\fakepath\\face.jpg", 'a"b;c=d.jpg', "лицо.jpg", `${"n".repeat(300)}.jpg`]) {
  test(`a picture named ${JSON.stringify(name.slice(0, 30))}`, async () => {
    const image = portrait(name);
    assert.deepEqual(await sampleWith().start("Passive", { image }), { live: true, same: true });
  });
}

test("what is created and shown holds what the page reads, and nothing that it must not have", async () => {
  const sample = sampleWith();
  await sample.start("Passive", { ids: browserIds });
  assert.equal(typeof sample.created.authToken, "string");
  assert.match(sample.created.sessionId, /^[0-9a-f-]{36}$/);
  const text = JSON.stringify(sample.shown);
  for (const secret of [sample.created.authToken, 'digest":', "sessionImageId"])
    assert.ok(!text.includes(secret));
});

test("another browser sees nothing of it", async () => {
  const sample = sampleWith();
  await sample.start("Passive");
  const path = `/api/detectLiveness-sessions/${sample.created.sessionId}`;
  const stranger = new Page(backend.url);
  assert.equal((await stranger.fetch(path)).status, 401);
  await stranger.fetch("/api/devices", { method: "POST" });
  const answer = await stranger.fetch(path);
  assert.equal(answer.status, 404);
  assert.equal((await answer.json()).error.code, "SessionNotFound");
});

test("errors, which it does not look for, have a message all the same", async () => {
  const page = new Page(backend.url);
  const wrong = new VanillaSample(page, new Camera(backend));
  for (const [mode, options] of [
    ["Aggressive", {}],
    ["undefined", { image: portrait() }],
    ["Passive", { image: new File(["not a picture at all".repeat(200)], "me.txt", { type: "text/plain" }) }],
    ["Passive", { image: new File([], "empty.jpg") }],
    ["Passive", { image: new File([picture("jpeg", 7 << 20)], "large.jpg") }],
  ]) {
    // the component gets no token then
    assert.equal((await wrong.start(mode, options)).livenessError, "InvalidToken");
    assert.ok(wrong.created.error.message.length > 10, JSON.stringify(wrong.created));
    assert.ok(wrong.created.error.code);
  }
});

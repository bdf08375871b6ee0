// The Next, Angular and Vue samples with this server in the place of their own.
import assert from "node:assert/strict";
import { File } from "node:buffer";
import { test } from "node:test";
import { picture } from "../face_api/multipart.mjs";
import { Camera, askedUpstream, sights, startBackend, upstreamId } from "./backend.mjs";
import { Page } from "./browser.mjs";
import { tokenSamples } from "./token_samples.mjs";

const backend = await startBackend();
const portrait = (name = "my face.jpg") => new File([picture()], name, { type: "image/jpeg" });
const emptyVerdict = { livenessError: undefined };

function sampleOf(Sample, ...seen) {
  return new Sample(new Page(backend.url), new Camera(backend).sees(...seen));
}

const outcomes = [
  ["real", true, true],
  ["spoof", false, true],
  ["uncertain", false, true],
  ["other", true, false],
];

// What a page may be told of a failure, whichever it reads.
function assertRefused({ status, body }, expected, code) {
  assert.equal(status, expected, JSON.stringify(body));
  assert.equal(body.error.code, code);
  assert.equal(body.error.token, null);
  assert.equal(body.token, null);
  assert.ok(body.error.message.length > 10);
  assert.equal(body.message, body.error.message);
  assert.equal(body.sessionData, undefined);
  assert.equal(body.sessionResult, undefined);
}

for (const [name, Sample] of Object.entries(tokenSamples)) {
  for (const [sight, live, same] of outcomes) {
    test(`${name}: ${sight}`, async () => {
      assert.deepEqual(await sampleOf(Sample, sights[sight]).run("PassiveActive"), { live });
    });

    test(`${name} with a picture: ${sight}`, async () => {
      const sample = sampleOf(Sample, sights[sight]);
      assert.deepEqual(await sample.run("Passive", { image: portrait() }), { live, same });
    });
  }

  for (const [sight, livenessError] of [
    ["mask", "FaceWithMaskDetected"],
    ["slow", "TimedOut"],
  ]) {
    test(`${name}: ${sight}, then again with the same token`, async () => {
      const sample = sampleOf(Sample, sights[sight], sights[sight]);
      assert.deepEqual(await sample.run("PassiveActive"), { livenessError });
      assert.deepEqual(await sample.detect(), { livenessError });
      assert.deepEqual(await sample.detect(), { live: true });
      assert.deepEqual(sample.page.asked, ["POST /api/generateAccessToken", "GET /api/getSessionResult"]);
      assert.deepEqual(
        sample.answer.body.results.attempts.map(({ attemptId }) => attemptId),
        [3, 2, 1],
      );
    });

    test(`${name} with a picture: ${sight}, then again with the same token`, async () => {
      const sample = sampleOf(Sample, sights[sight]);
      const recognitionError = "GenericFailure";
      assert.deepEqual(await sample.run("Passive", { image: portrait() }), {
        livenessError,
        recognitionError,
      });
      assert.deepEqual(await sample.detect(), { live: true, same: true });
    });
  }

  test(`${name}: its page for another try asks for another session`, async () => {
    const sample = sampleOf(Sample, sights.spoof);
    assert.deepEqual(await sample.run("Passive"), { live: false });
    const first = sample.session.sessionId;
    assert.deepEqual(await sample.run("Passive"), { live: true });
    assert.notEqual(sample.session.sessionId, first);
  });

  test(`${name}: ids that say nothing, or too much, are no error`, async () => {
    for (const ids of [
      {},
      { device: "undefined", user: "undefined" },
      { device: "", user: "" },
      { device: "6ahK3rkRrqIJ2aPNzGQX0aLBzvQnC8wT9kbpTr4o8vA=", user: "default" },
      { device: "d".repeat(65), user: "u".repeat(2000) },
    ]) {
      assert.deepEqual(await sampleOf(Sample).run("Passive", { ids }), { live: true });
      const same = await sampleOf(Sample).run("Passive", { ids, image: portrait() });
      assert.deepEqual(same, { live: true, same: true });
    }
  });

  test(`${name}: what is wrong with a create is shown as the server says it`, async () => {
    for (const [mode, image, code] of [
      ["Aggressive", undefined, "InvalidLivenessOperationMode"],
      ["", undefined, "InvalidLivenessOperationMode"],
      [undefined, portrait(), "InvalidLivenessOperationMode"],
      ["Passive", new File(["no picture ".repeat(400)], "me.txt"), "InvalidImage"],
      ["Passive", new File([picture("jpeg", 500)], "small.jpg"), "InvalidImageSize"],
      ["Passive", new File([], "empty.jpg"), "InvalidImageSize"],
      [
        "Passive",
        new File([Buffer.concat([picture(), Buffer.from("livenessd-faces=2")])], "two.jpg"),
        "InvalidImage",
      ],
    ]) {
      const sample = sampleOf(Sample);
      const { error } = await sample.run(mode, { image });
      assertRefused({ status: sample.status, body: sample.created }, 400, code);
      assert.equal(error, sample.created.error.message);
    }
  });

  test(`${name}: a picture that is too large is refused in words`, async () => {
    const sample = sampleOf(Sample);
    await sample.run("Passive", { image: new File([picture("jpeg", (6 << 20) + 1)], "large.jpg") });
    assertRefused({ status: sample.status, body: sample.created }, 400, "InvalidImageSize");
    await sample.run("Passive", { image: new File([picture("jpeg", 9 << 20)], "larger.jpg") });
    assertRefused({ status: sample.status, body: sample.created }, 413, "BodyTooLarge");
  });

  test(`${name}: a result before there is one`, async () => {
    for (const image of [undefined, portrait()]) {
      const sample = sampleOf(Sample);
      await sample.open("Passive", { image });
      const { results, verdict } = await sample.result(sample.action, sample.session.sessionId);
      assert.equal(verdict.decision, "pending");
      // what it reads without looking is there, and is no yes
      const [{ result }] = results.attempts;
      assert.equal(result.livenessDecision, undefined);
      if (image) assert.equal(result.verifyResult.isIdentical, undefined);
    }
  });

  test(`${name}: a result after a failed attempt`, async () => {
    for (const image of [undefined, portrait()]) {
      const sample = sampleOf(Sample, sights.mask);
      await sample.run("Passive", { image });
      const { results, status } = await sample.result(sample.action, sample.session.sessionId);
      assert.notEqual(status, "Succeeded");
      assert.equal(results.attempts[0].error.code, "FaceWithMaskDetected");
      assert.notEqual(results.attempts[0].result.livenessDecision, "realface");
      if (image) assert.notEqual(results.attempts[0].result.verifyResult.isIdentical, true);
    }
  });

  test(`${name}: the kind that it says does not matter, it is the session's own`, async () => {
    for (const image of [undefined, portrait()]) {
      const sample = sampleOf(Sample);
      await sample.run("Passive", { image });
      for (const action of ["detectLiveness", "detectLivenessWithVerify", "DETECTLIVENESS"]) {
        const { results } = await sample.result(action, sample.session.sessionId);
        assert.equal(results.attempts[0].result.livenessDecision, "realface");
        if (image) assert.equal(results.attempts[0].result.verifyResult.isIdentical, true);
      }
    }
  });

  test(`${name}: a session that there is not, or that is another's`, async () => {
    const sample = sampleOf(Sample);
    await sample.run("Passive");
    const stranger = sampleOf(Sample);
    await stranger.open("Passive");
    const unknown = "00000000-0000-4000-8000-000000000000";
    for (const id of [sample.session.sessionId, unknown, "x", "undefined", "null"]) {
      stranger.session.sessionId = id;
      assert.deepEqual(await stranger.detect(), emptyVerdict); // as the samples show all failures
      await stranger.open("Passive");
      await stranger.result("detectLiveness", id).catch(() => {});
      assertRefused(stranger.answer, 404, "SessionNotFound");
    }
    // somebody without a device has none
    const nobody = sampleOf(Sample);
    await nobody.result("detectLiveness", sample.session.sessionId).catch(() => {});
    assertRefused(nobody.answer, 401, "NotAuthenticated");
  });

  test(`${name}: an id never gets into an address upstream`, async () => {
    const sample = sampleOf(Sample);
    await sample.open("Passive");
    const before = (await askedUpstream(backend)).length;
    for (const id of [
      "../persongroups",
      "../../v1.3-preview.1/settings/getClientAssetsAccessToken",
      "..%2f..%2fpersongroups",
      `${sample.session.sessionId}/../../../persongroups`,
      `${sample.session.sessionId}%2faudit`,
      `${sample.session.sessionId}%00`,
      "a b&action=x",
      "%zz",
      "%",
    ]) {
      await sample.result("detectLiveness", id).catch(() => {});
      assert.ok([400, 404].includes(sample.answer.status), id);
      assert.ok(sample.answer.body.error.message, id);
    }
    assert.equal((await askedUpstream(backend)).length, before);
  });

  test(`${name}: nothing is shown that is the server's own`, async () => {
    const sample = sampleOf(Sample);
    await sample.run("Passive", { image: portrait() });
    const text = JSON.stringify(sample.answer.body);
    const { authToken } = sample.session;
    for (const secret of [authToken, "authToken", '"digest"', "sessionImageId", upstreamId(authToken)])
      assert.ok(!text.includes(secret), secret);
  });
}

test("one answer satisfies all of them, and says the same to each", async () => {
  const [Next, ...others] = Object.values(tokenSamples);
  const sample = sampleOf(Next);
  await sample.run("Passive", { image: portrait() });
  const { sessionResult, message, ...top } = sample.answer.body;
  assert.equal(message, "success");
  assert.deepEqual(sessionResult, top);
  for (const Other of others) assert.deepEqual(new Other().pick(sample.answer.body), top);
  assert.equal(sample.created.message, "success");
  assert.equal(sample.created.sessionData.status, "NotStarted");
});

test("sessions of the samples keep their image, as their own servers have it", async () => {
  const sample = sampleOf(tokenSamples.Next);
  await sample.open("Passive");
  const { sessionId } = sample.session;
  await sample.detect();
  const answer = await fetch(`${backend.url}/api/detectLiveness-sessions/${sessionId}`, {
    headers: { Authorization: "Bearer an-operator-token" },
  });
  const { results } = await answer.json();
  assert.ok(results.attempts[0].result.sessionImageId);
});

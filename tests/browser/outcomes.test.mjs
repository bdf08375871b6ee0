// Every way a check can end, as a person sees it who tries the demo: plain and verify, with the receipt.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { picture } from "../face_api/multipart.mjs";
import { create, openPage, problemOf, receiptOf, see, startDemo, verdictOf } from "./demo.mjs";

const demo = await startDemo();

const outcomes = [
  { sees: "A real face", title: "Accepted", decision: "live", accepted: true, next: /your backend/ },
  { sees: "A spoof", title: "Not accepted", decision: "spoof", reason: "spoof", next: /new session/ },
  { sees: "Hard to tell", title: "Not accepted", decision: "uncertain", reason: "uncertain", next: /new session/ },
];
const ofVerify = [
  { sees: "Somebody else", title: "Not accepted", decision: "live", reason: "not_identical", next: /new session/ },
];

async function goThrough(page, verify, { sees, title, decision, accepted = false, reason, next }) {
  await create(page, { verify });
  await see(page, sees);
  const verdict = await verdictOf(page);
  assert.deepEqual([verdict.title, verdict.decision, verdict.accepted], [title, decision, accepted], sees);
  assert.match(verdict.next, next, sees);
  if (reason) await page.locator(".reasons code", { hasText: reason }).waitFor();
  assert.deepEqual(await receiptOf(page), { word: "genuine", wrong: [] }, sees);
  await page.getByRole("button", { name: "Start a new session" }).click();
}

for (const verify of [false, true])
  test(`${verify ? "verify" : "plain"}: every verdict in words, with a receipt that is genuine`, async (t) => {
    const page = await openPage(t, demo.url);
    for (const outcome of verify ? [...outcomes, ...ofVerify] : outcomes) await goThrough(page, verify, outcome);
  });

test("the verdict's heading has the focus, and screen readers hear it", async (t) => {
  const page = await openPage(t, demo.url);
  await create(page);
  await page.locator("#title-camera:focus").waitFor();
  await see(page, "A real face");
  await page.locator("#verdict-title:focus").waitFor();
  await page.locator("#voice", { hasText: "Accepted. A living person" }).waitFor({ state: "attached" });
});

test("a mask, then nobody in time: the same session may be tried again, and then succeeds", async (t) => {
  const page = await openPage(t, demo.url);
  const id = await create(page);
  for (const [sees, code] of [
    ["A mask", "FaceWithMaskDetected"],
    ["Nobody in time", "TimedOut"],
  ]) {
    await see(page, sees);
    await page.locator(`.problem[data-code="${code}"]`).waitFor();
    assert.match((await problemOf(page)).text, /same session may be tried again/);
  }
  await see(page, "A real face");
  assert.equal((await verdictOf(page)).accepted, true);
  assert.equal(await page.locator("#session-id").textContent(), id);
});

test("three masks use the attempts up", async (t) => {
  const page = await openPage(t, demo.url);
  await create(page);
  for (let i = 0; i < 3; i++) {
    await see(page, "A mask");
    if (i < 2) await page.locator(".problem").waitFor();
    if (i < 2) await page.locator("body:not(.busy)").waitFor();
  }
  const verdict = await verdictOf(page);
  assert.deepEqual([verdict.decision, verdict.accepted], ["error", false]);
  await page.locator(".reasons code", { hasText: "attempt_error" }).waitFor();
});

test("who gives up completes with the error", async (t) => {
  const page = await openPage(t, demo.url);
  await create(page);
  await see(page, "A mask");
  await page.getByRole("button", { name: /Give up/ }).click();
  assert.equal((await verdictOf(page)).decision, "error");
});

test("a receipt that is tampered with is refused, and genuine again when put right", async (t) => {
  const page = await openPage(t, demo.url);
  await create(page);
  await see(page, "A spoof");
  assert.equal((await receiptOf(page)).word, "genuine");
  await page.getByText("Genuine, and it says no").waitFor();
  await page.getByRole("button", { name: "Tamper with it" }).click();
  await page.locator('[data-receipt="refused"]').waitFor();
  assert.deepEqual(await receiptOf(page), { word: "refused", wrong: ["Signature"] });
  await page.getByText("What it says").click();
  assert.match(await page.locator(".claims").textContent(), /acceptedtrue/);
  await page.getByRole("button", { name: "Put it right again" }).click();
  await page.locator('[data-receipt="genuine"]').waitFor();
});

test("the receipt is checked for what it has to say", async (t) => {
  const page = await openPage(t, demo.url);
  await create(page);
  await see(page, "A real face");
  await receiptOf(page);
  const checks = await page.evaluate(async () => {
    const { checkReceipt } = await import("./receipt.js");
    const jws = document.querySelector("#receipt pre").textContent;
    const keys = await (await fetch("../.well-known/jwks.json")).json();
    const others = { keys: keys.keys.map((key) => ({ ...key, kid: "another" })) };
    const wrong = async (...args) => {
      const { ok, checks: all } = await checkReceipt(...args);
      return [ok, ...all.filter((check) => !check.ok).map((check) => check.what)];
    };
    const [header, payload, signature] = jws.split(".");
    const none = btoa('{"alg":"none","typ":"receipt+jwt"}').replaceAll("=", "");
    return {
      right: await wrong(jws, keys, { issuer: "livenessd", audience: "livenessd" }),
      issuer: await wrong(jws, keys, { issuer: "https://other.example" }),
      audience: await wrong(jws, keys, { audience: "bank" }),
      session: await wrong(jws, keys, { session: "another" }),
      late: await wrong(jws, keys, {}, Date.now() + 3600000),
      key: await wrong(jws, others, {}),
      unsigned: await wrong(`${none}.${payload}.`, keys, {}),
      cut: await wrong(`${header}.${payload}.${signature.slice(0, -4)}`, keys, {}),
      noise: await wrong("no receipt", keys, {}),
    };
  });
  assert.deepEqual(checks, {
    right: [true],
    issuer: [false, "Issuer"],
    audience: [false, "Audience"],
    session: [false, "Session"],
    late: [false, "Expiry"],
    key: [false, "Key", "Signature"],
    unsigned: [false, "Algorithm", "Key", "Signature"],
    cut: [false, "Signature"],
    noise: [false, "Form"],
  });
});

test("curl lines hold no token, unless asked for", async (t) => {
  const page = await openPage(t, demo.url);
  await create(page);
  await see(page, "A real face");
  await verdictOf(page);
  const lines = () => page.locator("#requests pre").allTextContents();
  const hidden = (await lines()).join("\n");
  assert.doesNotMatch(hidden, /eyJ|"digest":"\w/);
  assert.match(hidden, /Bearer \$AUTH_TOKEN"/);
  assert.match(hidden, /curl -sSN http/);
  assert.match(hidden, /"digest":"'"\$DIGEST"'"/);
  await page.getByRole("checkbox", { name: /Show token/ }).check();
  assert.match((await lines()).join("\n"), /'Authorization: Bearer eyJ/);
  assert.equal(new URL(page.url()).search, "");
  assert.match(new URL(page.url()).hash, /^#[0-9a-f-]{36}$/);
});

test("the tab keeps the token for a reload, and not beyond the verdict", async (t) => {
  const page = await openPage(t, demo.url);
  const kept = () => page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]));
  const id = await create(page);
  assert.match(await kept(), /eyJ/);
  await see(page, "A real face");
  await verdictOf(page);
  assert.doesNotMatch(await kept(), /eyJ|token/);
  await page.reload();
  await verdictOf(page);
  assert.equal(await page.locator("#session-id").textContent(), id);
});

test("the first curl line works as it stands", async (t) => {
  const page = await openPage(t, demo.url);
  await create(page);
  const line = await page.locator("#requests pre").last().textContent();
  const answer = JSON.parse(execFileSync("bash", ["-c", line], { encoding: "utf8" }));
  assert.match(answer.sessionId, /^[0-9a-f-]{36}$/);
});

test("the curl line of a picture works whatever the picture is called", async (t) => {
  const name = `it's, of $HOME; type=x "1"\\.jpg`;
  const folder = await mkdtemp(join(tmpdir(), "livenessd-picture-"));
  t.after(() => rm(folder, { recursive: true }));
  const bytes = picture("jpeg");
  await writeFile(join(folder, name), bytes);
  const page = await openPage(t, demo.url);
  await page.getByRole("radio", { name: /A certain person/ }).check();
  const file = { name, mimeType: "image/jpeg", buffer: bytes };
  await page.getByLabel("Picture to compare with").setInputFiles(file);
  await page.getByRole("button", { name: "Create the session" }).click();
  await page.locator("#session-id").waitFor();
  const line = await page.locator("#requests pre").last().textContent();
  const answer = JSON.parse(execFileSync("bash", ["-c", line], { cwd: folder, encoding: "utf8" }));
  assert.match(answer.sessionId ?? answer.error.message, /^[0-9a-f-]{36}$/, line);
});

test("a session can be deleted, and another begun", async (t) => {
  const page = await openPage(t, demo.url);
  const first = await create(page);
  await see(page, "A real face");
  await page.getByRole("button", { name: "Delete this session" }).click();
  await page.getByText("Deleted, here and at the face service.").waitFor();
  assert.equal(await page.evaluate(() => location.hash + sessionStorage.length), "0");
  await page.getByRole("button", { name: "Start a new session" }).click();
  await page.locator("#title-create:focus").waitFor();
  assert.notEqual(await create(page), first);
});

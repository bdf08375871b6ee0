// The page of the README's guide, as it stands there: two calls, and a receipt for its backend.
import assert from "node:assert/strict";
import { test } from "node:test";
import { snippet } from "../face_api/readme.mjs";
import { Camera, askedUpstream, sights, startBackend } from "./backend.mjs";
import { Page } from "./browser.mjs";

const device = / \/face\/v1.2\/(session|detectLiveness)\//; // what the camera asks for itself
const backend = await startBackend({ settings: ["receipt.issuer=https://liveness.example.org"] });

// The README's module in a page: `fetch` is the page's.
function moduleIn(page) {
  const code = snippet("js", "checkLiveness(look").replace("export async function", "return async function");
  return new Function("fetch", code)((...request) => page.fetch(...request));
}

const checkOn = (page, ...seen) => {
  const camera = new Camera(backend).sees(...seen);
  return moduleIn(page)((token) => camera.start(token), { transactionId: "order-17" });
};

test("a real face is accepted, with a receipt for the order", async () => {
  const verdict = await checkOn(new Page(backend.url), sights.real);
  assert.equal(verdict.accepted, true);
  assert.equal(verdict.digestChecked, true);
  const claims = JSON.parse(Buffer.from(verdict.receipt.split(".")[1], "base64url"));
  assert.equal(claims.txn, "order-17");
});

test("what is not accepted says what to do next", async () => {
  const spoof = await checkOn(new Page(backend.url), sights.spoof);
  assert.deepEqual([spoof.accepted, spoof.decision, spoof.retry], [false, "spoof", "new_session"]);
  const mask = await checkOn(new Page(backend.url), sights.mask);
  assert.deepEqual([mask.accepted, mask.decision, mask.retry], [false, "error", "new_session"]);
});

test("a check costs the upstream a create, a look and a deletion", async () => {
  const before = (await askedUpstream(backend)).length;
  await checkOn(new Page(backend.url), sights.real);
  const ours = async () => (await askedUpstream(backend)).slice(before).filter((line) => !device.test(line));
  const end = Date.now() + 20000;
  while ((await ours()).length < 3 && Date.now() < end) await new Promise((go) => setTimeout(go, 20));
  assert.deepEqual(
    (await ours()).map((line) => line.split(" ")[0]),
    ["POST", "GET", "DELETE"],
  );
});

test("a refusal arrives as an error with its code", async () => {
  const stranger = new Page(backend.url);
  stranger.extra = { authorization: "Bearer nobody" };
  await assert.rejects(checkOn(stranger), { code: "NotAuthenticated", retryable: false });
});

test("the page hands the receipt to its own backend", async () => {
  const page = new Page(backend.url);
  const proofs = [];
  const camera = new Camera(backend).sees(sights.real);
  const fetch = async (path, { body }) => proofs.push([path, body]);
  const names = ["document", "order", "fetch", "checkLiveness"];
  const run = new Function(...names, `return (async () => {${snippet("js", "querySelector")}})()`);
  await run({ querySelector: () => camera }, { id: "17" }, fetch, moduleIn(page));
  assert.equal(proofs[0][0], "/orders/17/proof");
  assert.match(proofs[0][1], /^eyJ/);
});

// The vendor's component on the demo page: a stand-in of ours that does what is known of it. It loads an engine
// that makes functions out of text, and files relative to the page it is on.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { send } from "../face_api/http.mjs";
import { create, openPage, problemOf, receiptOf, startDemo, verdictOf } from "./demo.mjs";

const component = `
class FaceUi extends HTMLElement {
  async start(token) {
    for (const noise of [null, "", { type: "resize" }]) parent.postMessage(noise, "*");
    const root = this.attachShadow({ mode: "closed" });
    const style = document.createElement("style");
    style.textContent = "p { color: teal }";
    const text = document.createElement("p");
    text.textContent = (await (await fetch("./facelivenessdetector-assets/i18n/en.json")).json()).hello;
    root.append(style, text);
    await new Promise((resolve, reject) => {
      const script = document.createElement("script");
      Object.assign(script, { src: "./facelivenessdetector-assets/js/Engine.js", onload: resolve, onerror: reject });
      document.head.append(script);
    });
    const { instance } = await WebAssembly.instantiateStreaming(
      fetch("./facelivenessdetector-assets/js/Engine.wasm"));
    if (!(instance instanceof WebAssembly.Instance)) throw new Error("no engine");
    const worker = new Worker(URL.createObjectURL(new Blob(["postMessage(1)"], { type: "text/javascript" })));
    await new Promise((resolve) => { worker.onmessage = resolve; });
    const camera = await navigator.permissions.query({ name: "camera" });
    if (camera.state === "denied" && !document.featurePolicy?.allowsFeature("camera")) throw new Error("no camera");
    const post = (path, body) => fetch(globalThis.emulator + "/face/v1.2/" + path, {
      method: "POST",
      headers: { Authorization: "Bearer " + token, "Content-Type": "application/json" },
      body,
    }).then((answer) => answer.json().catch(() => ({})));
    await post("session/start");
    const result = await post("detectLiveness/singleModal", JSON.stringify(globalThis.sight()));
    await post("session/attempt/end");
    if (result.error) throw { livenessError: result.error.code, recognitionError: "GenericFailure" };
    return { resultId: result.resultId, digest: result.digest };
  }
}
customElements.define("azure-ai-vision-face-ui", FaceUi);
`;

const folder = mkdtempSync(join(tmpdir(), "face-ui-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const assets = join(folder, "facelivenessdetector-assets");
for (const name of ["js", "i18n"]) mkdirSync(join(assets, name), { recursive: true });
writeFileSync(join(folder, "FaceLivenessDetector.js"), component);
writeFileSync(join(assets, "i18n", "en.json"), '{"hello":"Look here"}');
writeFileSync(join(assets, "js", "Engine.wasm"), Buffer.from([0, 97, 115, 109, 1, 0, 0, 0]));
symlinkSync("/etc/passwd", join(folder, "passwd.json"));
// Folders are read when the server starts: what is known later is put in on the way to the page.
writeFileSync(
  join(assets, "js", "Engine.js"),
  'globalThis.emulator = "THE EMULATOR"; globalThis.sight = new Function("return THE SIGHT");',
);
const demo = await startDemo({ settings: [`web.face_ui_dir=${folder}`] });

async function open(t, sight) {
  const page = await openPage(t, demo.url);
  await page.route("**/Engine.js", async (route) => {
    const answer = await route.fetch();
    const body = (await answer.text()).replace("THE EMULATOR", demo.emulator.url).replace("THE SIGHT", sight);
    await route.fulfill({ response: answer, body });
  });
  return page;
}

const start = (page) => page.getByRole("button", { name: /Use this device/ }).click();

test("the component runs in its frame, and its digest is compared", async (t) => {
  const page = await open(t, "{ livenessDecision: 'realface' }");
  await create(page);
  await start(page);
  assert.equal((await verdictOf(page)).accepted, true);
  assert.equal((await receiptOf(page)).word, "genuine");
  await page.locator(".facts", { hasText: "digest compared" }).getByText("yes").waitFor();
  assert.equal(await page.locator("#frame").isVisible(), false);
});

test("what the component cannot do is told, and may be tried again", async (t) => {
  const page = await open(t, "{ error: 'FaceWithMaskDetected' }");
  await create(page);
  for (let i = 0; i < 2; i++) {
    await start(page);
    assert.equal((await problemOf(page)).code, "FaceWithMaskDetected");
    await page.locator("body:not(.busy)").waitFor();
  }
  await page.getByRole("button", { name: /Give up/ }).click();
  assert.equal((await verdictOf(page)).decision, "error");
});

test("only the component's page may evaluate text, and nobody else may frame it", async () => {
  const policy = async (path) => (await send(demo.url, "GET", path)).headers["content-security-policy"];
  const page = await policy("/demo/");
  assert.match(page, /script-src 'self';/);
  assert.doesNotMatch(page, /unsafe|data:|\*/);
  assert.match(page, /frame-ancestors 'none'/);
  assert.ok(page.includes(`connect-src 'self' ${demo.emulator.url};`), page);
  const frame = await policy("/demo/face-ui/");
  assert.match(frame, /script-src 'self' 'wasm-unsafe-eval' 'unsafe-eval' blob:;/);
  assert.match(frame, /frame-ancestors 'self'/);
  assert.ok(frame.endsWith(demo.emulator.url), frame);
  assert.match((await send(demo.url, "GET", "/demo/")).headers["permissions-policy"], /camera=\(self\)/);
});

test("its files have their types, and nothing outside the folder is one of them", async () => {
  const get = (path) => send(demo.url, "GET", `/demo/face-ui/${path}`);
  for (const [path, type] of [
    ["FaceLivenessDetector.js", /^text\/javascript/],
    ["facelivenessdetector-assets/js/Engine.wasm", /^application\/wasm$/],
    ["facelivenessdetector-assets/i18n/en.json", /^application\/json/],
  ]) {
    const answer = await get(path);
    assert.equal(answer.status, 200, path);
    assert.match(answer.headers["content-type"], type);
    assert.equal(answer.headers["x-content-type-options"], "nosniff");
    assert.equal(answer.headers["cross-origin-resource-policy"], "same-origin");
  }
  const none = ["passwd.json", "nothing.js", "facelivenessdetector-assets", "facelivenessdetector-assets/js/"];
  for (const path of none) assert.equal((await get(path)).status, 404, path);
  for (const path of ["../../etc/passwd", "%2e%2e/index.html", "a%2f..%2fb", "..%5cx"])
    assert.equal((await get(path)).status, 400, path);
});

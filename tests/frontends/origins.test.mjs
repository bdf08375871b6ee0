// The plain JavaScript sample where server and page are not at the same address: through a development server that
// passes /api on, and from another origin, whose browser asks before every GET that has a Content-Type.
import assert from "node:assert/strict";
import { File } from "node:buffer";
import { test } from "node:test";
import { picture } from "../face_api/multipart.mjs";
import { Camera, sights, startBackend } from "./backend.mjs";
import { Page } from "./browser.mjs";
import { NextSample } from "./token_samples.mjs";
import { VanillaSample } from "./vanilla.mjs";

const app = "https://app.example";
const home = "https://liveness.example.org";
const backend = await startBackend({ settings: [`cors.origins=${app}`] });
const secure = await startBackend({ settings: [`http.public_url=${home}`, "http.base_path=/check"] });
const keyed = await startBackend({ settings: ["auth.mode=app_token"] });
const portrait = new File([picture()], "face.jpg", { type: "image/jpeg" });
const fields = { livenessOperationMode: "Passive" };
const json = { "Content-Type": "application/json" };

// A page of that origin, whose sample asks the server at its own address.
class PageElsewhere extends Page {
  fetch(where, options) {
    return super.fetch(new URL(where, this.server), options);
  }
}

test("behind a development server, which changes Host and leaves Origin", async () => {
  const sample = new VanillaSample(new Page(backend.url, "http://localhost:3000"), new Camera(backend));
  assert.deepEqual(await sample.start("Passive"), { live: true });
  // the cookie is there by now, and with it only pages may write that the browser vouches for
  assert.deepEqual(await sample.start("Passive", { image: portrait }), { live: true, same: true });
});

test("behind a proxy that ends TLS, below a path of its own", async () => {
  class PageBelow extends Page {
    fetch(where, options) {
      return super.fetch(`/check${where}`, options);
    }
  }
  const page = new PageBelow(secure.url, home);
  const next = new NextSample(page, new Camera(secure).sees(sights.mask));
  assert.equal((await next.run("Passive", { image: portrait })).livenessError, "FaceWithMaskDetected");
  assert.deepEqual(await next.detect(), { live: true, same: true });
  assert.deepEqual([...page.cookies.keys()], ["__Host-livenessd_device"]);
  const vanilla = new VanillaSample(page, new Camera(secure));
  assert.deepEqual(await vanilla.start("Passive"), { live: true });
  assert.equal(page.cookies.size, 1);
});

test("behind a proxy that adds the key for all its pages", async () => {
  const page = new Page(keyed.url, "http://localhost:3000");
  const without = new NextSample(page, new Camera(keyed));
  const { error } = await without.run("Passive");
  assert.equal(without.status, 401);
  assert.match(error, /credential/);
  page.extra = { "ocp-apim-subscription-key": "an-app-token" };
  const next = new NextSample(page, new Camera(keyed));
  assert.deepEqual(await next.run("Passive", { image: portrait }), { live: true, same: true });
  assert.equal(page.cookies.size, 0);
});

test("from a listed origin: the page keeps the device token, and its GET is asked for before", async () => {
  const page = new PageElsewhere(backend.url, app);
  const made = await page.fetch("/api/devices", { method: "POST" });
  page.extra = { "x-device-token": made.headers.get("x-device-token") };
  const sample = new VanillaSample(page, new Camera(backend).sees(sights.real, sights.mask));
  assert.deepEqual(await sample.start("Passive"), { live: true });
  assert.deepEqual(
    page.asked.map((line) => line.split("-sessions")[0]),
    [
      "POST /api/devices",
      "OPTIONS /api/detectLiveness",
      "POST /api/detectLiveness",
      "OPTIONS /api/detectLiveness",
      "GET /api/detectLiveness",
    ],
  );
  // a verify session, and Retry, which asks for it as a plain one with a Content-Type
  assert.equal((await sample.start("Passive", { image: portrait })).livenessError, "FaceWithMaskDetected");
  assert.deepEqual(await sample.retry(), { live: true });
});

test("from a listed origin: the Next sample, whose GET is asked for before, too", async () => {
  const page = new PageElsewhere(backend.url, app);
  const next = new NextSample(page, new Camera(backend));
  const first = await page.fetch("/api/devices", { method: "POST" });
  page.extra = { "x-device-token": first.headers.get("x-device-token") };
  assert.deepEqual(await next.run("Passive", { image: portrait }), { live: true, same: true });
  assert.deepEqual(page.asked.slice(-2), ["OPTIONS /api/getSessionResult", "GET /api/getSessionResult"]);
  const { error } = await next.run("Aggressive");
  assert.match(error, /livenessOperationMode/);
  await next.result("detectLiveness", "undefined");
  assert.equal(next.answer.status, 404);
  assert.ok(next.answer.body.error.message);
  // without the token: told so, in words that the page may read
  const forgetful = new NextSample(new PageElsewhere(backend.url, app), new Camera(backend));
  assert.deepEqual(await forgetful.run("Passive"), { livenessError: undefined });
  assert.equal(forgetful.answer.body.error.code, "NotAuthenticated");
});

test("from a listed origin: a page that keeps no token may create and read why it may not see", async () => {
  const page = new PageElsewhere(backend.url, app);
  const sample = new VanillaSample(page, new Camera(backend));
  assert.deepEqual(await sample.start("Passive"), { live: false });
  assert.equal(sample.shown.error.code, "NotAuthenticated");
  assert.ok(sample.shown.error.message);
});

test("from a listed origin: errors can be read", async () => {
  const page = new PageElsewhere(backend.url, app);
  for (const [path, options, status] of [
    ["/api/detectLiveness-sessions", { method: "POST", headers: json, body: "{" }, 400],
    ["/api/detectLivenessWithVerify-sessions", { method: "POST", body: "plain text" }, 415],
    ["/api/detectLiveness-sessions/undefined", { headers: json }, 401],
    ["/api/nothing", {}, 404],
  ]) {
    const answer = await page.fetch(path, options);
    assert.equal(answer.status, status, path);
    assert.ok((await answer.json()).error.message);
    assert.ok(answer.headers.get("x-ms-error-code"));
  }
});

test("from another origin: the browser refuses to ask, or to show", async () => {
  const page = new PageElsewhere(backend.url, "https://evil.example");
  const body = JSON.stringify(fields);
  await assert.rejects(
    page.fetch("/api/detectLiveness-sessions", { method: "POST", headers: json, body }),
    /Failed to fetch/,
  );
  assert.deepEqual(page.asked, ["OPTIONS /api/detectLiveness-sessions"]);
  // a form needs no leave, so the server says no by itself
  const form = new FormData();
  form.append("verifyImage", portrait, "face.jpg");
  form.append("livenessOperationMode", "Passive");
  await assert.rejects(
    page.fetch("/api/detectLivenessWithVerify-sessions", { method: "POST", body: form }),
    /Failed to fetch/,
  );
  assert.equal(page.status, 403);
});

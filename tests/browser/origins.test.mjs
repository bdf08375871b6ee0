// What a real browser lets pages of other origins do: a listed one may call and read, any other may neither read
// nor write with the cookie of somebody else's device.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { send } from "../face_api/http.mjs";
import { create, openPage, startDemo } from "./demo.mjs";

// Pages of other origins: localhost is another one than 127.0.0.1, and another site.
async function startPages() {
  const pages = createServer((request, response) => {
    response.setHeader("content-type", "text/html");
    response.end("<!doctype html><html lang=en><title>another page</title>");
  });
  await new Promise((resolve) => pages.listen(0, "127.0.0.1", resolve));
  after(() => pages.close());
  return pages.address().port;
}

const [listedPort, foreignPort] = [await startPages(), await startPages()];
const listed = `http://localhost:${listedPort}`;
const foreign = `http://localhost:${foreignPort}`;
const sameSite = `http://127.0.0.1:${foreignPort}`; // another origin, and yet the cookie comes along
const demo = await startDemo({ settings: [`cors.origins=${listed}`] });
const blocked = /blocked by CORS policy|net::ERR_FAILED/;

// A fetch of the page's: {status, headers of interest, json}, or {failed} where the browser keeps it to itself.
const ask = (page, path, options = {}) =>
  page.evaluate(
    async ([url, init]) => {
      try {
        const answer = await fetch(url, init);
        const names = ["x-device-token", "x-request-id", "x-ms-error-code", "ratelimit", "retry-after"];
        const headers = Object.fromEntries(names.map((name) => [name, answer.headers.get(name)]));
        return { status: answer.status, headers, json: await answer.json().catch(() => null) };
      } catch (error) {
        return { failed: String(error) };
      }
    },
    [demo.url + path, options],
  );

const json = { "Content-Type": "application/json" };
const body = JSON.stringify({ livenessOperationMode: "Passive" });
const sessions = "/api/detectLiveness-sessions";

async function sessionsSoFar() {
  return (await send(demo.emulator.url, "GET", "/emulator/sessions")).json.sessions.length;
}

test("a page of a listed origin creates, reads, and can read why not", async (t) => {
  const page = await openPage(t, listed, { path: "/" });
  const made = await ask(page, sessions, { method: "POST", headers: json, body });
  assert.equal(made.status, 200);
  assert.ok(made.headers["x-request-id"]);
  const device = { "X-Device-Token": made.headers["x-device-token"] };
  const path = `${sessions}/${made.json.sessionId}`;
  assert.equal((await ask(page, path, { headers: device })).json.verdict.decision, "pending");
  assert.equal((await ask(page, path, { headers: { ...device, ...json }, credentials: "include" })).status, 200);
  for (const [what, init, status, code] of [
    [path, {}, 401, "NotAuthenticated"],
    [`${path}x`, { headers: device }, 404, "SessionNotFound"],
    [sessions, { method: "POST", headers: json, body: "{" }, 400, "InvalidRequestBody"],
  ]) {
    const refused = await ask(page, what, init);
    assert.equal(refused.status, status, JSON.stringify(refused));
    assert.equal(refused.headers["x-ms-error-code"], code);
    assert.ok(refused.json.error.message);
  }
  assert.equal((await ask(page, path, { method: "DELETE", headers: device })).status, 204);
});

for (const origin of [foreign, sameSite])
  test(`a page of ${origin.replace(/\d+$/, "another port")} neither reads nor writes`, async (t) => {
    const page = await openPage(t, demo.url, { expects: [blocked, /Permission(s)? was denied|Local ?Network/i] });
    const id = await create(page); // this browser has the cookie of a device now, which owns a session
    const other = await page.context().newPage();
    await other.goto(origin);
    const before = await sessionsSoFar();
    const include = { credentials: "include" };
    assert.ok((await ask(other, `${sessions}/${id}`, include)).failed);
    assert.ok((await ask(other, sessions, { method: "POST", headers: json, body, ...include })).failed);
    assert.ok((await ask(other, `${sessions}/${id}`, { method: "DELETE", ...include })).failed);
    // what a page may send without asking: it arrives, and is refused
    const simple = { method: "POST", mode: "no-cors", body, ...include };
    await ask(other, sessions, simple);
    await ask(other, `${sessions}/${id}/completion`, { ...simple, body: '{"error":"UserCanceledSession"}' });
    await ask(other, "/api/devices", simple);
    assert.equal(await sessionsSoFar(), before);
    const still = await page.evaluate((path) => fetch(path).then((answer) => answer.json()), `..${sessions}/${id}`);
    assert.equal(still.verdict.decision, "pending");
  });

test("a form of another page writes nothing", async (t) => {
  const page = await openPage(t, demo.url);
  await create(page);
  const before = await sessionsSoFar();
  const other = await page.context().newPage();
  await other.goto(foreign);
  await Promise.all([
    other.waitForURL(/detectLivenessWithVerify/),
    other.evaluate((action) => {
      const form = document.createElement("form");
      Object.assign(form, { method: "post", enctype: "multipart/form-data", action });
      const field = document.createElement("input");
      Object.assign(field, { name: "livenessOperationMode", value: "Passive" });
      form.append(field);
      document.body.append(form);
      form.submit();
    }, `${demo.url}/api/detectLivenessWithVerify-sessions`),
  ]);
  assert.match(await other.locator("body").textContent(), /OriginNotAllowed/);
  assert.equal(await sessionsSoFar(), before);
});

test("no other page can frame the demo", async (t) => {
  const page = await openPage(t, foreign, { path: "/", expects: [/frame-ancestors|X-Frame-Options|chrome-error/] });
  await page.evaluate((url) => {
    const frame = document.createElement("iframe");
    frame.src = url;
    document.body.append(frame);
  }, `${demo.url}/demo/`);
  await page.waitForFunction(() => document.querySelector("iframe") !== null);
  await page.locator("iframe").waitFor();
  const frame = page.frames().find((one) => one !== page.mainFrame());
  assert.equal(await frame.locator("#create").count(), 0);
});

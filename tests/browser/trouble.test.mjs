// The demo when things go wrong, or in another order than usual.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { choose, control, create, openPage, openTab, problemOf, receiptOf, see, startDemo, verdictOf } from "./demo.mjs";

const demo = await startDemo();
const unreachable = /net::ERR_(CONNECTION_REFUSED|EMPTY_RESPONSE|INCOMPLETE_CHUNKED_ENCODING|CONNECTION_RESET)/;

const again = (page) => page.getByRole("button", { name: "Try again" }).click();

test("a reload in the middle goes on where it was", async (t) => {
  const page = await openPage(t, demo.url);
  const id = await create(page, { verify: true });
  await see(page, "A mask");
  await problemOf(page);
  await page.reload();
  await page.getByRole("button", { name: "Somebody else" }).waitFor();
  assert.equal(await page.locator("#session-id").textContent(), id);
  await see(page, "A real face");
  assert.equal((await verdictOf(page)).accepted, true);
  await page.reload();
  assert.equal((await verdictOf(page)).accepted, true);
  assert.deepEqual(await receiptOf(page), { word: "genuine", wrong: [] });
});

test("another tab watches live by the address, and has no token to play with", async (t) => {
  const page = await openPage(t, demo.url);
  await create(page);
  const tab = await openTab(page, page.url());
  await tab.getByText("This tab watches.").waitFor();
  assert.equal(await tab.locator("#play").isVisible(), false);
  assert.doesNotMatch(tab.url(), /eyJ/);
  await see(page, "A spoof");
  assert.equal((await verdictOf(page)).decision, "spoof");
  assert.equal((await verdictOf(tab)).decision, "spoof");
  assert.equal((await receiptOf(tab)).word, "genuine");
});

test("two tabs with a session each do not mix them up", async (t) => {
  const page = await openPage(t, demo.url);
  const tab = await openTab(page, `${demo.url}/demo/`);
  const ids = [await create(page), await create(tab)];
  assert.notEqual(ids[0], ids[1]);
  await see(tab, "A spoof");
  assert.equal((await verdictOf(tab)).decision, "spoof");
  assert.equal(await page.locator(".verdict").count(), 0);
  await see(page, "A real face");
  assert.equal((await verdictOf(page)).decision, "live");
});

test("a session that another tab deletes is said to be gone", async (t) => {
  const page = await openPage(t, demo.url);
  const id = await create(page);
  await page.locator("#requests .path", { hasText: "/events" }).waitFor();
  const status = await page.evaluate(
    (session) => fetch(`../api/detectLiveness-sessions/${session}`, { method: "DELETE" }).then((a) => a.status),
    id,
  );
  assert.equal(status, 204);
  assert.equal((await problemOf(page)).code, "SessionNotFound");
  await page.getByRole("button", { name: "Start a new session" }).click();
  await create(page);
});

test("an address with a session that there is not says so", async (t) => {
  const path = "/demo/#01a20114-a636-7761-8409-aec159ed8510";
  const page = await openPage(t, demo.url, { path });
  assert.match((await problemOf(page)).code, /SessionNotFound|NotAuthenticated/);
});

test("upstream refuses a create: the message, the help, and another try", async (t) => {
  const page = await openPage(t, demo.url);
  await control(demo.emulator, "faults", { route: "create", status: 500 });
  await page.getByRole("button", { name: "Create the session" }).click();
  const { code, text } = await problemOf(page);
  assert.equal(code, "UpstreamBroken");
  assert.match(text, /502/);
  assert.equal(await page.locator(".problem:focus").count(), 1);
  const help = await page.getByRole("link", { name: /What this means/ }).getAttribute("href");
  assert.equal(help, "../errors#UpstreamBroken");
  await control(demo.emulator, "faults", undefined, "DELETE");
  await again(page);
  await page.locator("#session-id").waitFor();
});

test("upstream is away when the check is over: the verdict comes when it is back", async (t) => {
  const page = await openPage(t, demo.url);
  await create(page);
  await control(demo.emulator, "faults", { route: "get", kind: "reset" });
  await see(page, "A real face");
  await page.locator("#requests .path", { hasText: "/completion" }).waitFor();
  await control(demo.emulator, "faults", undefined, "DELETE");
  if (await page.getByRole("button", { name: "Try again" }).isVisible()) await again(page);
  assert.equal((await verdictOf(page)).accepted, true);
});

test("the token has expired at the face service: begin again", async (t) => {
  const page = await openPage(t, demo.url);
  await create(page);
  await control(demo.emulator, "clock", { advanceSeconds: 700 });
  await see(page, "A real face");
  assert.equal((await problemOf(page)).code, "InvalidToken");
  await page.getByRole("button", { name: "Start a new session" }).click();
  await create(page);
  await see(page, "A real face");
  assert.equal((await verdictOf(page)).accepted, true);
});

test("the emulator is not running any more, and then not the server", async (t) => {
  const other = await startDemo();
  const page = await openPage(t, other.url, { expects: [unreachable] });
  await create(page);
  await other.emulator.daemon.end();
  await see(page, "A real face");
  assert.equal((await problemOf(page)).code, "EmulatorUnreachable");
  await page.evaluate(() => sessionStorage.clear());
  await page.goto(`${other.url}/demo/`);
  await page.locator("#create").waitFor();
  await other.daemon.end();
  await page.getByRole("button", { name: "Create the session" }).click();
  assert.equal((await problemOf(page)).code, "Unreachable");
});

test("the events come again after the connection was lost", async (t) => {
  const page = await openPage(t, demo.url, { expects: [unreachable, /ERR_INTERNET_DISCONNECTED|ERR_FAILED/] });
  await page.route("**/events", (route) => route.abort(), { times: 1 });
  await create(page);
  await page.locator('#live[data-tone="lost"]').waitFor();
  await page.locator('#live[data-tone="live"]').waitFor();
  await see(page, "A spoof");
  assert.equal((await verdictOf(page)).decision, "spoof");
});

test("who asks too often is told how long to wait, and the button waits with them", async (t) => {
  const limits = ["limits.enabled=true", "limits.create_device=1/4s burst 1"];
  const other = await startDemo({ settings: limits });
  const page = await openPage(t, other.url);
  await create(page);
  await page.locator('[data-limit="create-device"]', { hasText: "none left" }).waitFor();
  await page.locator('[data-limit="create-device"]', { hasText: "1 in 4 s" }).waitFor();
  await page.evaluate(() => sessionStorage.clear());
  await page.goto(`${other.url}/demo/`);
  await choose(page);
  await page.getByRole("button", { name: "Create the session" }).click();
  const early = await page.locator("#session-id, .problem").first();
  await early.waitFor();
  if ((await page.locator(".problem").count()) === 0) {
    // the limit's time was over already: at once again, then
    await page.evaluate(() => sessionStorage.clear());
    await page.goto(`${other.url}/demo/`);
    await page.getByRole("button", { name: "Create the session" }).click();
  }
  assert.equal((await problemOf(page)).code, "RateLimited");
  const button = page.locator(".problem button", { hasText: "Try again" });
  await page.locator(".problem button:not(:disabled)", { hasText: /^Try again$/ }).waitFor();
  await button.click();
  await page.locator("#session-id").waitFor();
});

test("a picture that is none is refused in words, and another one taken", async (t) => {
  const page = await openPage(t, demo.url);
  await page.getByRole("radio", { name: /A certain person/ }).check();
  await page.getByRole("button", { name: "Create the session" }).click();
  assert.equal((await problemOf(page)).code, "NoPicture");
  const text = { name: "face.png", mimeType: "image/png", buffer: Buffer.alloc(4000, "x") };
  await page.getByLabel("Picture to compare with").setInputFiles(text);
  await page.getByRole("button", { name: "Create the session" }).click();
  await page.locator('.problem[data-code="InvalidImage"]').waitFor();
  await create(page, { verify: true });
});

test("a picture that is too large is made smaller", async (t) => {
  const other = await startDemo({ settings: ["policy.verify_image_max=8KB"] });
  const page = await openPage(t, other.url);
  await page.getByRole("radio", { name: /A certain person/ }).check();
  const large = await page.evaluate(async () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [40, 4000];
    const pen = canvas.getContext("2d");
    for (let y = 0; y < 4000; y += 10) {
      pen.fillStyle = `hsl(${y % 360} 50% 50%)`;
      pen.fillRect(0, y, 40, 10);
    }
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/bmp"));
    return [...new Uint8Array(await blob.arrayBuffer())];
  });
  assert.ok(large.length > 8192, String(large.length));
  const file = { name: "large.png", mimeType: "image/png", buffer: Buffer.from(large) };
  await page.getByLabel("Picture to compare with").setInputFiles(file);
  await page.getByRole("img", { name: "Preview of large.png" }).waitFor();
  await page.getByRole("button", { name: "Create the session" }).click();
  await page.locator("#session-id, .problem").first().waitFor();
  assert.equal(await page.locator("#requests pre").last().textContent().then((line) => /@large\.jpg/.test(line)), true);
});

test("where devices need a credential, the page asks for one and keeps it to itself", async (t) => {
  const hash = createHash("sha256").update("an-app-token").digest("hex");
  const settings = ["auth.mode=app_token", `auth.app_tokens=app:${hash}`];
  const other = await startDemo({ settings });
  const page = await openPage(t, other.url);
  await page.getByLabel("App token or access token").fill("“an-app-token”");
  await page.getByRole("button", { name: "Create the session" }).click();
  assert.match((await problemOf(page)).text, /no such characters/);
  await page.getByLabel("App token or access token").fill("wrong");
  await page.getByRole("button", { name: "Create the session" }).click();
  assert.equal((await problemOf(page)).code, "NotAuthenticated");
  await page.getByLabel("App token or access token").fill("an-app-token");
  await create(page);
  await see(page, "A real face");
  assert.equal((await verdictOf(page)).accepted, true);
  assert.doesNotMatch((await page.locator("#requests pre").allTextContents()).join(), /an-app-token/);
  const stored = await page.evaluate(() => JSON.stringify(sessionStorage) + JSON.stringify(localStorage));
  assert.doesNotMatch(stored, /an-app-token/);
});

test("over a real Face resource without a component the page watches, and says how to get a camera", async (t) => {
  const page = await openPage(t, demo.url, { path: "/errors" });
  await page.route("**/settings.json", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), emulator: null } });
  });
  await page.goto(`${demo.url}/demo/`);
  await page.getByText("Face resource · v1.2").waitFor();
  await create(page);
  await page.getByText("set web.face_ui_dir").waitFor();
  assert.equal(await page.locator("#sights button:visible, #component-start:visible").count(), 0);
});

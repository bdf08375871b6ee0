// The demo page in a headless Chromium, over a server and an emulator of the test's own. A page that writes an
// error to its console, throws, or is refused something by its policy fails the test, unless the test expects it.
import assert from "node:assert/strict";
import { after } from "node:test";
import { chromium } from "playwright-core";
import { startEmulator, startServer } from "../face_api/daemon.mjs";
import { send } from "../face_api/http.mjs";

const program = process.env.CHROMIUM ?? "/usr/bin/chromium";
const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const WAIT_MS = 30000;

// One for all tests of a file; its user data folder is new, and goes with it.
const browser = await chromium.launch({ executablePath: program, args: flags, timeout: 120000 });
after(() => browser.close());

export async function startDemo({ settings = [], ...options } = {}) {
  const emulator = await startEmulator();
  const server = await startServer(emulator, {
    settings: ["web.demo=true", "upstream.poll_interval=10ms", ...settings],
    ...options,
  });
  return { ...server, emulator };
}

// What is known to be said when a test makes a request fail: Chromium notes every such answer.
const failedRequest = /^Failed to load resource: /;

// A page at the demo. `expects` are patterns of what its console may say besides.
export async function openPage(t, url, { expects = [], path = "/demo/", context: options = {} } = {}) {
  const context = await browser.newContext({ reducedMotion: "reduce", ...options });
  context.setDefaultTimeout(WAIT_MS);
  const watched = await watchedPage(context, expects);
  t.after(async () => {
    await context.close();
    assert.deepEqual(watched.complaints, [], "the console");
  });
  await watched.page.goto(url + path);
  return watched.page;
}

async function watchedPage(context, expects) {
  const complaints = [];
  const note = (text) => {
    if (![failedRequest, ...expects].some((pattern) => pattern.test(text))) complaints.push(text);
  };
  // also of pages that are opened later
  context.on("page", (page) => {
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) note(message.text());
    });
    page.on("pageerror", (error) => note(String(error)));
  });
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`);
    });
  });
  return { page: await context.newPage(), complaints };
}

// Another tab of the same browser profile.
export async function openTab(page, url) {
  const tab = await page.context().newPage();
  await tab.goto(url);
  return tab;
}

export async function choose(page, { verify = false, mode = "Passive" } = {}) {
  if (verify) {
    await page.getByRole("radio", { name: /A certain person/ }).check();
    await page.getByRole("button", { name: "Use a drawn picture" }).click();
    await page.getByRole("img", { name: "A drawn face" }).waitFor();
  }
  await page.getByRole("radio", { name: mode, exact: true }).check();
}

export async function create(page, options = {}) {
  await choose(page, options);
  await page.getByRole("button", { name: "Create the session" }).click();
  await page.locator("#session-id").waitFor();
  return page.locator("#session-id").textContent();
}

export const sight = (page, name) => page.getByRole("button", { name });

export async function see(page, name) {
  await sight(page, name).click();
}

// The verdict as the page shows it: {title, text, decision, accepted, next}.
export async function verdictOf(page) {
  const card = page.locator(".verdict");
  await card.waitFor();
  return {
    title: await card.locator("h3").textContent(),
    text: await card.locator(".verdict-text").textContent(),
    decision: await card.getAttribute("data-decision"),
    accepted: (await card.getAttribute("data-accepted")) === "true",
    next: await page.locator("#next").textContent(),
  };
}

// Whether the receipt was found genuine, and the checks that failed.
export async function receiptOf(page) {
  await page.locator("[data-receipt]").waitFor();
  const failed = page.locator('.checks [data-ok="false"]');
  const wrong = await failed.evaluateAll((rows) => rows.map((row) => row.dataset.check));
  return { word: await page.locator("[data-receipt]").getAttribute("data-receipt"), wrong };
}

export async function problemOf(page) {
  const card = page.locator(".problem");
  await card.waitFor();
  return { code: await card.getAttribute("data-code"), text: await card.textContent() };
}

export async function control(emulator, name, value, method = "POST") {
  const headers = { "Content-Type": "application/json" };
  const body = value === undefined ? null : JSON.stringify(value);
  const answer = await send(emulator.url, method, `/emulator/${name}`, { headers, body });
  assert.ok(answer.status < 300, answer.text);
  return answer.json;
}

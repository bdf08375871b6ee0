// The demo for everybody: by keyboard alone, read aloud, in light and dark, on a phone, without JavaScript.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { control, create, openPage, problemOf, receiptOf, see, startDemo, verdictOf } from "./demo.mjs";

const demo = await startDemo({ settings: ["limits.enabled=true", "limits.create_device=100/1m burst 100"] });
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// The states of the page, one after the other.
async function* states(page) {
  await page.locator("#create").waitFor();
  yield "choosing";
  await page.getByRole("radio", { name: /A certain person/ }).check();
  yield "choosing a picture";
  await create(page, { verify: true });
  yield "the camera";
  await see(page, "A mask");
  await problemOf(page);
  yield "another attempt";
  await see(page, "A real face");
  await receiptOf(page);
  for (const details of await page.locator("#receipt summary").all()) await details.click();
  await page.locator("#requests summary").first().click();
  yield "accepted";
  await page.getByRole("button", { name: "Tamper with it" }).click();
  await page.locator('[data-receipt="refused"]').waitFor();
  yield "a forged receipt";
  await page.getByRole("button", { name: "Start a new session" }).click();
  await create(page);
  await see(page, "Hard to tell");
  await receiptOf(page);
  yield "not accepted";
  await page.getByRole("button", { name: "Start a new session" }).click();
  await control(demo.emulator, "faults", { route: "create", status: 500 });
  await page.getByRole("button", { name: "Create the session" }).click();
  await problemOf(page);
  await control(demo.emulator, "faults", undefined, "DELETE");
  yield "a problem";
}

async function violationsOf(page) {
  await page.evaluate(axe); // through the debugger, which no policy of the page's forbids
  const found = await page.evaluate(() =>
    globalThis.axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
      violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`),
    ),
  );
  return found;
}

for (const colorScheme of ["light", "dark"])
  test(`axe finds nothing, ${colorScheme}`, async (t) => {
    const context = { colorScheme, viewport: { width: 1200, height: 900 } };
    const page = await openPage(t, demo.url, { context });
    for await (const state of states(page)) assert.deepEqual(await violationsOf(page), [], state);
  });

for (const width of [360, 320])
  test(`nothing is wider than a window of ${width} pixels, or too small for a finger`, async (t) => {
    const context = { viewport: { width, height: 740 }, isMobile: true, hasTouch: true };
    const page = await openPage(t, demo.url, { context });
    for await (const state of states(page)) {
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${state}: ${wide}`);
      const small = await page
        .locator("button:visible, .card:visible, .pill:visible, summary:visible")
        .evaluateAll((nodes) => nodes.filter((n) => n.getBoundingClientRect().height < 24).map((n) => n.textContent));
      assert.deepEqual(small, [], `${state}: too small to touch`);
    }
  });

// Where the keyboard is, in words.
const focused = (page) =>
  page.evaluate(() => {
    const node = document.activeElement;
    if (!node.matches("a, button, input, summary, pre")) return "";
    return (node.labels?.[0] ?? node).textContent.trim().replace(/\s+/g, " ");
  });

async function tabTo(page, text) {
  for (let i = 0; i < 40; i++) {
    await page.keyboard.press("Tab");
    if (text.test(await focused(page))) return;
  }
  assert.fail(`no way to ${text} by the keyboard; at ${await focused(page)}`);
}

test("a verify check from start to receipt by the keyboard alone, and its focus can be seen", async (t) => {
  const page = await openPage(t, demo.url);
  await page.locator("#create").waitFor();
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "Skip to the check");
  await page.keyboard.press("Enter");
  await tabTo(page, /A living person/);
  await page.keyboard.press("ArrowDown");
  await tabTo(page, /Use a drawn picture/);
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outline);
  assert.match(outline, /solid 3px/);
  await page.keyboard.press("Enter");
  await page.getByRole("img", { name: "A drawn face" }).waitFor();
  await tabTo(page, /Create the session/);
  await page.keyboard.press("Enter");
  await page.locator("#title-camera:focus").waitFor();
  await tabTo(page, /A real face/);
  await page.keyboard.press("Space");
  await page.locator("#verdict-title:focus").waitFor();
  assert.equal((await verdictOf(page)).accepted, true);
  await receiptOf(page);
  await tabTo(page, /Tamper with it/);
  await page.keyboard.press("Enter");
  await page.locator('[data-receipt="refused"]').waitFor();
  await tabTo(page, /Start a new session/);
  await page.keyboard.press("Enter");
  await page.locator("#title-create:focus").waitFor();
});

test("steps and regions have names", async (t) => {
  const page = await openPage(t, demo.url);
  await create(page);
  for (const name of ["Create a session", "Run the camera", "Read the verdict"])
    await page.getByRole("region", { name }).waitFor();
  await page.getByRole("complementary", { name: "On the wire" }).waitFor();
  assert.equal(await page.locator("[aria-current=step] h2").textContent(), "Run the camera");
});

test("without JavaScript a sentence says what to do", async (t) => {
  const page = await openPage(t, demo.url, { context: { javaScriptEnabled: false } });
  await page.locator("noscript .notice").waitFor();
  assert.match(await page.locator("noscript").innerText(), /switched off in this browser/);
  assert.equal(await page.locator("#create").isVisible(), false);
});

test("nothing is loaded from elsewhere", async (t) => {
  const page = await openPage(t, demo.url, { path: "/errors" });
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url()).origin));
  await page.goto(`${demo.url}/demo`);
  await create(page);
  assert.equal(new URL(page.url()).pathname, "/demo/");
  assert.deepEqual([...new Set(asked)], [demo.url]);
  await see(page, "A real face");
  await verdictOf(page);
  assert.deepEqual([...new Set(asked)], [demo.url, demo.emulator.url]);
});

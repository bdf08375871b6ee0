// The demo over every version of the Face API, and where a proxy leaves a path in front.
import assert from "node:assert/strict";
import { test } from "node:test";
import { create, openPage, problemOf, receiptOf, see, startDemo, verdictOf } from "./demo.mjs";

async function checks(t, demo, path = "/demo/") {
  const page = await openPage(t, demo.url, { path });
  await create(page, { verify: true });
  await see(page, "A real face");
  assert.equal((await verdictOf(page)).accepted, true);
  assert.deepEqual(await receiptOf(page), { word: "genuine", wrong: [] });
  await page.locator(".facts", { hasText: "digest compared" }).getByText("yes", { exact: true }).waitFor();
  return page;
}

// A mask ends a session that has one attempt; where there are more, it may be tried again.
for (const [version, decides] of [
  ["v1.1-preview.1", false],
  ["v1.3-preview.1", true],
])
  test(`over ${version}`, async (t) => {
    const page = await checks(t, await startDemo({ settings: [`upstream.api_version=${version}`] }));
    await page.getByRole("button", { name: "Start a new session" }).click();
    await create(page);
    await see(page, "A mask");
    if (decides) assert.equal((await verdictOf(page)).decision, "error");
    else assert.equal((await problemOf(page)).code, "FaceWithMaskDetected");
  });

test("below a path that a proxy leaves in front", async (t) => {
  const demo = await startDemo({ settings: ["http.base_path=/live"] });
  const page = await checks(t, demo, "/live/demo");
  assert.equal(new URL(page.url()).pathname, "/live/demo/");
  const asked = await page.locator("#requests .path").allTextContents();
  assert.ok(asked.some((path) => path.includes("/api/")));
  await page.reload();
  assert.equal((await verdictOf(page)).accepted, true);
  await page.getByRole("link", { name: "Error catalogue" }).click();
  await page.waitForURL(/\/live\/errors$/);
});

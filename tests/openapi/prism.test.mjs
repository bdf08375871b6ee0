// prism's own proxy, as anybody would start it, takes the document, finds nothing in a check from create to delete,
// and finds what is wrong with a document that says something else.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startEmulator, startServer } from "../face_api/daemon.mjs";
import { play } from "./device.mjs";
import { document, file } from "./document.mjs";

const folder = mkdtempSync(join(tmpdir(), "livenessd-"));
const emulator = await startEmulator({ key: "the-upstream-key" });
const server = await startServer(emulator);
after(() => rmSync(folder, { recursive: true, force: true }));

// Port 0 has the system choose one, which prism's log then names.
function startProxy(path) {
  const prism = fileURLToPath(new URL("node_modules/.bin/prism", import.meta.url));
  const args = ["--pdeathsig", "KILL", "--", process.execPath, prism, "proxy", path, server.url, "--errors", "--port", "0"];
  const child = spawn("setpriv", args, { stdio: ["ignore", "pipe", "inherit"] });
  after(() => child.kill());
  return new Promise((resolve, reject) => {
    let said = "";
    child.on("error", reject);
    child.on("close", () => reject(new Error(said)));
    child.stdout.setEncoding("utf8").on("data", (text) => {
      said += text;
      const [url] = /(?<=listening on )http:\/\/[\d.]+:\d+/.exec(said) ?? [];
      if (url) resolve(url);
    });
  });
}

// The answers of a check, by name.
async function story(url) {
  const send = (method, path, headers, body) =>
    fetch(`${url}/api/detectLiveness-sessions${path}`, {
      method,
      headers: { ...(body ? { "Content-Type": "application/json" } : {}), ...headers },
      body: body && JSON.stringify(body),
    });
  const created = await send("POST", "", {}, { livenessOperationMode: "Passive" });
  if (!created.ok) return { created };
  const device = { "X-Device-Token": created.headers.get("X-Device-Token") };
  const { sessionId, authToken } = await created.json();
  const { digest } = await play(emulator, authToken);
  const completed = await send("POST", `/${sessionId}/completion?wait=10`, device, { digest });
  const read = await send("GET", `/${sessionId}`, device);
  const removed = await send("DELETE", `/${sessionId}`, device);
  const missing = await send("GET", `/${sessionId}`, device);
  const refused = await send("POST", "", device, {});
  return { created, completed, read, removed, missing, refused };
}

test("no violation in a check", async () => {
  const answers = await story(await startProxy(fileURLToPath(file)));
  const statuses = Object.values(answers).map(({ status }) => status);
  assert.deepEqual(statuses, [200, 200, 200, 204, 404, 422], "prism itself refuses the last, as the document has it");
  for (const [name, { status, headers }] of Object.entries(answers)) {
    if (status < 400) assert.equal(headers.get("sl-violations"), null, name);
  }
});

test("a verdict that the document has not is one", async () => {
  const wrong = structuredClone(document);
  const { decision } = wrong.components.schemas.Verdict.properties;
  decision.enum = decision.enum.filter((word) => word !== "live");
  const path = join(folder, "wrong.json");
  writeFileSync(path, JSON.stringify(wrong));
  const { created, completed } = await story(await startProxy(path));
  assert.equal(created.status, 200);
  assert.equal(completed.status, 500);
  assert.match(completed.headers.get("sl-violations"), /decision/);
});

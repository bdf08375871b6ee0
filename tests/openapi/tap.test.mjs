// A server that answers what the document has not fails the suites: the tap sees it, and the report says so.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { tapped } from "./tapped.mjs";

const script = (name) => fileURLToPath(new URL(name, import.meta.url));

test("what the tap sees is in the report", async () => {
  const folder = mkdtempSync(join(tmpdir(), "livenessd-"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const server = createServer((request, response) => {
    response.setHeader("Content-Type", "application/json");
    response.end('{"keys":[{"kty":"RSA"}]}');
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  after(() => server.close());

  const report = join(folder, "report.json");
  const tap = spawn(process.execPath, [script("tap.mjs"), report], { stdio: ["ignore", "pipe", "inherit"] });
  after(() => tap.kill("SIGKILL"));
  const [line] = await once(createInterface({ input: tap.stdout }), "line");
  const url = await tapped(`http://127.0.0.1:${server.address().port}`, line.replace("ready ", ""));
  const answer = await fetch(`${url}/.well-known/jwks.json`, { headers: { Connection: "close" } });
  assert.deepEqual(await answer.json(), { keys: [{ kty: "RSA" }] }, "the tap changes nothing");
  tap.kill("SIGTERM");
  await once(tap, "exit");

  const judged = await promisify(execFile)(process.execPath, [script("report.mjs"), report]).catch((error) => error);
  assert.equal(judged.code, 1);
  assert.match(judged.stdout, /not ok 1 - 1 exchanges/);
  assert.match(judged.stdout, /1 times GET \/\.well-known\/jwks\.json 200: answer\.body\.keys\.0: .*'alg'/);
  assert.match(judged.stdout, /not ok 2[\s\S]*POST \/api\/devices/);
});

// The types that openapi-typescript makes of the document, compiled with a frontend that uses them, which is then
// run against the server.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { startEmulator, startServer } from "../face_api/daemon.mjs";
import { play } from "./device.mjs";
import { file } from "./document.mjs";

const here = fileURLToPath(new URL("./", import.meta.url));
const made = `${here}node_modules/.frontend`; // where its imports are found, and git looks at nothing

async function run(program, args) {
  await promisify(execFile)(`${here}node_modules/.bin/${program}`, args, { cwd: made }).catch((error) => {
    throw new Error(`${error.stdout}\n${error.stderr}`);
  });
}

async function compiled() {
  mkdirSync(made, { recursive: true });
  copyFileSync(`${here}frontend.ts`, `${made}/frontend.ts`);
  await run("openapi-typescript", [fileURLToPath(file), "--output", "api.d.ts"]);
  const options = ["--strict", "--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes", "--target", "es2022"];
  await run("tsc", [...options, "--lib", "es2022,dom,dom.iterable", "--module", "nodenext", "--skipLibCheck", "frontend.ts"]);
  return import(pathToFileURL(`${made}/frontend.js`).href);
}

test("a frontend written from the document compiles, and works", async () => {
  const frontend = await compiled();
  const emulator = await startEmulator({ key: "the-upstream-key" });
  const server = await startServer(emulator);
  const { verdict, again, gone } = await frontend.check(server.url, (token) => play(emulator, token));
  assert.equal(verdict.decision, "live");
  assert.equal(verdict.digestChecked, true);
  assert.equal(frontend.advice(verdict), "welcome");
  assert.deepEqual(again, verdict);
  assert.equal(gone, "SessionNotFound");
  const image = Buffer.alloc(2000, 1);
  image.set([0xff, 0xd8, 0xff, 0xe0]);
  assert.match(await frontend.checkFace(server.url, new Blob([image], { type: "image/jpeg" })), /^[0-9a-f-]{36}$/);
});

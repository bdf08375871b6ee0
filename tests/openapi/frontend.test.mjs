// The types that openapi-typescript makes of the document, compiled with a frontend that uses them, which is then
// run against the server.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { startEmulator, startServer } from "../face_api/daemon.mjs";
import { play } from "./device.mjs";
import { file } from "./document.mjs";

const here = fileURLToPath(new URL("./", import.meta.url));
const bin = `${here}node_modules/.bin/`;
const made = `${here}node_modules/.frontend`; // where its imports are found, and git looks at nothing

async function run(program, args) {
  const { stdout } = await promisify(execFile)(program, args, { cwd: made }).catch((error) => {
    throw new Error(`${error.stdout}\n${error.stderr}`);
  });
  return stdout;
}

// Both as JavaScript, beside the types they use.
const compiled = (async () => {
  mkdirSync(made, { recursive: true });
  writeFileSync(`${made}/package.json`, '{"type":"module"}');
  copyFileSync(`${here}frontend.ts`, `${made}/frontend.ts`);
  const [, readme] = /```ts\n([\s\S]*?)```/.exec(readFileSync(`${here}../../README.md`, "utf8"));
  const url = "http://127.0.0.1:8080";
  assert.ok(readme.includes(`"${url}"`));
  writeFileSync(`${made}/readme.ts`, readme.replace(`"${url}"`, "process.argv[2]!").replace("./liveness.js", "./api.js"));
  writeFileSync(`${made}/process.d.ts`, "declare const process: { argv: string[] };\n");
  await run(`${bin}openapi-typescript`, [fileURLToPath(file), "--output", "api.d.ts"]);
  const options = ["--strict", "--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes", "--target", "es2022"];
  const files = ["frontend.ts", "readme.ts", "process.d.ts"];
  await run(`${bin}tsc`, [...options, "--lib", "es2022,dom,dom.iterable", "--module", "nodenext", "--skipLibCheck", ...files]);
})();

test("a frontend written from the document compiles, and works", async () => {
  await compiled;
  const frontend = await import(pathToFileURL(`${made}/frontend.js`).href);
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

test("what the README shows compiles, and works", async () => {
  await compiled;
  const server = await startServer(await startEmulator({ key: "the-upstream-key" }));
  assert.match(await run(process.execPath, ["readme.js", server.url]), /^[0-9a-f-]{36} \d+\n$/);
});

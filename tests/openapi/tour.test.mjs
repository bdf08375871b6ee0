// One call of every operation in the document, as its parameters and bodies say: each has to end well, so that there
// is nothing in the document that the server does not do. With a tap before the server every answer is judged too.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { startPair, tokens } from "../face_api/server.mjs";
import { play } from "./device.mjs";
import { operations, resolved } from "./document.mjs";

const versions = ["v1.1-preview.1", "v1.2-preview.1", "v1.2", "v1.3-preview.1"];
const folder = mkdtempSync(join(tmpdir(), "livenessd-"));
mkdirSync(join(folder, "facelivenessdetector-assets"));
writeFileSync(join(folder, "FaceLivenessDetector.js"), "export {};\n");
writeFileSync(join(folder, "facelivenessdetector-assets", "engine.js"), "export {};\n");
after(() => rmSync(folder, { recursive: true, force: true }));
const service = await startPair("v1.2", {
  settings: [
    "auth.mode=app_token,anonymous",
    "web.demo=true",
    `web.face_ui_dir=${folder}`,
    // so that answers say how their caller stands
    "limits.enabled=true",
    ...["create_device", "create_principal", "create_address", "create_total", "read"].map(
      (name) => `limits.${name}=1000/1s burst 1000`,
    ),
  ],
});

const jpeg = Buffer.alloc(2000, 1);
jpeg.set([0xff, 0xd8, 0xff, 0xe0]);

function verifyForm() {
  const form = new FormData();
  form.append("livenessOperationMode", "Passive");
  form.append("enableSessionImage", "true");
  form.append("verifyImage", new Blob([jpeg], { type: "image/jpeg" }), "face.jpg");
  return form;
}

function sampleForm() {
  const form = new FormData();
  form.append("Action", "detectLiveness");
  form.append("parameters", JSON.stringify({ livenessOperationMode: "Passive" }));
  return form;
}

const asOperator = { "Ocp-Apim-Subscription-Key": tokens.operator };

async function call(method, path, { headers = {}, body } = {}) {
  const json = body !== undefined && !(body instanceof FormData);
  return fetch(service.url + path, {
    method: method.toUpperCase(),
    headers: { "Ocp-Apim-Subscription-Key": tokens.app, ...(json ? { "Content-Type": "application/json" } : {}), ...headers },
    body: json ? JSON.stringify(body) : body,
    redirect: "manual",
  });
}

async function newSession(verify) {
  const path = verify ? "/api/detectLivenessWithVerify-sessions" : "/api/detectLiveness-sessions";
  const body = verify ? verifyForm() : { livenessOperationMode: "Passive", enableSessionImage: true };
  const answer = await call("post", path, { body });
  assert.equal(answer.status, 200);
  return answer.json();
}

// What stands for the path's parameters: of a session that has just been settled, where it needs one.
async function valuesFor(path) {
  if (!/session|detect|reset/i.test(path)) return { file: path.includes("face-ui") ? "FaceLivenessDetector.js" : "main.js" };
  const verify = path.includes("WithVerify");
  const session = await newSession(verify);
  await play(service.emulator, session.authToken, verify ? "detectLivenessWithVerify" : "detectLiveness");
  const base = verify ? "/api/detectLivenessWithVerify-sessions" : "/api/detectLiveness-sessions";
  await call("post", `${base}/${session.sessionId}/completion?wait=10`, { body: {} });
  const shown = await (await call("get", `${base}/${session.sessionId}`, { headers: asOperator })).json();
  const listed = await (await call("get", base, { headers: asOperator })).json();
  return {
    sessionId: session.sessionId,
    sessionImageId: shown.results.attempts[0]?.result.sessionImageId,
    deviceCorrelationId: listed.at(-1).deviceCorrelationId,
  };
}

function bodyFor(path, method, values) {
  if (path === "/api/generateAccessToken") return sampleForm();
  if (path.endsWith("/detect")) return { sessionImageId: values.sessionImageId };
  if (path.endsWith("/reset")) return { reason: "looked at by hand" };
  if (path.endsWith("/completion")) return {};
  if (method !== "post" || path === "/api/devices") return undefined;
  return path.includes("WithVerify") ? verifyForm() : { livenessOperationMode: "Passive" };
}

function pathsOf(path, item, operation) {
  const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])].map(resolved);
  const version = parameters.find(({ name }) => name === "apiVersion");
  return version ? version.schema.enum.map((word) => path.replace("{apiVersion}", word)) : [path];
}

for (const { path, method, item, operation } of operations()) {
  for (const concrete of pathsOf(path, item, operation)) {
    test(`${method} ${concrete}`, async () => {
      const values = await valuesFor(concrete);
      const query = path === "/api/getSessionResult" ? `?action=detectLiveness&sessionId=${values.sessionId}` : "";
      const address = concrete.replace(/\{(\w+)\}/g, (_, name) => values[name]) + query;
      const operated = operation.security.length === 2;
      const headers = operated ? asOperator : path === "/api/devices" ? { "Ocp-Apim-Subscription-Key": tokens.app } : {};
      const answer = await call(method, address, { headers, body: bodyFor(path, method, values) });
      const text = await answer.text();
      assert.ok(answer.status < 400, `${answer.status} ${text}`);
      assert.ok(operation.responses[answer.status], `${answer.status} is described`);
    });
  }
}

test("versions are those of the document", () => {
  const named = operations().flatMap(({ path, item, operation }) => pathsOf(path, item, operation));
  const found = new Set(named.map((path) => /^\/face\/([^/]+)\//.exec(path)?.[1]).filter(Boolean));
  assert.deepEqual([...found].sort(), [...versions].sort());
});

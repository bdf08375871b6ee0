// What judges the suites can tell a right exchange from a wrong one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { reader } from "./exchanges.mjs";
import { Validator } from "./validator.mjs";

const validator = await Validator.create();
const id = "019a0c2e-5a11-7c3e-9b52-3f6d1c2e4a90";
const usual = { "x-request-id": "r", "cache-control": "no-store", "x-content-type-options": "nosniff" };
const verdict = { decision: "pending", accepted: false, reasons: [], retry: "same_session", digestChecked: false };
const session = { sessionId: id, status: "NotStarted", results: { attempts: [] }, verdict };
const failure = { message: "m", retryable: false, advice: "stop", requestId: "r", help: "/errors#x" };

function message(first, headers, content) {
  const text = content === undefined ? "" : typeof content === "string" ? content : JSON.stringify(content);
  return { first, headers: Object.entries(headers), content: Buffer.from(text), whole: true };
}

function get(path, status, body, { headers = {}, sent = { "x-device-token": "t" } } = {}) {
  const answer = message("", { ...usual, "content-type": "application/json; charset=utf-8", ...headers }, body);
  return validator.check({ request: message(`GET ${path} HTTP/1.1`, sent), answer: { ...answer, status } });
}

function create(body, { status = 403, sent = {} } = {}) {
  const code = { "x-ms-error-code": "OriginNotAllowed" };
  const good = { sessionId: id, authToken: "t", authTokenExpiresInSeconds: 600, status: "NotStarted", results: { attempts: [] } };
  const answer = message(
    "",
    { ...usual, "content-type": "application/json; charset=utf-8", ...(status < 400 ? {} : code) },
    status < 400 ? good : { error: { code: "OriginNotAllowed", ...failure } },
  );
  const text = JSON.stringify(body);
  const headers = { "content-type": "application/json", "content-length": String(text.length), ...sent };
  return validator.check({ request: message("POST /api/detectLiveness-sessions HTTP/1.1", headers, text), answer: { ...answer, status } });
}

const path = `/api/detectLiveness-sessions/${id}`;

test("what is right passes", async () => {
  assert.deepEqual(await get(path, 200, session), []);
  assert.deepEqual(await get(`/API//detectliveness-sessions/${id}/?wait=3`, 200, session), []);
  assert.deepEqual(await get(`/face/V1.3-preview.1/detectLiveness-sessions/${id}`, 200, session), []);
  assert.deepEqual(await create({ livenessOperationMode: "Passive" }, { status: 200 }), []);
  assert.deepEqual(await create({}), [], "a bad request that is refused");
});

test("answers with other members, values, statuses, codes or headers are found", async () => {
  const wrong = [
    await get(path, 200, { ...session, authToken: "t" }),
    await get(path, 200, { ...session, verdict: { ...verdict, retry: "later" } }),
    await get(path, 200, { sessionId: id }),
    await get(path, 418, session),
    await get(path, 404, { error: { code: "Forbidden", ...failure } }, { headers: { "x-ms-error-code": "Forbidden" } }),
    await get(path, 200, session, { headers: { "x-upstream-id": "u" } }),
    await get(path, 200, session, { headers: { "content-type": "text/plain" } }),
    await get("/api/others", 200, {}),
    await get(`/face/v1.0/detectLiveness-sessions/${id}`, 200, session),
  ];
  wrong.forEach((problems, i) => assert.ok(problems.length > 0, `${i}`));
});

test("requests that were taken and should not have been are found", async () => {
  assert.ok((await create({}, { status: 200 })).length > 0, "no mode");
  assert.ok((await create({ livenessOperationMode: "Passive" }, { status: 200, sent: { "idempotency-key": "k".repeat(256) } })).length > 0, "key");
  assert.ok((await get(path, 200, session, { sent: {} })).length > 0, "no credential");
});

test("exchanges are read whatever pieces they come in", () => {
  const found = [];
  const { requests, answers } = reader((exchange) => found.push(exchange));
  const asked = "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nHEAD /b HTTP/1.1\r\nHost: x\r\n\r\n";
  const said = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";
  for (const byte of asked) requests.take(Buffer.from(byte));
  for (const byte of said) answers.take(Buffer.from(byte));
  assert.deepEqual(
    found.map(({ request, answer }) => [request.first, request.content.toString(), answer.status, answer.content.toString()]),
    [
      ["POST /a HTTP/1.1", "abc", 200, "ok"],
      ["HEAD /b HTTP/1.1", "", 200, ""],
    ],
  );
});

// Entra's tokens instead of the key, and the second key.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startEmulator } from "./daemon.mjs";
import { Face, advanceClock, assertError, kinds, plainFields, setControl, versions } from "./face.mjs";
import { send } from "./http.mjs";

const emulator = await startEmulator({
  key: "the-key",
  env: { LIVENESSD_EMULATOR_KEY2: "the-other-key", LIVENESSD_EMULATOR_CLIENT_SECRET: "the-secret" },
});
const scope = "https://cognitiveservices.azure.com/.default";
const grant = { grant_type: "client_credentials", client_id: "an-app", client_secret: "the-secret", scope };
const tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47";

async function ask(fields, { headers = { "Content-Type": "application/x-www-form-urlencoded" } } = {}) {
  return await send(emulator.url, "POST", `/${tenant}/oauth2/v2.0/token`, {
    headers,
    body: new URLSearchParams(fields).toString(),
  });
}

const bearer = (token) => ({ key: null, headers: { Authorization: `Bearer ${token}` } });

test("the token endpoint gives a Bearer token for the application's secret", async () => {
  const answer = await ask(grant);
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.json.token_type, "Bearer");
  assert.ok(answer.json.expires_in >= 3599 - 1 && answer.json.expires_in <= 3600);
  assert.match(answer.json.access_token, /^[\w-]+\.[\w-]+\.[\w-]+$/);
});

for (const version of versions) {
  test(`${version}: such a token opens every call of the app server`, async () => {
    const { access_token: token } = (await ask(grant)).json;
    const face = new Face(emulator, version);
    const answer = await face.json("POST", face.sessions(), plainFields, bearer(token));
    assert.equal(answer.status, 200, answer.text);
    const path = `${face.sessions()}/${answer.json.sessionId}`;
    assert.equal((await face.call("GET", path, bearer(token))).status, 200);
    assert.equal((await face.call("DELETE", path, bearer(token))).status, face.preview ? 200 : 204);
  });
}

test("a token of nobody is refused", async () => {
  const face = new Face(emulator);
  const { token } = await face.created(kinds[0]);
  for (const wrong of ["x", "", token, `${(await ask(grant)).json.access_token}x`]) {
    assertError(await face.call("GET", "/detectLiveness-sessions/x", bearer(wrong)), 401, "401");
  }
});

test("a token dies when it said it would", async () => {
  const face = new Face(emulator);
  await setControl(emulator, "entra", { expiresInSeconds: 60 });
  const { access_token: token, expires_in: seconds } = (await ask(grant)).json;
  assert.equal(seconds, 60);
  const call = () => face.call("GET", "/detectLiveness-sessions/x", bearer(token));
  assertError(await call(), 404, "SessionNotFound");
  await advanceClock(emulator, 61);
  assertError(await call(), 401, "401");
  await setControl(emulator, "entra", { expiresInSeconds: 3599 });
});

test("the token endpoint refuses in OAuth's form", async () => {
  for (const [fields, status, error] of [
    [{ ...grant, client_secret: "wrong" }, 401, "invalid_client"],
    [{ ...grant, scope: "https://graph.microsoft.com/.default" }, 400, "invalid_scope"],
    [{ ...grant, grant_type: "password" }, 400, "unsupported_grant_type"],
    [{ grant_type: "client_credentials" }, 400, "invalid_request"],
    [{}, 400, "invalid_request"],
  ]) {
    const answer = await ask(fields);
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.json.error, error);
    assert.equal(typeof answer.json.error_description, "string");
  }
  assert.equal((await ask(grant, { headers: { "Content-Type": "application/json" } })).status, 415);
});

test("the resource's second key works as the first", async () => {
  assert.equal((await new Face(emulator, "v1.2", { key: "the-other-key" }).create()).status, 200);
  assert.equal((await new Face(emulator, "v1.2", { key: "the-third-key" }).create()).status, 401);
});

// Through the server: what the Face API refuses or garbles, told to the frontend in the server's own words.
import assert from "node:assert/strict";
import { test } from "node:test";
import { addFault, assertError, until } from "./face.mjs";
import { ServerFace, startPair } from "./server.mjs";

const cases = [
  ["401", { status: 401 }, 502, "UpstreamDenied"],
  ["403 UnsupportedFeature", { status: 403 }, 502, "UpstreamDenied"],
  ["403 of the gateway", { status: 403, gateway: true }, 502, "UpstreamDenied"],
  ["429 with Retry-After", { status: 429, retryAfter: 40 }, 503, "UpstreamBusy", 40],
  [
    "429 of the gateway, whose seconds stand in its text",
    { status: 429, gateway: true, retryAfter: 26 },
    503,
    "UpstreamBusy",
    26,
  ],
  ["503", { status: 503, retryAfter: 30 }, 503, "UpstreamBusy", 30],
  ["500", { status: 500 }, 502, "UpstreamBroken"],
  ["299, which is no 200", { status: 299 }, 502, "UpstreamBroken"],
  ["a body that is no JSON", { kind: "garbage" }, 502, "UpstreamBroken"],
  ["members of other types", { kind: "wrongTypes" }, 502, "UpstreamBroken"],
  ["a body without an end", { kind: "huge" }, 502, "UpstreamBroken"],
  ["half a body", { kind: "truncated" }, 502, "UpstreamBroken"],
  ["a broken connection", { kind: "reset", after: true }, 502, "UpstreamBroken"],
];

for (const [name, fault, status, code, seconds] of cases) {
  test(`create: ${name} is ${code}`, async () => {
    const server = await startPair();
    await addFault(server.emulator, { route: "create", ...fault });
    const answer = await new ServerFace(server, "v1.2").create();
    assertError(answer, status, code);
    if (!seconds) return;
    const after = Number(answer.headers["retry-after"]);
    assert.ok(after > seconds - 10 && after <= seconds + 5, `Retry-After: ${answer.headers["retry-after"]}`);
    assert.equal(answer.json.error.retryAfterSeconds, after);
  });
}

test("get: a refusal upstream is told and the session stays", async () => {
  const server = await startPair();
  const face = new ServerFace(server, "v1.2");
  const session = await face.created();
  await addFault(server.emulator, { route: "get", kind: "garbage", count: 1 });
  assertError(await face.get(session), 502, "UpstreamBroken");
  await face.play(session);
  assert.equal((await face.shown(session)).verdict.accepted, true);
});

test("get: a session that upstream has forgotten is settled as expired", async () => {
  const server = await startPair();
  const face = new ServerFace(server, "v1.2");
  const session = await face.created();
  const { sid } = JSON.parse(Buffer.from(session.token.split(".")[1], "base64url"));
  await face.upstream.remove({ ...session, id: sid });
  const body = await face.shown(session);
  assert.equal(body.verdict.decision, "expired");
  assert.equal(body.verdict.accepted, false);
});

test("delete: a refusal upstream is made good later, the frontend need not know", async () => {
  const server = await startPair();
  const face = new ServerFace(server, "v1.2");
  const session = await face.created();
  await addFault(server.emulator, { route: "delete", status: 500, count: 1 });
  assert.equal((await face.remove(session)).status, 204);
  const { sid } = JSON.parse(Buffer.from(session.token.split(".")[1], "base64url"));
  await until("the deletion", async () => (await face.upstream.get({ ...session, id: sid })).status === 404);
});

// Receipts as a backend in Node checks them: by jose, and with the very lines that the README shows.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { createLocalJWKSet, jwtVerify, SignJWT, UnsecuredJWT } from "jose";
import { plainFields } from "./face.mjs";
import { snippet } from "./readme.mjs";
import { ServerFace, startPair } from "./server.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const issuer = "https://liveness.example.org";
const server = await startPair("v1.2", { settings: [`receipt.issuer=${issuer}`, "receipt.audience=bank"] });
const face = new ServerFace(server, "v1.2");
const jwksUrl = `${server.url}/.well-known/jwks.json`;
const published = await (await fetch(jwksUrl)).json();
const wanted = { issuer, audience: "bank", typ: "receipt+jwt", algorithms: ["ES256"] };

// What the README says, but for where the keys are.
async function readmeCheck() {
  const code = snippet("js", "jose");
  const place = `${issuer}/.well-known/jwks.json`;
  assert.ok(code.includes(place), code);
  const folder = join(here, "node_modules/.receipts");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `check-${process.pid}.mjs`);
  writeFileSync(file, code.replace(place, jwksUrl));
  return (await import(pathToFileURL(file))).check;
}

const check = await readmeCheck();

async function receiptOf(sight, more = { transactionId: "order-17" }) {
  const session = await face.created("detectLiveness", { ...plainFields, ...more });
  await face.play(session, sight);
  return (await face.shown(session)).verdict.receipt;
}

test("a receipt passes the README's check, and says what it is about", async () => {
  const claims = await check(await receiptOf({}), "order-17");
  assert.equal(claims.decision, "live");
  assert.equal(claims.kind, "detectLiveness");
  assert.equal(claims.exp - claims.iat, 600);
});

test("the README's check refuses what does not mean yes", async () => {
  await assert.rejects(check(await receiptOf({ livenessDecision: "spoofface" }), "order-17"), /not accepted/);
  await assert.rejects(check(await receiptOf({}), "order-18"), /another transaction/);
  await assert.rejects(check(await receiptOf({}, {}), "order-17"), /another transaction/);
});

test("a changed receipt is refused", async () => {
  const receipt = await receiptOf({ livenessDecision: "spoofface" });
  const [header, payload, signature] = receipt.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url"));
  const better = Buffer.from(JSON.stringify({ ...claims, accepted: true })).toString("base64url");
  await assert.rejects(check([header, better, signature].join("."), "order-17"), /signature/);
});

test("a receipt under another algorithm is refused: the published key is no secret", async () => {
  const claims = JSON.parse(Buffer.from((await receiptOf({})).split(".")[1], "base64url"));
  const unsigned = new UnsecuredJWT(claims).encode();
  await assert.rejects(check(unsigned, "order-17"));
  const secret = new TextEncoder().encode(JSON.stringify(published.keys[0]));
  const header = { alg: "HS256", typ: "receipt+jwt", kid: published.keys[0].kid };
  const forged = await new SignJWT(claims).setProtectedHeader(header).sign(secret);
  await assert.rejects(check(forged, "order-17"));
});

test("issuer, audience, type and time are checked", async () => {
  const keys = createLocalJWKSet(published);
  const receipt = await receiptOf({});
  const { protectedHeader } = await jwtVerify(receipt, keys, wanted);
  assert.deepEqual(protectedHeader, { alg: "ES256", kid: published.keys[0].kid, typ: "receipt+jwt" });
  const later = new Date(Date.now() + 11 * 60 * 1000);
  for (const [name, value] of [
    ["issuer", "https://other"],
    ["audience", "shop"],
    ["typ", "deletion-receipt+jwt"],
    ["currentDate", later],
  ])
    await assert.rejects(jwtVerify(receipt, keys, { ...wanted, [name]: value }), undefined, name);
});

test("only public members are published", () => {
  for (const key of published.keys)
    assert.deepEqual(Object.keys(key).sort(), ["alg", "crv", "kid", "kty", "use", "x", "y"]);
});

// Checks a receipt as a backend would: by the published keys, and asking nobody. What it says is looked at only
// after it has been found genuine.

const decoder = new TextDecoder("utf-8", { fatal: true });

function bytesOf(text) {
  if (!/^[\w-]*$/.test(text)) throw new Error("not base64url");
  return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
}

const jsonOf = (text) => JSON.parse(decoder.decode(bytesOf(text)));

async function signatureHolds(jws, key) {
  const [header, payload, signature] = jws.split(".");
  const usable = { kty: key.kty, crv: key.crv, x: key.x, y: key.y, ext: true };
  const curve = { name: "ECDSA", namedCurve: "P-256" };
  const imported = await crypto.subtle.importKey("jwk", usable, curve, false, ["verify"]);
  const signed = new TextEncoder().encode(`${header}.${payload}`);
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, imported, bytesOf(signature), signed);
}

// {ok, checks: [{what, ok, detail}], header, claims}; `expected`: {issuer, audience, session, transaction}, of
// which what is undefined is not looked at. `keys` is a JWKS document.
export async function checkReceipt(jws, keys, expected, now = Date.now()) {
  const checks = [];
  const note = (what, ok, detail) => checks.push({ what, ok, detail });
  const same = (what, value, wanted) => {
    if (wanted !== undefined) note(what, value === wanted, value === wanted ? wanted : `${value}, not ${wanted}`);
  };
  let header = null;
  let claims = null;
  try {
    const parts = jws.split(".");
    if (parts.length !== 3) throw new Error(`it has ${parts.length} parts, not 3`);
    [header, claims] = [jsonOf(parts[0]), jsonOf(parts[1])];
  } catch (error) {
    note("Form", false, error.message);
    return { ok: false, checks, header, claims };
  }
  same("Type", header.typ, "receipt+jwt");
  same("Algorithm", header.alg, "ES256");
  const key = keys.keys.find(({ kid, kty, crv }) => kid === header.kid && kty === "EC" && crv === "P-256");
  note("Key", Boolean(key), key ? `published as ${header.kid.slice(0, 12)}…` : "no published key has its id");
  if (!globalThis.crypto?.subtle) {
    note("Signature", false, "this browser offers no cryptography to pages without https");
  } else {
    const holds = key && header.alg === "ES256" && (await signatureHolds(jws, key).catch(() => false));
    note("Signature", Boolean(holds), holds ? "made with that key, over exactly these claims" : "it does not fit");
  }
  same("Issuer", claims.iss, expected.issuer);
  same("Audience", claims.aud, expected.audience);
  const expires = claims.exp * 1000;
  const inTime = expires > now;
  note("Expiry", inTime, `${inTime ? "good until" : "over since"} ${new Date(expires).toLocaleTimeString()}`);
  same("Session", claims.sid, expected.session);
  same("Transaction", claims.txn, expected.transaction);
  return { ok: checks.every(({ ok }) => ok), checks, header, claims };
}

// The same receipt with a lie in it, and the old signature.
export function tamperWith(jws) {
  const [header, payload, signature] = jws.split(".");
  const claims = jsonOf(payload);
  const lie = { ...claims, accepted: !claims.accepted, decision: claims.accepted ? "spoof" : "live" };
  const bytes = new TextEncoder().encode(JSON.stringify(lie));
  const text = btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return [header, text, signature].join(".");
}

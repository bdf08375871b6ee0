// The server's facade as a Face API: the same client, with an app token as key, the server's own promises about
// every answer, and the device played where the auth token leads, upstream.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { startEmulator, startServer } from "./daemon.mjs";
import { Face } from "./face.mjs";
import { assertShape } from "./schema.mjs";

export const tokens = { app: "an-app-token", operator: "an-operator-token", backend: "a-backend-token" };

const hash = (text) => createHash("sha256").update(text).digest("hex");
const appTokens =
  `app:${hash(tokens.app)},operator:${hash(tokens.operator)}:liveness:operate,` +
  `backend:${hash(tokens.backend)}:liveness:delegate`;

export class ServerFace extends Face {
  constructor(service, version, { key = tokens.app, root } = {}) {
    super(service, version, { key, root });
    this.schema = this.preview ? "server-preview" : "server-stable";
    this.upstream = new Face(service.emulator, service.upstreamVersion);
  }

  check(answer) {
    assert.ok(answer.headers["x-request-id"], "x-request-id");
    assert.equal(answer.headers["cache-control"], "no-store");
    if (answer.status < 400) return;
    assert.equal(answer.headers["x-ms-error-code"], answer.json?.error?.code, "x-ms-error-code is the code");
    assertShape(this.schema, "error", answer.json);
  }

  play(session, ...sights) {
    return this.upstream.play(session, ...sights);
  }

  as(who) {
    return new ServerFace(this.service, this.version, { key: tokens[who], root: this.root });
  }
}

// A server over an emulator of its own that speaks `version`; both start here. `settings` are added; `between`
// makes of the emulator what the server asks in its place.
export async function startPair(
  version = "v1.2",
  { settings = [], between = null, secrets, withAuthority, ...options } = {},
) {
  const emulator = await startEmulator({ key: "the-upstream-key", ...options });
  const upstream = between ? await between(emulator) : emulator;
  const authority = withAuthority ? [`upstream.entra_authority=${upstream.url}`] : [];
  const images = version === "v1.1-preview.1" ? [] : ["retention.image=1h"];
  const server = await startServer(upstream, {
    secrets,
    settings: [
      `upstream.api_version=${version}`,
      "auth.mode=app_token",
      `auth.app_tokens=${appTokens}`,
      "upstream.poll_interval=10ms",
      ...images,
      ...authority,
      ...settings,
    ],
  });
  return { ...server, emulator, upstream, upstreamVersion: version };
}

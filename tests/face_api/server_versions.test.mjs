// Through the server, whatever version it speaks upstream: every facade works, and no field goes to a version
// that lacks it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { kinds, plainFields, versions } from "./face.mjs";
import { send } from "./http.mjs";
import { ServerFace, startPair } from "./server.mjs";

// all before the first test: a runner whose tests are done does not wait for more
const servers = await Promise.all(versions.map((version) => startPair(version)));

for (const [i, spoken] of versions.entries()) {
  const server = servers[i];
  for (const offered of versions) {
    const face = new ServerFace(server, offered);
    for (const kind of kinds) {
      test(`${offered} offered, ${spoken} upstream, ${kind}: from create to delete`, async () => {
        const fields = {
          ...plainFields,
          enableSessionImage: true,
          numberOfClientAttemptsAllowed: 3,
          userCorrelationId: "u",
        };
        const session = await face.created(kind, fields);
        face.shape(kind === kinds[0] ? "create" : "createVerify", session.answer);
        assert.equal((await face.shown(session)).status, "NotStarted");
        await face.play(session, { livenessDecision: "realface", matchConfidence: 0.95 });
        const body = await face.shown(session);
        assert.equal(body.verdict.accepted, true, JSON.stringify(body));
        assert.equal(body.verdict.decision, "live");
        const result = face.preview ? body.result.response.body : body.results.attempts[0].result;
        assert.equal(result.livenessDecision, "realface");
        if (kind === kinds[1]) assert.equal(result.verifyResult.isIdentical, true);
        assert.equal((await face.remove(session)).status, face.preview ? 200 : 204);
      });
    }
  }

  test(`${spoken} upstream: only its own paths were asked for`, async () => {
    const { requests } = (await send(server.emulator.url, "GET", "/emulator/requests")).json;
    const asked = requests.map(({ path }) => path).filter((path) => !/session\/|singleModal$/.test(path));
    assert.ok(asked.length > 0);
    for (const path of asked) assert.ok(path.startsWith(`/face/${spoken}/`), path);
    assert.ok(
      requests.every(({ status }) => status < 400),
      JSON.stringify(requests.filter(({ status }) => status >= 400)),
    );
  });
}

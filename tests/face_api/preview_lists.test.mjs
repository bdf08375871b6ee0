// List and audit, which only the previews have.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startEmulator } from "./daemon.mjs";
import { Face, advanceClock, assertError, kinds, plainFields, previews } from "./face.mjs";

const failure = { error: "FaceWithMaskDetected" };

// all before the first test: a runner whose tests are done does not wait for more
const emulators = {};
for (const version of previews) {
  for (const kind of kinds) emulators[`${version} ${kind}`] = await startEmulator();
}

for (const version of previews) {
  for (const kind of kinds) {
    const emulator = emulators[`${version} ${kind}`];
    const face = new Face(emulator, version);
    const list = async (query = "") => {
      const answer = await face.call("GET", `${face.sessions(kind)}${query}`);
      assert.equal(answer.status, 200, answer.text);
      face.shape("list", answer);
      return answer.json;
    };
    const ids = async (query) => (await list(query)).map((item) => item.id);
    const shapeOfAudit = kind === kinds[0] ? "audit" : "auditVerify";

    test(`${version} ${kind}: the list is empty first, then ascending by id and of this kind alone`, async () => {
      assert.deepEqual(await list(), []);
      const made = [];
      for (let i = 0; i < 12; i++) made.push((await face.created(kind)).id);
      await face.created(kinds.find((name) => name !== kind));
      assert.deepEqual(await ids(), made.sort());
    });

    test(`${version} ${kind}: start is exclusive, top is a number of items`, async () => {
      const all = await ids();
      assert.deepEqual(await ids(`?start=${all[3]}`), all.slice(4));
      assert.deepEqual(await ids("?top=5"), all.slice(0, 5));
      assert.deepEqual(await ids(`?start=${all[3]}&top=2`), all.slice(4, 6));
      assert.deepEqual(await ids("?start=&top="), all);
      assert.deepEqual(await ids(`?start=${all.at(-1)}`), []);
      assert.deepEqual(await ids("?top=1000"), all);
    });

    test(`${version} ${kind}: start need not be an id`, async () => {
      const all = await ids();
      assert.deepEqual(await ids("?start=00000000-0000-0000-0000-000000000000"), all);
      assert.deepEqual(await ids("?start=z"), []);
      assert.deepEqual(await ids(`?start=${"0".repeat(64)}`), all);
    });

    test(`${version} ${kind}: paging by the last id shows each session once`, async () => {
      const seen = [];
      for (let page = await ids("?top=5"); page.length > 0; page = await ids(`?top=5&start=${seen.at(-1)}`)) {
        seen.push(...page);
      }
      assert.deepEqual(seen, await ids());
    });

    test(`${version} ${kind}: a start or top out of range is BadArgument`, async () => {
      for (const query of [
        "?top=0",
        "?top=1001",
        "?top=-1",
        "?top=x",
        "?top=1.5",
        "?top=99999999999999999999",
        `?start=${"0".repeat(65)}`,
      ]) {
        assertError(await face.call("GET", `${face.sessions(kind)}${query}`), 400, "BadArgument");
      }
    });

    test(`${version} ${kind}: an item tells when and for how long`, async () => {
      const session = await face.created(kind, { ...plainFields, authTokenTimeToLiveInSeconds: 120 });
      const item = async () => (await list()).find(({ id }) => id === session.id);
      assert.deepEqual(
        { ...(await item()), createdDateTime: "" },
        {
          id: session.id,
          createdDateTime: "",
          sessionExpired: false,
          deviceCorrelationId: plainFields.deviceCorrelationId,
          authTokenTimeToLiveInSeconds: 120,
        },
      );
      await face.start(session);
      assert.ok((await item()).sessionStartDateTime >= (await item()).createdDateTime);
      await advanceClock(emulator, 121);
      assert.equal((await item()).sessionExpired, true);
      await face.remove(session);
      assert.equal(await item(), undefined);
    });

    test(`${version} ${kind}: no correlation id while the device has brought none`, async () => {
      const session = await face.created(kind, {
        livenessOperationMode: "Passive",
        deviceCorrelationIdSetInClient: true,
      });
      const item = async () => (await list()).find(({ id }) => id === session.id);
      assert.ok(!("deviceCorrelationId" in (await item())));
      await face.start(session, { deviceCorrelationId: "mine" });
      assert.equal((await item()).deviceCorrelationId, "mine");
    });

    test(`${version} ${kind}: the audit holds the device's calls, newest first`, async () => {
      const session = await face.created(kind);
      assert.deepEqual((await face.audit(session)).json, []);
      await face.play(session, failure, { livenessDecision: "spoofface" });
      const answer = await face.audit(session);
      assert.equal(answer.status, 200);
      face.shape(shapeOfAudit, answer);
      const [newest, oldest] = answer.json;
      assert.equal(answer.json.length, 2);
      assert.ok(newest.id > oldest.id);
      assert.deepEqual((await face.shown(session)).result, newest);
      assert.equal(newest.response.body.livenessDecision, "spoofface");
      assert.notEqual(oldest.response.statusCode, 200);
      assert.equal(newest.request.url, `/face/${version}/${kind}/singleModal`);
    });

    test(`${version} ${kind}: an entry's request id is the device's answer's apim-request-id`, async () => {
      const session = await face.created(kind);
      await face.start(session);
      const seen = await face.see(session);
      const [entry] = (await face.audit(session)).json;
      assert.equal(entry.requestId, seen.headers["apim-request-id"]);
    });

    test(`${version} ${kind}: an entry tells the caller's own request id and user agent when there are any`, async () => {
      const session = await face.created(kind);
      await face.start(session);
      await face.device(
        session,
        `/${kind}/singleModal`,
        {},
        {
          headers: { "client-request-id": "7a0c7c1e-9a42-4d0b-8a53-6d2f0b6f7a10", "User-Agent": "a device" },
        },
      );
      const [entry] = (await face.audit(session)).json;
      assert.equal(entry.clientRequestId, "7a0c7c1e-9a42-4d0b-8a53-6d2f0b6f7a10");
      assert.equal(entry.request.userAgent, "a device");
    });

    test(`${version} ${kind}: the audit is paged like the list`, async () => {
      const session = await face.created(kind);
      await face.play(session, failure, failure, failure);
      const all = (await face.audit(session)).json;
      assert.equal(all.length, 3);
      assert.deepEqual((await face.audit(session, "?top=2")).json, all.slice(0, 2));
      for (const query of ["?top=0", "?top=1001", "?top=x", `?start=${"0".repeat(65)}`]) {
        assertError(await face.audit(session, query), 400, "BadArgument");
      }
    });

    test(`${version} ${kind}: the audit of a session that is not there is not there`, async () => {
      assertError(
        await face.audit({ kind, id: "5f0c7c1e-9a42-4d0b-8a53-6d2f0b6f7a10" }),
        404,
        "SessionNotFound",
      );
    });
  }
}

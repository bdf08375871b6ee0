// Session images, and detect from them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startEmulator } from "./daemon.mjs";
import { Face, advanceClock, assertError, kinds, plainFields, stable } from "./face.mjs";

const emulator = await startEmulator();
const withImages = [...stable, "v1.2-preview.1"];
const fields = { ...plainFields, enableSessionImage: true };

async function photographed(face, kind = kinds[0]) {
  const session = await face.created(kind, fields);
  await face.play(session);
  const body = await face.shown(session);
  session.image = (face.preview ? body.result : body.results.attempts[0].result).sessionImageId;
  return session;
}

// The session's GUID as .NET writes it to bytes: the first three groups little-endian.
function sessionOf(imageId) {
  const bytes = Buffer.from(imageId, "base64url");
  const group = (from, to) => bytes.subarray(from, to).toString("hex");
  const reversed = (from, to) => Buffer.from(bytes.subarray(from, to)).reverse().toString("hex");
  return [reversed(1, 5), reversed(5, 7), reversed(7, 9), group(9, 11), group(11, 17)].join("-");
}

for (const version of withImages) {
  const face = new Face(emulator, version);

  for (const kind of kinds) {
    test(`${version} ${kind}: the image's id is 1, the session's id and 16 random bytes`, async () => {
      const first = await photographed(face, kind);
      assert.equal(Buffer.from(first.image, "base64url").length, 33);
      assert.equal(sessionOf(first.image), first.id);
      assert.notEqual((await photographed(face, kind)).image, first.image);
    });

    test(`${version} ${kind}: the image is bytes of a JPEG`, async () => {
      const { image } = await photographed(face, kind);
      const answer = await face.image(image);
      assert.equal(answer.status, 200);
      assert.equal(answer.headers["content-type"], "application/octet-stream");
      assert.deepEqual([...answer.raw.subarray(0, 3)], [0xff, 0xd8, 0xff]);
      assert.deepEqual([...answer.raw.subarray(-2)], [0xff, 0xd9]);
    });
  }

  test(`${version}: an image goes with its session`, async () => {
    const removed = await photographed(face);
    await face.remove(removed);
    assert.equal((await face.image(removed.image)).status, 404);
    assert.equal((await face.json("POST", "/detect", { sessionImageId: removed.image })).status, 404);
    const old = await photographed(face);
    await advanceClock(emulator, 48 * 3600 + 1);
    assert.equal((await face.image(old.image)).status, 404);
  });

  test(`${version}: ids of no image are not found`, async () => {
    const { image } = await photographed(face);
    for (const id of ["x", "A".repeat(44), image.slice(0, -2), `${image.slice(0, -6)}AAAAAA`]) {
      assert.equal((await face.image(id)).status, 404, id);
    }
  });

  test(`${version}: an image needs the key`, async () => {
    const { image, token } = await photographed(face);
    const path = `${face.preview ? "/session" : ""}/sessionImages/${image}`;
    assert.equal((await face.call("GET", path, { key: null })).status, 401);
    const bearer = { key: null, headers: { Authorization: `Bearer ${token}` } };
    assert.equal((await face.call("GET", path, bearer)).status, 401);
  });

  const detect = async (query, id) => {
    const answer = await face.json("POST", `/detect${query}`, { sessionImageId: id });
    assert.equal(answer.status, 200, answer.text);
    face.shape("detect", answer);
    return answer.json;
  };

  test(`${version}: detect finds the face with an id of its own, and no more by default`, async () => {
    const { image } = await photographed(face);
    const [found] = await detect("", image);
    assert.deepEqual(Object.keys(found).sort(), ["faceId", "faceRectangle"]);
    const [again] = await detect("?returnFaceId=true", image);
    assert.notEqual(again.faceId, found.faceId);
  });

  test(`${version}: detect lists the faces by their size, none as an empty list`, async () => {
    const withFaces = async (faces) => {
      const session = await face.created(kinds[0], fields);
      await face.play(session, { faces });
      const body = await face.shown(session);
      return (face.preview ? body.result : body.results.attempts[0].result).sessionImageId;
    };
    assert.deepEqual(await detect("", await withFaces(0)), []);
    const found = await detect("", await withFaces(3));
    const sizes = found.map(({ faceRectangle }) => faceRectangle.width * faceRectangle.height);
    assert.equal(sizes.length, 3);
    assert.deepEqual(sizes, [...sizes].sort((a, b) => b - a));
    assert.equal(new Set(sizes).size, 3);
  });

  test(`${version}: detect answers what the query asks for`, async () => {
    const { image } = await photographed(face);
    assert.deepEqual(Object.keys((await detect("?returnFaceId=false", image))[0]), ["faceRectangle"]);
    assert.ok((await detect("?returnFaceLandmarks=true", image))[0].faceLandmarks.pupilLeft);
    for (const model of ["recognition_01", "recognition_02", "recognition_03", "recognition_04"]) {
      const [found] = await detect(`?returnRecognitionModel=true&recognitionModel=${model}`, image);
      assert.equal(found.recognitionModel, model);
    }
    assert.equal((await detect("?returnRecognitionModel=true", image))[0].recognitionModel, "recognition_01");
    for (const model of ["detection_01", "detection_02", "detection_03"]) {
      assert.equal((await detect(`?detectionModel=${model}&faceIdTimeToLive=60`, image)).length, 1);
    }
  });

  test(`${version}: detect answers the attributes that are asked for`, async () => {
    const { image } = await photographed(face);
    const [found] = await detect("?returnFaceAttributes=headPose,mask,qualityForRecognition", image);
    assert.deepEqual(Object.keys(found.faceAttributes).sort(), ["headPose", "mask", "qualityForRecognition"]);
    for (const name of [
      "headPose",
      "glasses",
      "occlusion",
      "accessories",
      "blur",
      "exposure",
      "noise",
      "mask",
      "qualityForRecognition",
      "age",
      "smile",
      "facialHair",
      "hair",
    ]) {
      assert.deepEqual(
        Object.keys((await detect(`?returnFaceAttributes=${name}`, image))[0].faceAttributes),
        [name],
      );
    }
  });

  test(`${version}: detect refuses what it cannot do`, async () => {
    const { image } = await photographed(face);
    for (const query of [
      "?detectionModel=detection_99",
      "?recognitionModel=x",
      "?faceIdTimeToLive=59",
      "?faceIdTimeToLive=86401",
      "?faceIdTimeToLive=x",
      "?returnFaceAttributes=shoeSize",
      "?returnFaceId=perhaps",
    ]) {
      assertError(await face.json("POST", `/detect${query}`, { sessionImageId: image }), 400, "BadArgument");
    }
    for (const body of ["{", {}, { sessionImageId: 5 }, { url: "http://a.example/a.jpg" }, []]) {
      assertError(await face.json("POST", "/detect", body), 400, "BadArgument");
    }
    assertError(
      await face.json(
        "POST",
        "/detect",
        { sessionImageId: image },
        { headers: { "Content-Type": "text/plain" } },
      ),
      415,
      "BadArgument",
    );
  });

  test(`${version}: detect from an image that is not there`, async () => {
    const answer = await face.json("POST", "/detect", { sessionImageId: `AQ${"A".repeat(42)}` });
    assert.equal(answer.status, 404);
  });
}

test("v1.1-preview.1 has neither images nor detect from them", async () => {
  const face = new Face(emulator, "v1.1-preview.1");
  const other = new Face(emulator, "v1.2");
  const { image } = await photographed(other);
  assertError(await face.image(image), 404, "404");
  assertError(await face.json("POST", "/detect", { sessionImageId: image }), 404, "404");
});

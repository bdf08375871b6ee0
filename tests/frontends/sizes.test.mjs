// Pictures at the edges of what is taken, in every dialect, whole and in chunks: what fits passes, what does not is
// answered before it is uploaded to the end or afterwards, but always with an answer that the client gets to read.
import assert from "node:assert/strict";
import { File } from "node:buffer";
import { test } from "node:test";
import { picture } from "../face_api/multipart.mjs";
import { apps } from "./apps.mjs";
import { Camera, startBackend } from "./backend.mjs";
import { Page } from "./browser.mjs";
import { Phone } from "./phone.mjs";
import { VueSample } from "./token_samples.mjs";
import { VanillaSample } from "./vanilla.mjs";

const backend = await startBackend();
const megabytes = 1 << 20;
const sizes = [
  [1023, 400, "InvalidImageSize"],
  [1024, 200],
  [6 * megabytes, 200],
  [6 * megabytes + 1, 400, "InvalidImageSize"],
  [9 * megabytes, 413, "BodyTooLarge"],
  [40 * megabytes, 413, "BodyTooLarge"],
];

for (const [size, status, code] of sizes) {
  const bytes = picture("jpeg", size);
  const image = new File([bytes], "face.jpg", { type: "image/jpeg" });

  test(`${size} bytes in the Vue sample's form`, async () => {
    const sample = new VueSample(new Page(backend.url), new Camera(backend));
    const { error } = await sample.open("Passive", { image });
    assert.equal(sample.status, status);
    assert.equal(sample.created.error?.code, code);
    if (code) assert.ok(error.length > 10);
  });

  test(`${size} bytes in the plain JavaScript sample's form`, async () => {
    const sample = new VanillaSample(new Page(backend.url), new Camera(backend));
    const shown = await sample.start("Passive", { image });
    assert.equal(sample.created.error?.code, code);
    assert.equal(shown.live, code ? undefined : true);
  });

  for (const app of apps.filter(({ canVerify }) => canVerify)) {
    test(`${size} bytes from ${app.name}`, async (t) => {
      const phone = new Phone(app, backend, new Camera(backend));
      t.after(() => phone.off());
      const { error } = await phone.start("Passive", bytes);
      assert.equal(phone.created.status, status);
      assert.equal(phone.created.json.error?.code, code);
      if (code) assert.ok(error.length > 10);
    });
  }
}

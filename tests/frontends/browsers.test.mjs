// What browsers make of the web samples, byte for byte: their forms, their heads, their cookies. Only here do
// forms differ from Node's.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { picture } from "../face_api/multipart.mjs";
import { Camera, startBackend } from "./backend.mjs";
import { Wire, formBody, head } from "./wire.mjs";

const backend = await startBackend();
const { host } = new URL(backend.url);
const letters = (count) => randomBytes(count).toString("hex").slice(0, count);
const digits = (count) => Array.from(randomBytes(count), (byte) => byte % 10).join("");
const fetched = ["Sec-Fetch-Dest: empty", "Sec-Fetch-Mode: cors", "Sec-Fetch-Site: same-origin"];

// `quoted` is how a name of a file is written between quotes.
const browsers = {
  Chrome: {
    boundary: () => `----WebKitFormBoundary${letters(16)}`,
    quoted: (name) => name.replaceAll('"', "%22"),
    headers: [
      "Connection: keep-alive",
      'sec-ch-ua: "Chromium";v="130", "Not?A_Brand";v="99"',
      "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
      "Accept: */*",
      ...fetched,
      `Referer: http://${host}/`,
      "Accept-Encoding: gzip, deflate, br, zstd",
      "Accept-Language: de-DE,de;q=0.9,en;q=0.8",
    ],
  },
  Firefox: {
    boundary: () => `----geckoformboundary${letters(32)}`,
    quoted: (name) => name.replaceAll('"', "%22"),
    headers: [
      "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
      "Accept: */*",
      "Accept-Language: en-US,en;q=0.5",
      "Accept-Encoding: gzip, deflate, br, zstd",
      `Referer: http://${host}/`,
      "Connection: keep-alive",
      ...fetched,
      "Priority: u=0",
      "Pragma: no-cache",
      "Cache-Control: no-cache",
    ],
  },
  "Firefox of former years": {
    boundary: () => `---------------------------${digits(29)}`,
    quoted: (name) => name.replaceAll('"', '\\"'),
    headers: [
      "User-Agent: Mozilla/5.0 (Windows NT 10.0; rv:78.0) Gecko/20100101 Firefox/78.0",
      "Accept: */*",
      "Connection: keep-alive",
    ],
  },
  "Safari without fetch metadata": {
    boundary: () => `----WebKitFormBoundary${letters(16)}`,
    quoted: (name) => name.replaceAll('"', "%22"),
    headers: [
      "Accept: */*",
      "User-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 16_3 like Mac OS X) AppleWebKit/605.1.15 Version/16.3 Safari/604.1",
      "Accept-Language: en-GB,en;q=0.9",
      "Accept-Encoding: gzip, deflate",
      "Connection: keep-alive",
    ],
  },
};

class Tab {
  #wire = new Wire(backend.url);
  #cookie = [];

  constructor(browser) {
    this.browser = browser;
  }

  async post(path, fields, filename) {
    const boundary = this.browser.boundary();
    const file = `form-data; name="verifyImage"; filename="${this.browser.quoted(filename)}"`;
    const body = formBody(boundary, [
      ...Object.entries(fields).map(([name, text]) => [
        [`Content-Disposition: form-data; name="${name}"`],
        text,
      ]),
      [[`Content-Disposition: ${file}`, "Content-Type: image/jpeg"], picture("jpeg", 30000)],
    ]);
    const answer = await this.#wire.send(
      head("POST", path, [
        `Host: ${host}`,
        `Content-Length: ${body.length}`,
        `Content-Type: multipart/form-data; boundary=${boundary}`,
        `Origin: http://${host}`,
        ...this.browser.headers,
        ...this.#cookie,
      ]),
      body,
    );
    const [cookie] = (answer.headers["set-cookie"] ?? "").split(";");
    if (cookie) this.#cookie = [`Cookie: theme=dark; ${cookie}; _ga=GA1.1.1`];
    return answer;
  }

  get(path) {
    const headers = [`Host: ${host}`, "Content-Type: application/json", ...this.browser.headers];
    return this.#wire.send(head("GET", path, [...headers, ...this.#cookie]));
  }
}

const names = ["face.jpg", 'my "best" face.jpg', "лицо 脸.jpg", "a;b=c\\d.jpg"];

for (const [name, browser] of Object.entries(browsers)) {
  test(`${name}: the form of the Next, Angular and Vue samples`, async () => {
    for (const filename of names) {
      const tab = new Tab(browser);
      const parameters = JSON.stringify({
        livenessOperationMode: "Passive",
        deviceCorrelationId: "d",
        userCorrelationId: "u",
      });
      const action = "detectLivenessWithVerify";
      const created = await tab.post("/api/generateAccessToken", { Action: action, parameters }, filename);
      assert.equal(created.status, 200, created.text);
      const { authToken, sessionId } = created.json.sessionData;
      await new Camera(backend).start(authToken);
      const { json } = await tab.get(`/api/getSessionResult?action=${action}&sessionId=${sessionId}`);
      assert.equal(json.results.attempts[0].result.verifyResult.isIdentical, true);
    }
  });

  test(`${name}: the form of the plain JavaScript sample`, async () => {
    for (const filename of names) {
      const tab = new Tab(browser);
      const created = await tab.post(
        "/api/detectLivenessWithVerify-sessions",
        {
          livenessOperationMode: "PassiveActive",
          deviceCorrelationId: "undefined",
          userCorrelationId: "a1B2c3D4e5",
          enableSessionImage: "true",
        },
        filename,
      );
      assert.equal(created.status, 200, created.text);
      await new Camera(backend).start(created.json.authToken);
      const { json } = await tab.get(`/api/detectLiveness-sessions/${created.json.sessionId}`);
      assert.equal(json.results.attempts[0].result.verifyResult.isIdentical, true);
    }
  });

  test(`${name}: a second session in the same tab, now with the cookie`, async () => {
    const tab = new Tab(browser);
    const fields = { livenessOperationMode: "Passive" };
    const path = "/api/detectLivenessWithVerify-sessions";
    const first = await tab.post(path, fields, "a.jpg");
    const second = await tab.post(path, fields, "b.jpg");
    assert.equal(second.status, 200, second.text);
    assert.equal(second.headers["set-cookie"], undefined);
    for (const { json } of [first, second])
      assert.equal((await tab.get(`/api/detectLiveness-sessions/${json.sessionId}`)).status, 200);
  });
}

// The mobile samples, byte for byte as their HTTP stacks write, and what each reads of answers. All call what they
// take for the Face API, with a key that is an app token here. An app is {name, canVerify, create, result,
// succeeded, created, verdict, failure?, error}: `create` and `result` give the pieces of a request, the others read
// answers as the sample does.
import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { chunked, formBody, head } from "./wire.mjs";

const kindOf = (image) => (image ? "detectLivenessWithVerify" : "detectLiveness");
const createPath = (base, image) => `${base}/face/v1.2/${kindOf(image)}-sessions`;
const resultPath = (base, { id, withVerify }) => `${base}/face/v1.2/${kindOf(withVerify)}-sessions/${id}`;
const disposition = (name, file) => `form-data; name="${name}"${file ? `; filename="${file}"` : ""}`;

// What they have in common: the newest attempt is the first one, and both ids are texts.
const attemptOf = (json) => json.results.attempts[0];
function created({ json }) {
  assert.equal(typeof json.authToken, "string");
  assert.equal(typeof json.sessionId, "string");
  return { token: json.authToken, id: json.sessionId };
}

function verdictOf({ livenessDecision, verifyResult }, withVerify) {
  assert.equal(typeof livenessDecision, "string");
  if (!withVerify) return { livenessDecision };
  assert.equal(typeof verifyResult.isIdentical, "boolean");
  assert.equal(typeof verifyResult.matchConfidence, "number");
  return {
    livenessDecision,
    isIdentical: verifyResult.isIdentical,
    matchConfidence: verifyResult.matchConfidence,
  };
}

// A body whose length is known.
const whole = (method, path, headers, body) => [
  head(method, path, [...headers, `Content-Length: ${body.length}`]),
  body,
];

/* ---- Android, Kotlin ---- */

const androidHeaders = (host, key, type) => [
  `Ocp-Apim-Subscription-Key: ${key}`,
  `Content-Type: ${type}`,
  "User-Agent: Dalvik/2.1.0 (Linux; U; Android 14; Pixel 8 Build/UQ1A.240205.002)",
  `Host: ${host}`,
  "Connection: Keep-Alive",
  "Accept-Encoding: gzip",
];

// Its device id is the phone's 64 bits two times over.
const twice = (half) => (half + half).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");

function androidForm(boundary, fields, image) {
  const parts = Object.entries(fields).map(([name, text]) => [
    ["Content-Type: application/json; charset=UTF-8", `Content-Disposition: form-data; name=${name}`],
    text,
  ]);
  if (image !== "in client")
    parts.push([
      [
        "Content-Disposition: form-data; name=verifyImage; filename=VerifyImage",
        "Content-Type: application/octet-stream",
        "Content-Transfer-Encoding: binary",
      ],
      image,
    ]);
  return formBody(boundary, parts);
}

const android = {
  name: "Android, Kotlin",
  canVerify: true,
  create({ host, base, key, mode, image }) {
    const fields = {
      livenessOperationMode: mode,
      deviceCorrelationId: twice(randomBytes(8).toString("hex")),
      userCorrelationId: randomUUID(),
    };
    const boundary = randomUUID();
    const type = image ? `multipart/form-data; boundary=${boundary}` : "application/json; charset=UTF-8";
    const body = image ? androidForm(boundary, fields, image) : Buffer.from(JSON.stringify(fields));
    const headers = [...androidHeaders(host, key, type), "Transfer-Encoding: chunked"];
    return [head("POST", createPath(base, image), headers), ...chunked(body, 1024)];
  },
  result: ({ host, base, key, session }) => [
    head("GET", resultPath(base, session), androidHeaders(host, key, "application/json; charset=UTF-8")),
  ],
  succeeded: ({ status }) => status < 400,
  created,
  verdict: ({ json }, withVerify) => verdictOf(attemptOf(json).result, withVerify),
  // an empty error stream is null there, and reading it crashes
  error({ text }) {
    assert.notEqual(text, "");
    return text;
  },
};

/* ---- iOS, Swift ---- */

const appleHeaders = (host, key, ...more) => [
  `Host: ${host}`,
  ...more,
  `Ocp-Apim-Subscription-Key: ${key}`,
  "Accept: */*",
  "User-Agent: FaceAnalyzerSample/1 CFNetwork/1494.0.7 Darwin/23.4.0",
  "Accept-Language: en-GB,en;q=0.9",
  "Accept-Encoding: gzip, deflate, br",
  "Connection: keep-alive",
];

function swiftForm(boundary, fields, image) {
  const parts = Object.entries(fields).map(([name, text]) => [
    ["Content-Type: text/plain; charset=utf-8", `Content-Disposition: ${disposition(name)}`],
    text,
  ]);
  if (image !== "in client")
    parts.push([
      [
        `Content-Disposition: ${disposition("verifyImage", "VerifyImage")}`,
        "Content-Type: application/octet-stream",
      ],
      image,
    ]);
  return formBody(boundary, parts);
}

const swift = {
  name: "iOS, Swift",
  canVerify: true,
  create({ host, base, key, mode, image }) {
    const boundary = randomUUID().toUpperCase();
    // dictionaries have no order there
    const fields = {
      userCorrelationId: randomUUID().toUpperCase(),
      livenessOperationMode: mode,
      deviceCorrelationId: randomUUID().toUpperCase(),
    };
    const type = image ? `multipart/form-data; boundary=${boundary}` : "application/json";
    const body = image ? swiftForm(boundary, fields, image) : Buffer.from(JSON.stringify(fields));
    const telemetry = "X-MS-AZSDK-Telemetry: sample=swift-face-ios-sdk;appversion=1.1";
    return whole(
      "POST",
      createPath(base, image),
      appleHeaders(host, key, `Content-Type: ${type}`, telemetry),
      body,
    );
  },
  result: ({ host, base, key, session }) => [head("GET", resultPath(base, session), appleHeaders(host, key))],
  succeeded: ({ status }) => status >= 200 && status < 300,
  created,
  verdict: ({ json }, withVerify) => verdictOf(attemptOf(json).result, withVerify),
  error: ({ text }) => text,
};

/* ---- Flutter, dio ---- */

const dartHeaders = (host, key, type) => [
  "user-agent: Dart/3.3 (dart:io)",
  `content-type: ${type}`,
  `ocp-apim-subscription-key: ${key}`,
  "accept-encoding: gzip",
  `host: ${host}`,
];

function dioForm(boundary, fields, image) {
  const parts = Object.entries(fields).map(([name, text]) => [
    [`content-disposition: ${disposition(name)}`],
    text,
  ]);
  const file = `content-disposition: ${disposition("verifyImage", "IMG_0001.jpg")}`;
  return formBody(boundary, [...parts, [[file, "content-type: application/octet-stream"], image]]);
}

const flutter = {
  name: "Flutter, dio",
  canVerify: true,
  create({ host, base, key, mode, image }) {
    const fields = {
      livenessOperationMode: mode,
      deviceCorrelationId: "1234567890",
      userCorrelationId: "0987654321",
    };
    const boundary = `--dio-boundary-${String(Math.floor(Math.random() * 2 ** 32)).padStart(10, "0")}`;
    const type = image ? `multipart/form-data; boundary=${boundary}` : "application/json; charset=UTF-8";
    const body = image ? dioForm(boundary, fields, image) : Buffer.from(JSON.stringify(fields));
    const headers = dartHeaders(host, key, type);
    const length = `content-length: ${body.length}`;
    return [head("POST", createPath(base, image), [...headers, length]), body];
  },
  result: ({ host, base, key, session }) => [
    head("GET", resultPath(base, session), dartHeaders(host, key, "application/json; charset=UTF-8")),
  ],
  succeeded: ({ status }) => status === 200,
  created,
  verdict: ({ json }, withVerify) => verdictOf(attemptOf(json).result, withVerify),
  // after a failed check it asks the server why
  failure: ({ json }) => attemptOf(json).error.code,
  error: ({ text }) => text,
};

/* ---- React Native, axios: the form is written by the platform ---- */

const reactBody = (mode, image) =>
  image
    ? {
        livenessOperationMode: mode,
        deviceCorrelationId: "00000000-0000-0000-0000-000000000000",
        userCorrelationId: "00000000-0000-0000-0000-000000000000",
      }
    : { livenessOperationMode: mode, deviceCorrelationId: "1234567890", userCorrelationId: "0987654321" };

// okhttp says how long each part is
function okhttpForm(boundary, fields, image) {
  const name = `${disposition("verifyImage", "1732271234567.png")}; filename*=utf-8''1732271234567.png`;
  const parts = Object.entries(fields).map(([field, text]) => [
    [`content-disposition: ${disposition(field)}`, `Content-Length: ${Buffer.byteLength(text)}`],
    text,
  ]);
  const lines = [
    `content-disposition: ${name}`,
    "Content-Type: image/png",
    `Content-Length: ${image.length}`,
  ];
  return formBody(boundary, [...parts, [lines, image]]);
}

function appleReactForm(boundary, fields, image) {
  const parts = Object.entries(fields).map(([name, text]) => [
    [`content-disposition: ${disposition(name)}`],
    text,
  ]);
  const lines = [
    `content-disposition: ${disposition("verifyImage", "IMG_0001.HEIC")}`,
    "content-type: image/jpeg",
  ];
  return formBody(boundary, [...parts, [lines, image]]);
}

const reactReads = {
  canVerify: true,
  succeeded: ({ status }) => status >= 200 && status < 300,
  created,
  verdict({ json }, withVerify) {
    assert.ok(json.results.attempts.length > 0);
    return verdictOf(attemptOf(json).result, withVerify);
  },
  // what its action is rejected with
  error({ json }) {
    assert.equal(typeof json, "object");
    return json.error.message;
  },
};

const reactAndroidHeaders = (host, key, type) => [
  "accept: application/json, text/plain, */*",
  `ocp-apim-subscription-key: ${key}`,
  `Content-Type: ${type}`,
  `Host: ${host}`,
  "Connection: Keep-Alive",
  "Accept-Encoding: gzip",
  "User-Agent: okhttp/4.9.2",
];

const reactAndroid = {
  ...reactReads,
  name: "React Native on Android",
  create({ host, base, key, mode, image }) {
    const boundary = randomUUID();
    const type = image ? `multipart/form-data; boundary=${boundary}` : "application/json; charset=UTF-8";
    const fields = reactBody(mode, image);
    const body = image ? okhttpForm(boundary, fields, image) : Buffer.from(JSON.stringify(fields));
    return whole("POST", createPath(base, image), reactAndroidHeaders(host, key, type), body);
  },
  result: ({ host, base, key, session }) => [
    head("GET", resultPath(base, session), reactAndroidHeaders(host, key, "application/json; charset=UTF-8")),
  ],
};

const reactApple = {
  ...reactReads,
  name: "React Native on iOS",
  create({ host, base, key, mode, image }) {
    const boundary = randomBytes(52).toString("base64url"); // 70 characters, as many as there may be
    const type = image ? `multipart/form-data; boundary="${boundary}"` : "application/json; charset=UTF-8";
    const fields = reactBody(mode, image);
    const body = image ? appleReactForm(boundary, fields, image) : Buffer.from(JSON.stringify(fields));
    return whole("POST", createPath(base, image), appleHeaders(host, key, `Content-Type: ${type}`), body);
  },
  result: ({ host, base, key, session }) => [
    head(
      "GET",
      resultPath(base, session),
      appleHeaders(host, key, "Content-Type: application/json; charset=UTF-8"),
    ),
  ],
};

/* ---- MAUI, .NET ---- */

const maui = {
  name: "MAUI, .NET",
  canVerify: false,
  create({ host, base, key, mode }) {
    const fields = {
      livenessOperationMode: mode,
      deviceCorrelationId: randomUUID(),
      userCorrelationId: randomUUID(),
    };
    const headers = [
      `Host: ${host}`,
      `Ocp-Apim-Subscription-Key: ${key}`,
      `traceparent: 00-${randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}-00`,
      "Content-Type: application/json; charset=utf-8",
    ];
    return whole("POST", createPath(base, null), headers, Buffer.from(JSON.stringify(fields)));
  },
  result: ({ host, base, key, session }) => [
    head("GET", resultPath(base, session), [`Host: ${host}`, `Ocp-Apim-Subscription-Key: ${key}`]),
  ],
  succeeded: ({ status }) => status >= 200 && status < 300,
  created,
  verdict({ json }) {
    assert.ok(Array.isArray(json.results.attempts));
    return verdictOf(attemptOf(json).result, false);
  },
  error: ({ text }) => text,
};

export const apps = [android, swift, flutter, reactAndroid, reactApple, maui];
export { android, flutter, swift };

// What no frontend should send, in each dialect: it is refused in that dialect's shape, with a sentence to show,
// never with nothing; and the next request is served as if nothing had been.
import assert from "node:assert/strict";
import { File } from "node:buffer";
import { test } from "node:test";
import { picture } from "../face_api/multipart.mjs";
import { android, apps } from "./apps.mjs";
import { Camera, startBackend } from "./backend.mjs";
import { Page } from "./browser.mjs";
import { Phone } from "./phone.mjs";
import { NextSample } from "./token_samples.mjs";
import { Wire, chunked, formBody, head, once } from "./wire.mjs";

const backend = await startBackend();
const { host } = new URL(backend.url);
const key = "Ocp-Apim-Subscription-Key: an-app-token";
const own = [`Host: ${host}`, key];
// Announced as chunks, or not at all, and then nothing.
const noChunks = (path, type) => [
  head("POST", path, [...own, type, "Transfer-Encoding: chunked"]),
  Buffer.from("0\r\n\r\n"),
];
const noLength = (path, type) => [head("POST", path, [...own, type])];
const jsonType = "Content-Type: application/json";
const session = "/00000000-0000-4000-8000-000000000000";

const request = (method, path, headers = [], body = "") => [
  head(method, path, [...own, ...headers, `Content-Length: ${Buffer.byteLength(body)}`]),
  Buffer.from(body),
];
const field = (name, text, ...more) => [[`Content-Disposition: form-data; name="${name}"`, ...more], text];
const file = (name, bytes, filename = "a.jpg") => [
  [`Content-Disposition: form-data; name="${name}"; filename="${filename}"`, "Content-Type: image/jpeg"],
  bytes,
];
const formType = "Content-Type: multipart/form-data; boundary=cut";
const form = (path, parts, type = formType) => request("POST", path, [type], formBody("cut", parts));
const json = (path, text, type = "application/json") =>
  request("POST", path, [`Content-Type: ${type}`], text);

/* ---- what answers have to be ---- */

function assertSpoken(answer, status, code) {
  assert.equal(answer.status, status, answer.text);
  assert.match(answer.headers["content-type"] ?? "", /^application\/json/);
  assert.equal(answer.json.error.code, code);
  assert.equal(answer.headers["x-ms-error-code"], code);
  assert.ok(answer.json.error.message.length > 10, answer.text);
}

function assertSampleShape({ json: { message, token, error } }) {
  assert.equal(message, error.message);
  assert.equal(token, null);
  assert.equal(error.token, null);
}

function assertFaceShape({ json: body }) {
  assert.deepEqual(Object.keys(body), ["error"]);
}

const dialects = { assertSampleShape, assertFaceShape };

function refuses(shape, path, rows) {
  for (const [name, pieces, status = 400, code = "InvalidRequestBody"] of rows) {
    test(`${path}: ${name}`, async () => {
      const answer = await once(backend.url, ...pieces);
      assertSpoken(answer, status, code);
      dialects[shape](answer);
    });
  }
}

/* ---- the form of the web samples ---- */

const create = "/api/generateAccessToken";
const good = JSON.stringify({
  livenessOperationMode: "Passive",
  deviceCorrelationId: "d",
  userCorrelationId: "u",
});
const parameters = (text) => form(create, [field("Action", "detectLiveness"), field("parameters", text)]);
const action = (text) => form(create, [field("Action", text), field("parameters", good)]);
const mode = "InvalidLivenessOperationMode";

refuses("assertSampleShape", create, [
  ["nothing at all", request("POST", create)],
  ["chunks of nothing", noChunks(create, formType)],
  ["no length", noLength(create, formType)],
  ["JSON in place of a form", json(create, good), 415, "BadArgument"],
  [
    "a form as pages write it without files",
    json(create, "Action=x", "application/x-www-form-urlencoded"),
    415,
    "BadArgument",
  ],
  ["a form without a boundary", form(create, [], "Content-Type: multipart/form-data")],
  [
    "a form of other boundaries",
    form(create, [field("Action", "detectLiveness")], "Content-Type: multipart/form-data; boundary=x"),
  ],
  ["a form of nothing", form(create, [])],
  [
    "a form without an end",
    request(
      "POST",
      create,
      [formType],
      '--cut\r\nContent-Disposition: form-data; name="Action"\r\n\r\ndetect',
    ),
  ],
  ["no parameters", form(create, [field("Action", "detectLiveness")])],
  ["parameters that are empty", parameters("")],
  ["parameters that are no JSON", parameters("undefined")],
  ["parameters that are cut off", parameters(good.slice(0, -1))],
  ["parameters that are a list", parameters("[]")],
  ["parameters that are a text", parameters(JSON.stringify(good))],
  ["parameters that are null", parameters("null")],
  ["parameters that are no UTF-8", parameters(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))],
  ["parameters without a bottom", parameters('{"a":'.repeat(20000) + "1" + "}".repeat(20000))],
  ["parameters of a megabyte", parameters(JSON.stringify({ a: "x".repeat(1 << 20) }))],
  [
    "parameters twice",
    form(create, [field("Action", "detectLiveness"), field("parameters", good), field("parameters", good)]),
  ],
  ["no Action", form(create, [field("parameters", good)])],
  ["an unknown Action", action("deleteEverything")],
  ["an empty Action", action("")],
  ["an Action with a path", action("detectLiveness/../detect")],
  [
    "Action twice",
    form(create, [
      field("Action", "detectLiveness"),
      field("Action", "detectLivenessWithVerify"),
      field("parameters", good),
    ]),
  ],
  ["no mode", parameters("{}"), 400, mode],
  ["a mode that there is not", parameters('{"livenessOperationMode":"Film"}'), 400, mode],
  ["a mode that is a number", parameters('{"livenessOperationMode":1}'), 400, mode],
  [
    "ids that are objects",
    parameters('{"livenessOperationMode":"Passive","deviceCorrelationId":{},"userCorrelationId":[]}'),
  ],
  ["verify without a picture", action("detectLivenessWithVerify"), 400, "NotAllowedByPolicy"],
  [
    "a picture that is a text",
    form(create, [
      field("Action", "detectLivenessWithVerify"),
      field("parameters", good),
      field("verifyImage", "undefined"),
    ]),
    400,
    "InvalidImageSize",
  ],
  [
    "two pictures",
    form(create, [
      field("Action", "detectLivenessWithVerify"),
      field("parameters", good),
      file("verifyImage", picture()),
      file("verifyImage", picture()),
    ]),
  ],
  [
    "a thousand parts",
    form(
      create,
      Array.from({ length: 1000 }, (_, i) => field(`f${i}`, "x")),
    ),
  ],
  ["a part without a name", form(create, [[["Content-Disposition: form-data"], "x"]])],
  ["a part without a head", form(create, [[[], "x"]])],
  [
    "a body that is announced too long",
    [head("POST", create, [...own, formType, "Content-Length: 99999999999"])],
    413,
    "BodyTooLarge",
  ],
  [
    "a length that is none",
    [head("POST", create, [...own, formType, "Content-Length: many"])],
    400,
    "BadArgument",
  ],
  ["another method", request("PUT", create), 405, "MethodNotAllowed"],
  ["a GET", request("GET", create), 405, "MethodNotAllowed"],
  [
    "a wrong credential",
    [
      head("POST", create, [
        `Host: ${host}`,
        "Ocp-Apim-Subscription-Key: wrong",
        formType,
        "Content-Length: 0",
      ]),
    ],
    401,
    "NotAuthenticated",
  ],
]);

const result = "/api/getSessionResult";
const query = (text) => request("GET", `${result}${text}`);

refuses("assertSampleShape", result, [
  ["no query", query(""), 400, "BadArgument"],
  ["an empty query", query("?"), 400, "BadArgument"],
  ["no id", query("?action=detectLiveness"), 400, "BadArgument"],
  ["an empty id", query("?action=detectLiveness&sessionId="), 400, "BadArgument"],
  ["an unknown action", query(`?action=settings&sessionId=${session.slice(1)}`), 400, "BadArgument"],
  ["an id that is undefined", query("?action=detectLiveness&sessionId=undefined"), 404, "SessionNotFound"],
  [
    "an id that is a path",
    query("?action=detectLiveness&sessionId=../../persongroups"),
    404,
    "SessionNotFound",
  ],
  [
    "an id that is long",
    query(`?action=detectLiveness&sessionId=${"a".repeat(2000)}`),
    404,
    "SessionNotFound",
  ],
  ["an unknown id without an action", query(`?sessionId=${session.slice(1)}`), 404, "SessionNotFound"],
  [
    "a head that is too large",
    [head("GET", `${result}?sessionId=x`, [...own, `X-A: ${"a".repeat(60000)}`])],
    431,
    "HeadTooLarge",
  ],
  ["another method", request("DELETE", `${result}?sessionId=x`), 405, "MethodNotAllowed"],
  ["a POST", json(result, "{}"), 405, "MethodNotAllowed"],
]);

/* ---- the Face API's shapes, under both roots ---- */

for (const root of ["/api", "/face/v1.2", "//face/v1.2"]) {
  const plain = `${root}/detectLiveness-sessions`;
  const verify = `${root}/detectLivenessWithVerify-sessions`;
  const passive = field("livenessOperationMode", "Passive");

  refuses("assertFaceShape", plain, [
    ["nothing at all", request("POST", plain)],
    ["chunks of nothing", noChunks(plain, jsonType)],
    ["no length", noLength(plain, jsonType)],
    ["no body", json(plain, "")],
    ["no JSON", json(plain, "livenessOperationMode=Passive")],
    ["JSON that is cut off", json(plain, good.slice(0, -1))],
    ["JSON with something behind it", json(plain, `${good}x`)],
    ["a list", json(plain, "[]")],
    ["null", json(plain, "null")],
    ["no mode", json(plain, "{}"), 400, mode],
    [
      "ids that are numbers",
      json(plain, '{"livenessOperationMode":"Passive","deviceCorrelationId":1234567890}'),
    ],
    ["a body without a bottom", json(plain, "[".repeat(50000))],
    [
      "a body of megabytes",
      [head("POST", plain, [...own, "Content-Type: application/json", "Content-Length: 16000000"])],
      413,
      "BodyTooLarge",
    ],
    ["a form", form(plain, [passive]), 415, "BadArgument"],
    ["a text", json(plain, good, "text/plain"), 415, "BadArgument"],
    ["another method", request("PUT", plain), 405, "MethodNotAllowed"],
    ["an unknown session", request("GET", plain + session), 404, "SessionNotFound"],
    ["a session that is undefined", request("GET", `${plain}/undefined`), 404, "SessionNotFound"],
    ["a session that is to be deleted", request("DELETE", plain + session), 404, "SessionNotFound"],
    ["a session above all", request("GET", `${plain}/../../../etc/passwd`), 400, "BadArgument"],
    ["a session of NUL", request("GET", `${plain}/%00`), 400, "BadArgument"],
    ["an address that there is not", request("GET", `${root}/detectLiveness-session`), 404, "RouteNotFound"],
  ]);

  refuses("assertFaceShape", verify, [
    ["JSON without a picture", json(verify, good), 400, "NotAllowedByPolicy"],
    ["a form without a boundary", form(verify, [], "Content-Type: multipart/form-data")],
    ["a form of nothing", form(verify, []), 400, mode],
    ["a form without a mode", form(verify, [file("verifyImage", picture())]), 400, mode],
    ["a form without a picture", form(verify, [passive]), 400, "NotAllowedByPolicy"],
    ["a picture of nothing", form(verify, [passive, file("verifyImage", "")]), 400, "InvalidImageSize"],
    [
      "a picture that is none",
      form(verify, [passive, file("verifyImage", picture("text"))]),
      400,
      "InvalidImage",
    ],
    ["two pictures", form(verify, [passive, file("verifyImage", picture()), file("verifyImage", picture())])],
    [
      "two modes",
      form(verify, [
        passive,
        field("livenessOperationMode", "PassiveActive"),
        file("verifyImage", picture()),
      ]),
    ],
    [
      "a thousand parts",
      form(
        verify,
        Array.from({ length: 1000 }, (_, i) => field(`f${i}`, "x")),
      ),
    ],
    [
      "a form without an end",
      request("POST", verify, [formType], '--cut\r\nContent-Disposition: form-data; name="a"\r\n\r\nx'),
    ],
    ["chunks of nothing", noChunks(verify, formType)],
    ["chunks of nothing that are JSON", noChunks(verify, jsonType)],
    ["no length", noLength(verify, formType)],
    [
      "chunks without lengths",
      [head("POST", verify, [...own, formType, "Transfer-Encoding: chunked"]), Buffer.from("zz\r\n")],
      400,
      "BadArgument",
    ],
    [
      "a boundary that is too long",
      form(verify, [passive], `Content-Type: multipart/form-data; boundary=${"b".repeat(71)}`),
    ],
  ]);
}

/* ---- what breaks off ---- */

for (const app of apps) {
  test(`${app.name}: closed in the middle of a create`, async () => {
    const settings = { host, base: "", key: "an-app-token", mode: "Passive" };
    const image = app.canVerify ? picture("jpeg", 20000) : null;
    const bytes = Buffer.concat(app.create({ ...settings, image }));
    for (const share of [0.001, 0.01, 0.2, 0.5, 0.9, 0.999]) {
      const wire = new Wire(backend.url);
      wire.write(bytes.subarray(0, bytes.length * share));
      if (share > 0.4) wire.kill();
      else await wire.end();
    }
    const phone = new Phone(app, backend, new Camera(backend));
    assert.equal((await phone.start("Passive", image)).livenessDecision, "realface");
    phone.off();
  });
}

test("bytes that are no HTTP", async () => {
  for (const bytes of [
    "\0\0\0\0",
    "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "hello\r\n\r\n",
  ]) {
    const wire = new Wire(backend.url);
    wire.write(Buffer.from(bytes, "latin1"));
    await wire.end();
  }
});

test("byte by byte, and all chunks of one byte", async () => {
  const fields = { livenessOperationMode: "Passive" };
  const body = Buffer.from(JSON.stringify(fields));
  const type = "Content-Type: application/json";
  const lines = [...own, type, "Transfer-Encoding: chunked"];
  const start = head("POST", "/face/v1.2/detectLiveness-sessions", lines);
  const bytes = Buffer.concat([start, ...chunked(body, 1)]);
  const answer = await once(backend.url, ...Array.from(bytes, (byte) => Buffer.from([byte])));
  assert.ok(android.created(answer).token);
});

test("afterwards everything works as before", async () => {
  const sample = new NextSample(new Page(backend.url), new Camera(backend));
  const image = new File([picture()], "face.jpg");
  assert.deepEqual(await sample.run("Passive", { image }), { live: true, same: true });
});

#!/usr/bin/env node
// Writes openapi.json, which the server carries, from what stands in this folder and in the server's own tables.
//   server/web/openapi/make.mjs          writes server/web/openapi.json
//   server/web/openapi/make.mjs --print  prints it instead
// Neither the build nor the server needs this: the document is kept beside it, and a test holds it against this.
import { readFileSync, writeFileSync } from "node:fs";
import { headers, parameters } from "./headers.mjs";
import { common, paths } from "./operations.mjs";
import { answered, problems } from "./problems.mjs";
import { schemas } from "./schemas.mjs";

const here = new URL("./", import.meta.url);
const recorded = JSON.parse(readFileSync(new URL("examples.json", here), "utf8"));
const [, version] = /VERSION (\d+\.\d+\.\d+)/.exec(readFileSync(new URL("../../../CMakeLists.txt", here), "utf8"));

// What every answer has, and what errors have besides.
const always = ["RequestId", "CacheControl", "ContentTypeOptions"];
const wire = {
  RequestId: "X-Request-Id",
  CacheControl: "Cache-Control",
  ContentTypeOptions: "X-Content-Type-Options",
  RateLimit: "RateLimit",
  RateLimitPolicy: "RateLimit-Policy",
  RetryAfter: "Retry-After",
  ErrorCode: "x-ms-error-code",
  Challenge: "WWW-Authenticate",
  ScopeChallenge: "WWW-Authenticate",
  PreferenceApplied: "Preference-Applied",
  DeviceToken: "X-Device-Token",
  SetCookie: "Set-Cookie",
  AccelBuffering: "X-Accel-Buffering",
  Allow: "Allow",
  ETag: "ETag",
  ContentSecurityPolicy: "Content-Security-Policy",
  FrameOptions: "X-Frame-Options",
  PermissionsPolicy: "Permissions-Policy",
  ReferrerPolicy: "Referrer-Policy",
  OpenerPolicy: "Cross-Origin-Opener-Policy",
  ResourcePolicy: "Cross-Origin-Resource-Policy",
  Location: "Location",
  AllowOrigin: "Access-Control-Allow-Origin",
};

function headersOf(names) {
  return Object.fromEntries(names.map((name) => [wire[name], { $ref: `#/components/headers/${name}` }]));
}

// ---- errors ----

const titles = {
  400: "BadRequest", 401: "Unauthenticated", 403: "Refused", 404: "NotFound", 405: "WrongMethod", 409: "Conflict",
  413: "TooLarge", 415: "WrongMediaType", 422: "Mismatch", 429: "TooMany", 431: "HeadTooLarge", 500: "Defect",
  502: "UpstreamFails", 503: "Unavailable", 504: "UpstreamSlow",
};

const requestId = "5f0c62b19a7d3e44a1b2c3d4e5f60718";
const canWait = new Set(["RATE_LIMITED", "CONCURRENT_OPERATION", "UPSTREAM_BUSY", "SERVER_BUSY", "STORE_UNAVAILABLE", "KEYS_UNAVAILABLE"]);

function errorMembers(symbol) {
  const { code, message, advice } = problems[symbol];
  return {
    code,
    message,
    retryable: advice === "retry",
    advice,
    ...(canWait.has(symbol) ? { retryAfterSeconds: 7 } : {}),
    requestId,
    help: `/errors#${code}`,
  };
}

function errorExample(symbol) {
  return { summary: problems[symbol].cause, value: { error: errorMembers(symbol) } };
}

function sampleErrorExample(symbol) {
  const error = { token: null, ...errorMembers(symbol) };
  return { summary: problems[symbol].cause, value: { message: error.message, token: null, error } };
}

function problemExample(symbol) {
  const { message, help, ...members } = errorMembers(symbol);
  return { summary: problems[symbol].cause, value: { type: help, title: message, status: problems[symbol].status, ...members } };
}

const camel = (symbol) => symbol.toLowerCase().replace(/(?:^|_)(\w)/g, (_, letter) => letter.toUpperCase());

function examplesOf(symbols, suffix) {
  return Object.fromEntries(
    symbols.map((symbol) => [camel(symbol), { $ref: `#/components/examples/${camel(symbol)}${suffix}` }]),
  );
}

// The answers of a status that are the same for many operations, each written once.
class Errors {
  responses = {};
  examples = {};
  #names = new Map();

  // The component for these symbols, all of one status.
  name(status, symbols, shape) {
    const key = `${shape}${status} ${symbols.join(" ")}`;
    if (!this.#names.has(key)) this.#names.set(key, this.#add(status, symbols, shape));
    return this.#names.get(key);
  }

  #add(status, symbols, shape) {
    const codes = symbols.map((symbol) => problems[symbol].code);
    const base = shape + (symbols.length === 1 ? camel(symbols[0]) : titles[status]);
    let name = base;
    for (let n = 2; name in this.responses; n++) name = `${base}${n}`;
    const make = shape === "Sample" ? sampleErrorExample : errorExample;
    for (const symbol of symbols) {
      this.examples[camel(symbol) + shape] = make(symbol);
      this.examples[`${camel(symbol)}Problem`] = problemExample(symbol);
    }
    this.responses[name] = {
      description: symbols.map((symbol) => `\`${problems[symbol].code}\`: ${problems[symbol].cause}`).join("\n\n"),
      headers: { ...this.#headers(status, symbols), "x-ms-error-code": errorCodeHeader(codes) },
      content: {
        "application/json": { schema: { $ref: `#/components/schemas/${shape}Error` }, examples: examplesOf(symbols, shape) },
        "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" }, examples: examplesOf(symbols, "Problem") },
      },
    };
    return name;
  }

  #headers(status, symbols) {
    return headersOf([
      ...always,
      ...(symbols.some((symbol) => canWait.has(symbol)) ? ["RetryAfter"] : []),
      ...(status === 431 ? [] : ["RateLimit", "RateLimitPolicy"]),
      ...(status === 401 ? ["Challenge"] : []),
      ...(status === 403 && symbols.includes("FORBIDDEN") ? ["ScopeChallenge"] : []),
      ...(status === 405 ? ["Allow"] : []),
    ]);
  }
}

function errorCodeHeader(codes) {
  return { ...headers.ErrorCode, schema: { type: "string", enum: [...new Set(codes)] }, example: codes[0] };
}

// ---- operations ----

function byStatus(symbols) {
  const found = new Map();
  for (const symbol of answered.filter((name) => symbols.includes(name))) {
    const { status } = problems[symbol];
    found.set(status, [...(found.get(status) ?? []), symbol]);
  }
  return [...found].sort(([a], [b]) => a - b);
}

function responses({ answers, problems: symbols, shape = "" }, errors) {
  const good = Object.entries(answers).map(([status, { headers: more = [], ...answer }]) => [
    status,
    { description: answer.description, headers: headersOf([...always, ...more]), ...answer },
  ]);
  const bad = byStatus(symbols).map(([status, list]) => [
    String(status),
    { $ref: `#/components/responses/${errors.name(status, list, shape)}` },
  ]);
  return { ...Object.fromEntries([...good, ...bad]), default: { $ref: "#/components/responses/AnyError" } };
}

function operations(errors) {
  return Object.fromEntries(
    Object.entries(paths).map(([path, methods]) => [
      path,
      Object.fromEntries([
        ["parameters", common],
        ...        Object.entries(methods).map(([method, operation]) => {
          const { answers, problems: symbols, shape, ...kept } = operation;
          return [method, { ...kept, responses: responses({ answers, problems: symbols, shape }, errors) }];
        }),
      ]),
    ]),
  );
}

// What depends on no route, and what a proxy in front answers.
function anyError(examples) {
  const symbols = ["ROUTE_NOT_FOUND", "METHOD_NOT_ALLOWED", "SHUTTING_DOWN", "SERVER_UNREACHABLE", "SERVER_TIMEOUT"];
  for (const symbol of symbols) examples[camel(symbol)] = errorExample(symbol);
  return {
    description:
      "What depends on no operation: no such address (404), another method than these (405, with `Allow`), a server that " +
      "is shutting down (503), and what a proxy answers for a server that it does not reach (502, 504).",
    headers: {
      "X-Request-Id": { ...headers.RequestId, required: false },
      "x-ms-error-code": errorCodeHeader(symbols.map((symbol) => problems[symbol].code)),
      Allow: { $ref: "#/components/headers/Allow" },
      "Retry-After": { $ref: "#/components/headers/RetryAfter" },
    },
    content: {
      "application/json": {
        schema: { $ref: "#/components/schemas/Error" },
        examples: examplesOf(symbols, ""),
      },
    },
  };
}

const key = (where, name, description) => ({ type: "apiKey", in: where, name, description });

const securitySchemes = {
  bearer: {
    type: "http",
    scheme: "bearer",
    description: "An app token (`auth.mode: app_token`), or a JWT of an identity provider (`auth.mode: jwt`).",
  },
  subscriptionKey: key("header", "Ocp-Apim-Subscription-Key", "The same, where clients of the Face API send their key."),
  deviceToken: key("header", "X-Device-Token", "The device token of an anonymous device (`auth.mode: anonymous`)."),
  deviceCookie: key("cookie", "livenessd_device", "The same in a browser of the same site. Writes need an origin that is allowed."),
  secureDeviceCookie: key("cookie", "__Host-livenessd_device", "The same where `http.public_url` is https."),
};

const tags = [
  ["sessions", "Liveness sessions: what a new frontend uses."],
  ["devices", "Anonymous devices."],
  ["audit", "Who did what."],
  ["public", "What everybody may read."],
  ["samples", "The routes of the vendor's web samples."],
  ["face", "The same sessions under the paths and shapes of v1.2 and v1.3-preview.1 of the Face API, for its clients."],
  ["preview", "The same under those of v1.1-preview.1 and v1.2-preview.1."],
  ["demo", "The demo page."],
];

const description = `An app server between frontends and Azure AI Face liveness.

1. \`POST /api/detectLiveness-sessions\` creates a session; hand \`authToken\` to the vendor's SDK on the device. The answer's \`X-Device-Token\` (or the cookie) is what an anonymous device shows from then on.
2. When the SDK is done, \`POST …/completion\` with its digest; \`?wait=10\` waits for the verdict.
3. \`verdict.accepted: true\` means yes, nothing else does. \`verdict.retry\` says what to do otherwise.

Paths match in any case, repeated slashes collapse, and unknown query parameters and members are ignored. GET routes answer HEAD too. Pages of the origins in \`cors.origins\` may call; answers to them have \`Access-Control-…\` and \`Vary\` headers besides those named here. Every code of an error stands in the catalogue at \`/errors\`.`;

function document() {
  const errors = new Errors();
  const found = operations(errors);
  const { ErrorCode: unused, ...kept } = headers; // each answer names its own codes
  return {
    openapi: "3.1.0",
    info: {
      title: "livenessd",
      version,
      summary: "Liveness checks for web and mobile frontends",
      description,
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: ".", description: "Where this document came from." }],
    tags: tags.map(([name, text]) => ({ name, description: text })),
    paths: found,
    components: {
      securitySchemes,
      schemas,
      parameters,
      headers: kept,
      responses: { ...errors.responses, AnyError: anyError(errors.examples) },
      examples: {
        ...Object.fromEntries(Object.entries(recorded).map(([name, [summary, value]]) => [name, { summary, value }])),
        ...errors.examples,
      },
    },
  };
}

const text = `${JSON.stringify(document(), null, 1)}\n`;
if (process.argv.includes("--print")) process.stdout.write(text);
else writeFileSync(new URL("../openapi.json", here), text);

// Every path and method, each in one place: sessions are described once and mounted below /api and the versions of
// the Face API.
const parameter = (name) => ({ $ref: `#/components/parameters/${name}` });
const json = (schema, examples) => ({ "application/json": content(schema, examples) });
const content = (schema, examples) => ({
  schema: typeof schema === "string" ? { $ref: `#/components/schemas/${schema}` } : schema,
  ...(examples ? { examples: Object.fromEntries(examples.map((name) => [name, { $ref: `#/components/examples/${name}` }])) } : {}),
});
const listOf = (schema) => ({ type: "array", items: { $ref: `#/components/schemas/${schema}` } });
const body = (content, description, required = true) => ({ description, required, content });

// Who may call, by the security schemes.
const keys = [{ bearer: [] }, { subscriptionKey: [] }];
const devices = [{ deviceToken: [] }, { deviceCookie: [] }, { secureDeviceCookie: [] }];
const anybody = [...keys, ...devices, {}];
const owners = [...keys, ...devices];

// What can go wrong, by symbols of base/problem_table.h.
const everywhere = ["BAD_ARGUMENT", "HEAD_TOO_LARGE", "INTERNAL"];
const called = [...everywhere, "NOT_AUTHENTICATED", "RATE_LIMITED", "STORE_UNAVAILABLE", "KEYS_UNAVAILABLE"];
const written = ["ORIGIN_NOT_ALLOWED"]; // of what pages may not do everywhere
const operated = [...called, "FORBIDDEN"];
const bodied = ["BODY_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"];
const upstream = ["UPSTREAM_DENIED", "UPSTREAM_BROKEN", "UPSTREAM_BUSY", "UPSTREAM_TIMEOUT"];
const looked = [...called, "SESSION_NOT_FOUND", ...upstream];
const created = [
  ...called, ...written, ...bodied, ...upstream, "INVALID_REQUEST_BODY", "INVALID_TOKEN_LIFETIME", "INVALID_LIVENESS_MODE",
  "NOT_ALLOWED_BY_POLICY", "DEVICE_TOKEN_REQUIRED", "FORBIDDEN", "CONCURRENT_OPERATION", "IDEMPOTENCY_MISMATCH",
];
const withImage = ["INVALID_IMAGE", "INVALID_IMAGE_SIZE", "SERVER_BUSY"];

export const common = ["RequestId", "TraceParent", "Accept"].map(parameter);
const handedOut = ["DeviceToken", "SetCookie"];
const limited = ["RateLimit", "RateLimitPolicy"];

// One operation. `answers`: {status: {description, content?, headers?}}.
function operation({ id, tag, summary, description, security, parameters = [], requestBody, answers, problems, shape }) {
  return {
    operationId: id,
    tags: [tag],
    summary,
    description,
    security,
    parameters: parameters.map(parameter),
    ...(requestBody ? { requestBody } : {}),
    answers,
    problems,
    shape,
  };
}

const version = (mount) => (mount.version ? [mount.version] : []);
const name = (mount, kind, what) => `${what.replace("Session", `${kind.word}Session`)}${mount.suffix}`;

// ---- sessions of one kind below one mount ----

function createBody(mount, kind) {
  const plain = json("CreateSession", kind.verify ? ["CreateVerifySession"] : ["CreateSession", "CreateForOwner"]);
  if (!kind.verify) return body(plain, "What is wanted.");
  const image = "image/jpeg, image/png, image/gif, image/bmp";
  const form = { ...content("VerifyForm"), encoding: { verifyImage: { contentType: image } } };
  return body(
    { "multipart/form-data": form, ...plain },
    "What is wanted, and the reference image. Without an image, as JSON, only where `policy.verify_image` lets the device bring it.",
  );
}

function create(mount, kind) {
  return operation({
    id: name(mount, kind, "createSession"),
    tag: mount.tag,
    summary: `Create a ${kind.text} session`,
    description:
      "Creates the session upstream and answers with the device's token. With an `Idempotency-Key` it can be repeated " +
      "when no answer came.",
    security: anybody,
    parameters: [...version(mount), "IdempotencyKey"],
    requestBody: createBody(mount, kind),
    answers: {
      200: {
        description: "It has been created.",
        headers: [...limited, ...handedOut],
        content: json(mount.preview ? "PreviewCreatedSession" : "CreatedSession", [mount.preview ? (kind.verify ? "PreviewCreatedVerify" : "PreviewCreated") : kind.verify ? "CreatedVerify" : "Created"]),
      },
    },
    problems: kind.verify ? [...created, ...withImage] : created,
  });
}

function list(mount, kind) {
  return operation({
    id: `list${kind.word}Sessions${mount.suffix}`,
    tag: mount.tag,
    summary: `List ${kind.text} sessions`,
    description: "For operators: our records of the tenant, ascending by id, in the previews' shape on every path.",
    security: keys,
    parameters: [...version(mount), "Start", "Top"],
    answers: { 200: { description: "A page of them.", headers: limited, content: json(listOf("SessionItem"), ["SessionList"]) } },
    problems: operated,
  });
}

function shown(mount, kind) {
  const examples = mount.preview
    ? [kind.verify ? "PreviewVerifySession" : "PreviewSession"]
    : kind.verify
      ? ["LiveVerify", "NotIdentical"]
      : ["Pending", "Live", "Spoof", "Expired", "ForOperators"];
  return {
    description: "The session, with its verdict.",
    headers: [...limited, "PreferenceApplied"],
    content: json(mount.preview ? "PreviewSession" : "Session", examples),
  };
}

function get(mount, kind) {
  return operation({
    id: name(mount, kind, "getSession"),
    tag: mount.tag,
    summary: `Read a ${kind.text} session`,
    description:
      "For the owner, operators, and the delegate who created it. One that is not settled is looked at upstream. With " +
      "`wait` or `Prefer` it is answered once it is settled.",
    security: owners,
    parameters: [...version(mount), "SessionId", "Wait", "Prefer"],
    answers: { 200: shown(mount, kind) },
    problems: looked,
  });
}

function remove(mount, kind) {
  return operation({
    id: name(mount, kind, "deleteSession"),
    tag: mount.tag,
    summary: `Delete a ${kind.text} session`,
    description: "Deletes it here and upstream; afterwards it is 404.",
    security: owners,
    parameters: [...version(mount), "SessionId"],
    answers: { [mount.preview ? 200 : 204]: { description: "It is gone.", headers: limited } },
    problems: [...called, ...written, "SESSION_NOT_FOUND", "CONCURRENT_OPERATION"],
  });
}

function complete(mount, kind) {
  return operation({
    id: name(mount, kind, "completeSession"),
    tag: mount.tag,
    summary: `Say that the check is over (${kind.text})`,
    description:
      "The frontend's word, with what the SDK gave it. The result is fetched at once; answers like GET, and waits like it. " +
      "Another digest than the first is 409.",
    security: owners,
    parameters: [...version(mount), "SessionId", "Wait", "Prefer"],
    requestBody: body(json("Completion", ["Completed", "Failed"]), "What the SDK gave.", false),
    answers: { 200: shown(mount, kind) },
    problems: [...looked, ...written, ...bodied, "INVALID_REQUEST_BODY", "FORBIDDEN", "COMPLETION_CONFLICT", "CONCURRENT_OPERATION"],
  });
}

function events(mount, kind) {
  return operation({
    id: `follow${kind.word}Session${mount.suffix}`,
    tag: mount.tag,
    summary: `Follow a ${kind.text} session`,
    description:
      "Server-sent events: `status` when it changes, `verdict` once, and then the end; `end` with a `reason` (`removed`, " +
      "`shutdown`, `unavailable`, `timeout`) when there is no verdict.",
    security: owners,
    parameters: [...version(mount), "SessionId", "LastEventId"],
    answers: {
      200: {
        description: "The events, as they happen.",
        headers: [...limited, "AccelBuffering"],
        content: { "text/event-stream": content({ type: "string" }, ["Events"]) },
      },
      204: { description: "All has been said: `Last-Event-ID` is that of the verdict.", headers: limited },
    },
    problems: looked,
  });
}

function audit(mount, kind) {
  return operation({
    id: `list${kind.word}Attempts${mount.suffix}`,
    tag: mount.tag,
    summary: `List the attempts of a ${kind.text} session`,
    description: "For operators: one entry an attempt, newest first, in the previews' shape on every path.",
    security: keys,
    parameters: [...version(mount), "SessionId", "Start", "Top"],
    answers: {
      200: { description: "The attempts.", headers: limited, content: json(listOf("AuditEntry"), [kind.verify ? "VerifyAttempts" : "Attempts"]) },
    },
    problems: [...operated, "SESSION_NOT_FOUND", ...upstream],
  });
}

const kinds = [
  { word: "", text: "liveness", verify: false, stable: "detectLiveness-sessions", preview: "detectLiveness/singleModal/sessions" },
  {
    word: "Verify",
    text: "liveness with verify",
    verify: true,
    stable: "detectLivenessWithVerify-sessions",
    preview: "detectLivenessWithVerify/singleModal/sessions",
  },
];

function sessionPaths(mount) {
  return kinds.flatMap((kind) => {
    const base = `${mount.root}/${mount.preview ? kind.preview : kind.stable}`;
    return [
      [base, { get: list(mount, kind), post: create(mount, kind) }],
      [`${base}/{sessionId}`, { get: get(mount, kind), delete: remove(mount, kind) }],
      [`${base}/{sessionId}/completion`, { post: complete(mount, kind) }],
      [`${base}/{sessionId}/events`, { get: events(mount, kind) }],
      [`${base}/{sessionId}/audit`, { get: audit(mount, kind) }],
    ];
  });
}

// ---- pictures ----

function image(mount) {
  return operation({
    id: `getSessionImage${mount.suffix}`,
    tag: mount.tag,
    summary: "Fetch the picture of a check",
    description: "For operators, as long as `retention.image` has the upstream keep it.",
    security: keys,
    parameters: [...version(mount), "SessionImageId"],
    answers: {
      200: {
        description: "The picture.",
        headers: limited,
        content: { "application/octet-stream": { schema: { type: "string", format: "binary" } }, "image/jpeg": { schema: { type: "string", format: "binary" } } },
      },
    },
    problems: [...operated, "SESSION_NOT_FOUND", ...upstream],
  });
}

function detect(mount) {
  return operation({
    id: `detect${mount.suffix}`,
    tag: mount.tag,
    summary: "Find faces in the picture of a check",
    description: "For operators. The query is that of Face detect.",
    security: keys,
    parameters: [
      ...version(mount), "DetectionModel", "RecognitionModel", "ReturnFaceId", "ReturnFaceAttributes", "ReturnFaceLandmarks",
      "ReturnRecognitionModel", "FaceIdTimeToLive",
    ],
    requestBody: body(json("ImageName", ["ImageName"]), "Which picture."),
    answers: { 200: { description: "The faces, the largest first.", headers: limited, content: json(listOf("DetectedFace"), ["Faces"]) } },
    problems: [...operated, ...written, ...bodied, "SESSION_NOT_FOUND", ...upstream],
  });
}

// ---- all else ----

const samples = {
  "/api/generateAccessToken": {
    post: operation({
      id: "generateAccessToken",
      tag: "samples",
      summary: "Create a session, as the web samples do",
      description: "For the frontends of the vendor's Next, Angular and Vue samples. New ones had better use `/api`.",
      security: anybody,
      parameters: ["IdempotencyKey"],
      requestBody: body({ "multipart/form-data": content("SampleForm") }, "The samples' form."),
      answers: {
        200: { description: "It has been created.", headers: [...limited, ...handedOut], content: json("SampleToken", ["SampleToken"]) },
      },
      problems: [...created, ...withImage],
      shape: "Sample",
    }),
  },
  "/api/getSessionResult": {
    get: operation({
      id: "getSessionResult",
      tag: "samples",
      summary: "Read a session, as the web samples do",
      description: "All that the samples read is always there. Waits like GET of a session.",
      security: owners,
      parameters: ["SampleAction", "SampleSessionId", "Wait", "Prefer"],
      answers: {
        200: { description: "The session.", headers: [...limited, "PreferenceApplied"], content: json("SampleResult", ["SampleResult"]) },
      },
      problems: looked,
      shape: "Sample",
    }),
  },
};

const pageHeaders = [
  "ContentSecurityPolicy", "FrameOptions", "PermissionsPolicy", "ReferrerPolicy", "OpenerPolicy", "ResourcePolicy",
];

const rest = {
  "/api/devices": {
    post: operation({
      id: "createDevice",
      tag: "devices",
      summary: "Get a device token",
      description:
        "In `auth.mode: anonymous`, for who wants the token before the first create. Who sends a valid one keeps it.",
      security: anybody,
      answers: {
        200: { description: "Of whom the token is.", headers: [...limited, ...handedOut], content: json("Device", ["Device"]) },
      },
      problems: [...called, ...written, "ROUTE_NOT_FOUND"],
    }),
  },
  "/api/devices/{deviceCorrelationId}/reset": {
    post: operation({
      id: "resetDevice",
      tag: "devices",
      summary: "Give a device another correlation id",
      description: "For operators, after a person has looked at what the device was blamed for. Ends its tokens.",
      security: keys,
      parameters: ["DeviceCorrelationId"],
      requestBody: body(json("Reset", ["Reset"]), "Why."),
      answers: { 204: { description: "It has been reset.", headers: limited } },
      problems: [...operated, ...written, ...bodied, "INVALID_REQUEST_BODY", "DEVICE_NOT_FOUND", "CONCURRENT_OPERATION"],
    }),
  },
  "/api/audit": {
    get: operation({
      id: "getAuditTrail",
      tag: "audit",
      summary: "Read the audit trail",
      description: "For operators: who did what, in their tenant, oldest first.",
      security: keys,
      parameters: ["Start", "Top", "OfSession"],
      answers: { 200: { description: "A page of it.", headers: limited, content: json("Trail", ["Trail"]) } },
      problems: operated,
    }),
  },
  "/.well-known/jwks.json": {
    get: operation({
      id: "getReceiptKeys",
      tag: "public",
      summary: "The keys that receipts are checked with",
      description: "May be kept for minutes: a key is in here an hour before its first signature.",
      security: [],
      answers: { 200: { description: "The keys.", content: json("Keys", ["Keys"]) } },
      problems: everywhere,
    }),
  },
  "/errors": {
    get: operation({
      id: "getErrorCatalogue",
      tag: "public",
      summary: "The error catalogue",
      description: "Every code, what it means and what to do about it: a page, or JSON when `Accept` prefers that.",
      security: [],
      answers: {
        200: {
          description: "The catalogue.",
          headers: pageHeaders,
          content: { "text/html": content({ type: "string" }, ["CataloguePage"]), ...json("Catalogue", ["Catalogue"]) },
        },
      },
      problems: everywhere,
    }),
  },
  "/openapi.json": {
    get: operation({
      id: "getDocument",
      tag: "public",
      summary: "This document",
      description: "For pages of every origin.",
      security: [],
      parameters: ["IfNoneMatch"],
      answers: {
        200: {
          description: "The document.",
          headers: ["ETag", "AllowOrigin"],
          content: { "application/json": content({ type: "object", required: ["openapi", "info", "paths"] }, ["Document"]) },
        },
        304: { description: "It is the one at hand.", headers: ["ETag", "AllowOrigin"] },
      },
      problems: everywhere,
    }),
  },
};

const demoFile = (id, summary, description, parameters, content, headers) =>
  operation({
    id,
    tag: "demo",
    summary,
    description: `${description} With \`web.demo\` only.`,
    security: [],
    parameters,
    answers: { 200: { description: "Here it is.", headers, content } },
    problems: [...everywhere, "ROUTE_NOT_FOUND"],
  });
const textOf = (...types) => Object.fromEntries(types.map((type) => [type, { schema: { type: "string" } }]));
const page = (id, summary, description) => {
  const found = demoFile(id, summary, description, [], textOf("text/html"), pageHeaders);
  found.answers[302] = { description: "Its address ends with a slash.", headers: ["Location"] };
  return found;
};

const demo = {
  "/demo": { get: page("getDemo", "The demo page", "A liveness check in the browser.") },
  "/demo/{file}": {
    get: demoFile("getDemoFile", "A script or style of the demo page", "What the page consists of.", ["File"],
      textOf("text/javascript", "text/css", "image/svg+xml"), ["ResourcePolicy"]),
  },
  "/demo/settings.json": {
    get: demoFile("getDemoSettings", "What the demo page is told", "Nothing secret.", [], json("DemoSettings", ["DemoSettings"]), ["ResourcePolicy"]),
  },
  "/demo/face-ui": { get: page("getDemoFrame", "The frame of the vendor's component", "With `web.face_ui_dir` only.") },
  "/demo/face-ui/{file}": {
    get: demoFile("getFaceUiFile", "A file of the vendor's component", "From `web.face_ui_dir`; it may lie in folders below.", ["File"],
      { "*/*": { schema: { type: "string", format: "binary" } } }, ["ResourcePolicy"]),
  },
};

const api = { root: "/api", tag: "sessions", suffix: "" };
const stable = { root: "/face/{apiVersion}", tag: "face", suffix: "OfFace", version: "StableVersion" };
const preview = { root: "/face/{apiVersion}", tag: "preview", suffix: "OfPreview", version: "PreviewVersion", preview: true };
const images = { ...stable, version: "ImageVersion" };

// {path: {method: operation}}
export const paths = Object.fromEntries([
  ...sessionPaths(api),
  ["/api/sessionImages/{sessionImageId}", { get: image(api) }],
  ["/api/detect", { post: detect(api) }],
  ...Object.entries(samples),
  ...Object.entries(rest),
  ...Object.entries(demo),
  ...sessionPaths(stable),
  ["/face/{apiVersion}/sessionImages/{sessionImageId}", { get: image(stable) }],
  ["/face/{apiVersion}/detect", { post: detect(images) }],
  ...sessionPaths(preview),
  ["/face/v1.2-preview.1/session/sessionImages/{sessionImageId}", { get: image({ ...preview, version: undefined }) }],
]);

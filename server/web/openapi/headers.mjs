// The header fields of requests and answers, by the names they have in the document's components.
const text = (description, example, more = {}) => ({
  description,
  schema: { type: "string", ...more },
  example,
});

export const headers = {
  RequestId: {
    ...text(
      "The request's id, as it stands in the log and in errors: a trusted proxy's own, else a new one.",
      "5f0c62b19a7d3e44a1b2c3d4e5f60718",
    ),
    required: true,
  },
  CacheControl: { ...text("Who may keep the answer: nobody, unless the route says otherwise.", "no-store"), required: true },
  ContentTypeOptions: { ...text("Types are as stated.", "nosniff", { const: "nosniff" }), required: true },
  RateLimit: text(
    "How the caller stands with each limit: `r` are left now, in `t` seconds all of the burst is there again.",
    '"create-device";r=2;t=100, "create-principal";r=19;t=60',
  ),
  RateLimitPolicy: text(
    "The limits that counted this request: `q` in `w` seconds.",
    '"create-device";q=6;w=600, "create-principal";q=60;w=3600',
  ),
  RetryAfter: {
    description: "Seconds until it is worth asking again.",
    schema: { type: "integer", minimum: 1 },
    example: 7,
  },
  ErrorCode: {
    description: "The code of the error, as in the body.",
    required: true,
    schema: { $ref: "#/components/schemas/ErrorCode" },
    example: "SessionNotFound",
  },
  Challenge: {
    ...text("How to authenticate (RFC 6750); says no more about a wrong credential than that it is one.", "Bearer"),
    required: true,
  },
  ScopeChallenge: text("The scope that was missing (RFC 6750).", 'Bearer error="insufficient_scope"'),
  PreferenceApplied: text("The wait that was granted, when `Prefer: wait=N` asked for one.", "wait=10"),
  DeviceToken: text(
    "A device token that was made for this request; not to pages of the same site, which have the cookie.",
    "1.k3Jf0Q.bm90IGEgcmVhbCB0b2tlbg.c2lnbmF0dXJl",
  ),
  SetCookie: text(
    "The same token for browsers (`__Host-livenessd_device` when `http.public_url` is https).",
    "livenessd_device=1.k3Jf0Q.bm90IGEgcmVhbCB0b2tlbg.c2lnbmF0dXJl; Path=/; Max-Age=15552000; HttpOnly; SameSite=Lax",
  ),
  AccelBuffering: { ...text("Has nginx pass each event at once.", "no"), required: true },
  Allow: text("The methods that the address takes.", "GET, HEAD, DELETE, OPTIONS"),
  ETag: { ...text("The document's version.", '"0123456789abcdef"'), required: true },
  ContentSecurityPolicy: text("What the page may load.", "default-src 'none'; style-src 'self'"),
  FrameOptions: text("No page may frame it.", "DENY"),
  PermissionsPolicy: text("What the page may use of the device.", "camera=(self)"),
  OpenerPolicy: text("Windows of other origins cannot reach it.", "same-origin"),
  ResourcePolicy: text("Other origins cannot embed it.", "same-origin"),
  Location: { ...text("Where it is.", "demo/"), required: true },
  AllowOrigin: { ...text("Every page may read it.", "*", { const: "*" }), required: true },
  ReferrerPolicy: text("What other sites learn of where a link stood.", "no-referrer"),
};

const words = (name, description, example, schema = { type: "string" }) => ({
  name,
  in: "header",
  required: false,
  description,
  schema,
  example,
});
const query = (name, description, schema, example) => ({ name, in: "query", required: false, description, schema, example });
const path = (name, description, schema, example) => ({ name, in: "path", required: true, description, schema, example });

export const parameters = {
  StableVersion: path(
    "apiVersion",
    "A version of the Face API with these paths and shapes.",
    { type: "string", enum: ["v1.2", "v1.3-preview.1"] },
    "v1.2",
  ),
  PreviewVersion: path(
    "apiVersion",
    "An older version of the Face API, with paths and shapes of its own.",
    { type: "string", enum: ["v1.1-preview.1", "v1.2-preview.1"] },
    "v1.2-preview.1",
  ),
  ImageVersion: path(
    "apiVersion",
    "A version of the Face API that has session images.",
    { type: "string", enum: ["v1.2", "v1.3-preview.1", "v1.2-preview.1"] },
    "v1.2",
  ),
  SessionId: path(
    "sessionId",
    "`sessionId` of the create's answer. Whatever is no id of a session of the caller is 404.",
    { type: "string" },
    "019a0c2e-5a11-7c3e-9b52-3f6d1c2e4a90",
  ),
  SessionImageId: path(
    "sessionImageId",
    "`sessionImageId` of an attempt, as operators see it.",
    { type: "string" },
    "AX-gQ1Fkq0dQm0m1w6cXkq9y0Wk5u2b8m1Vb0c7d3eF4",
  ),
  DeviceCorrelationId: path(
    "deviceCorrelationId",
    "The id that lists and records show for the device, the present or a former one.",
    { type: "string" },
    "7d3e445f-0c62-8b19-a7d3-e445f0c62b19",
  ),
  File: path("file", "Its name.", { type: "string" }, "demo.css"),
  IdempotencyKey: words(
    "Idempotency-Key",
    "1 to 255 printable characters, best a random UUID: the same caller, key and body get the same session and " +
      "answer. Anonymous callers need a device token first.",
    "3b241101-e2bb-4255-8caf-4136c566a962",
    { type: "string", minLength: 1, maxLength: 255 },
  ),
  Prefer: words(
    "Prefer",
    "`wait=N` (RFC 7240): answer as soon as the session is settled, or after N seconds or `http.max_wait`.",
    "wait=10",
  ),
  LastEventId: words(
    "Last-Event-ID",
    "The id of the `verdict` event, from who comes back: answered 204, at which an `EventSource` rests.",
    "verdict-1764000000000",
  ),
  RequestId: words("X-Request-Id", "Taken over from a trusted proxy; of others it is ignored.", "5f0c62b19a7d3e44"),
  TraceParent: words(
    "traceparent",
    "Allowed to pages of listed origins, and ignored.",
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  ),
  IfNoneMatch: words("If-None-Match", "The `ETag` of the copy at hand.", '"0123456789abcdef"'),
  Accept: words(
    "Accept",
    "`application/problem+json` asks for errors in the form of RFC 9457.",
    "application/json",
  ),
  Wait: query(
    "wait",
    "Seconds to wait until the session is settled; more than `http.max_wait` count as that.",
    { type: "integer", minimum: 0 },
    10,
  ),
  Start: query("start", "Only what comes after this id.", { type: "string", maxLength: 64 }, "019a0c2e-5a11-7c3e-9b52-3f6d1c2e4a90"),
  Top: query("top", "At most so many; 1000 unless given.", { type: "integer", minimum: 1, maximum: 1000 }, 100),
  OfSession: query(
    "session",
    "Only entries about this session.",
    { type: "string", format: "uuid" },
    "019a0c2e-5a11-7c3e-9b52-3f6d1c2e4a90",
  ),
  SampleAction: query(
    "action",
    "The kind of check, as the samples name it; the session's own kind counts.",
    { type: "string" },
    "detectLiveness",
  ),
  SampleSessionId: {
    ...query("sessionId", "`sessionData.sessionId` of the create's answer.", { type: "string" }, "019a0c2e-5a11-7c3e-9b52-3f6d1c2e4a90"),
    required: true,
  },
  DetectionModel: query("detectionModel", "As Face detect's.", { type: "string" }, "detection_03"),
  RecognitionModel: query("recognitionModel", "As Face detect's.", { type: "string" }, "recognition_04"),
  ReturnFaceId: query("returnFaceId", "As Face detect's.", { type: "boolean" }, false),
  ReturnFaceAttributes: query("returnFaceAttributes", "As Face detect's.", { type: "string" }, "qualityForRecognition"),
  ReturnFaceLandmarks: query("returnFaceLandmarks", "As Face detect's.", { type: "boolean" }, true),
  ReturnRecognitionModel: query("returnRecognitionModel", "As Face detect's.", { type: "boolean" }, true),
  FaceIdTimeToLive: query(
    "faceIdTimeToLive",
    "As Face detect's.",
    { type: "integer", minimum: 60, maximum: 86400 },
    600,
  ),
};

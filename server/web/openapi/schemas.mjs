// The bodies of requests and answers. Members that are not `required` may be missing; answers may get more members
// in time, so none of these forbids others.
import { adviceWord, answered, problems, reasonWord } from "./problems.mjs";

const ref = (name) => ({ $ref: `#/components/schemas/${name}` });
const text = (description, more = {}) => ({ type: "string", description, ...more });
const flag = (description) => ({ type: "boolean", description });
const whole = (description, minimum, maximum) => ({
  type: "integer",
  description,
  ...(minimum === undefined ? {} : { minimum }),
  ...(maximum === undefined ? {} : { maximum }),
});
const list = (items, description) => ({ type: "array", ...(description ? { description } : {}), items });
const object = (description, properties, required = Object.keys(properties)) => ({
  type: "object",
  description,
  properties,
  ...(required.length > 0 ? { required } : {}),
});
const except = (properties, ...optional) => Object.keys(properties).filter((name) => !optional.includes(name));
// An object of which some members may be missing.
const loose = (description, properties, ...optional) => object(description, properties, except(properties, ...optional));

const errorMembers = {
  code: ref("ErrorCode"),
  message: text("A plain sentence that may be shown to the user.", { minLength: 1 }),
  retryable: flag("Whether the same request may succeed later."),
  advice: ref("Advice"),
  retryAfterSeconds: whole("After how many seconds; also in `Retry-After`.", 1),
  requestId: text("To find the request in the server's log.", { minLength: 1 }),
  help: text("Where the catalogue explains the code.", { format: "uri-reference" }),
};

const errors = {
  ErrorCode: text("What went wrong, for programs. The catalogue at `/errors` explains each.", {
    enum: [...new Set(answered.map((symbol) => problems[symbol].code))].sort(),
  }),
  Advice: text("What a frontend can do about it.", { enum: adviceWord }),
  Error: object("An error in the shape of the Face API.", {
    error: loose("What went wrong.", errorMembers, "retryAfterSeconds"),
  }),
  Problem: loose(
    "An error in the form of RFC 9457, for who asks for `application/problem+json`.",
    {
      type: errorMembers.help,
      title: text("The code's sentence.", { minLength: 1 }),
      status: whole("The HTTP status.", 400, 599),
      detail: text("What the code's sentence leaves open."),
      code: errorMembers.code,
      retryable: errorMembers.retryable,
      advice: errorMembers.advice,
      retryAfterSeconds: errorMembers.retryAfterSeconds,
      requestId: errorMembers.requestId,
    },
    "detail",
    "retryAfterSeconds",
  ),
  SampleError: object("An error with all that the web samples read.", {
    message: errorMembers.message,
    token: { type: "null", description: "There is none." },
    error: loose(
      "What went wrong.",
      { token: { type: "null", description: "There is none." }, ...errorMembers },
      "retryAfterSeconds",
    ),
  }),
};

const id = text("Ours, never the upstream's.", { format: "uuid" });
const created = text("When the session was created.", { format: "date-time" });

const faces = {
  Rectangle: object("Where in the picture, in pixels.", {
    top: whole("From above.", 0),
    left: whole("From the left.", 0),
    width: whole("Width.", 0),
    height: whole("Height.", 0),
  }),
  Targets: object("The face that was judged.", {
    color: object("In the camera's picture.", { faceRectangle: ref("Rectangle") }),
  }),
  LivenessDecision: text("What the upstream saw. Ask the verdict, not this.", {
    enum: ["realface", "spoofface", "uncertain"],
  }),
  VerifyResult: object("How the face compares with the reference image.", {
    matchConfidence: { type: "number", description: "From 0 to 1.", minimum: 0, maximum: 1 },
    isIdentical: flag("Whether it is the same person."),
  }),
  AbuseMonitoring: loose(
    "There only when abuse was seen.",
    {
      isAbuseDetected: { type: "boolean", const: true, description: "It was." },
      otherFlaggedSessions: list(
        object("A session of ours that was flagged with it.", { attemptId: whole("Which attempt.", 1), sessionId: id }),
        "For operators and delegates.",
      ),
    },
    "otherFlaggedSessions",
  ),
  AttemptError: loose(
    "Why the attempt failed: a code of the client SDKs.",
    {
      code: text("Such as FaceWithMaskDetected.", { minLength: 1 }),
      message: text("A sentence about it.", { minLength: 1 }),
      targets: ref("Targets"),
    },
    "targets",
  ),
  AttemptResult: object(
    "What came of the attempt.",
    {
      livenessDecision: ref("LivenessDecision"),
      targets: ref("Targets"),
      verifyResult: ref("VerifyResult"),
      abuseMonitoringResult: ref("AbuseMonitoring"),
      sessionImageId: text("The picture of the check; for operators and delegates."),
      verifyImageHash: text("SHA-256 of the image it was compared with; for operators and delegates."),
    },
    [],
  ),
  Attempt: loose(
    "One try before the camera.",
    {
      attemptId: whole("The largest is the newest.", 1, 3),
      attemptStatus: ref("SessionStatus"),
      result: ref("AttemptResult"),
      error: ref("AttemptError"),
      abuseMonitoringResult: ref("AbuseMonitoring"),
    },
    "result",
    "error",
    "abuseMonitoringResult",
  ),
  VerifyReference: loose(
    "The face in the reference image.",
    {
      referenceType: text("Always an image.", { const: "image" }),
      faceRectangle: ref("Rectangle"),
      qualityForRecognition: text("How well it can be recognised.", { enum: ["low", "medium", "high"] }),
    },
    "faceRectangle",
    "qualityForRecognition",
  ),
  SessionResults: loose(
    "What the upstream told of the check.",
    {
      attempts: list(ref("Attempt"), "Newest first."),
      verifyReferences: list(ref("VerifyReference"), "Of verify sessions."),
    },
    "verifyReferences",
  ),
};

const sessions = {
  SessionStatus: text("How far the upstream is. It is a hint; the verdict decides.", {
    enum: ["NotStarted", "Running", "Succeeded", "Failed", "Canceled"],
  }),
  Verdict: loose(
    "The server's decision. Only `accepted: true` means yes.",
    {
      decision: text("What it came to; `pending` until it is settled.", {
        enum: ["pending", "live", "spoof", "uncertain", "error", "expired", "cancelled", "compromised"],
      }),
      accepted: flag("The one member to look at."),
      reasons: list(ref("Reason"), "Why it is not a yes."),
      retry: text("What the frontend should do.", { enum: adviceWord.slice(0, 3) }),
      attemptId: whole("Which attempt was judged.", 1),
      digestChecked: flag("The device's digest was given and is the upstream's."),
      reference: text("Whose picture the face was compared with.", { enum: ["delegate", "owner", "client"] }),
      verify: loose(
        "Of verify sessions.",
        {
          matchConfidence: { type: "number", description: "From 0 to 1.", minimum: 0, maximum: 1 },
          isIdentical: flag("Whether it is the same person."),
          imageHashChecked: flag("The upstream compared with the very image that was sent."),
        },
        "imageHashChecked",
      ),
      abuse: object("The upstream's abuse monitoring.", { detected: { type: "boolean", const: true, description: "It saw some." } }),
      clientAddressChecked: flag("Whether the device was where the session was asked for."),
      settledAt: text("When it was decided.", { format: "date-time" }),
      receipt: text("A signed proof for other backends (a JWS), shown for `receipt.lifetime`."),
    },
    "attemptId",
    "reference",
    "verify",
    "abuse",
    "clientAddressChecked",
    "settledAt",
    "receipt",
  ),
  Reason: text("Why it is not a yes.", { enum: reasonWord }),
  CreatedSession: loose(
    "A new session. `authToken` is for the vendor's SDK on the device.",
    {
      sessionId: id,
      authToken: text("Bearer token of the device for this one session.", { minLength: 1 }),
      authTokenExpiresInSeconds: whole("From now: no clock of a device is asked.", 0, 86400),
      status: ref("SessionStatus"),
      modelVersion: text("The model that will judge."),
      results: ref("SessionResults"),
    },
    "modelVersion",
  ),
  Session: loose(
    "A session as its owner may see it; operators and delegates see a little more.",
    {
      sessionId: id,
      status: ref("SessionStatus"),
      modelVersion: text("The model that judges."),
      results: ref("SessionResults"),
      verdict: ref("Verdict"),
    },
    "modelVersion",
  ),
  CreateSession: object(
    "What is wanted. Unknown members are ignored; `policy.*` settings narrow what may be chosen.",
    {
      livenessOperationMode: text("How the check is made.", { enum: ["Passive", "PassiveActive"] }),
      authTokenTimeToLiveInSeconds: whole("Lifetime of `authToken`; ten minutes unless the policy says otherwise.", 60, 86400),
      deviceCorrelationId: text("Any text of the client's, or none: the upstream gets a pseudonym."),
      deviceCorrelationIdSetInClient: flag("The device sets the id itself; only with `policy.set_in_client`."),
      userCorrelationId: text("The same for the user."),
      enableSessionImage: flag("Keep the picture of the check for a while."),
      livenessModelVersion: text("A model; none for the newest.", { pattern: "^[A-Za-z0-9.-]{0,31}$" }),
      livenessSingleModalModel: text("The same, as the previews name it.", { pattern: "^[A-Za-z0-9.-]{0,31}$" }),
      numberOfClientAttemptsAllowed: whole("Of v1.3-preview.1.", 0, 3),
      sendResultsToClient: flag("Of the previews."),
      verifyConfidenceThreshold: { type: "number", description: "Of verify sessions: from which confidence faces are the same.", minimum: 0, maximum: 1 },
      transactionId: text("What the check is for; stands in the receipt.", { pattern: "^[A-Za-z0-9._:-]{1,64}$" }),
      platform: text("Where it is made (ios, android, web); others count as none."),
      ownerSubject: text("Whom a delegate creates it for: `jwt:ISSUER:SUBJECT`, `device:ID` or `app:NAME`.", { minLength: 1, maxLength: 256 }),
    },
    ["livenessOperationMode"],
  ),
  Completion: object(
    "The frontend's word that the check is over; all of it may be left out.",
    {
      digest: text("What the SDK gave as digest.", { pattern: "^[0-9A-Za-z+/=_-]{1,128}$" }),
      resultId: text("What the SDK gave as result id."),
      transactionId: text("As in the create.", { pattern: "^[A-Za-z0-9._:-]{1,64}$" }),
      sdk: text("Name and version of the SDK."),
      platform: text("ios, android or web."),
      error: {
        description: "The SDK's error, if that is how it ended.",
        oneOf: [
          text("Its code."),
          object("Code and message.", { code: text("Its code."), message: text("Its message.") }, []),
        ],
      },
    },
    [],
  ),
};

const previewItem = {
  id,
  createdDateTime: created,
  sessionExpired: flag("Its token has expired, or it is settled."),
  deviceCorrelationId: text("The pseudonym that the upstream has.", { minLength: 1, maxLength: 64 }),
  authTokenTimeToLiveInSeconds: whole("The token's lifetime.", 0, 86400),
};

const previews = {
  PreviewCreatedSession: loose(
    "A new session in the previews' shape.",
    {
      sessionId: id,
      authToken: text("Bearer token of the device for this one session.", { minLength: 1 }),
      authTokenExpiresInSeconds: whole("From now.", 0, 86400),
      verifyImage: ref("PreviewReference"),
    },
    "verifyImage",
  ),
  PreviewReference: object(
    "The face in the reference image.",
    {
      faceRectangle: ref("Rectangle"),
      qualityForRecognition: text("How well it can be recognised.", { enum: ["low", "medium", "high"] }),
    },
    [],
  ),
  PreviewStatus: text("How far the check is.", { enum: ["NotStarted", "Started", "ResultAvailable"] }),
  PreviewSession: loose(
    "A session in the previews' shape.",
    { ...previewItem, status: ref("PreviewStatus"), result: ref("AuditEntry"), verdict: ref("Verdict") },
    "deviceCorrelationId",
    "result",
  ),
  SessionItem: loose("One of our records.", previewItem, "deviceCorrelationId"),
  AuditEntry: loose(
    "One attempt.",
    {
      id: whole("Its attempt id.", 1),
      sessionId: id,
      response: loose(
        "What the device was told.",
        {
          body: object(
            "The body.",
            {
              livenessDecision: ref("LivenessDecision"),
              error: object("Why it failed.", { code: text("A code of the SDKs."), message: text("About it.") }),
              target: object("The face.", {
                faceRectangle: ref("Rectangle"),
                imageType: text("Of the camera.", { const: "Color" }),
              }),
              modelVersionUsed: text("The model."),
              verifyResult: loose(
                "The comparison.",
                {
                  verifyImage: ref("PreviewReference"),
                  matchConfidence: { type: "number", description: "From 0 to 1.", minimum: 0, maximum: 1 },
                  isIdentical: flag("Whether it is the same person."),
                },
                "verifyImage",
              ),
            },
            [],
          ),
          statusCode: whole("Of the answer with a decision.", 200, 200),
        },
        "statusCode",
      ),
      sessionImageId: text("The picture of the check."),
      verifyImageHash: text("SHA-256 of the image it was compared with."),
    },
    "sessionImageId",
    "verifyImageHash",
  ),
};

const others = {
  Catalogue: object("Everything that a frontend may have to act on.", {
    errors: list(
      object("An error code.", {
        code: ref("ErrorCode"),
        status: whole("The HTTP status.", 400, 599),
        retryable: flag("Whether the same request may succeed later."),
        advice: ref("Advice"),
        message: text("The sentence that stands in errors."),
        cause: text("When it happens."),
        frontend: text("What the frontend does."),
        operator: text("What the operator does."),
      }),
      "The codes of errors.",
    ),
    reasons: list(
      object("A reason.", {
        reason: ref("Reason"),
        advice: ref("Advice"),
        meaning: text("What it means."),
        say: text("What to say to the user."),
        operator: text("What the operator does."),
      }),
      "The reasons of verdicts.",
    ),
    attemptErrors: list(
      object("An error.", {
        code: text("A code of the client SDKs."),
        advice: ref("Advice"),
        message: text("The upstream's sentence."),
        say: text("What to say to the user."),
      }),
      "The errors of attempts.",
    ),
    advice: list(
      object("An advice.", { advice: ref("Advice"), explanation: text("What it means.") }),
      "What the words of `advice` and `retry` mean.",
    ),
  }),
  Device: loose(
    "Of whom the token is.",
    {
      deviceId: text("By which a backend names the device: `ownerSubject: device:ID`.", { minLength: 1 }),
      expiresInSeconds: whole("How long the token is good for.", 1),
    },
    "deviceId",
  ),
  Reset: object("Why.", { reason: text("1 to 200 characters.", { minLength: 1, maxLength: 200 }) }),
  TrailEntry: loose(
    "Something that somebody did.",
    {
      id,
      at: text("When.", { format: "date-time" }),
      action: text("What.", {
        enum: [
          "created", "completed", "settled", "read", "deleted", "deletion_recorded", "abandoned", "orphaned", "listed",
          "attempts_read", "image_read", "faces_detected", "reset", "trail_read", "refused", "limited",
        ],
      }),
      caller: text("Who, by kind.", {
        enum: ["device", "app_token", "jwt", "operator", "delegate", "server", "unknown"],
      }),
      subject: text("Who: a keyed hash."),
      owner: text("Whom a delegate created for: a keyed hash."),
      session: id,
      kind: text("Of the session.", { enum: ["detectLiveness", "detectLivenessWithVerify"] }),
      device: text("Of a `created` or `reset`: a keyed hash."),
      outcome: text("Of `settled` the decision; of `deletion_recorded` how it is gone."),
      accepted: flag("Of `settled`."),
      code: ref("ErrorCode"),
      limit: text("Which limit was hit."),
      reason: text("Of a reset."),
      receipt: text("Of a deletion, signed."),
      count: whole("How many such events the entry stands for.", 2),
    },
    "subject", "owner", "session", "kind", "device", "outcome", "accepted", "code", "limit", "reason", "receipt", "count",
  ),
  Trail: object("Oldest first.", { entries: list(ref("TrailEntry"), "The entries.") }),
  ImageName: object("Which picture.", { sessionImageId: text("Of an attempt, as operators see it.", { minLength: 1 }) }),
  DetectedFace: object(
    "As Face detect's, which it is.",
    {
      faceId: text("The upstream's.", { format: "uuid" }),
      recognitionModel: text("The model."),
      faceRectangle: ref("Rectangle"),
      faceLandmarks: { type: "object", description: "Points, by name.", additionalProperties: ref("Point") },
      faceAttributes: { type: "object", description: "Those asked for, by name.", additionalProperties: true },
    },
    ["faceRectangle"],
  ),
  Point: object("A place in the picture.", {
    x: { type: "number", description: "From the left." },
    y: { type: "number", description: "From above." },
  }),
  Keys: object("RFC 7517: the keys that receipts are checked with.", {
    keys: list(
      object("A public key.", {
        kty: text("Its type.", { const: "EC" }),
        crv: text("Its curve.", { const: "P-256" }),
        alg: text("What it signs with.", { const: "ES256" }),
        use: text("What it is for.", { const: "sig" }),
        kid: text("Its name, as in a receipt's header."),
        x: text("A coordinate."),
        y: text("The other one."),
      }),
      "Those that signed, and those that will soon.",
    ),
  }),
  DemoSettings: object("What the demo page has to know.", {
    emulator: { type: ["string", "null"], description: "Where the emulator is that plays the device." },
    faceUi: flag("Whether the vendor's component is there."),
    apiVersion: text("What the upstream is asked in."),
    anonymous: flag("Whether anonymous devices may create sessions."),
    issuer: { type: ["string", "null"], description: "Whose receipts these are." },
    audience: { type: ["string", "null"], description: "For whom they are." },
    imageMaxBytes: whole("The largest reference image.", 1),
  }),
  SampleForm: object(
    "What the web samples send. Names of parts are taken in any case.",
    {
      Action: text("detectLiveness or detectLivenessWithVerify, in any case."),
      parameters: text("JSON: a CreateSession.", { contentMediaType: "application/json" }),
      verifyImage: text("The reference image.", { format: "binary" }),
    },
    ["Action", "parameters"],
  ),
  SampleToken: object("What the web samples read of a create.", {
    sessionData: ref("CreatedSession"),
    message: text("Always the same.", { const: "success" }),
  }),
  SampleAttemptResult: object(
    "What came of the attempt: there even when nothing did.",
    {
      ...faces.AttemptResult.properties,
      verifyResult: object("Of verify sessions always there.", faces.VerifyResult.properties, []),
    },
    [],
  ),
  SampleAttempt: loose(
    "One try, or one that has not been made yet.",
    { ...faces.Attempt.properties, result: ref("SampleAttemptResult") },
    "error",
    "abuseMonitoringResult",
  ),
  SampleSession: loose(
    "A session with at least one attempt.",
    {
      ...sessions.Session.properties,
      results: loose(
        "What the upstream told of the check.",
        { attempts: { ...list(ref("SampleAttempt"), "Newest first; never empty."), minItems: 1 }, verifyReferences: list(ref("VerifyReference"), "Of verify sessions.") },
        "verifyReferences",
      ),
    },
    "modelVersion",
  ),
};
others.SampleResult = loose(
  "The session twice: some samples read it at the top, some in `sessionResult`.",
  {
    ...others.SampleSession.properties,
    sessionResult: ref("SampleSession"),
    message: text("Always the same.", { const: "success" }),
  },
  "modelVersion",
);

const createMembers = sessions.CreateSession.properties;
const forms = {
  VerifyForm: object(
    "The members of CreateSession as parts, and the reference image. A part `Parameters` may hold them as JSON instead.",
    {
      ...createMembers,
      verifyImage: text("JPEG, PNG, GIF or BMP of 1 KB to 6 MB, with one face.", { format: "binary" }),
      Parameters: text("JSON: a CreateSession, as the previews send it.", { contentMediaType: "application/json" }),
    },
    [],
  ),
};

export const schemas = { ...errors, ...faces, ...sessions, ...previews, ...others, ...forms };

/*
 * Every way a request can fail: PROBLEM(symbol, code, HTTP status, advice, sentence, cause,
 * frontend, operator). `code` goes on the wire (x-ms-error-code, error.code); codes of the Face API
 * keep its spelling and status. The sentence is plain enough for a frontend to show. The rest
 * stands in the catalogue only: when it happens, what the frontend does, what the operator does.
 * The advice is of advice_table.h. No include guard: this is an X-macro table.
 */
/* clang-format off */
/* the client's mistake, in the Face API's own words */
PROBLEM(INVALID_REQUEST_BODY, "InvalidRequestBody", 400, FIX_REQUEST,
        "The request body does not have the expected form.",
        "The body is not valid JSON or form data, or a member has the wrong type.",
        "Send what the OpenAPI document says; the message names the member.",
        "Nothing, unless a new version of your frontend has just been rolled out.")
PROBLEM(INVALID_TOKEN_LIFETIME, "InvalidTokenLifetime", 400, FIX_REQUEST,
        "authTokenTimeToLiveInSeconds must be a whole number from 60 to 86400.",
        "The create asked for a token lifetime outside the Face API's range.",
        "Leave the member out for ten minutes, or send a whole number of seconds.",
        "Nothing.")
PROBLEM(INVALID_LIVENESS_MODE, "InvalidLivenessOperationMode", 400, FIX_REQUEST,
        "livenessOperationMode must be Passive or PassiveActive.",
        "The create had no mode, or an unknown one.",
        "Send livenessOperationMode with each create.",
        "Nothing.")
PROBLEM(INVALID_DEVICE_CORRELATION_ID, "InvalidDeviceCorrelationId", 400, FIX_REQUEST,
        "deviceCorrelationId must be a text of 1 to 64 characters.",
        "Only the emulator and the Face API answer this: the server replaces every id of a client "
        "by a pseudonym.",
        "Nothing: the server takes any id, and none.",
        "With devices.correlation: passthrough, see which ids your frontends send.")
PROBLEM(INVALID_IMAGE, "InvalidImage", 400, FIX_REQUEST,
        "verifyImage is not a usable picture of one face (JPEG, PNG, GIF or BMP).",
        "The reference image is of another type, or the face service found no face or several in it.",
        "Ask for another picture: one face, from the front, evenly lit, nothing in front of it.",
        "Nothing; when a backend supplies the pictures, look at how it stores and scales them.")
PROBLEM(INVALID_IMAGE_SIZE, "InvalidImageSize", 400, FIX_REQUEST,
        "verifyImage must have between 1 KB and 6 MB.",
        "The reference image is smaller or larger than the Face API or policy.verify_image_max allows.",
        "Scale the picture before sending it: 1000 pixels across are plenty.",
        "Raise policy.verify_image_max when it is smaller than what your frontends need.")
PROBLEM(BAD_ARGUMENT, "BadArgument", 400, FIX_REQUEST,
        "The request could not be understood.",
        "The HTTP message, a header, the path or a query parameter is malformed.",
        "The message says which part; look at how the request is built, and at proxies in between.",
        "When all requests fail so, the proxy in front changes them: Host, framing, or the path.")
PROBLEM(UNSUPPORTED_MEDIA_TYPE, "BadArgument", 415, FIX_REQUEST,
        "This media type is not accepted here.",
        "The Content-Type of a POST is not one the route takes.",
        "Send application/json, or multipart/form-data for a verify session with an image.",
        "Nothing.")
PROBLEM(SESSION_NOT_FOUND, "SessionNotFound", 404, NEW_SESSION,
        "There is no such session, or it has expired or been deleted.",
        "The id is unknown, the session was deleted or is forgotten (retention.verdict), or it "
        "belongs to somebody else: the answer does not tell which.",
        "Create a new session. When it was just made, see that this request carries the credential "
        "of the one that made it (X-Device-Token, cookie or Authorization).",
        "When fresh sessions are not found, credentials get lost on the way: cookies of another "
        "site, a proxy that drops headers, replicas with other keys.")
PROBLEM(DEVICE_NOT_FOUND, "DeviceNotFound", 404, FIX_REQUEST,
        "There is no such device.",
        "No session that is known has this deviceCorrelationId; also the answer for a device of "
        "another tenant.",
        "Nothing: frontends do not ask this.",
        "Take the id from a list of sessions or from a record, of the tenant you are operator of.")
PROBLEM(CONCURRENT_OPERATION, "ConcurrentOperationConflict", 409, RETRY,
        "Another request is changing this session. Try again.",
        "Two changes of one session met, or a create waited http.idempotency_wait for the first one "
        "with its Idempotency-Key.",
        "Send it again; see that one tap of the user sends one request.",
        "Nothing, unless it is frequent: then upstream is slow, and http.idempotency_wait is short.")
/* the client's mistake, in ours */
PROBLEM(NOT_AUTHENTICATED, "NotAuthenticated", 401, AUTHENTICATE,
        "This request needs a valid credential.",
        "There is no credential, or one that does not verify or has expired.",
        "Renew the user's token, or get a device token; where that was just done, stop.",
        "auth.mode says which credentials are taken; livenessd_tokens_refused_total and the log's "
        "`token refused` say why tokens of an identity provider are not.")
PROBLEM(FORBIDDEN, "Forbidden", 403, STOP,
        "This credential does not allow that.",
        "The app token or JWT lacks the scope that the route needs.",
        "Stop: only operators and delegates may do that.",
        "Give the credential liveness:operate or liveness:delegate if it should have it.")
PROBLEM(ORIGIN_NOT_ALLOWED, "OriginNotAllowed", 403, STOP,
        "This page may not do that here.",
        "A page whose origin is neither http.public_url nor in cors.origins wrote by the device "
        "cookie or without a credential; or a cookie came with a write that names no origin.",
        "Programs send X-Device-Token instead of the cookie; a page has to be listed by the operator.",
        "List the page's origin in cors.origins, and set http.public_url to what browsers show.")
PROBLEM(ROUTE_NOT_FOUND, "RouteNotFound", 404, FIX_REQUEST,
        "There is no such address here.",
        "No route has this path.",
        "Compare the path with the OpenAPI document; look for a doubled or missing /api or /face.",
        "When a proxy leaves a path in front, set http.base_path to it.")
PROBLEM(METHOD_NOT_ALLOWED, "MethodNotAllowed", 405, FIX_REQUEST,
        "This address does not take that method.",
        "The path is right and the method is not.",
        "The Allow header names the methods there are.",
        "Nothing.")
PROBLEM(COMPLETION_CONFLICT, "CompletionConflict", 409, SAME_SESSION,
        "Another digest was already given for this session.",
        "The first digest that a frontend gives is final; a second, different one changes nothing.",
        "Read the verdict with GET, and complete each attempt with the digest that the SDK gave for it.",
        "A few are double taps. Many from one device are somebody trying digests: see the audit trail.")
PROBLEM(IDEMPOTENCY_MISMATCH, "IdempotencyMismatch", 422, FIX_REQUEST,
        "This Idempotency-Key was used for another request.",
        "A create repeated the key of an earlier one whose token has not expired, with another body.",
        "Make a new random key for each new create; keep it only to repeat the same one.",
        "Nothing.")
PROBLEM(BODY_TOO_LARGE, "BodyTooLarge", 413, FIX_REQUEST,
        "The request body is too large.",
        "The body is above http.max_body, or http.max_upload for forms.",
        "Scale the picture before sending it: 1000 pixels across are plenty.",
        "The proxy in front must allow at least as much as http.max_upload.")
PROBLEM(RATE_LIMITED, "RateLimited", 429, RETRY,
        "This was asked too often. Try again after the given time.",
        "A limit of limits.* was reached; the RateLimit header says how its caller stands.",
        "Show the time to wait and send it again then; wait with ?wait= or events instead of polling.",
        "The request's log line names the limit. Raise it when honest users hit it; when everybody "
        "does, http.trusted_proxies is missing and all share the proxy's address.")
PROBLEM(HEAD_TOO_LARGE, "HeadTooLarge", 431, FIX_REQUEST,
        "The request's header fields are too large.",
        "The head is above http.max_head.",
        "Send fewer cookies and a shorter token.",
        "Raise http.max_head when the identity provider's tokens need it.")
PROBLEM(DEVICE_TOKEN_REQUIRED, "DeviceTokenRequired", 400, AUTHENTICATE,
        "This request needs a device token. Ask POST /api/devices for one.",
        "An anonymous caller sent an Idempotency-Key without a device token: keys are their caller's.",
        "Ask POST /api/devices first, keep what it gives, and send it as X-Device-Token or cookie.",
        "Nothing.")
PROBLEM(NOT_ALLOWED_BY_POLICY, "NotAllowedByPolicy", 400, FIX_REQUEST,
        "This server does not allow that value.",
        "A policy.* setting excludes what the create asked for.",
        "Send one of the values that the message names, or leave the member out.",
        "Nothing, if policy.* says what you mean.")
/* the upstream's */
PROBLEM(UPSTREAM_DENIED, "UpstreamDenied", 502, STOP,
        "The face service refused this server. The operator has to look at it.",
        "Upstream answered 401 or 403: a wrong key, another resource's endpoint, or no approval for "
        "liveness.",
        "Tell the user that checks are not possible right now; trying again does not help.",
        "Check upstream.endpoint and upstream.key (or the Entra application's role), then whether "
        "the resource is approved for liveness and lets this server's address in.")
PROBLEM(UPSTREAM_BROKEN, "UpstreamBroken", 502, RETRY,
        "The face service did not answer properly. Try again.",
        "Upstream refused the connection, cut it off, or answered 5xx, garbage or too much.",
        "Send it again a few times with growing pauses, then tell the user to come back later.",
        "Look at the status page and at `upstream call` lines of the log, and at the service's health.")
PROBLEM(UPSTREAM_BUSY, "UpstreamBusy", 503, RETRY,
        "The face service is busy. Try again after the given time.",
        "Upstream or its token endpoint answered 429 or 503, or our own queue to it is full.",
        "Wait as long as the answer says, then send it again.",
        "The resource's rate is used up: upstream.rate should be what it allows; ask for more, and "
        "lower limits.create_total meanwhile.")
PROBLEM(UPSTREAM_TIMEOUT, "UpstreamTimeout", 504, RETRY,
        "The face service took too long. Try again.",
        "Upstream did not answer within upstream.timeout.",
        "Send it again; a create with the same Idempotency-Key.",
        "Look at upstream's latency on the status page, and at the network on the way there.")
/* the proxy's: what it answers when it gets no answer from here (deploy/nginx) */
PROBLEM(SERVER_UNREACHABLE, "ServerUnreachable", 502, RETRY,
        "The server cannot be reached right now. Try again.",
        "Only the proxy answers this: livenessd does not run, or not where the proxy looks for it.",
        "Send it again with growing pauses.",
        "See whether livenessd runs and is ready (/readyz), and where the proxy looks for it.")
PROBLEM(SERVER_TIMEOUT, "ServerTimeout", 504, RETRY,
        "The server took too long. Try again.",
        "Only the proxy answers this: livenessd gave no answer within the proxy's read time-out.",
        "Send it again; a create with the same Idempotency-Key.",
        "The proxy's read time-out has to be longer than http.max_wait and upstream.timeout.")
/* ours */
PROBLEM(SERVER_BUSY, "ServerBusy", 503, RETRY,
        "The server is taking too many pictures at once. Try again.",
        "Bodies of uploads fill http.body_memory.",
        "Send it again after a few seconds.",
        "Raise http.body_memory, or let the proxy buffer bodies and send them whole.")
PROBLEM(STORE_UNAVAILABLE, "StoreUnavailable", 503, RETRY,
        "The server cannot store this right now. Try again.",
        "The store failed to read, write or sync, so nothing was promised.",
        "Send it again with growing pauses; nothing of it has happened.",
        "`store failed` in the log says what is wrong: a full or read-only disk, a lock, a damaged "
        "file, a Redis that is away. It recovers by itself once that is mended.")
PROBLEM(KEYS_UNAVAILABLE, "KeysUnavailable", 503, RETRY,
        "The server cannot check this credential right now. Try again.",
        "No keys of the token's issuer could be read so far.",
        "Send it again with growing pauses; the token may be a good one.",
        "Look for keys events in the log, and at the issuer's jwks in auth.issuers.")
PROBLEM(SHUTTING_DOWN, "ShuttingDown", 503, RETRY,
        "The server is shutting down. Try again.",
        "The request met a process that is being stopped.",
        "Send it again: another process answers, or this one once it is back.",
        "Nothing during a roll-out; else see who stopped it.")
PROBLEM(INTERNAL, "InternalError", 500, RETRY,
        "Something went wrong here.",
        "A defect of the server.",
        "Send it again once, then stop; show the requestId.",
        "Please report it with the log line of this request id.")
/* clang-format on */

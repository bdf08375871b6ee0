/*
 * Every way a request can fail: PROBLEM(symbol, code, HTTP status, retryable, sentence, operator).
 * `code` goes on the wire (x-ms-error-code, error.code); codes of the Face API keep its spelling
 * and status. The sentence is plain enough for a frontend to show; the last text is for the
 * operator and stands in the catalogue only. No include guard: this is an X-macro table.
 */
/* clang-format off */
/* the client's mistake, in the Face API's own words */
PROBLEM(INVALID_REQUEST_BODY, "InvalidRequestBody", 400, false,
        "The request body does not have the expected form.",
        "The body is not valid JSON or a member has the wrong type.")
PROBLEM(INVALID_TOKEN_LIFETIME, "InvalidTokenLifetime", 400, false,
        "authTokenTimeToLiveInSeconds must be a whole number from 60 to 86400.",
        "The client asked for a token lifetime outside the Face API's range.")
PROBLEM(INVALID_LIVENESS_MODE, "InvalidLivenessOperationMode", 400, false,
        "livenessOperationMode must be Passive or PassiveActive.",
        "The client sent no mode or an unknown one.")
PROBLEM(INVALID_DEVICE_CORRELATION_ID, "InvalidDeviceCorrelationId", 400, false,
        "deviceCorrelationId must be a text of 1 to 64 characters.",
        "Only the emulator answers this: the server replaces every client's id by a pseudonym.")
PROBLEM(INVALID_IMAGE, "InvalidImage", 400, false,
        "verifyImage is not a usable picture of one face (JPEG, PNG, GIF or BMP).",
        "The reference image is of another type, or the face service found no face or several in it.")
PROBLEM(INVALID_IMAGE_SIZE, "InvalidImageSize", 400, false,
        "verifyImage must have between 1 KB and 6 MB.",
        "The reference image is smaller or larger than the Face API or policy.verify_image_max allows.")
PROBLEM(BAD_ARGUMENT, "BadArgument", 400, false,
        "The request could not be understood.",
        "The HTTP message or an argument is malformed.")
PROBLEM(UNSUPPORTED_MEDIA_TYPE, "BadArgument", 415, false,
        "This media type is not accepted here.",
        "The Content-Type of a POST is not one the route takes.")
PROBLEM(SESSION_NOT_FOUND, "SessionNotFound", 404, false,
        "There is no such session, or it has expired or been deleted.",
        "Also the answer when the session belongs to somebody else.")
PROBLEM(DEVICE_NOT_FOUND, "DeviceNotFound", 404, false,
        "There is no such device.",
        "No session that is known has this deviceCorrelationId; also the answer for a device of another tenant.")
PROBLEM(CONCURRENT_OPERATION, "ConcurrentOperationConflict", 409, true,
        "Another request is changing this session. Try again.",
        "Two changes of one session met, or a create waited http.idempotency_wait for the first one with its Idempotency-Key; the later one may be repeated.")
/* the client's mistake, in ours */
PROBLEM(NOT_AUTHENTICATED, "NotAuthenticated", 401, false,
        "This request needs a valid credential.",
        "No credential, or one that does not verify or has expired.")
PROBLEM(FORBIDDEN, "Forbidden", 403, false,
        "This credential does not allow that.",
        "The app token or JWT lacks the scope the route needs.")
PROBLEM(ORIGIN_NOT_ALLOWED, "OriginNotAllowed", 403, false,
        "This page may not do that here.",
        "A page whose origin is neither http.public_url nor listed in cors.origins wrote by the device cookie or without any credential; or a cookie came with a write that names no origin: programs send X-Device-Token instead.")
PROBLEM(ROUTE_NOT_FOUND, "RouteNotFound", 404, false,
        "There is no such address here.",
        "No route has this path; see the API table in the README.")
PROBLEM(METHOD_NOT_ALLOWED, "MethodNotAllowed", 405, false,
        "This address does not take that method.",
        "The Allow header names the methods it takes.")
PROBLEM(COMPLETION_CONFLICT, "CompletionConflict", 409, false,
        "Another digest was already given for this session.",
        "The first digest a frontend gives is final; a second, different one changes nothing.")
PROBLEM(IDEMPOTENCY_MISMATCH, "IdempotencyMismatch", 422, false,
        "This Idempotency-Key was used for another request.",
        "A create repeated the key of an earlier one whose token has not expired, with another body.")
PROBLEM(BODY_TOO_LARGE, "BodyTooLarge", 413, false,
        "The request body is too large.",
        "The body is above the limit of the route.")
PROBLEM(RATE_LIMITED, "RateLimited", 429, true,
        "This was asked too often. Try again after the given time.",
        "A limit of limits.* was reached: the log line names it as limit, RateLimit how its caller stands.")
PROBLEM(HEAD_TOO_LARGE, "HeadTooLarge", 431, false,
        "The request's header fields are too large.",
        "The head is above http.max_head.")
PROBLEM(DEVICE_TOKEN_REQUIRED, "DeviceTokenRequired", 400, false,
        "This request needs a device token. Ask POST /api/devices for one.",
        "Anonymous callers need a device token for this.")
PROBLEM(NOT_ALLOWED_BY_POLICY, "NotAllowedByPolicy", 400, false,
        "This server does not allow that value.",
        "A policy.* setting excludes what the client asked for.")
/* the upstream's */
PROBLEM(UPSTREAM_DENIED, "UpstreamDenied", 502, false,
        "The face service refused this server. The operator has to look at it.",
        "Upstream answered 401 or 403: check upstream.endpoint and upstream.key.")
PROBLEM(UPSTREAM_BROKEN, "UpstreamBroken", 502, true,
        "The face service did not answer properly. Try again.",
        "Upstream refused the connection, cut it off, or answered 5xx, garbage or too much.")
PROBLEM(UPSTREAM_BUSY, "UpstreamBusy", 503, true,
        "The face service is busy. Try again after the given time.",
        "Upstream or its token endpoint answered 429 or 503, or our own queue to it is full (upstream.rate).")
PROBLEM(UPSTREAM_TIMEOUT, "UpstreamTimeout", 504, true,
        "The face service took too long. Try again.",
        "Upstream did not answer within upstream.timeout.")
/* the proxy's: what it answers when it gets no answer from here (deploy/nginx) */
PROBLEM(SERVER_UNREACHABLE, "ServerUnreachable", 502, true,
        "The server cannot be reached right now. Try again.",
        "Only the proxy answers this: livenessd does not run, or not where the proxy looks for it.")
PROBLEM(SERVER_TIMEOUT, "ServerTimeout", 504, true,
        "The server took too long. Try again.",
        "Only the proxy answers this: livenessd gave no answer within the proxy's read time-out.")
/* ours */
PROBLEM(SERVER_BUSY, "ServerBusy", 503, true,
        "The server is taking too many pictures at once. Try again.",
        "Bodies of uploads fill http.body_memory: raise it, or let the proxy send bodies whole.")
PROBLEM(STORE_UNAVAILABLE, "StoreUnavailable", 503, true,
        "The server cannot store this right now. Try again.",
        "The store failed to write or sync: look for store events in the log and at the disk.")
PROBLEM(KEYS_UNAVAILABLE, "KeysUnavailable", 503, true,
        "The server cannot check this credential right now. Try again.",
        "No keys of the token's issuer could be read so far: look for keys events in the log, and at the issuer's jwks in auth.issuers.")
PROBLEM(SHUTTING_DOWN, "ShuttingDown", 503, true,
        "The server is shutting down. Try again.",
        "The request met a draining process.")
PROBLEM(INTERNAL, "InternalError", 500, true,
        "Something went wrong here.",
        "A defect: please report the log line with this request id.")
/* clang-format on */

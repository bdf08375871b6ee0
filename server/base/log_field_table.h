/*
 * The fields a log line may have: LOG_FIELD(symbol, name). Adding one is a decision about privacy:
 * nothing that identifies a person or opens a door. No include guard: this is an X-macro table.
 */
LOG_FIELD(REQUEST_ID, "request_id")
LOG_FIELD(TRACE_ID, "trace_id")
LOG_FIELD(METHOD, "method")
LOG_FIELD(ROUTE, "route")
LOG_FIELD(STATUS, "status")
LOG_FIELD(CODE, "code")
LOG_FIELD(LIMIT, "limit") /* one of a fixed list */
LOG_FIELD(DURATION_MS, "dur_ms")
LOG_FIELD(BYTES_IN, "bytes_in")
LOG_FIELD(BYTES_OUT, "bytes_out")
LOG_FIELD(CLIENT, "client") /* address masked to /24 or /48 */
LOG_FIELD(LISTENER, "listener")
LOG_FIELD(SESSION, "session")     /* our id, never the upstream's */
LOG_FIELD(PRINCIPAL, "principal") /* kind: anonymous, app_token, jwt */
LOG_FIELD(ISSUER, "issuer")       /* its name in the settings */
LOG_FIELD(OPERATION, "operation")
LOG_FIELD(OUTCOME, "outcome")
LOG_FIELD(APIM_REQUEST_ID, "apim_request_id")
LOG_FIELD(UPSTREAM_STATUS, "upstream_status")
LOG_FIELD(WAITED_MS, "waited_ms")
LOG_FIELD(DECISION, "decision")
LOG_FIELD(REASONS, "reasons")
LOG_FIELD(RETRY_AFTER_S, "retry_after_s")
LOG_FIELD(TRIES, "tries")
LOG_FIELD(COUNT, "count")
LOG_FIELD(REFUSED, "refused")
LOG_FIELD(REASON, "reason")
LOG_FIELD(ADDRESS, "address") /* a listener's own */
LOG_FIELD(FILE, "file")
LOG_FIELD(SIGNAL, "signal")
LOG_FIELD(VERSION, "version")
LOG_FIELD(STEP, "step")
LOG_FIELD(FIELD, "field")             /* a name of the Face API's */
LOG_FIELD(API_VERSION, "api_version") /* one of the Face API's */
LOG_FIELD(PLATFORM, "platform")       /* one of a fixed list */
LOG_FIELD(SDK, "sdk")                 /* version text of the client SDK, sanitised */
LOG_FIELD(ATTEMPTS, "attempts")
LOG_FIELD(HTTP, "http")
LOG_FIELD(ADMIN, "admin")
LOG_FIELD(EMULATOR, "emulator")

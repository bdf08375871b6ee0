/*
 * Every setting: SETTING(type, member, key, default, min, max, words, sentence).
 * From this table come the struct, the defaults, the readers and ranges, the environment names
 * (LIVENESSD_ + key in upper case with '_' for '.'), `livenessd settings` and
 * config/livenessd.yaml. `default` is written as a person would write it; min and max are in the
 * type's unit (ms, bytes, calls a second, count), `words` lists the values of WORD and WORDS
 * separated by spaces. SECRET settings are read from the environment or from a file named by
 * <key>_file, never from the command line or the YAML file. No include guard: this is an X-macro
 * table.
 */
/* clang-format off */
SETTING(ADDRESS,  http_listen, "http.listen", "127.0.0.1:8080", 0, 0, NULL,
        "Address of the public listener; cleartext HTTP/1.1, meant to stand behind a proxy that buffers and re-frames.")
SETTING(URL,      http_public_url, "http.public_url", "", 0, 0, NULL,
        "The origin clients see, for example https://liveness.example.org; https makes the device cookie Secure and __Host-.")
SETTING(LIST,     http_trusted_proxies, "http.trusted_proxies", "", 0, 64, NULL,
        "CIDR blocks whose X-Forwarded-For, Forwarded and X-Request-Id are believed.")
SETTING(SIZE,     http_max_head, "http.max_head", "16KB", 1024, 65536, NULL,
        "Largest request head; above it 431.")
SETTING(SIZE,     http_max_body, "http.max_body", "64KB", 1024, 16777216, NULL,
        "Largest request body; above it 413.")
SETTING(SIZE,     http_max_upload, "http.max_upload", "6400KB", 1024, 67108864, NULL,
        "Largest request body of a form, which brings a reference image; above it 413.")
SETTING(SIZE,     http_body_memory, "http.body_memory", "64MB", 65536, 4294967296, NULL,
        "Memory for request bodies over all connections; an upload that does not fit is answered 503.")
SETTING(INTEGER,  http_max_connections, "http.max_connections", "10000", 1, 1000000, NULL,
        "Connections at a time; at the cap new ones wait in the kernel's queue. Lowered to fit the limit of open files.")
SETTING(INTEGER,  http_max_connections_per_address, "http.max_connections_per_address", "200", 0, 1000000, NULL,
        "Connections at a time from one address; 0 is no cap. Those of trusted proxies count only while they wait for a verdict, for the client behind.")
SETTING(DURATION, http_max_wait, "http.max_wait", "15s", 0, 600000, NULL,
        "Longest a request may wait for a verdict (?wait=, Prefer: wait=); proxies in front must be more patient, many are not beyond 20s.")
SETTING(DURATION, http_request_timeout, "http.request_timeout", "30s", 100, 600000, NULL,
        "Time a client has to send head and body, and a connection may stay idle.")
SETTING(DURATION, http_write_timeout, "http.write_timeout", "20s", 1000, 600000, NULL,
        "Time after which a client that takes no bytes is cut off.")
SETTING(DURATION, http_idempotency_wait, "http.idempotency_wait", "10s", 10, 60000, NULL,
        "Longest a create waits for the first one with its Idempotency-Key before it ends in ConcurrentOperationConflict.")
SETTING(LIST,     cors_origins, "cors.origins", "", 0, 64, NULL,
        "Origins, besides http.public_url, whose pages may call with credentials, each as https://HOST or https://HOST:PORT; there is no *.")
SETTING(ADDRESS,  admin_listen, "admin.listen", "127.0.0.1:8081", 0, 0, NULL,
        "Address of the admin listener: /livez, /readyz, /metrics, /status.")
SETTING(ADDRESS,  emulator_listen, "emulator.listen", "127.0.0.1:8082", 0, 0, NULL,
        "Address of the built-in emulator, when upstream.emulator is true.")
SETTING(BOOLEAN,  upstream_emulator, "upstream.emulator", "false", 0, 0, NULL,
        "Start the emulator inside this process and use it as upstream; loopback listeners only.")
SETTING(ENDPOINT, upstream_endpoint, "upstream.endpoint", "", 0, 0, NULL,
        "Endpoint of the Face resource, for example https://NAME.cognitiveservices.azure.com; http only to a loopback address.")
SETTING(SECRET,   upstream_key, "upstream.key", "", 0, 512, NULL,
        "Key of the Face resource. The file is read again when it changes, and on SIGHUP.")
SETTING(SECRET,   upstream_key2, "upstream.key2", "", 0, 512, NULL,
        "The resource's other key: tried when the first one is refused, so that either can be renewed. The file is read again when it changes.")
SETTING(ENDPOINT, upstream_entra_authority, "upstream.entra_authority", "https://login.microsoftonline.com", 0, 0, NULL,
        "Where Entra tokens come from, when there is no key.")
SETTING(TEXT,     upstream_entra_tenant, "upstream.entra_tenant", "", 0, 200, NULL,
        "Entra tenant of the application this server is: its id or a domain.")
SETTING(TEXT,     upstream_entra_client_id, "upstream.entra_client_id", "", 0, 200, NULL,
        "Id of that application; it needs the role Cognitive Services User on the Face resource, and upstream.endpoint the resource's own host name.")
SETTING(SECRET,   upstream_entra_client_secret, "upstream.entra_client_secret", "", 0, 512, NULL,
        "Secret of that application. The file is read again when it changes.")
SETTING(WORD,     upstream_api_version, "upstream.api_version", "v1.2", 0, 0, "v1.1-preview.1 v1.2-preview.1 v1.2 v1.3-preview.1",
        "Version of the Face API spoken to the upstream; frontends may speak any.")
SETTING(RATE,     upstream_rate, "upstream.rate", "10", 1, 1000000, NULL,
        "Calls a second the upstream allows; every call is paced to it. A session costs three.")
SETTING(INTEGER,  upstream_queue, "upstream.queue", "1000", 1, 100000, NULL,
        "Calls that may wait for their turn; above it UpstreamBusy.")
SETTING(DURATION, upstream_queue_wait, "upstream.queue_wait", "2s", 10, 60000, NULL,
        "Longest a call waits for its turn before it ends in UpstreamBusy.")
SETTING(DURATION, upstream_poll_interval, "upstream.poll_interval", "1s", 10, 60000, NULL,
        "Shortest time between two looks at one session upstream; who waits after a completion looks again after half of it.")
SETTING(DURATION, upstream_connect_timeout, "upstream.connect_timeout", "5s", 10, 60000, NULL,
        "Time to connect to the upstream, TLS included.")
SETTING(DURATION, upstream_timeout, "upstream.timeout", "15s", 10, 300000, NULL,
        "Time for one upstream call in all.")
SETTING(SIZE,     upstream_max_answer, "upstream.max_answer", "256KB", 1024, 16777216, NULL,
        "Largest upstream answer; above it UpstreamBroken.")
SETTING(SIZE,     upstream_max_image, "upstream.max_image", "8MB", 65536, 67108864, NULL,
        "Largest session image taken from the upstream; above it UpstreamBroken.")
SETTING(SIZE,     upstream_image_memory, "upstream.image_memory", "64MB", 1024, 4294967296, NULL,
        "Memory for reference images on their way upstream; above it UpstreamBusy.")
SETTING(WORD,     store_kind, "store.kind", "sqlite", 0, 0, "sqlite redis",
        "Where sessions live: in a SQLite file of one process, or in a Redis (or Valkey) that any number of processes share.")
SETTING(TEXT,     store_path, "store.path", "livenessd.db", 1, 4000, NULL,
        "File of the SQLite store.")
SETTING(SECRET,   store_redis_url, "store.redis_url", "", 0, 2048, NULL,
        "Where the Redis is: rediss://USER:PASSWORD@HOST:PORT/DATABASE, or redis:// without TLS; user, password, port (6379) and database (0) may be left out.")
SETTING(TEXT,     store_redis_ca_file, "store.redis_ca_file", "", 0, 4000, NULL,
        "Certificates (PEM) that the Redis' own may come from; empty is the system's.")
SETTING(TEXT,     store_redis_prefix, "store.redis_prefix", "livenessd:", 1, 64, NULL,
        "What the names of all keys and channels in Redis begin with; letters, digits and :_-{}. only. Replicas have the same, others another one.")
SETTING(SIZE,     store_cache, "store.cache", "32MB", 0, 4294967296, NULL,
        "Memory for settled sessions, so that reading them asks no disk. None with Redis, where others may change them.")
SETTING(INTEGER,  store_queue, "store.queue", "10000", 16, 1000000, NULL,
        "Writes and reads that may wait for the store; above it StoreUnavailable.")
SETTING(DURATION, store_timeout, "store.timeout", "10s", 100, 600000, NULL,
        "Longest a write or read waits for the store, then StoreUnavailable; a disk that hangs delays the end of the process as long.")
SETTING(TEXT,     keys_dir, "keys.dir", "", 0, 4000, NULL,
        "Folder of the keys; empty is <store.path>.keys. Replicas share its content, so it has to be named with Redis.")
SETTING(BOOLEAN,  keys_generate, "keys.generate", "false", 0, 0, NULL,
        "Make keys that are missing at start; else a missing key refuses to start and livenessd keygen makes it.")
SETTING(WORDS,    auth_mode, "auth.mode", "anonymous", 1, 3, "anonymous app_token jwt",
        "Who may call: anonymous (a device, known by its signed token), app_token, jwt (tokens of identity providers).")
SETTING(BOOLEAN,  auth_anonymous_public, "auth.anonymous_public", "false", 0, 0, NULL,
        "Allow anonymous mode on a listener that is not loopback: everybody who reaches it can create paid sessions.")
SETTING(LIST,     auth_app_tokens, "auth.app_tokens", "", 0, 1000, NULL,
        "App tokens as name:sha256hex[:scope+scope]; the token itself stands nowhere. Scopes: liveness:operate, liveness:delegate.")
SETTING(LIST,     auth_issuers, "auth.issuers", "", 0, 16, NULL,
        "Identity providers, words key=value separated by spaces: issuer= audience= (may be repeated) jwks=URL-or-file, or secret_file= for HS256; and if wanted name= subject= tenant= scopes= algorithms=.")
SETTING(TEXT,     auth_ca_file, "auth.ca_file", "", 0, 4000, NULL,
        "Certificates (PEM) that those of identity providers may come from, besides the system's.")
SETTING(DURATION, auth_leeway, "auth.leeway", "60s", 0, 300000, NULL,
        "How far the clocks of identity providers may be off ours.")
SETTING(INTEGER,  auth_token_cache, "auth.token_cache", "10000", 0, 1000000, NULL,
        "Tokens of identity providers that are remembered once verified, 128 bytes each; 0 verifies every time.")
SETTING(WORD,     devices_correlation, "devices.correlation", "pseudonym", 0, 0, "pseudonym passthrough",
        "What the upstream gets as deviceCorrelationId: a keyed pseudonym of the device, or the client's own text.")
SETTING(WORDS,    policy_modes, "policy.modes", "Passive,PassiveActive", 1, 2, "Passive PassiveActive",
        "What a frontend may ask for as livenessOperationMode; all else is NotAllowedByPolicy.")
SETTING(DURATION, policy_token_ttl_min, "policy.token_ttl_min", "60s", 60000, 86400000, NULL,
        "Shortest authTokenTimeToLiveInSeconds a frontend may ask for.")
SETTING(DURATION, policy_token_ttl_max, "policy.token_ttl_max", "24h", 60000, 86400000, NULL,
        "Longest authTokenTimeToLiveInSeconds a frontend may ask for.")
SETTING(DURATION, policy_token_ttl_default, "policy.token_ttl_default", "10m", 60000, 86400000, NULL,
        "Lifetime of auth tokens when the frontend asks for none.")
SETTING(WORD,     policy_session_image, "policy.session_image", "client", 0, 0, "client always never",
        "Whether the upstream keeps a picture of the session (enableSessionImage): as the frontend asks, always, or never.")
SETTING(INTEGER,  policy_attempts_max, "policy.attempts_max", "3", 1, 3, NULL,
        "Most attempts a frontend may ask for as numberOfClientAttemptsAllowed (v1.3-preview.1).")
SETTING(INTEGER,  policy_attempts_default, "policy.attempts_default", "0", 0, 3, NULL,
        "Attempts of a session when the frontend asks for none (v1.3-preview.1); 0 is what the version does by itself: 1, and 3 in the versions before.")
SETTING(LIST,     policy_models, "policy.models", "", 0, 32, NULL,
        "What a frontend may ask for as livenessModelVersion; the first is for those who ask for none. Empty is any, and the newest for who asks for none.")
SETTING(BOOLEAN,  policy_set_in_client, "policy.set_in_client", "false", 0, 0, NULL,
        "Let a device choose its own correlation id (deviceCorrelationIdSetInClient); else the server mints one all the same.")
SETTING(WORD,     policy_verify_image, "policy.verify_image", "required", 0, 0, "required client_allowed",
        "Whether a verify session needs its reference image when it is created, or the device may bring the face it is compared with.")
SETTING(SIZE,     policy_verify_image_max, "policy.verify_image_max", "6MB", 1024, 6291456, NULL,
        "Largest reference image; above it InvalidImageSize.")
SETTING(FRACTION, policy_verify_confidence_threshold, "policy.verify_confidence_threshold", "", 0, 1, NULL,
        "matchConfidence from which two faces are the same (verifyConfidenceThreshold), and the least a frontend may ask for; empty leaves it to the upstream.")
SETTING(WORD,     policy_expected_client_ip, "policy.expected_client_ip", "off", 0, 0, "off on",
        "Whether a device has to show its face from the address its session was asked for from (v1.3-preview.1); not for sessions that backends create.")
SETTING(WORD,     verdict_digest, "verdict.digest", "when-given", 0, 0, "require when-given off",
        "Whether the frontend must report the digest its SDK got before a verdict can be accepted.")
SETTING(LIST,     verdict_digest_by_platform, "verdict.digest_by_platform", "", 0, 3, NULL,
        "The same for those who name a platform at the create, as platform:policy (ios, android, web). A client may name any: a laxer policy than verdict.digest is open to all.")
SETTING(TEXT,     receipt_issuer, "receipt.issuer", "", 0, 200, NULL,
        "Claim iss of receipts, by which who checks them knows this installation; empty is http.public_url, or livenessd where that is empty too.")
SETTING(TEXT,     receipt_audience, "receipt.audience", "", 0, 200, NULL,
        "Claim aud of receipts: the backends they are for, which must check it; empty is the issuer.")
SETTING(DURATION, receipt_lifetime, "receipt.lifetime", "10m", 1000, 86400000, NULL,
        "How long after the verdict its receipt holds and is shown.")
SETTING(DURATION, retention_verdict, "retention.verdict", "24h", 60000, 31536000000, NULL,
        "How long a settled session can be read before it is forgotten.")
SETTING(DURATION, retention_image, "retention.image", "0s", 0, 172800000, NULL,
        "How long after settling operators can fetch the session image; the session stays upstream as long, but never longer than its 48 hours.")
SETTING(DURATION, retention_audit, "retention.audit", "90d", 3600000, 315360000000, NULL,
        "How long entries of the audit trail are kept.")
SETTING(BOOLEAN,  limits_enabled, "limits.enabled", "true", 0, 0, NULL,
        "Whether anybody is limited at all. A limit is a count in a time and how many at once; COUNT/DURATION is also how fast they come back.")
SETTING(LIMIT,    limits_create_device, "limits.create_device", "6/10m burst 3", 0, 0, NULL,
        "Sessions that one device may create.")
SETTING(LIMIT,    limits_create_principal, "limits.create_principal", "60/1h burst 20", 0, 0, NULL,
        "Sessions that may be created for one user, an identity provider's or an anonymous one; an app token stands for many and has no such limit.")
SETTING(LIMIT,    limits_create_address, "limits.create_address", "60/1m burst 30", 0, 0, NULL,
        "Sessions that may be created from one client address, IPv6 by /64; a device seen for the first time counts one more.")
SETTING(LIMIT,    limits_create_total, "limits.create_total", "", 0, 0, NULL,
        "Sessions that all together may create. Empty is a third of upstream.rate, as a session costs three calls, and one second of upstream.rate at once.")
SETTING(LIMIT,    limits_read, "limits.read", "10/1s burst 20", 0, 0, NULL,
        "Reads, waits, completions and deletions of one user; of an app token, of each session.")
SETTING(LIMIT,    limits_failed_auth, "limits.failed_auth", "10/1m burst 10", 0, 0, NULL,
        "Wrong credentials from one client address, IPv6 by /64; above it none from there is looked at.")
SETTING(INTEGER,  limits_spoof_cost, "limits.spoof_cost", "3", 1, 1000, NULL,
        "What a session that ends as spoof costs device and user; one that is accepted costs nothing in the end.")
SETTING(INTEGER,  limits_max_keys, "limits.max_keys", "1000000", 1000, 100000000, NULL,
        "Devices, users and addresses counted in memory, about 30 bytes each; above it those that have used least are forgotten.")
SETTING(WORD,     limits_store_down, "limits.store_down", "local", 0, 0, "local refuse",
        "While a Redis that counts for all replicas fails: each counts by itself, or all requests that are limited are StoreUnavailable.")
SETTING(DURATION, drain_timeout, "drain_timeout", "25s", 0, 600000, NULL,
        "Longest that requests in flight may take to finish after SIGTERM.")
SETTING(WORD,     log_level, "log.level", "info", 0, 0, "error warn info debug",
        "Least important level that is logged.")
/* clang-format on */

/*
 * The client's side of TLS between two piles of bytes: what the peer sent goes in, what it shall
 * get comes out; plain text on the other side. Who moves the bytes is the owner's business.
 * The peer has to prove, to a certificate we trust, that it is the host we wanted: by name, or by
 * address when that is what we have. TLS 1.2 or later.
 */
#pragma once

#include "base/alloc.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

struct redis_tls;

enum redis_tls_step {
    REDIS_TLS_MORE, /* the peer has to say more */
    REDIS_TLS_UP,
    REDIS_TLS_FAILED, /* for good: redis_tls_reason */
};

/* `ca_file` may be NULL or empty: the system's certificates. NULL when it cannot be used. */
struct redis_tls *redis_tls_new(const char *host, const char *ca_file) MUST_CHECK;
/* NULL is fine; returns NULL. */
struct redis_tls *redis_tls_free(struct redis_tls *tls);

/* What the peer sent. */
void redis_tls_feed(struct redis_tls *tls, struct slice bytes);
/* The handshake, until it is up. */
enum redis_tls_step redis_tls_shake(struct redis_tls *tls) MUST_CHECK;
/* Plain text; 0: none for now; negative: there will be none any more (redis_tls_reason). */
int redis_tls_read(struct redis_tls *tls, char *bytes, size_t size) MUST_CHECK;
/* Plain text to be sent. False: broken (redis_tls_reason). */
bool redis_tls_write(struct redis_tls *tls, struct slice bytes) MUST_CHECK;
/* Says goodbye to the peer. */
void redis_tls_end(struct redis_tls *tls);

/* What the peer shall get, in a buffer that redis_tls_sent empties. */
struct slice redis_tls_output(const struct redis_tls *tls);
void redis_tls_sent(struct redis_tls *tls);

/* What went wrong, for people; valid as long as `tls`. */
const char *redis_tls_reason(const struct redis_tls *tls);

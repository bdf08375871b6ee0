/*
 * Auth tokens: ES256 JWTs bound to one session. What claims the real service puts there is not
 * public; these are ours: iss, aud, iat, nbf, exp, jti, sid, scope. There is no deny list: a token
 * whose session is gone names nobody.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/jwt.h"
#include "base/random.h"
#include "emulator/sessions.h"

/* Valid from the session's creation for its token lifetime. 0 or -EINVAL. */
int emu_token_mint(const struct jwt_key *key, const struct random *random,
                   const struct emu_session *session, struct buf *ret) MUST_CHECK;

/* The credential of an Authorization header after its scheme, which is case-insensitive; data NULL
 * when it is another scheme. */
struct slice emu_bearer_of(struct slice authorization);

/* `authorization` is the value of the header. True when it is a Bearer token of ours that lives;
 * ret_session_id is then the session it names, which need not exist any more. */
bool emu_token_check(const struct jwt_key *key, struct slice authorization, int64_t now_ms,
                     char ret_session_id[UUID_SIZE]);

/*
 * The directory's part of the emulator: tokens of an application (client credentials), as Microsoft
 * Entra gives them out for the Face resource. ES256 JWTs of a key of their own; the claims' names
 * are Entra's, their issuer says that it is none.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/jwt.h"
#include "base/random.h"

enum { EMU_ENTRA_LIFETIME_S = 3599, EMU_ENTRA_LIFETIME_MAX_S = 86400 };

#define EMU_ENTRA_AUDIENCE "https://cognitiveservices.azure.com"

struct emu_entra_grant {
    struct slice tenant;
    struct slice client_id;
    uint32_t lifetime_s;
};

/* 0 or -EINVAL. */
int emu_entra_mint(const struct jwt_key *key, const struct random *random,
                   const struct emu_entra_grant *grant, int64_t now_ms, struct buf *ret) MUST_CHECK;

/* `authorization` is the value of the header: a Bearer token of ours, for the data plane, alive. */
bool emu_entra_check(const struct jwt_key *key, struct slice authorization, int64_t now_ms);

/* {"error":…,"error_description":…}, OAuth's form (RFC 6749 section 5.2). */
void emu_oauth_error_write(const char *error, const char *description, struct buf *ret);

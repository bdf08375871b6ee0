/*
 * Mints and checks over base/jwt. Leaves to entra_routes.c who gets a token.
 */
#include "emulator/entra.h"

#include "base/json.h"
#include "base/secret.h"
#include "emulator/token.h"

enum { CLAIMS_MAX = 4096, ISSUER_MAX = 512 };

static const char issuer_begin[] = "livenessd-emulator/entra/";

int emu_entra_mint(const struct jwt_key *key, const struct random *random,
                   const struct emu_entra_grant *grant, int64_t now_ms, struct buf *ret)
{
    CLEANUP(secret_buf) struct buf claims;
    CLEANUP(buf) struct buf issuer;
    char token_id[UUID_SIZE];

    buf_init_secret(&claims, CLAIMS_MAX);
    buf_init(&issuer, ISSUER_MAX);
    buf_puts(&issuer, issuer_begin);
    buf_put_slice(&issuer, grant->tenant);
    uuid4(random, token_id);
    struct json_writer writer = json_writer(&claims);
    json_open(&writer, NULL, '{');
    json_put_string(&writer, "aud", EMU_ENTRA_AUDIENCE);
    json_put_slice(&writer, "iss", buf_slice(&issuer));
    json_put_integer(&writer, "iat", now_ms / 1000);
    json_put_integer(&writer, "nbf", now_ms / 1000);
    json_put_integer(&writer, "exp", now_ms / 1000 + grant->lifetime_s);
    json_put_slice(&writer, "appid", grant->client_id);
    json_put_string(&writer, "appidacr", "1");
    json_put_slice(&writer, "tid", grant->tenant);
    json_put_string(&writer, "uti", token_id);
    json_put_string(&writer, "ver", "1.0");
    json_close(&writer, '}');
    return jwt_sign(key, buf_slice(&claims), ret);
}

bool emu_entra_check(const struct jwt_key *key, struct slice authorization, int64_t now_ms)
{
    CLEANUP(json) cJSON *claims = NULL;
    struct slice audience = {0};
    int64_t expires_s = 0;
    const struct slice token = emu_bearer_of(authorization);

    return token.data && jwt_verify(&key, 1, token, now_ms / 1000, 0, &claims) == JWT_VALID &&
           json_string(claims, "aud", 1, 256, &audience) == JSON_OK &&
           slice_equal(audience, SLICE(EMU_ENTRA_AUDIENCE)) &&
           json_integer(claims, "exp", 0, INT64_MAX, &expires_s) == JSON_OK;
}

void emu_oauth_error_write(const char *error, const char *description, struct buf *ret)
{
    struct json_writer writer = json_writer(ret);

    json_open(&writer, NULL, '{');
    json_put_string(&writer, "error", error);
    json_put_string(&writer, "error_description", description);
    json_close(&writer, '}');
}

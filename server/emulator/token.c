/*
 * Mints and checks auth tokens over base/jwt. Leaves to the caller whether the session still
 * exists.
 */
#include "emulator/token.h"

#include "base/json.h"
#include "base/secret.h"

static const char issuer[] = "livenessd-emulator";
static const char audience[] = "livenessd-emulator/device";
static const char scope[] = "liveness.device";

int emu_token_mint(const struct jwt_key *key, const struct random *random,
                   const struct emu_session *session, struct buf *ret)
{
    CLEANUP(secret_buf) struct buf claims;
    char token_id[UUID_SIZE];
    const int64_t issued_s = session->created_ms / 1000;

    buf_init_secret(&claims, 4096);
    uuid4(random, token_id);
    struct json_writer writer = json_writer(&claims);
    json_open(&writer, NULL, '{');
    json_put_string(&writer, "iss", issuer);
    json_put_string(&writer, "aud", audience);
    json_put_integer(&writer, "iat", issued_s);
    json_put_integer(&writer, "nbf", issued_s);
    json_put_integer(&writer, "exp", issued_s + session->settings.token_lifetime_s);
    json_put_string(&writer, "jti", token_id);
    json_put_string(&writer, "sid", session->id);
    json_put_string(&writer, "scope", scope);
    json_close(&writer, '}');
    return jwt_sign(key, buf_slice(&claims), ret);
}

struct slice emu_bearer_of(struct slice authorization)
{
    static const struct slice scheme = {"Bearer ", 7};

    if (authorization.len <= scheme.len ||
        !slice_equal_nocase((struct slice){authorization.data, scheme.len}, scheme))
        return (struct slice){0};
    return (struct slice){authorization.data + scheme.len, authorization.len - scheme.len};
}

static bool claim_is(const cJSON *claims, const char *name, const char *expected)
{
    struct slice value = {0};

    return json_string(claims, name, 1, 256, &value) == JSON_OK &&
           slice_equal(value, slice_of(expected));
}

bool emu_token_check(const struct jwt_key *key, struct slice authorization, int64_t now_ms,
                     char ret_session_id[UUID_SIZE])
{
    CLEANUP(json) cJSON *claims = NULL;
    struct slice session_id = {0};
    int64_t expires_s = 0;
    const struct slice token = emu_bearer_of(authorization);

    if (!token.data || jwt_verify(&key, 1, token, now_ms / 1000, 0, &claims) != JWT_VALID)
        return false;
    if (!claim_is(claims, "iss", issuer) || !claim_is(claims, "aud", audience) ||
        !claim_is(claims, "scope", scope) ||
        json_integer(claims, "exp", 0, INT64_MAX, &expires_s) != JSON_OK ||
        json_string(claims, "sid", UUID_SIZE - 1, UUID_SIZE - 1, &session_id) != JSON_OK)
        return false;
    memcpy(ret_session_id, session_id.data, UUID_SIZE - 1);
    ret_session_id[UUID_SIZE - 1] = '\0';
    return true;
}

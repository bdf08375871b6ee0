/* Our own keys as others read them: jwk_put of base/jwk.h, and their names (RFC 7638). */
#include "base/ec_pem.h"
#include "base/jwk.h"

#include <criterion/criterion.h>

/* A key whose x begins with a zero byte; its thumbprint is from another implementation. */
static const char public_pem[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEAP5LUKu60velfh2t4m/wAnbv3sE7\n"
    "WCS1HzigpyqrxVE2kAcClUU5ywulEwyl+NXHOtqRpuA0aquBjRQ6hdoveA==\n"
    "-----END PUBLIC KEY-----\n";
#define THUMBPRINT "1YNvJF1bcJ5vqEvxA7Iys1JsVymaM6rqdYPpWEptPvA"

static void write_set(const struct jwt_key *key, struct buf *ret)
{
    buf_init(ret, JWK_SET_MAX_BYTES);
    struct json_writer json = json_writer(ret);
    json_open(&json, NULL, '{');
    json_open(&json, "keys", '[');
    jwk_put(key, &json);
    json_close(&json, ']');
    json_close(&json, '}');
}

Test(jwk_write, names_and_writes_a_key_as_the_standards_say)
{
    struct jwt_key *key = jwt_key_from_public_pem(slice_of(public_pem));
    cr_assert_not_null(key);
    cr_expect_str_eq(jwt_key_id(key), THUMBPRINT);
    CLEANUP(buf) struct buf text;
    write_set(key, &text);
    cr_expect_str_eq(text.data, "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\","
                                "\"x\":\"AP5LUKu60velfh2t4m_wAnbv3sE7WCS1HzigpyqrxVE\","
                                "\"y\":\"NpAHApVFOcsLpRMMpfjVxzrakabgNGqrgY0UOoXaL3g\","
                                "\"kid\":\"" THUMBPRINT "\",\"use\":\"sig\",\"alg\":\"ES256\"}]}");
    jwt_key_free(key);
}

Test(jwk_write, what_a_private_key_signs_its_published_half_checks)
{
    CLEANUP(secret_buf) struct buf pem;
    CLEANUP(buf) struct buf document;
    CLEANUP(buf) struct buf token;
    const char *why = NULL;
    cJSON *claims = NULL;
    buf_init_secret(&pem, 4096);
    buf_init(&token, JWT_MAX_BYTES);
    ec_pem_generate(&pem);
    struct jwt_key *key = jwt_key_from_pem(buf_slice(&pem));
    cr_assert_not_null(key);
    write_set(key, &document);
    cr_assert_eq(jwt_sign(key, SLICE("{\"a\":1}"), &token), 0);
    struct jwk_set *set = jwk_set_read(buf_slice(&document), JWT_BIT(JWT_ES256), &why);
    cr_assert_not_null(set, "%s", why);
    const struct jwt_keys keys = jwk_set_keys(set);
    cr_expect_eq(jwt_verify(keys.list, keys.count, buf_slice(&token), 1, 0, &claims), JWT_VALID);
    cJSON_Delete(claims);
    jwk_set_free(set);
    jwt_key_free(key);
}

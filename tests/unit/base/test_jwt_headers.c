/* What base/jwt.h takes for a header: algorithms, key names and members, and an attack on each. */
#include "jwt_fixture.h"

#include <stdio.h>
#include <string.h>

Test(jwt_headers, refuses_algorithm_none)
{
    struct fixture fixture = begin();
    static const char *const headers[] = {
        "{\"alg\":\"none\"}", "{\"alg\":\"none\",\"kid\":\"device-1\"}",
        "{\"alg\":\"None\",\"kid\":\"device-1\"}", "{\"alg\":\"NONE\",\"kid\":\"emulator_1\"}"};
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        struct slice token = make_hs256(&fixture, headers[i], "{\"sub\":\"x\"}");
        cr_expect_eq(verdict_of(&fixture, token), JWT_MALFORMED, "%s", headers[i]);
        const char *last = memrchr(token.data, '.', token.len);
        token.len = (size_t)(last - token.data) + 1; /* with an empty signature */
        cr_expect_eq(verdict_of(&fixture, token), JWT_MALFORMED, "%s", headers[i]);
    }
    end(&fixture);
}

Test(jwt_headers, refuses_one_algorithm_under_the_others_key)
{
    struct fixture fixture = begin();
    cr_expect_eq(
        verdict_of(&fixture,
                   make_hs256(&fixture, "{\"alg\":\"HS256\",\"kid\":\"emulator_1\"}", "{}")),
        JWT_UNKNOWN_KEY);
    cr_expect_eq(verdict_of(&fixture,
                            make_hs256(&fixture, "{\"alg\":\"ES256\",\"kid\":\"device-1\"}", "{}")),
                 JWT_UNKNOWN_KEY);
    cr_expect_eq(
        verdict_of(&fixture,
                   make_hs256(&fixture, "{\"alg\":\"ES256\",\"kid\":\"emulator_1\"}", "{}")),
        JWT_BAD_SIGNATURE);
    end(&fixture);
}

Test(jwt_headers, keys_of_the_same_name_keep_their_own_algorithm)
{
    struct fixture fixture = begin();
    struct jwt_key *twin = jwt_key_generate_es256("device-1");
    const struct jwt_key *const keys[] = {fixture.hs256, twin};
    cJSON *claims = NULL;
    struct slice token = sign(&fixture, twin, "{}");
    cr_expect_eq(jwt_verify(keys, 2, token, NOW, 0, &claims), JWT_VALID);
    cJSON_Delete(claims);
    token = sign(&fixture, fixture.hs256, "{}");
    cr_expect_eq(jwt_verify(keys, 2, token, NOW, 0, &claims), JWT_VALID);
    cJSON_Delete(claims);
    jwt_key_free(twin);
    end(&fixture);
}

Test(jwt_headers, refuses_other_algorithms)
{
    struct fixture fixture = begin();
    static const char *const names[] = {"HS384", "HS512",  "PS256", "ES256K", "RSA-OAEP",
                                        "hs256", "HS256 ", "",      "EdDSA"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char header[100];
        (void)snprintf(header, sizeof header, "{\"alg\":\"%s\",\"kid\":\"device-1\"}", names[i]);
        cr_expect_eq(verdict_of(&fixture, make_hs256(&fixture, header, "{}")), JWT_MALFORMED, "%s",
                     names[i]);
    }
    end(&fixture);
}

Test(jwt_headers, refuses_missing_and_unknown_key_ids)
{
    struct fixture fixture = begin();
    cr_expect_eq(verdict_of(&fixture, make_hs256(&fixture, "{\"alg\":\"HS256\"}", "{}")),
                 JWT_MALFORMED);
    cr_expect_eq(
        verdict_of(&fixture, make_hs256(&fixture, "{\"alg\":\"HS256\",\"kid\":null}", "{}")),
        JWT_MALFORMED);
    cr_expect_eq(verdict_of(&fixture, make_hs256(&fixture, "{\"alg\":\"HS256\",\"kid\":1}", "{}")),
                 JWT_MALFORMED);
    cr_expect_eq(
        verdict_of(&fixture, make_hs256(&fixture, "{\"alg\":\"HS256\",\"kid\":\"x\"}", "{}")),
        JWT_UNKNOWN_KEY);
    cr_expect_eq(verdict_of(&fixture,
                            make_hs256(&fixture, "{\"alg\":\"HS256\",\"kid\":\"Device-1\"}", "{}")),
                 JWT_UNKNOWN_KEY);
    cJSON *claims = NULL;
    cr_expect_eq(jwt_verify(NULL, 0, make_hs256(&fixture, HS256_HEADER, "{}"), NOW, 0, &claims),
                 JWT_UNKNOWN_KEY);
    end(&fixture);
}

Test(jwt_headers, refuses_headers_it_does_not_fully_understand)
{
    struct fixture fixture = begin();
    static const char *const headers[] = {
        "{\"alg\":\"HS256\",\"kid\":\"device-1\",\"crit\":[\"x\"]}",
        "{\"alg\":\"HS256\",\"kid\":\"device-1\",\"crit\":null}",
        "{\"alg\":\"HS256\",\"kid\":\"device-1\",\"crit\":[]}",
        "{\"alg\":\"none\",\"alg\":\"HS256\",\"kid\":\"device-1\"}",
        "{\"alg\":\"HS256\",\"alg\":\"HS256\",\"kid\":\"device-1\"}",
        "{\"alg\":\"HS256\",\"kid\":\"device-1\",\"kid\":\"device-1\"}",
        "{\"alg\":\"HS256\",\"kid\":\"device-1\",\"typ\":\"JOSE\"}",
        "{\"alg\":\"HS256\",\"kid\":\"device-1\",\"typ\":1}",
        "{\"alg\":\"HS256\",\"kid\":\"device-1\",\"typ\":null}",
        "{\"alg\":\"HS256\",\"kid\":\"device-1\",\"typ\":\"application/JWT\"}",
        "{\"alg\":\"HS256\",\"kid\":\"device-1\",\"typ\":\"at+jwt \"}",
        "{\"alg\":\"HS256\",\"kid\":\"device-1\",\"jwk\":{}}",
        "{\"alg\":\"HS256\",\"kid\":\"device-1\",\"jku\":\"https://x.example\"}",
        "{\"alg\":\"HS256\",\"kid\":\"device-1\",\"x5u\":null}",
        "{\"alg\":\"HS256\",\"kid\":\"device-1\",\"x5c\":[\"AA\"]}",
        "[\"HS256\"]",
        "\"HS256\"",
        "",
        "{\"alg\":\"HS256\",\"kid\":\"device-1\"",
        "{\"alg\":[\"HS256\"],\"kid\":\"device-1\"}",
        "{\"Alg\":\"HS256\",\"kid\":\"device-1\"}",
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        cr_expect_eq(verdict_of(&fixture, make_hs256(&fixture, headers[i], "{}")), JWT_MALFORMED,
                     "%s", headers[i]);
    }
    end(&fixture);
}

Test(jwt_headers, takes_harmless_headers)
{
    struct fixture fixture = begin();
    static const char *const headers[] = {
        "{\"typ\":\"JWT\",\"alg\":\"HS256\",\"kid\":\"device-1\"}",
        "{\"typ\":\"jwt\",\"kid\":\"device-1\",\"alg\":\"HS256\"}",
        "{\"alg\":\"HS256\",\"kid\":\"device-1\",\"x5t\":\"y\",\"cty\":\"z\"}",
        "{\"alg\":\"HS256\",\"kid\":\"device-1\",\"typ\":\"at+jwt\"}",
        "{\"alg\":\"HS256\",\"kid\":\"device-1\",\"typ\":\"application/AT+JWT\"}",
        " { \"alg\" : \"HS256\" , \"kid\" : \"device-1\" } ",
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        cr_expect_eq(verdict_of(&fixture, make_hs256(&fixture, headers[i], "{}")), JWT_VALID, "%s",
                     headers[i]);
    }
    end(&fixture);
}

Test(jwt_headers, es256_headers_are_judged_like_the_others)
{
    static const struct {
        const char *header;
        enum jwt_verdict verdict;
    } cases[] = {
        {"{\"alg\":\"ES256\",\"kid\":\"emulator_1\"}", JWT_VALID},
        {"{\"alg\":\"ES256\",\"kid\":\"emulator_1\",\"typ\":\"JWT\"}", JWT_VALID},
        {"{\"alg\":\"ES256\",\"kid\":\"emulator_1\",\"typ\":\"at+jwt\"}", JWT_VALID},
        {"{\"alg\":\"ES256\",\"kid\":\"emulator_1\",\"typ\":\"AT+JWT\"}", JWT_VALID},
        {"{\"alg\":\"ES256\",\"kid\":\"emulator_1\",\"typ\":\"application/at+jwt\"}", JWT_VALID},
        {"{\"alg\":\"ES256\",\"kid\":\"emulator_1\",\"jku\":\"https://x\"}", JWT_MALFORMED},
        {"{\"alg\":\"ES256\",\"kid\":\"emulator_1\",\"typ\":\"JWS\"}", JWT_MALFORMED},
        {"{\"alg\":\"ES256\",\"kid\":\"emulator_1\",\"crit\":[\"exp\"]}", JWT_MALFORMED},
        {"{\"alg\":\"ES256\",\"kid\":\"emulator_1\",\"alg\":\"ES256\"}", JWT_MALFORMED},
        {"{\"alg\":\"ES256\",\"kid\":\"device-1\"}", JWT_UNKNOWN_KEY},
        {"{\"alg\":\"HS256\",\"kid\":\"emulator_1\"}", JWT_UNKNOWN_KEY},
        {"{\"alg\":\"HS256\",\"kid\":\"device-1\"}", JWT_BAD_SIGNATURE},
        {"{\"alg\":\"none\",\"kid\":\"emulator_1\"}", JWT_MALFORMED},
    };
    struct fixture fixture = begin();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct slice token = make_es256(&fixture, cases[i].header, "{\"exp\":1800000001}");
        cr_expect_eq(verdict_of(&fixture, token), cases[i].verdict, "%s", cases[i].header);
        token = make_es256(&fixture, cases[i].header, "{\"exp\":1800000000}");
        cr_expect_neq(verdict_of(&fixture, token), JWT_VALID, "%s", cases[i].header);
        token = make_es256(&fixture, cases[i].header, "{\"a\":1,\"a\":2}");
        cr_expect_neq(verdict_of(&fixture, token), JWT_VALID, "%s", cases[i].header);
    }
    end(&fixture);
}

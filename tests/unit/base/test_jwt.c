/* Promises of base/jwt.h about keys, signing and the times in claims. */
#include "jwt_fixture.h"

#include <stdio.h>
#include <string.h>

Test(jwt, what_is_signed_verifies_and_gives_its_claims)
{
    struct fixture fixture = begin();
    const struct jwt_key *const both[] = {fixture.hs256, fixture.es256};
    for (size_t i = 0; i < 2; i++) {
        struct slice token =
            sign(&fixture, both[i], "{\"sub\":\"x\\u00e4\",\"exp\":1800000001,\"n\":{\"a\":[1]}}");
        cJSON *claims = NULL;
        cr_assert_eq(jwt_verify(fixture.keys, 2, token, NOW, 0, &claims), JWT_VALID);
        struct slice subject = {NULL, 0};
        cr_expect_eq(json_string(claims, "sub", 1, 9, &subject), JSON_OK);
        cr_expect(slice_equal(subject, SLICE("x\xC3\xA4")));
        cr_expect(json_has(claims, "n"));
        cJSON_Delete(claims);
    }
    end(&fixture);
}

static void expect_header(struct slice token, const char *expected)
{
    const char *dot = memchr(token.data, '.', token.len);
    CLEANUP(buf) struct buf header;
    buf_init(&header, 1000);
    cr_assert_eq(base64url_decode((struct slice){token.data, (size_t)(dot - token.data)}, &header),
                 0);
    cr_expect_str_eq(header.data, expected);
}

Test(jwt, the_header_is_algorithm_and_key_and_nothing_else)
{
    struct fixture fixture = begin();
    expect_header(sign(&fixture, fixture.hs256, "{}"), HS256_HEADER);
    expect_header(sign(&fixture, fixture.es256, "{}"),
                  "{\"alg\":\"ES256\",\"kid\":\"emulator_1\"}");
    cr_expect_str_eq(jwt_key_id(fixture.es256), "emulator_1");
    cr_expect_eq(jwt_key_algorithm(fixture.es256), JWT_ES256);
    cr_expect_eq(jwt_key_algorithm(fixture.hs256), JWT_HS256);
    end(&fixture);
}

Test(jwt, signing_appends_and_refuses_what_is_no_object)
{
    struct fixture fixture = begin();
    buf_puts(&fixture.token, "Bearer ");
    static const char *const wrong[] = {"", "[]", "1", "{", "{\"a\":1,\"a\":2}", "{} x"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_lt(jwt_sign(fixture.hs256, slice_of(wrong[i]), &fixture.token), 0, "%s",
                     wrong[i]);
    }
    cr_expect_str_eq(fixture.token.data, "Bearer ");
    cr_expect_eq(jwt_sign(fixture.hs256, SLICE("{}"), &fixture.token), 0);
    cr_expect_eq(strncmp(fixture.token.data, "Bearer eyJ", 10), 0);
    CLEANUP(buf) struct buf small;
    buf_init(&small, 20);
    cr_expect_lt(jwt_sign(fixture.hs256, SLICE("{}"), &small), 0);
    end(&fixture);
}

Test(jwt, signing_refuses_to_make_a_token_nobody_takes)
{
    struct fixture fixture = begin();
    CLEANUP(buf) struct buf claims;
    buf_init(&claims, 10000);
    buf_printf(&claims, "{\"a\":\"%07000d\"}", 1);
    cr_expect_lt(jwt_sign(fixture.es256, buf_slice(&claims), &fixture.token), 0);
    cr_expect_eq(fixture.token.len, 0);
    end(&fixture);
}

Test(jwt, key_ids_are_plain_words)
{
    static const char *const wrong[] = {
        "",
        "a b",
        "a\"",
        "a.b",
        "\xC3\xA4",
        "a/b",
        "1234567890123456789012345678901234567890123456789012345678901234"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_expect_null(jwt_key_new_hs256(wrong[i], secret), "%s", wrong[i]);
        cr_expect_null(jwt_key_generate_es256(wrong[i]), "%s", wrong[i]);
    }
    struct jwt_key *key = jwt_key_new_hs256(
        "123456789012345678901234567890123456789012345678901234567890123", secret);
    cr_expect_not_null(key);
    cr_expect_null(jwt_key_free(key));
    cr_expect_null(jwt_key_free(NULL));
}

Test(jwt, our_hs256_is_everybodys_hs256)
{
    struct fixture fixture = begin();
    CLEANUP(buf) struct buf ours;
    buf_init(&ours, 1000);
    cr_assert_eq(jwt_sign(fixture.hs256, SLICE("{\"a\":1}"), &ours), 0);
    struct slice theirs = make_hs256(&fixture, HS256_HEADER, "{\"a\":1}");
    cr_expect(slice_equal(buf_slice(&ours), theirs));
    end(&fixture);
}

static enum jwt_verdict verdict_of_claims(struct fixture *fixture, const char *claims,
                                          int64_t leeway_s)
{
    enum jwt_verdict one =
        verdict_with_leeway(fixture, sign(fixture, fixture->hs256, claims), leeway_s);
    enum jwt_verdict two =
        verdict_with_leeway(fixture, sign(fixture, fixture->es256, claims), leeway_s);
    cr_expect_eq(one, two, "%s", claims);
    return one;
}

Test(jwt, checks_times_against_the_callers_clock)
{
    static const struct {
        const char *claims;
        int64_t leeway_s;
        enum jwt_verdict verdict;
    } cases[] = {
        {"{}", 0, JWT_VALID},
        {"{\"exp\":1800000001}", 0, JWT_VALID},
        {"{\"exp\":1800000000}", 0, JWT_EXPIRED},
        {"{\"exp\":1799999999}", 0, JWT_EXPIRED},
        {"{\"exp\":0}", 60, JWT_EXPIRED},
        {"{\"exp\":-1}", 60, JWT_EXPIRED},
        {"{\"exp\":1799999941}", 60, JWT_VALID},
        {"{\"exp\":1799999940}", 60, JWT_EXPIRED},
        {"{\"nbf\":1800000000}", 0, JWT_VALID},
        {"{\"nbf\":1800000001}", 0, JWT_NOT_YET},
        {"{\"nbf\":1800000060}", 60, JWT_VALID},
        {"{\"nbf\":1800000061}", 60, JWT_NOT_YET},
        {"{\"iat\":1800000000}", 0, JWT_VALID},
        {"{\"iat\":1800000061}", 60, JWT_NOT_YET},
        {"{\"exp\":9007199254740991,\"nbf\":-9007199254740991}", 60, JWT_VALID},
    };
    struct fixture fixture = begin();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cr_expect_eq(verdict_of_claims(&fixture, cases[i].claims, cases[i].leeway_s),
                     cases[i].verdict, "%s", cases[i].claims);
    }
    end(&fixture);
}

Test(jwt, times_are_whole_numbers)
{
    static const char *const values[] = {
        "\"1900000000\"", "1900000000.5",     "1900000000.0", "null", "true", "[1900000000]", "{}",
        "1e400",          "9007199254740993", "19e8"};
    static const char *const names[] = {"exp", "nbf", "iat"};
    struct fixture fixture = begin();
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        for (size_t k = 0; k < 3; k++) {
            char payload[100];
            (void)snprintf(payload, sizeof payload, "{\"%s\":%s}", names[k], values[i]);
            enum jwt_verdict verdict =
                verdict_of(&fixture, make_hs256(&fixture, HS256_HEADER, payload));
            /* libjwt itself refuses a number that overflows, as it does a wrong signature */
            cr_expect(verdict == JWT_MALFORMED ||
                          (verdict == JWT_BAD_SIGNATURE && strstr(values[i], "e400")),
                      "%s", payload);
        }
    }
    end(&fixture);
}

/* ---- tokens of a type ---- */

static enum jwt_verdict read_as(struct slice token, const char *type)
{
    CLEANUP(jwt_reading) struct jwt_reading reading = {.claims = NULL};
    return jwt_read_typed(token, type, &reading);
}

static struct slice sign_as(struct fixture *fixture, const struct jwt_key *key, const char *type)
{
    buf_reset(&fixture->token);
    cr_assert_eq(jwt_sign_typed(key, type, SLICE("{\"a\":1}"), &fixture->token), 0);
    return buf_slice(&fixture->token);
}

Test(jwt, a_type_is_the_headers_last_member)
{
    struct fixture fixture = begin();
    expect_header(sign_as(&fixture, fixture.es256, "x+jwt"),
                  "{\"alg\":\"ES256\",\"kid\":\"emulator_1\",\"typ\":\"x+jwt\"}");
    end(&fixture);
}

Test(jwt, what_is_signed_as_a_type_is_read_as_that_type_only)
{
    struct fixture fixture = begin();
    const struct jwt_key *const both[] = {fixture.hs256, fixture.es256};
    for (size_t i = 0; i < 2; i++) {
        struct slice token = sign_as(&fixture, both[i], "x+jwt");
        const struct jwt_keys keys = {.list = fixture.keys, .count = 2};
        CLEANUP(jwt_reading) struct jwt_reading reading = {.claims = NULL};
        cr_assert_eq(jwt_read_typed(token, "x+jwt", &reading), JWT_VALID);
        cr_expect_eq(jwt_check(&reading, &keys, NOW, 0), JWT_VALID);
        cr_expect(json_has(reading.claims, "a"));
        cr_expect_eq(read_as(token, "y+jwt"), JWT_MALFORMED);
        cr_expect_eq(verdict_of(&fixture, token), JWT_MALFORMED);
    }
    end(&fixture);
}

Test(jwt, a_token_without_a_type_is_of_none)
{
    struct fixture fixture = begin();
    struct slice token = sign(&fixture, fixture.es256, "{}");
    cr_expect_eq(read_as(token, "x+jwt"), JWT_MALFORMED);
    cr_expect_eq(read_as(token, "JWT"), JWT_MALFORMED);
    end(&fixture);
}

Test(jwt, a_type_may_be_spelled_as_a_media_type)
{
    struct fixture fixture = begin();
    static const char *const spellings[] = {"x+jwt", "X+JWT", "application/x+jwt",
                                            "APPLICATION/x+Jwt"};
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        struct slice token = sign_as(&fixture, fixture.es256, spellings[i]);
        cr_expect_eq(read_as(token, "x+jwt"), JWT_VALID, "%s", spellings[i]);
    }
    static const char *const others[] = {"application/", "application/application/x+jwt",
                                         "text/x+jwt", " x+jwt", "x+jwt "};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct slice token = sign_as(&fixture, fixture.es256, others[i]);
        cr_expect_eq(read_as(token, "x+jwt"), JWT_MALFORMED, "%s", others[i]);
    }
    end(&fixture);
}

/* Promises of base/jwk.h about the numbers of RSA keys and the points of EC keys. */
#include "base/random.h"
#include "jwk_fixture.h"

/* ---- RSA numbers ---- */

/* A modulus of so many bits; only its size matters here. */
static const char *rsa_refusal(struct world *world, size_t bits, bool odd, const char *exponent,
                               bool zero_first)
{
    uint8_t bytes[2000];
    struct fake_random fake;
    fake_random_init(&fake, 5);
    size_t size = (bits + 7) / 8;
    random_fill(&fake.random, bytes, sizeof bytes);
    bytes[0] = 0;
    uint8_t *first = bytes + (zero_first ? 1 : 0);
    *first = (uint8_t)(1U << ((bits - 1) % 8)); /* the highest bit, and no higher one */
    bytes[size - 1 + (zero_first ? 1 : 0)] = (uint8_t)((bytes[size - 1] & 0xFEU) | (odd ? 1U : 0U));
    CLEANUP(buf) struct buf jwk;
    buf_init(&jwk, 1 << 16);
    buf_puts(&jwk, "{\"kty\":\"RSA\",\"kid\":\"k\",\"n\":\"");
    base64url_encode(bytes, size + (zero_first ? 1 : 0), &jwk);
    buf_printf(&jwk, "\",\"e\":\"%s\"}", exponent);
    return refusal(world, jwk.data);
}

#define F4 "AQAB"

Test(jwk_numbers, takes_rsa_moduli_of_2048_to_8192_bits)
{
    struct world world = world_new();
    cr_expect_null(rsa_refusal(&world, 2048, true, F4, false));
    cr_expect_null(rsa_refusal(&world, 2048, true, F4, true), "some encoders put a zero before");
    cr_expect_null(rsa_refusal(&world, 3072, true, F4, false));
    cr_expect_null(rsa_refusal(&world, 8192, true, F4, false));
    cr_expect_str_eq(rsa_refusal(&world, 2047, true, F4, false),
                     "the RSA modulus is shorter than 2048 bits");
    cr_expect_str_eq(rsa_refusal(&world, 2047, true, F4, true),
                     "the RSA modulus is shorter than 2048 bits");
    cr_expect_str_eq(rsa_refusal(&world, 1024, true, F4, false),
                     "the RSA modulus is shorter than 2048 bits");
    cr_expect_str_eq(rsa_refusal(&world, 8193, true, F4, false),
                     "the RSA modulus is longer than 8192 bits");
    cr_expect_not_null(rsa_refusal(&world, 15000, true, F4, false));
    cr_expect_str_eq(rsa_refusal(&world, 2048, false, F4, false), "the RSA modulus is even");
    world_done(&world);
}

Test(jwk_numbers, takes_sane_rsa_exponents)
{
    static const struct {
        const char *exponent;
        bool fine;
    } rows[] = {
        {"AQAB", true},   {"AAEAAQ", true}, /* 65537 with a zero before */
        {"_____w", true},                   /* 2^32 - 1 */
        {"AQ", false},    {"Aw", false},    /* 1, 3 */
        {"EQ", false},    {"AQAA", false},  /* 17, 65536 */
        {"", false},      {"AA", false},    {"AAEAAQAB", false}, {"AQAB=", false},
        {"AQA B", false}, {"AQAC", false},  {"AR", false},
    };
    struct world world = world_new();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *why = rsa_refusal(&world, 2048, true, rows[i].exponent, false);
        cr_expect_eq(why == NULL, rows[i].fine, "%s: %s", rows[i].exponent, why);
    }
    world_done(&world);
}

Test(jwk_numbers, an_rsa_key_needs_both_numbers)
{
    struct world world = world_new();
    static const char *const keys[] = {
        "{\"kty\":\"RSA\",\"kid\":\"k\",\"e\":\"AQAB\"}",
        "{\"kty\":\"RSA\",\"kid\":\"k\",\"n\":1,\"e\":\"AQAB\"}",
        "{\"kty\":\"RSA\",\"kid\":\"k\",\"n\":\"AQAB\",\"e\":65537}",
        "{\"kty\":\"RSA\",\"kid\":\"k\",\"n\":\"+/==\",\"e\":\"AQAB\"}",
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        cr_expect_not_null(refusal(&world, keys[i]), "%s", keys[i]);
    }
    world_done(&world);
}

/* ---- points ---- */

/* The P-256 key with these coordinates. */
static const char *point_refusal(struct world *world, const char *curve, const uint8_t *x,
                                 size_t x_size, const uint8_t *y, size_t y_size)
{
    CLEANUP(buf) struct buf jwk;
    buf_init(&jwk, 1 << 16);
    buf_printf(&jwk, "{\"kty\":\"EC\",\"kid\":\"k\",\"crv\":\"%s\",\"x\":\"", curve);
    base64url_encode(x, x_size, &jwk);
    buf_puts(&jwk, "\",\"y\":\"");
    base64url_encode(y, y_size, &jwk);
    buf_puts(&jwk, "\"}");
    return refusal(world, jwk.data);
}

static void coordinates_of(const struct signer *signer, uint8_t x[32], uint8_t y[32])
{
    static const char *const names[] = {OSSL_PKEY_PARAM_EC_PUB_X, OSSL_PKEY_PARAM_EC_PUB_Y};
    for (size_t i = 0; i < 2; i++) {
        BIGNUM *number = NULL;
        cr_assert_eq(EVP_PKEY_get_bn_param(signer->key, names[i], &number), 1);
        cr_assert_eq(BN_bn2binpad(number, i == 0 ? x : y, 32), 32);
        BN_free(number);
    }
}

Test(jwk_numbers, takes_only_points_on_the_curve)
{
    static const char off[] = "the point is not on the curve";
    static const char size[] =
        "x or y is missing, no base64url, or not as long as the curve's coordinates";
    struct world world = world_new();
    uint8_t x[33] = {0};
    uint8_t y[33] = {0};
    uint8_t zero[32] = {0};
    uint8_t large[32];
    memset(large, 0xFF, sizeof large);
    coordinates_of(&world.p256, x, y);
    cr_expect_null(point_refusal(&world, "P-256", x, 32, y, 32));
    cr_expect_str_eq(point_refusal(&world, "P-256", y, 32, x, 32), off);
    cr_expect_str_eq(point_refusal(&world, "P-256", zero, 32, zero, 32), off);
    cr_expect_str_eq(point_refusal(&world, "P-256", large, 32, y, 32), off);
    cr_expect_str_eq(point_refusal(&world, "P-256", x, 31, y, 32), size);
    cr_expect_str_eq(point_refusal(&world, "P-256", x, 32, y, 33), size);
    cr_expect_str_eq(point_refusal(&world, "P-384", x, 32, y, 32), size);
    y[31] ^= 1;
    cr_expect_str_eq(point_refusal(&world, "P-256", x, 32, y, 32), off);
    static const char *const curves[] = {"secp256k1", "p-256", "Ed25519", "", "P-224"};
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++) {
        cr_expect_str_eq(point_refusal(&world, curves[i], x, 32, y, 32),
                         "crv is none of P-256, P-384 and P-521", "%s", curves[i]);
    }
    world_done(&world);
}

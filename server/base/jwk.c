/*
 * JWKS documents. Where they come from and when they are read again is others' business.
 * Invariant: a key is used with algorithms of its own type, and of its own curve, only.
 */
#include "base/jwk.h"

#include "base/crypto.h"
#include "base/jwt_private.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <stdlib.h>

enum {
    NUMBER_MAX = RSA_BITS_MAX / 8 + 1, /* some encoders put a zero before */
    EXPONENT_MAX = 4,
    POINT_MAX = 1 + 2 * EC_COORDINATE_MAX
};

static const BN_ULONG exponent_min = 65537;

/* ---- what the key is for ---- */

static bool has_verify(const cJSON *operations)
{
    const cJSON *operation = NULL;
    cJSON_ArrayForEach (operation, operations) {
        const char *name = cJSON_GetStringValue(operation);
        if (name && slice_equal(slice_of(name), SLICE("verify"))) {
            return true;
        }
    }
    return false;
}

/* NULL, or why it may not check signatures. */
static const char *check_purpose(const cJSON *jwk)
{
    struct slice use;
    const cJSON *operations = NULL;
    if (json_has(jwk, "use") &&
        (json_string(jwk, "use", 1, 16, &use) != JSON_OK || !slice_equal(use, SLICE("sig")))) {
        return "use is not sig";
    }
    if (json_has(jwk, "key_ops") &&
        (json_array(jwk, "key_ops", &operations) != JSON_OK || !has_verify(operations))) {
        return "key_ops has no verify";
    }
    return NULL;
}

/* A key that is published with its secret part is everybody's. */
static bool has_secret(const cJSON *jwk)
{
    static const char *const names[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (json_has(jwk, names[i])) {
            return true;
        }
    }
    return false;
}

/* ---- numbers ---- */

/* The bytes of a member, base64url. */
static bool read_bytes(const cJSON *jwk, const char *name, size_t max, struct buf *ret)
{
    struct slice text;
    buf_init(ret, max);
    return json_string(jwk, name, 1, 2 * max + 4, &text) == JSON_OK &&
           base64url_decode(text, ret) == 0 && ret->len > 0;
}

static EVP_PKEY *import(const char *type, OSSL_PARAM_BLD *build)
{
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *key = NULL;
    if (!parameters || !context || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
        ERR_clear_error();
    }
    OSSL_PARAM_free(parameters);
    EVP_PKEY_CTX_free(context);
    return key;
}

/* ---- RSA ---- */

static const char *check_rsa(const BIGNUM *modulus, const BIGNUM *exponent)
{
    if (BN_num_bits(modulus) < RSA_BITS_MIN) {
        return "the RSA modulus is shorter than 2048 bits";
    }
    if (BN_num_bits(modulus) > RSA_BITS_MAX) {
        return "the RSA modulus is longer than 8192 bits";
    }
    if (!BN_is_odd(modulus)) {
        return "the RSA modulus is even";
    }
    return BN_is_odd(exponent) && BN_get_word(exponent) >= exponent_min
               ? NULL
               : "the RSA exponent is not an odd number from 65537 on";
}

static EVP_PKEY *import_rsa(const BIGNUM *modulus, const BIGNUM *exponent)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    if (build && OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent) == 1) {
        key = import("RSA", build);
    }
    OSSL_PARAM_BLD_free(build);
    return key;
}

static EVP_PKEY *read_rsa(const cJSON *jwk, const char **ret_why)
{
    CLEANUP(buf) struct buf n;
    CLEANUP(buf) struct buf e;
    bool has_n = read_bytes(jwk, "n", NUMBER_MAX, &n);
    bool has_e = read_bytes(jwk, "e", EXPONENT_MAX, &e);
    if (!has_n || !has_e) {
        *ret_why = "n or e is missing, no base64url, or too long";
        return NULL;
    }
    BIGNUM *modulus = BN_bin2bn((const uint8_t *)n.data, (int)n.len, NULL);
    BIGNUM *exponent = BN_bin2bn((const uint8_t *)e.data, (int)e.len, NULL);
    if (!modulus || !exponent) {
        abort(); /* out of memory */
    }
    EVP_PKEY *key = NULL;
    *ret_why = check_rsa(modulus, exponent);
    if (!*ret_why) {
        key = import_rsa(modulus, exponent);
        *ret_why = key ? NULL : "OpenSSL does not take the RSA key";
    }
    BN_free(modulus);
    BN_free(exponent);
    return key;
}

/* ---- points ---- */

/* The algorithm of a curve, or NULL. */
static const struct jwt_algorithm_info *find_curve(const cJSON *jwk)
{
    struct slice curve;
    if (json_string(jwk, "crv", 1, 16, &curve) != JSON_OK) {
        return NULL;
    }
    for (size_t i = 0; i < JWT_ALGORITHM_COUNT; i++) {
        const char *name = jwt_algorithms[i].curve;
        if (name && slice_equal(curve, slice_of(name))) {
            return &jwt_algorithms[i];
        }
    }
    return NULL;
}

/* OpenSSL looks whether the point is on the curve. */
static EVP_PKEY *import_point(const char *group, struct slice point)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    if (build &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, group, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point.data, point.len) ==
            1) {
        key = import("EC", build);
    }
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX *context = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;
    if (key && (!context || EVP_PKEY_public_check_quick(context) != 1)) {
        ERR_clear_error();
        EVP_PKEY_free(TAKE(key));
    }
    EVP_PKEY_CTX_free(context);
    return key;
}

static EVP_PKEY *read_ec(const cJSON *jwk, const struct jwt_algorithm_info *curve,
                         const char **ret_why)
{
    CLEANUP(buf) struct buf x;
    CLEANUP(buf) struct buf y;
    CLEANUP(buf) struct buf point;
    buf_init(&point, POINT_MAX);
    bool has_x = read_bytes(jwk, "x", EC_COORDINATE_MAX, &x);
    bool has_y = read_bytes(jwk, "y", EC_COORDINATE_MAX, &y);
    if (!has_x || !has_y || x.len != curve->coordinate || y.len != curve->coordinate) {
        *ret_why = "x or y is missing, no base64url, or not as long as the curve's coordinates";
        return NULL;
    }
    buf_putc(&point, 4); /* uncompressed */
    buf_put_slice(&point, buf_slice(&x));
    buf_put_slice(&point, buf_slice(&y));
    EVP_PKEY *key = import_point(curve->group, buf_slice(&point));
    *ret_why = key ? NULL : "the point is not on the curve";
    return key;
}

/* ---- one key ---- */

struct material {
    EVP_PKEY *key;
    unsigned algorithms; /* that the key can do */
};

/* NULL, or why it is none. */
static const char *read_material(const cJSON *jwk, struct material *ret)
{
    struct slice type;
    const char *why = NULL;
    if (json_string(jwk, "kty", 1, 16, &type) != JSON_OK) {
        return "kty is missing";
    }
    if (slice_equal(type, SLICE("RSA"))) {
        ret->algorithms = JWT_BIT(JWT_RS256) | JWT_BIT(JWT_RS384) | JWT_BIT(JWT_RS512);
        ret->key = read_rsa(jwk, &why);
        return why;
    }
    if (!slice_equal(type, SLICE("EC"))) {
        return "kty is neither RSA nor EC";
    }
    const struct jwt_algorithm_info *curve = find_curve(jwk);
    if (!curve) {
        return "crv is none of P-256, P-384 and P-521";
    }
    ret->algorithms = JWT_BIT(curve - jwt_algorithms);
    ret->key = read_ec(jwk, curve, &why);
    return why;
}

/* What `alg` leaves of all algorithms; 0: it is none of ours. */
static unsigned read_algorithms(const cJSON *jwk)
{
    struct slice name;
    enum jwt_algorithm algorithm;
    if (!json_has(jwk, "alg")) {
        return JWT_ASYMMETRIC;
    }
    if (json_string(jwk, "alg", 1, 16, &name) != JSON_OK || !jwt_algorithm_find(name, &algorithm)) {
        return 0;
    }
    return JWT_BIT(algorithm) & JWT_ASYMMETRIC;
}

/* NULL, or why it has none that can be used. */
static const char *read_kid(const cJSON *jwk, bool only_one, struct slice *ret)
{
    *ret = (struct slice){NULL, 0};
    if (!json_has(jwk, "kid")) {
        return only_one ? NULL : "it has no kid, and there are others";
    }
    return json_string(jwk, "kid", 1, JWT_KID_MAX, ret) == JSON_OK
               ? NULL
               : "kid is no text of 1 to 255 bytes";
}

static bool is_taken(const struct jwk_set *set, struct slice kid, unsigned algorithms)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct jwt_key *key = set->list[i];
        if (kid.data && key->kid && slice_equal(kid, slice_of(key->kid)) &&
            (key->algorithms & algorithms)) {
            return true;
        }
    }
    return false;
}

/* NULL, or why the key is passed over. */
static const char *add_key(struct jwk_set *set, const cJSON *jwk, unsigned allowed)
{
    struct slice kid;
    struct material material = {0};
    if (!cJSON_IsObject(jwk)) {
        return "it is no object";
    }
    if (has_secret(jwk)) {
        return "it holds a secret part";
    }
    const char *why = check_purpose(jwk);
    why = why ? why : read_kid(jwk, set->only_one, &kid);
    why = why ? why : read_material(jwk, &material);
    if (why) {
        return why;
    }
    unsigned algorithms = material.algorithms & read_algorithms(jwk) & allowed;
    if (algorithms == 0) {
        why = "its algorithm is not used here";
    } else if (is_taken(set, kid, algorithms)) {
        why = "another key has its kid";
    } else if (set->count == JWK_SET_MAX_KEYS) {
        why = "there are more than 100 keys";
    }
    if (why) {
        EVP_PKEY_free(material.key);
        return why;
    }
    set->list[set->count++] = jwt_key_new_public(material.key, kid, algorithms);
    return NULL;
}

/* ---- the document ---- */

static struct jwk_set *set_new(size_t capacity)
{
    struct jwk_set *set = xcalloc(1, sizeof *set);
    set->list = xcalloc(capacity, sizeof(struct jwt_key *));
    return set;
}

struct jwk_set *jwk_set_read(struct slice document, unsigned algorithms, const char **ret_why)
{
    static const struct json_limits limits = {JWK_SET_MAX_BYTES, 8, 8192};
    CLEANUP(json) cJSON *json = NULL;
    const cJSON *keys = NULL;
    const cJSON *jwk = NULL;
    if (json_parse(document, &limits, &json, ret_why) != 0) {
        return NULL;
    }
    if (json_array(json, "keys", &keys) != JSON_OK) {
        *ret_why = "it has no array keys";
        return NULL;
    }
    struct jwk_set *set = set_new(JWK_SET_MAX_KEYS);
    set->only_one = cJSON_GetArraySize(keys) == 1;
    cJSON_ArrayForEach (jwk, keys) {
        const char *why = add_key(set, jwk, algorithms);
        set->refused += why ? 1 : 0;
        set->reason = set->reason ? set->reason : why;
    }
    if (set->count == 0) {
        *ret_why = set->reason ? set->reason : "it holds no key";
        return jwk_set_free(set);
    }
    return set;
}

struct jwk_set *jwk_set_of_secret(struct slice secret)
{
    struct jwt_key *key = jwt_key_new_secret(secret);
    if (!key) {
        return NULL;
    }
    struct jwk_set *set = set_new(1);
    set->list[set->count++] = key;
    return set;
}

struct jwk_set *jwk_set_free(struct jwk_set *set)
{
    if (set) {
        for (size_t i = 0; i < set->count; i++) {
            jwt_key_free(set->list[i]);
        }
        free(set->list);
        free(set);
    }
    return NULL;
}

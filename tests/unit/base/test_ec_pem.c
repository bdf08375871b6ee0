/* Promises of base/ec_pem.h. */
#include "base/ec_pem.h"

#include "base/jwt.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

enum { LIMIT = 4096 };

/* Another key as PEM, encrypted when there is a passphrase. */
static struct buf pem_of(EVP_PKEY *key, char *passphrase)
{
    struct buf text;
    buf_init(&text, LIMIT);
    BIO *bio = BIO_new(BIO_s_mem());
    char *data = NULL;
    cr_assert_eq(PEM_write_bio_PKCS8PrivateKey(bio, key, passphrase ? EVP_aes_128_cbc() : NULL,
                                               NULL, 0, NULL, passphrase),
                 1);
    long size = BIO_get_mem_data(bio, &data);
    buf_append(&text, data, (size_t)size);
    BIO_free(bio);
    EVP_PKEY_free(key);
    return text;
}

static bool is_private_key(struct slice text)
{
    struct jwt_key *key = jwt_key_from_pem(text);
    bool fine = key != NULL;
    jwt_key_free(key);
    return fine;
}

Test(ec_pem, makes_fresh_keys_it_takes_itself)
{
    struct buf first;
    struct buf second;
    buf_init_secret(&first, LIMIT);
    buf_init_secret(&second, LIMIT);
    ec_pem_generate(&first);
    ec_pem_generate(&second);
    cr_expect(is_private_key(buf_slice(&first)));
    cr_expect(is_private_key(buf_slice(&second)));
    cr_expect_not(slice_equal(buf_slice(&first), buf_slice(&second)));
    cr_expect_eq(strncmp(first.data, "-----BEGIN PRIVATE KEY-----\n", 28), 0);
    buf_wipe(&first);
    buf_wipe(&second);
}

Test(ec_pem, takes_no_other_text)
{
    cr_expect_not(is_private_key(SLICE("")));
    cr_expect_not(is_private_key((struct slice){0}));
    cr_expect_not(is_private_key(SLICE("hello")));
    cr_expect_not(
        is_private_key(SLICE("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")));
    struct buf key;
    buf_init_secret(&key, LIMIT);
    ec_pem_generate(&key);
    cr_expect_not(is_private_key((struct slice){key.data, key.len / 2}));
    buf_wipe(&key);
}

Test(ec_pem, takes_no_other_kind_of_key)
{
    char passphrase[] = "passphrase";
    struct buf others[] = {
        pem_of(EVP_EC_gen("P-384"), NULL),
        pem_of(EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), NULL),
        pem_of(EVP_EC_gen("P-256"), passphrase),
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        cr_expect_not(is_private_key(buf_slice(&others[i])), "%zu", i);
        buf_done(&others[i]);
    }
}

Test(ec_pem, gives_the_public_half_and_nothing_of_the_private_one)
{
    struct buf pem;
    struct buf half;
    struct buf again;
    buf_init_secret(&pem, LIMIT);
    buf_init(&half, LIMIT);
    buf_init(&again, LIMIT);
    ec_pem_generate(&pem);
    cr_assert_eq(ec_pem_put_public(buf_slice(&pem), &half), 0);
    cr_expect_eq(strncmp(half.data, "-----BEGIN PUBLIC KEY-----\n", 27), 0);
    cr_expect_null(strstr(half.data, "PRIVATE"));
    cr_expect_lt(half.len, 200, "a point and no number more");
    cr_assert_eq(ec_pem_put_public(buf_slice(&half), &again), 0);
    cr_expect(slice_equal(buf_slice(&half), buf_slice(&again)));
    cr_expect_not(is_private_key(buf_slice(&half)));
    cr_expect_eq(ec_pem_put_public(SLICE("hello"), &half), -EINVAL);
    buf_wipe(&pem);
    buf_done(&half);
    buf_done(&again);
}

Test(ec_pem, names_both_halves_of_a_pair_alike)
{
    struct buf pem;
    struct buf half;
    buf_init_secret(&pem, LIMIT);
    buf_init(&half, LIMIT);
    ec_pem_generate(&pem);
    cr_assert_eq(ec_pem_put_public(buf_slice(&pem), &half), 0);
    struct jwt_key *pair = jwt_key_from_pem(buf_slice(&pem));
    struct jwt_key *other = jwt_key_from_public_pem(buf_slice(&half));
    struct jwt_key *too = jwt_key_from_public_pem(buf_slice(&pem));
    cr_assert(pair && other && too);
    cr_expect_eq(strlen(jwt_key_id(pair)), 43);
    cr_expect_str_eq(jwt_key_id(pair), jwt_key_id(other));
    cr_expect_str_eq(jwt_key_id(pair), jwt_key_id(too));
    cr_expect_null(jwt_key_from_public_pem(SLICE("hello")));
    jwt_key_free(pair);
    jwt_key_free(other);
    jwt_key_free(too);
    buf_wipe(&pem);
    buf_done(&half);
}

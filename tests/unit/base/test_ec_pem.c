/* Promises of base/ec_pem.h. */
#include "base/ec_pem.h"

#include <criterion/criterion.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

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

Test(ec_pem, makes_fresh_keys_it_takes_itself)
{
    struct buf first;
    struct buf second;
    buf_init_secret(&first, LIMIT);
    buf_init_secret(&second, LIMIT);
    ec_pem_generate(&first);
    ec_pem_generate(&second);
    cr_expect(ec_pem_is_private_key(buf_slice(&first)));
    cr_expect(ec_pem_is_private_key(buf_slice(&second)));
    cr_expect_not(slice_equal(buf_slice(&first), buf_slice(&second)));
    cr_expect_eq(strncmp(first.data, "-----BEGIN PRIVATE KEY-----\n", 28), 0);
    buf_wipe(&first);
    buf_wipe(&second);
}

Test(ec_pem, takes_no_other_text)
{
    cr_expect_not(ec_pem_is_private_key(SLICE("")));
    cr_expect_not(ec_pem_is_private_key((struct slice){0}));
    cr_expect_not(ec_pem_is_private_key(SLICE("hello")));
    cr_expect_not(ec_pem_is_private_key(
        SLICE("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")));
    struct buf key;
    buf_init_secret(&key, LIMIT);
    ec_pem_generate(&key);
    cr_expect_not(ec_pem_is_private_key((struct slice){key.data, key.len / 2}));
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
        cr_expect_not(ec_pem_is_private_key(buf_slice(&others[i])), "%zu", i);
        buf_done(&others[i]);
    }
}

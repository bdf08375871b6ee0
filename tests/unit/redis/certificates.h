/*
 * Certificates for tests, made as they are needed: an authority, and what it vouches for, good or
 * not.
 */
#pragma once

#include "support/command.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

struct certificate {
    EVP_PKEY *key;
    X509 *x509;
    const char *file; /* PEM */
    const char *key_file;
};

struct certificate_wish {
    const char *name; /* subjectAltName: "DNS:localhost,IP:127.0.0.1"; NULL: an authority */
    const struct certificate *by; /* NULL: by itself */
    bool expired;
};

static inline void certificate_free(void *object)
{
    struct certificate *certificate = object;
    X509_free(certificate->x509);
    EVP_PKEY_free(certificate->key);
    free(certificate);
}

static inline void certificate_say(X509 *x509, X509 *by, int nid, const char *text)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, by, x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, text);
    if (!extension || X509_add_ext(x509, extension, -1) != 1) {
        fail_at(HERE, "no extension %s", text);
    }
    X509_EXTENSION_free(extension);
}

static inline void certificate_write(struct certificate *certificate, const char *folder)
{
    static int made;
    certificate->file = text_of("%s/%d.pem", folder, ++made);
    certificate->key_file = text_of("%s/%d.key", folder, made);
    FILE *file = fopen(certificate->file, "we");
    FILE *key_file = fopen(certificate->key_file, "we");
    if (!file || !key_file || PEM_write_X509(file, certificate->x509) != 1 ||
        PEM_write_PrivateKey(key_file, certificate->key, NULL, NULL, 0, NULL, NULL) != 1) {
        fail_at(HERE, "cannot write %s", certificate->file);
    }
    (void)fclose(file);
    (void)fclose(key_file);
}

/* Until the test ends. */
static inline const struct certificate *certificate_make(const char *folder,
                                                         struct certificate_wish wish)
{
    enum { DAY = 86400 };
    static long serial = 1000;
    struct certificate *made = keep(xcalloc(1, sizeof *made), certificate_free);
    made->key = EVP_EC_gen("P-256");
    made->x509 = X509_new();
    const struct certificate *by = wish.by ? wish.by : made;
    const char *subject = wish.name ? "server" : text_of("authority %ld", serial);
    X509_NAME *name = X509_get_subject_name(made->x509);
    X509_set_version(made->x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made->x509), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(made->x509), -2L * DAY);
    X509_gmtime_adj(X509_getm_notAfter(made->x509), wish.expired ? -1L * DAY : 1L * DAY);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)subject, -1, -1,
                               0);
    X509_set_issuer_name(made->x509, X509_get_subject_name(by->x509));
    X509_set_pubkey(made->x509, made->key);
    certificate_say(made->x509, by->x509, NID_basic_constraints,
                    wish.name ? "critical,CA:FALSE" : "critical,CA:TRUE");
    if (wish.name) {
        certificate_say(made->x509, by->x509, NID_subject_alt_name, wish.name);
    }
    if (X509_sign(made->x509, by->key, EVP_sha256()) == 0) {
        fail_at(HERE, "cannot sign");
    }
    certificate_write(made, folder);
    return made;
}

/*
 * Wiping and comparing secrets. Where secrets live and for how long is their owners' business.
 */
#include "base/secret.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

void secret_wipe(void *bytes, size_t size)
{
    if (bytes) {
        explicit_bzero(bytes, size);
    }
}

char *secret_free(char *text)
{
    if (text) {
        secret_wipe(text, strlen(text));
        free(text);
    }
    return NULL;
}

bool secret_equal(const void *a, size_t a_size, const void *b, size_t b_size)
{
    return a_size == b_size && (a_size == 0 || CRYPTO_memcmp(a, b, a_size) == 0);
}

/*
 * What upstream is told of who calls: the device's pseudonym, or another one since it was reset.
 * Invariant: a device that was not reset has one id, whatever else its caller sends.
 */
#include "base/secret.h"
#include "domain/principal.h"

#include <string.h>

static const struct slice tenant_local = SLICE_INIT("local");

static bool is_local(const struct principal *principal)
{
    static const uint8_t local[SHA256_BYTES];
    return memcmp(principal->tenant, local, sizeof local) == 0;
}

enum { DEVICE_NAME_MAX = 256 };

/* The first letter and the separator, which no name has, keep the three kinds of device apart. */
static void put_pseudonym(const uint8_t *key, const struct principal *principal, char kind,
                          const char *first, struct slice second, char ret[RECORD_TEXT_SIZE])
{
    const struct slice tenant = {(const char *)principal->tenant, sizeof principal->tenant};
    CLEANUP(secret_buf) struct buf device;
    buf_init_secret(&device, DEVICE_NAME_MAX);
    buf_putc(&device, kind);
    buf_puts(&device, first);
    buf_putc(&device, '\n');
    buf_put_slice(&device, second);
    correlation_pseudonym(key, is_local(principal) ? tenant_local : tenant, buf_slice(&device), 0,
                          ret);
}

void principal_put_device(const uint8_t key[SHA256_BYTES], const struct principal *principal,
                          char ret[RECORD_TEXT_SIZE])
{
    put_pseudonym(key, principal, 'd', principal->device_id, SLICE(""), ret);
}

/* No app token's name is as long as the hash. */
const char *principal_name(const struct principal *principal, char ret_hash[SHA256_HEX])
{
    if (principal->kind == PRINCIPAL_JWT) {
        hex_encode(principal->subject, sizeof principal->subject, ret_hash);
        return ret_hash;
    }
    return principal->kind == PRINCIPAL_APP ? principal->name : principal->device_id;
}

/* Before any reset. */
static void put_base(const struct authority *authority, const struct principal *principal,
                     struct slice client_id, char ret[RECORD_TEXT_SIZE])
{
    const uint8_t *key = authority->correlation_key;
    char hash[SHA256_HEX];
    const char *name = principal_name(principal, hash);
    bool usable = client_id.data && !device_id_is_meaningless(client_id);
    if (authority->passthrough && usable) {
        memcpy(ret, client_id.data, client_id.len);
        ret[client_id.len] = '\0';
    } else if (principal->has_device) {
        principal_put_device(key, principal, ret);
    } else if (usable) {
        put_pseudonym(key, principal, 'c', name, client_id, ret);
    } else if (client_id.data) {
        uuid4(authority->random, ret);
    } else {
        put_pseudonym(key, principal, 'p', name, SLICE(""), ret);
    }
}

void principal_correlation(const struct authority *authority, const struct principal *principal,
                           struct slice client_id, char ret[RECORD_TEXT_SIZE])
{
    put_base(authority, principal, client_id, ret);
    const char *since = epochs_find(authority->epochs, principal->tenant, ret);
    if (since) {
        memcpy(ret, since, strlen(since) + 1);
    }
}

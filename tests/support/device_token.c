/*
 * Signs what only the server should.
 */
#include "support/device_token.h"

#include "base/crypto.h"
#include "base/jwt.h"
#include "support/provider.h"

#include <criterion/criterion.h>
#include <stdio.h>

static void read_key(const struct rig *rig, uint8_t ret[SHA256_BYTES])
{
    char line[2 * SHA256_BYTES + 1];
    FILE *file = fopen(text_of("%s/device.key", rig->keys), "re");
    cr_assert_not_null(file);
    cr_assert_eq(fread(line, 1, sizeof line - 1, file), sizeof line - 1);
    (void)fclose(file);
    cr_assert_eq(hex_decode((struct slice){line, sizeof line - 1}, ret, SHA256_BYTES), 0);
}

const char *device_token_of(const struct rig *rig, const char *device_id, int days_ago)
{
    char kid[SHA256_HEX];
    uint8_t key[SHA256_BYTES];
    uint8_t hash[SHA256_BYTES];
    CLEANUP(buf) struct buf token;
    read_key(rig, key);
    sha256(key, sizeof key, hash);
    hex_encode(hash, sizeof hash / 4, kid); /* 16 digits */
    const char *claims = text_of("{\"v\":1,\"did\":\"%s\",\"iat\":%lld}", device_id,
                                 wall_s() - (long long)days_ago * 24 * 3600);
    struct jwt_key *signer = jwt_key_new_hs256(kid, key);
    buf_init(&token, 1024);
    cr_assert_eq(jwt_sign(signer, slice_of(claims), &token), 0);
    jwt_key_free(signer);
    return text_of("X-Device-Token: %s", token.data);
}

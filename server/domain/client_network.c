/*
 * Networks are compared by their hashes only. Invariant: whatever is not surely in the network is
 * elsewhere.
 */
#include "domain/client_network.h"

#include "base/buf.h"
#include "base/secret.h"

#include <string.h>

enum { V6_NETWORK_BYTES = 8 };

void client_network_write(const struct address *client, char ret[CLIENT_NETWORK_SIZE])
{
    struct address network = *client;
    if (network.v6) {
        memset(network.bytes + V6_NETWORK_BYTES, 0, sizeof network.bytes - V6_NETWORK_BYTES);
    }
    address_format(&network, false, ret);
    if (network.v6) {
        size_t length = strlen(ret);
        (void)strncpy(ret + length, "/64", CLIENT_NETWORK_SIZE - length - 1);
    }
}

void client_network_hash(const uint8_t key[SHA256_BYTES], const struct address *client,
                         uint8_t ret[SHA256_BYTES])
{
    char network[CLIENT_NETWORK_SIZE] = "";
    client_network_write(client, network);
    /* the label keeps this apart from whatever else the key is used for */
    const struct slice parts[] = {SLICE_INIT("client network"), slice_of(network)};
    hmac_sha256(key, parts, sizeof parts / sizeof *parts, ret);
}

enum client_seen client_network_compare(const uint8_t key[SHA256_BYTES],
                                        const uint8_t expected[SHA256_BYTES],
                                        const struct face_attempt *attempt)
{
    for (size_t i = 0; i < attempt->client_count; i++) {
        uint8_t seen[SHA256_BYTES];
        client_network_hash(key, &attempt->clients[i], seen);
        if (!secret_equal(seen, sizeof seen, expected, SHA256_BYTES)) {
            return CLIENT_ELSEWHERE;
        }
    }
    if (attempt->client_unreadable) {
        return CLIENT_ELSEWHERE;
    }
    return attempt->client_count > 0 ? CLIENT_EXPECTED : CLIENT_UNSEEN;
}

/*
 * The network a session's device is expected in: where the create came from, an address of IPv4 or
 * the /64 of one of IPv6, whose lower half devices change by themselves. Records keep a keyed hash
 * of it, which tells nobody where that was.
 */
#pragma once

#include "base/address.h"
#include "base/crypto.h"
#include "base/face_session.h"

enum { CLIENT_NETWORK_SIZE = ADDRESS_TEXT_SIZE };

/* "192.0.2.7", "2001:db8:1:2::/64": as the upstream takes it (expectedClientIpAddress). */
void client_network_write(const struct address *client, char ret[CLIENT_NETWORK_SIZE]);
void client_network_hash(const uint8_t key[SHA256_BYTES], const struct address *client,
                         uint8_t ret[SHA256_BYTES]);

enum client_seen {
    CLIENT_UNSEEN,    /* upstream tells no address */
    CLIENT_EXPECTED,  /* every one it tells is in the network */
    CLIENT_ELSEWHERE, /* at least one is not, or cannot be read */
};

/* Where upstream saw the device during the attempt. */
enum client_seen client_network_compare(const uint8_t key[SHA256_BYTES],
                                        const uint8_t expected[SHA256_BYTES],
                                        const struct face_attempt *attempt);

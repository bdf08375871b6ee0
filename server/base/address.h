/*
 * IP addresses as they stand in settings and headers: "127.0.0.1:8080", "[::1]:0", CIDR blocks.
 * Names are not resolved. IPv4-mapped IPv6 addresses become IPv4.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/slice.h"

enum { ADDRESS_TEXT_SIZE = 64 };

struct address {
    bool v6;
    uint8_t bytes[16]; /* v4: the first four */
    uint16_t port;     /* 0 when none */
};

struct cidr {
    struct address network;
    unsigned prefix_bits;
};

/* "host:port" with a numeric host; "localhost" is 127.0.0.1. 0 or -EINVAL. */
int address_parse_listen(struct slice text, struct address *ret) MUST_CHECK;
/* A bare address, as in X-Forwarded-For (an optional port and brackets are dropped). */
int address_parse(struct slice text, struct address *ret) MUST_CHECK;
/* "10.0.0.0/8", "::1/128", or a bare address; host bits must be zero. */
int cidr_parse(struct slice text, struct cidr *ret) MUST_CHECK;
bool cidr_contains(const struct cidr *cidr, const struct address *address);

bool address_is_loopback(const struct address *address);
void address_from_sockaddr(const struct sockaddr *sockaddr, struct address *ret);
/* Returns the length filled in. */
socklen_t address_to_sockaddr(const struct address *address, struct sockaddr_storage *ret);
/* "192.0.2.7", "2001:db8::1"; with_port adds ":8080" (and brackets). */
void address_format(const struct address *address, bool with_port, char ret[ADDRESS_TEXT_SIZE]);
/* The network a log may name: /24 or /48, as "192.0.2.0/24". */
void address_format_masked(const struct address *address, char ret[ADDRESS_TEXT_SIZE]);

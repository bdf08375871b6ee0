/*
 * Address parsing and printing over inet_pton/inet_ntop. What a header or a setting may say is
 * decided here; who is believed is decided in http/. Invariant: an IPv4-mapped IPv6 address never
 * leaves this file as IPv6, so one host has one form.
 */
#include "base/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static void unmap(struct address *address)
{
    static const uint8_t prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (!address->v6 || memcmp(address->bytes, prefix, sizeof prefix) != 0)
        return;
    memmove(address->bytes, address->bytes + 12, 4);
    memset(address->bytes + 4, 0, 12);
    address->v6 = false;
}

/* A numeric host without port or brackets. */
static int parse_host(struct slice text, struct address *ret)
{
    char host[INET6_ADDRSTRLEN];
    struct address address = {0};
    if (text.len == 0 || text.len >= sizeof host || memchr(text.data, '\0', text.len))
        return -EINVAL;
    memcpy(host, text.data, text.len);
    host[text.len] = '\0';
    address.v6 = strchr(host, ':') != NULL;
    if (inet_pton(address.v6 ? AF_INET6 : AF_INET, host, address.bytes) != 1)
        return -EINVAL;
    unmap(&address);
    *ret = address;
    return 0;
}

/* 1*DIGIT up to `max`; no sign, no white space. */
static int parse_number(struct slice text, unsigned max, unsigned *ret)
{
    unsigned value = 0;
    if (text.len == 0 || text.len > 5)
        return -EINVAL;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return -EINVAL;
        value = value * 10 + (unsigned)(text.data[i] - '0');
    }
    if (value > max)
        return -EINVAL;
    *ret = value;
    return 0;
}

static struct slice slice_from(struct slice text, size_t start)
{
    return (struct slice){text.data + start, text.len - start};
}

/* Splits "host:port", "[host]:port" and what has no port; the port keeps no colon, data NULL when
 * there is none. */
static int split(struct slice text, struct slice *ret_host, struct slice *ret_port)
{
    const char *end;
    *ret_port = (struct slice){NULL, 0};
    if (text.len == 0)
        return -EINVAL;
    if (text.data[0] == '[') {
        end = memchr(text.data, ']', text.len);
        if (!end)
            return -EINVAL;
        *ret_host = (struct slice){text.data + 1, (size_t)(end - text.data) - 1};
        if (!memchr(ret_host->data, ':', ret_host->len))
            return -EINVAL;
        struct slice rest = slice_from(text, (size_t)(end - text.data) + 1);
        if (rest.len > 0 && rest.data[0] != ':')
            return -EINVAL;
        if (rest.len > 0)
            *ret_port = slice_from(rest, 1);
        return 0;
    }
    end = memchr(text.data, ':', text.len);
    *ret_host = text;
    if (!end || memchr(end + 1, ':', text.len - (size_t)(end + 1 - text.data)))
        return 0; /* no colon, or several: IPv6 without brackets, which has no port */
    ret_host->len = (size_t)(end - text.data);
    *ret_port = slice_from(text, ret_host->len + 1);
    return 0;
}

static int parse(struct slice text, bool port_required, struct address *ret)
{
    struct slice host, port;
    struct address address;
    unsigned number = 0;
    if (split(text, &host, &port) || (port_required && !port.data))
        return -EINVAL;
    if (port_required && slice_equal_nocase(host, SLICE("localhost")))
        host = SLICE("127.0.0.1");
    if (parse_host(host, &address) || (port.data && parse_number(port, 65535, &number)))
        return -EINVAL;
    address.port = (uint16_t)number;
    *ret = address;
    return 0;
}

int address_parse_listen(struct slice text, struct address *ret)
{
    return parse(text, true, ret);
}

int address_parse(struct slice text, struct address *ret)
{
    struct address address;
    if (parse(text, false, &address))
        return -EINVAL;
    address.port = 0;
    *ret = address;
    return 0;
}

static unsigned address_bits(const struct address *address)
{
    return address->v6 ? 128 : 32;
}

static bool same_prefix(const struct address *a, const struct address *b, unsigned bits)
{
    unsigned whole = bits / 8, rest = bits % 8;
    if (memcmp(a->bytes, b->bytes, whole) != 0)
        return false;
    return rest == 0 || ((a->bytes[whole] ^ b->bytes[whole]) >> (8 - rest)) == 0;
}

static void mask(struct address *address, unsigned bits)
{
    for (unsigned i = 0; i < sizeof address->bytes; i++) {
        unsigned kept = bits >= 8 * (i + 1) ? 8 : bits > 8 * i ? bits - 8 * i : 0;
        address->bytes[i] &= (uint8_t)(0xff00U >> kept);
    }
}

int cidr_parse(struct slice text, struct cidr *ret)
{
    const char *slash = text.len ? memchr(text.data, '/', text.len) : NULL;
    struct slice host = {text.data, slash ? (size_t)(slash - text.data) : text.len};
    bool mapped = memchr(host.data ? host.data : "", ':', host.len) != NULL;
    struct cidr cidr;
    struct address masked;
    unsigned bits;
    if (parse_host(host, &cidr.network))
        return -EINVAL;
    mapped = mapped && !cidr.network.v6;
    bits = mapped ? 128 : address_bits(&cidr.network);
    if (slash && parse_number(slice_from(text, host.len + 1), bits, &bits))
        return -EINVAL;
    if (mapped && bits < 96)
        return -EINVAL;
    cidr.prefix_bits = mapped ? bits - 96 : bits;
    masked = cidr.network;
    mask(&masked, cidr.prefix_bits);
    if (memcmp(masked.bytes, cidr.network.bytes, sizeof masked.bytes) != 0)
        return -EINVAL;
    *ret = cidr;
    return 0;
}

bool cidr_contains(const struct cidr *cidr, const struct address *address)
{
    return cidr->network.v6 == address->v6 &&
           same_prefix(&cidr->network, address, cidr->prefix_bits);
}

bool address_is_loopback(const struct address *address)
{
    static const uint8_t loopback6[16] = {[15] = 1};
    if (address->v6)
        return memcmp(address->bytes, loopback6, sizeof loopback6) == 0;
    return address->bytes[0] == 127;
}

void address_from_sockaddr(const struct sockaddr *sockaddr, struct address *ret)
{
    struct address address = {0};
    if (sockaddr->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, sockaddr, sizeof in6);
        address.v6 = true;
        memcpy(address.bytes, &in6.sin6_addr, 16);
        address.port = ntohs(in6.sin6_port);
        unmap(&address);
    } else if (sockaddr->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, sockaddr, sizeof in);
        memcpy(address.bytes, &in.sin_addr, 4);
        address.port = ntohs(in.sin_port);
    }
    *ret = address;
}

socklen_t address_to_sockaddr(const struct address *address, struct sockaddr_storage *ret)
{
    memset(ret, 0, sizeof *ret);
    if (address->v6) {
        struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(address->port)};
        memcpy(&in6.sin6_addr, address->bytes, 16);
        memcpy(ret, &in6, sizeof in6);
        return sizeof in6;
    }
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(address->port)};
    memcpy(&in.sin_addr, address->bytes, 4);
    memcpy(ret, &in, sizeof in);
    return sizeof in;
}

/* "192.0.2.7" by hand: the access log writes one a request. Returns the length. */
static size_t format_v4(const uint8_t bytes[4], char *ret)
{
    char *at = ret;
    for (unsigned i = 0; i < 4; i++) {
        unsigned byte = bytes[i];
        if (byte >= 100)
            *at++ = (char)('0' + byte / 100);
        if (byte >= 10)
            *at++ = (char)('0' + byte / 10 % 10);
        *at++ = (char)('0' + byte % 10);
        *at++ = '.';
    }
    *--at = '\0';
    return (size_t)(at - ret);
}

static size_t format_host(const struct address *address, char ret[ADDRESS_TEXT_SIZE])
{
    if (!address->v6)
        return format_v4(address->bytes, ret);
    if (!inet_ntop(AF_INET6, address->bytes, ret, ADDRESS_TEXT_SIZE))
        ret[0] = '\0'; /* cannot happen: the buffer is large enough */
    return strlen(ret);
}

void address_format(const struct address *address, bool with_port, char ret[ADDRESS_TEXT_SIZE])
{
    char host[ADDRESS_TEXT_SIZE];
    if (!with_port) {
        (void)format_host(address, ret);
        return;
    }
    (void)format_host(address, host);
    (void)snprintf(ret, ADDRESS_TEXT_SIZE, address->v6 ? "[%.45s]:%u" : "%.45s:%u", host,
                   (unsigned)address->port);
}

void address_format_masked(const struct address *address, char ret[ADDRESS_TEXT_SIZE])
{
    struct address network = *address;
    size_t length;
    mask(&network, address->v6 ? 48 : 24);
    length = format_host(&network, ret);
    memcpy(ret + length, address->v6 ? "/48" : "/24", sizeof "/24");
}

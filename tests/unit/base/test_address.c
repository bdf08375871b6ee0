/* Addresses as settings and headers write them. */
#include "base/address.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <netinet/in.h>

static void expect_listen(const char *text, const char *wanted)
{
    struct address address;
    char formatted[ADDRESS_TEXT_SIZE];
    cr_assert_eq(address_parse_listen(slice_of(text), &address), 0, "%s", text);
    address_format(&address, true, formatted);
    cr_expect_str_eq(formatted, wanted);
}

Test(address, reads_what_to_listen_on)
{
    expect_listen("127.0.0.1:8080", "127.0.0.1:8080");
    expect_listen("localhost:0", "127.0.0.1:0");
    expect_listen("LocalHost:65535", "127.0.0.1:65535");
    expect_listen("[::]:80", "[::]:80");
    expect_listen("[2001:DB8::1]:80", "[2001:db8::1]:80");
    expect_listen("[::ffff:192.0.2.1]:80", "192.0.2.1:80");
}

Test(address, refuses_what_nobody_can_listen_on)
{
    static const char *const bad[] = {
        "",
        "127.0.0.1",
        "127.0.0.1:",
        ":8080",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "host:80",
        "[::1]",
        "::1",
        "[::1]80",
        "[::1",
        "[127.0.0.1]:80",
        "1.2.3:4",
        "[]:1",
        "[::1]:",
        "1.2.3.4:+80",
        "1.2.3.4: 80",
        "1.2.3.4:080000",
        "01.2.3.4:5",
        "::1:80:",
        "[::1]:1:2",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct address address = {.port = 77};
        cr_expect_eq(address_parse_listen(slice_of(bad[i]), &address), -EINVAL, "%s", bad[i]);
        cr_expect_eq(address.port, 77, "untouched on failure");
    }
}

static void expect_bare(const char *text, const char *wanted)
{
    struct address address;
    char formatted[ADDRESS_TEXT_SIZE];
    cr_assert_eq(address_parse(slice_of(text), &address), 0, "%s", text);
    address_format(&address, false, formatted);
    cr_expect_str_eq(formatted, wanted);
    cr_expect_eq(address.port, 0);
}

Test(address, reads_addresses_of_headers)
{
    expect_bare("192.0.2.1", "192.0.2.1");
    expect_bare("192.0.2.1:1234", "192.0.2.1");
    expect_bare("2001:db8::1", "2001:db8::1");
    expect_bare("[2001:db8::1]", "2001:db8::1");
    expect_bare("[2001:db8::1]:443", "2001:db8::1");
    expect_bare("::ffff:192.0.2.1", "192.0.2.1");
}

Test(address, refuses_what_is_no_address)
{
    struct address address;
    static const char *const bad[] = {"",           "unknown", "localhost",   "192.0.2",
                                      "192.0.2.1 ", "1::2::3", "192.0.2.1:a", "[192.0.2.1]"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(address_parse(slice_of(bad[i]), &address), -EINVAL, "%s", bad[i]);
    cr_expect_eq(address_parse((struct slice){"1.2.3.4\0", 8}, &address), -EINVAL);
    cr_expect_eq(address_parse((struct slice){NULL, 0}, &address), -EINVAL);
}

static bool contains(const char *block, const char *text)
{
    struct cidr cidr;
    struct address address;
    cr_assert_eq(cidr_parse(slice_of(block), &cidr), 0, "%s", block);
    cr_assert_eq(address_parse(slice_of(text), &address), 0, "%s", text);
    return cidr_contains(&cidr, &address);
}

Test(address, knows_what_is_in_a_block)
{
    cr_expect(contains("10.0.0.0/8", "10.255.1.2"));
    cr_expect_not(contains("10.0.0.0/8", "11.0.0.0"));
    cr_expect(contains("0.0.0.0/0", "203.0.113.1"));
    cr_expect_not(contains("0.0.0.0/0", "::1"));
    cr_expect(contains("192.0.2.4/31", "192.0.2.5"));
    cr_expect_not(contains("192.0.2.4/31", "192.0.2.6"));
    cr_expect(contains("192.0.2.7", "192.0.2.7"));
    cr_expect_not(contains("192.0.2.7", "192.0.2.8"));
    cr_expect(contains("2001:db8::/33", "2001:db8:7fff::1"));
    cr_expect_not(contains("2001:db8::/33", "2001:db8:8000::1"));
    cr_expect(contains("::1/128", "::1"));
    cr_expect(contains("::ffff:10.0.0.0/104", "10.9.9.9"));
    cr_expect(contains("10.0.0.0/8", "::ffff:10.1.1.1"));
}

Test(address, refuses_unclear_blocks)
{
    struct cidr cidr;
    static const char *const bad[] = {
        "",       "10.0.0.1/8",  "10.0.0.0/33", "10.0.0.0/",     "10.0.0.0/a",    "2001:db8::1/64",
        "::/129", "10.0.0.0/-1", "/8",          "10.0.0.0:80/8", "::ffff:0:0/95", "[::1]/128"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(cidr_parse(slice_of(bad[i]), &cidr), -EINVAL, "%s", bad[i]);
}

Test(address, converts_to_sockaddr_and_back)
{
    static const char *const texts[] = {"192.0.2.1:80", "[2001:db8::1]:443"};
    for (size_t i = 0; i < 2; i++) {
        struct address address, back;
        struct sockaddr_storage storage;
        cr_assert_eq(address_parse_listen(slice_of(texts[i]), &address), 0);
        cr_expect_eq(address_to_sockaddr(&address, &storage),
                     i ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in));
        address_from_sockaddr((struct sockaddr *)&storage, &back);
        cr_expect_eq(memcmp(&address, &back, sizeof back), 0);
    }
}

Test(address, unmaps_ipv4_of_sockets)
{
    struct sockaddr_in6 mapped = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
    struct address address;
    char text[ADDRESS_TEXT_SIZE];
    cr_assert_eq(inet_pton(AF_INET6, "::ffff:192.0.2.9", &mapped.sin6_addr), 1);
    address_from_sockaddr((struct sockaddr *)&mapped, &address);
    address_format(&address, true, text);
    cr_expect_str_eq(text, "192.0.2.9:9");
}

Test(address, knows_loopback)
{
    static const struct {
        const char *text;
        bool loopback;
    } cases[] = {{"127.0.0.1", true},        {"127.255.0.3", true}, {"::1", true},
                 {"::ffff:127.0.0.1", true}, {"128.0.0.1", false},  {"::", false},
                 {"0.0.0.0", false},         {"::2", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct address address;
        cr_assert_eq(address_parse(slice_of(cases[i].text), &address), 0);
        cr_expect_eq(address_is_loopback(&address), cases[i].loopback, "%s", cases[i].text);
    }
}

Test(address, masks_for_logs)
{
    static const char *const cases[][2] = {{"192.0.2.77", "192.0.2.0/24"},
                                           {"2001:db8:1:2:3::4", "2001:db8:1::/48"},
                                           {"::1", "::/48"},
                                           {"::ffff:192.0.2.77", "192.0.2.0/24"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct address address;
        char text[ADDRESS_TEXT_SIZE];
        cr_assert_eq(address_parse(slice_of(cases[i][0]), &address), 0);
        address_format_masked(&address, text);
        cr_expect_str_eq(text, cases[i][1]);
    }
}

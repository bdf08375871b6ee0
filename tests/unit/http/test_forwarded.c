/* Forwarding headers are walked from the right and no further than the first stranger. */
#include "http/forwarded.h"

#include <criterion/criterion.h>

static bool walk(enum forwarded_kind kind, const char *value, const char *wanted)
{
    struct cidr trusted[2];
    struct address client = {0};
    char text[ADDRESS_TEXT_SIZE] = "malformed";
    bool malformed = false;
    cr_assert_eq(cidr_parse(SLICE("10.0.0.0/8"), &trusted[0]), 0);
    cr_assert_eq(cidr_parse(SLICE("2001:db8:1::/48"), &trusted[1]), 0);
    bool ended = forwarded_walk(kind, slice_of(value), trusted, 2, &client, &malformed);
    if (!malformed)
        address_format(&client, false, text);
    cr_expect_str_eq(text, wanted, "%s: %s", value, text);
    return ended;
}

Test(forwarded, stops_at_the_first_stranger_from_the_right)
{
    cr_expect(walk(FORWARDED_LIST, "192.0.2.1", "192.0.2.1"));
    cr_expect(walk(FORWARDED_LIST, "203.0.113.9, 192.0.2.1 ,10.0.0.1", "192.0.2.1"));
    cr_expect(walk(FORWARDED_LIST, "junk,192.0.2.1:4711", "192.0.2.1"));
    cr_expect(walk(FORWARDED_LIST, "[2001:db8::1]:80", "2001:db8::1"));
    cr_expect(walk(FORWARDED_LIST, "2001:db8::1, 2001:db8:1::5", "2001:db8::1"));
}

Test(forwarded, goes_on_while_all_are_trusted)
{
    cr_expect_not(walk(FORWARDED_LIST, "10.0.0.1,10.0.0.2", "10.0.0.1"));
    cr_expect_not(walk(FORWARDED_RFC7239, "for=10.0.0.1", "10.0.0.1"));
}

Test(forwarded, says_so_when_an_element_is_no_address)
{
    static const char *const bad[] = {"",
                                      " ",
                                      "unknown",
                                      "192.0.2.1,",
                                      "192.0.2.1,,10.0.0.1",
                                      ",10.0.0.1",
                                      "192.0.2.1 192.0.2.2",
                                      "192.0.2.256",
                                      "_hidden"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect(walk(FORWARDED_LIST, bad[i], "malformed"), "%s", bad[i]);
    cr_expect(walk(FORWARDED_RFC7239, "for=_secret", "malformed"));
    cr_expect(walk(FORWARDED_RFC7239, "for=unknown", "malformed"));
    cr_expect(walk(FORWARDED_RFC7239, "proto=https", "malformed"));
    cr_expect(walk(FORWARDED_RFC7239, "for=192.0.2.1;for=192.0.2.2", "malformed"));
    cr_expect(walk(FORWARDED_RFC7239, "for=\"192.0.2.1", "malformed"));
}

Test(forwarded, reads_rfc_7239)
{
    cr_expect(walk(FORWARDED_RFC7239, "for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60"));
    cr_expect(walk(FORWARDED_RFC7239, "by=10.1.1.1; FOR=\"[2001:db8:cafe::17]:4711\"",
                   "2001:db8:cafe::17"));
    cr_expect(walk(FORWARDED_RFC7239,
                   "for=192.0.2.43, for=198.51.100.17;host=\"a,b\", for=10.0.0.9",
                   "198.51.100.17"));
}

Test(forwarded, takes_over_sane_request_ids_only)
{
    cr_expect(forwarded_request_id_is_sane(SLICE("abcdefgh")));
    cr_expect(forwarded_request_id_is_sane(SLICE("A-z_09-4f1c2e5a-0000")));
    cr_expect_not(forwarded_request_id_is_sane(SLICE("abcdefg")));
    cr_expect_not(forwarded_request_id_is_sane(SLICE("abcdefg.h")));
    cr_expect_not(forwarded_request_id_is_sane(SLICE("abcdefg h")));
    cr_expect_not(forwarded_request_id_is_sane(SLICE("abcdefg\"h")));
    char longest[65];
    memset(longest, 'a', sizeof longest);
    cr_expect(forwarded_request_id_is_sane((struct slice){longest, 64}));
    cr_expect_not(forwarded_request_id_is_sane((struct slice){longest, 65}));
}

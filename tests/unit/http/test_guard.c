/* The guard as a function over bytes; over sockets it is tested by test_framing.c. */
#include "http/guard.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#define HOST "Host: x\r\n"

static enum guard_verdict judge(struct slice head, size_t max)
{
    const char *why = NULL;
    /* an exact copy, so that a sanitizer sees any read past its end */
    char *copy = malloc(head.len + 1);
    memcpy(copy, head.data, head.len);
    copy = realloc(copy, head.len ? head.len : 1);
    enum guard_verdict verdict = guard_head((struct slice){copy, head.len}, max, &why);
    cr_expect_eq(why == NULL, verdict == GUARD_PASS);
    free(copy);
    return verdict;
}

static void expect(enum guard_verdict wanted, const char *head)
{
    cr_expect_eq(judge(slice_of(head), 4096), wanted, "%s", head);
}

Test(guard, passes_what_has_one_reading)
{
    expect(GUARD_PASS, "GET / HTTP/1.1\r\n" HOST "\r\n");
    expect(GUARD_PASS, "\r\nGET / HTTP/1.1\r\n" HOST "\r\n");
    expect(GUARD_PASS, "GET / HTTP/1.0\r\n\r\n");
    expect(GUARD_PASS, "GET / HTTP/1.0\r\nHost:\r\n\r\n");
    expect(GUARD_PASS, "GET /?a=\xc3\xa4|\"<>{} HTTP/1.1\r\nhOST:\t x:80 \t\r\n\r\n");
    expect(GUARD_PASS, "POST / HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n");
    expect(GUARD_PASS, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n");
    expect(GUARD_PASS, "GET / HTTP/1.1\r\n" HOST "Upgrade: h2c\r\n\r\n");
    expect(GUARD_PASS, "M-SEARCH! / HTTP/1.1\r\nHost: [fe80::1%25a]:1\r\nA:\r\n\r\nbody\n\r\0");
}

Test(guard, looks_at_nothing_behind_the_head)
{
    expect(GUARD_PASS, "GET / HTTP/1.1\r\n" HOST "\r\n\nHost: y\r bad");
}

Test(guard, refuses_two_content_lengths)
{
    expect(GUARD_REFUSE,
           "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\ncontent-length: 1\r\n\r\n");
    expect(GUARD_REFUSE, "POST / HTTP/1.1\r\n" HOST "Content-Length: 1, 1\r\n\r\n");
}

Test(guard, refuses_a_content_length_beside_a_transfer_encoding)
{
    expect(GUARD_REFUSE,
           "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n");
}

Test(guard, refuses_transfer_encodings_it_does_not_speak)
{
    expect(GUARD_REFUSE, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip\r\n\r\n");
    expect(GUARD_REFUSE, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, chunked\r\n\r\n");
    expect(GUARD_REFUSE, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: \"chunked\"\r\n\r\n");
    expect(GUARD_REFUSE, "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n\r\n");
    expect(GUARD_REFUSE, "POST / HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
}

Test(guard, refuses_unclear_hosts)
{
    expect(GUARD_REFUSE, "GET / HTTP/1.1\r\n\r\n");
    expect(GUARD_REFUSE, "GET / HTTP/1.1\r\nHost: \t\r\n\r\n");
    expect(GUARD_REFUSE, "GET / HTTP/1.1\r\n" HOST HOST "\r\n");
    expect(GUARD_REFUSE, "GET / HTTP/1.0\r\n" HOST HOST "\r\n");
    expect(GUARD_REFUSE, "GET / HTTP/1.1\r\nHost: []\r\n\r\n");
    expect(GUARD_REFUSE, "GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n");
    expect(GUARD_REFUSE, "GET / HTTP/1.1\r\nHost: x:1:2\r\n\r\n");
    expect(GUARD_REFUSE, "GET / HTTP/1.1\r\nHost: \xc3\xa4\r\n\r\n");
}

Test(guard, refuses_line_ends_that_are_not_crlf)
{
    expect(GUARD_REFUSE, "GET / HTTP/1.1\n" HOST "\r\n");
    expect(GUARD_REFUSE, "GET / HTTP/1.1\r\nHost: x\n\r\n");
    expect(GUARD_REFUSE, "GET / HTTP/1.1\r\n" HOST "A: b\r\r\n\r\n");
    expect(GUARD_REFUSE, "GET / HTTP/1.1\r\r\n" HOST "\r\n");
    expect(GUARD_REFUSE, "GET / HTTP/1.1\r\n" HOST "\n");
    expect(GUARD_REFUSE, "\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n");
}

Test(guard, refuses_a_head_that_does_not_end)
{
    static const char head[] = "GET / HTTP/1.1\r\n" HOST "Content-Length: 1\r\n\r\n";
    for (size_t length = 0; length + 1 < sizeof head - 1; length++)
        cr_expect_eq(judge((struct slice){head, length}, 4096), GUARD_REFUSE, "%zu", length);
}

Test(guard, refuses_every_control_byte_in_a_value)
{
    for (int byte = 0; byte < 256; byte++) {
        char head[64];
        int length = snprintf(head, sizeof head, "GET / HTTP/1.1\r\n" HOST "A: b");
        head[length] = (char)byte;
        memcpy(head + length + 1, "c\r\n\r\n", 5);
        bool bad = (byte < 0x20 && byte != '\t') || byte == 0x7f;
        cr_expect_eq(judge((struct slice){head, (size_t)length + 6}, 4096),
                     bad ? GUARD_REFUSE : GUARD_PASS, "%d", byte);
    }
}

Test(guard, takes_only_token_bytes_in_names_and_methods)
{
    static const char tokens[] = "!#$%&'*+-.^_`|~0123456789"
                                 "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    for (int byte = 0; byte < 256; byte++) {
        char name[64], method[64];
        bool good = byte != 0 && strchr(tokens, byte);
        int length = snprintf(name, sizeof name, "GET / HTTP/1.1\r\n" HOST "Name_");
        name[length] = (char)byte;
        memcpy(name + length + 1, "x: c\r\n\r\n", 8);
        if (byte != ':')
            cr_expect_eq(judge((struct slice){name, (size_t)length + 9}, 4096),
                         good ? GUARD_PASS : GUARD_REFUSE, "%d", byte);
        memcpy(method, "G_T / HTTP/1.1\r\n" HOST "\r\n", sizeof "G_T / HTTP/1.1\r\n" HOST "\r\n");
        method[1] = (char)byte;
        cr_expect_eq(judge((struct slice){method, strlen("G_T / HTTP/1.1\r\n" HOST "\r\n")}, 4096),
                     good ? GUARD_PASS : GUARD_REFUSE, "%d", byte);
    }
}

Test(guard, counts_the_head_only)
{
    static const char request[] = "GET / HTTP/1.1\r\n" HOST "\r\nand a body";
    size_t head = sizeof request - 1 - strlen("and a body");
    cr_expect_eq(judge(slice_of(request), head), GUARD_PASS);
    cr_expect_eq(judge(slice_of(request), head - 3), GUARD_TOO_LARGE);
    cr_expect_eq(judge(slice_of(request), 5), GUARD_TOO_LARGE);
}

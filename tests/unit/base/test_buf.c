/* Promises of base/buf.h. */
#include "base/buf.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

Test(buf, allocates_nothing_before_the_first_append)
{
    struct buf buf;
    buf_init(&buf, 100);
    buf_append(&buf, NULL, 0);
    buf_puts(&buf, "");
    cr_expect_null(buf.data);
    cr_expect_eq(buf_slice(&buf).len, 0);
    cr_expect_not_null(buf_slice(&buf).data);
}

Test(buf, gathers_what_is_appended_and_ends_with_nul)
{
    CLEANUP(buf) struct buf buf;
    buf_init(&buf, 100);
    buf_puts(&buf, "one");
    buf_putc(&buf, ' ');
    buf_put_slice(&buf, SLICE("two"));
    buf_append(&buf, " \0!", 3);
    buf_printf(&buf, "%d-%s", 3, "x");
    cr_assert_not(buf_failed(&buf));
    cr_expect_eq(buf.len, 13);
    cr_expect_eq(memcmp(buf.data, "one two \0!3-x", 14), 0);
}

Test(buf, takes_exactly_its_limit)
{
    CLEANUP(buf) struct buf buf;
    buf_init(&buf, 4);
    buf_puts(&buf, "abcd");
    cr_expect_not(buf_failed(&buf));
    buf_putc(&buf, 'e');
    cr_expect(buf_failed(&buf));
    cr_expect_str_eq(buf.data, "abcd");
}

Test(buf, stays_failed_even_when_later_text_would_fit)
{
    CLEANUP(buf) struct buf buf;
    buf_init(&buf, 4);
    buf_puts(&buf, "abcde");
    buf_puts(&buf, "ab");
    buf_printf(&buf, "%d", 1);
    cr_expect(buf_failed(&buf));
    cr_expect_eq(buf.len, 0);
}

Test(buf, refuses_sizes_that_would_overflow)
{
    CLEANUP(buf) struct buf buf;
    buf_init(&buf, 1 << 20);
    buf_puts(&buf, "a");
    buf_append(&buf, "a", SIZE_MAX);
    cr_expect(buf_failed(&buf));
    cr_expect_eq(buf.len, 1);
}

Test(buf, refuses_a_formatted_text_over_the_limit_whole)
{
    CLEANUP(buf) struct buf buf;
    buf_init(&buf, 8);
    buf_printf(&buf, "%s", "123456789");
    cr_expect(buf_failed(&buf));
    cr_expect_eq(buf.len, 0);
}

Test(buf, formats_texts_larger_than_its_memory)
{
    CLEANUP(buf) struct buf buf;
    buf_init(&buf, 5000);
    buf_printf(&buf, "%04000d", 7);
    cr_expect_not(buf_failed(&buf));
    cr_expect_eq(buf.len, 4000);
    cr_expect_eq(strlen(buf.data), 4000);
}

Test(buf, gives_a_place_for_what_fits_into_its_limit)
{
    CLEANUP(buf) struct buf buf;
    buf_init(&buf, 1000);
    buf_puts(&buf, "ab");
    memset(buf_extend(&buf, 998), 'c', 998);
    cr_expect_eq(buf.len, 1000);
    cr_expect_eq(strspn(buf.data + 2, "c"), 998);
    cr_expect_not(buf_failed(&buf));
    cr_expect_null(buf_extend(&buf, 1));
    cr_expect(buf_failed(&buf));
    cr_expect_eq(buf.len, 1000);
}

Test(buf, what_is_expected_need_not_come_or_fit)
{
    CLEANUP(buf) struct buf buf;
    buf_init(&buf, 10);
    buf_expect(&buf, 1000);
    cr_expect_not(buf_failed(&buf));
    cr_expect_str_eq(buf.data, "");
    buf_puts(&buf, "0123456789");
    buf_expect(&buf, 1);
    cr_expect_not(buf_failed(&buf));
    cr_expect_str_eq(buf.data, "0123456789");
    buf_putc(&buf, 'x');
    cr_expect(buf_failed(&buf));
}

Test(buf, reset_forgets_content_and_failure_but_keeps_memory)
{
    CLEANUP(buf) struct buf buf;
    buf_init(&buf, 3);
    buf_puts(&buf, "abc");
    buf_puts(&buf, "d");
    const char *memory = buf.data;
    buf_reset(&buf);
    cr_expect_not(buf_failed(&buf));
    cr_expect_eq(buf.len, 0);
    buf_puts(&buf, "xyz");
    cr_expect_eq(buf.data, memory);
    cr_expect_str_eq(buf.data, "xyz");
}

Test(buf, can_be_used_again_after_done)
{
    struct buf buf;
    buf_init(&buf, 3);
    buf_puts(&buf, "abc");
    buf_done(&buf);
    buf_done(&buf);
    cr_expect_null(buf.data);
    buf_puts(&buf, "abcd");
    cr_expect(buf_failed(&buf), "the limit outlives buf_done");
    buf_done(&buf);
    struct buf zeroed = {0};
    buf_done(&zeroed);
    buf_wipe(&zeroed);
}

Test(buf, keeps_a_secret_while_it_grows)
{
    struct buf buf;
    buf_init_secret(&buf, 1 << 16);
    for (int i = 0; i < 10000; i++) {
        buf_printf(&buf, "%d", i % 10);
    }
    cr_assert_not(buf_failed(&buf));
    cr_expect_eq(buf.len, 10000);
    for (size_t i = 0; i < buf.len; i++) {
        cr_assert_eq(buf.data[i], (char)('0' + i % 10));
    }
    buf_wipe(&buf);
    cr_expect_null(buf.data);
    cr_expect(buf.secret, "a wiped buffer stays one for secrets");
}

Test(buf, writes_numbers_so_that_they_read_back)
{
    static const struct {
        double number;
        const char *text;
    } cases[] = {
        {0, "0"},
        {1, "1"},
        {-2.5, "-2.5"},
        {0.1, "0.1"},
        {0.0005, "0.0005"},
        {0.001, "0.001"},
        {44.123, "44.123"},
        {-1234.05, "-1234.05"},
        {100, "100"},
        {999999999.999, "999999999.999"},
        {123456789012.25, "123456789012.25"},
        {-0.0, "-0"},
        {1e300, "1e+300"},
        {9007199254740991, "9007199254740991"},
        {0.1 + 0.2, "0.30000000000000004"},
        {INFINITY, "+Inf"},
        {-INFINITY, "-Inf"},
        {NAN, "NaN"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        CLEANUP(buf) struct buf buf;
        buf_init(&buf, 64);
        buf_put_number(&buf, cases[i].number);
        cr_expect_str_eq(buf.data, cases[i].text);
    }
}

Test(buf, writes_durations_so_that_they_read_back)
{
    for (int thousandths = -20000; thousandths < 20000; thousandths += 7) {
        CLEANUP(buf) struct buf buf;
        buf_init(&buf, 64);
        double number = thousandths / 1000.0;
        buf_put_number(&buf, number);
        double back = strtod(buf.data, NULL);
        cr_assert(back >= number && back <= number, "%s is not %.17g", buf.data, number);
        cr_assert_leq(buf.len, 8u);
    }
}

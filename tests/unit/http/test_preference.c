/* Preferences are found wherever the RFC lets them stand, and nothing malformed hides others. */
#include "base/alloc.h"
#include "http/preference.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* The value of `wait`, or "(none)"; valid until the next call. */
static const char *wait_of(const char *line)
{
    static char value[PREFERENCE_SIZE];
    memset(value, 'x', sizeof value);
    return preference_find(slice_of(line), SLICE("wait"), value) ? value : "(none)";
}

static void expect_wait(const char *line, const char *expected)
{
    const char *value = wait_of(line);
    cr_expect_str_eq(value, expected, "%s: %s", line, value);
}

Test(preference, stands_alone_or_in_a_list)
{
    expect_wait("wait=5", "5");
    expect_wait("respond-async, wait=5", "5");
    expect_wait("wait=5, respond-async", "5");
    expect_wait(",, ,return=minimal,wait=5,,", "5");
    expect_wait("respond-async,\twait=5", "5");
    expect_wait("", "(none)");
    expect_wait(" , ", "(none)");
    expect_wait("respond-async", "(none)");
}

Test(preference, has_a_name_in_any_case_and_no_other)
{
    expect_wait("WAIT=5", "5");
    expect_wait("Wait=5", "5");
    expect_wait("waits=5, awaits=6, wai=7, await=8", "(none)");
    expect_wait("x=wait, y=\"wait=3\"", "(none)");
}

Test(preference, may_have_blanks_around_its_signs)
{
    expect_wait("  wait \t= 5 ; a = b ,x", "5");
    expect_wait("respond-async ;a , wait\t=\t5", "5");
}

Test(preference, may_have_parameters)
{
    expect_wait("wait=5;x", "5");
    expect_wait("wait=5; x=1; y=\"a;b,c\"; z", "5");
    expect_wait("wait=5;;", "5");
    expect_wait("foo; wait=3, wait=5", "5");
    expect_wait("foo; a=\", wait=3\"; b, wait=5", "5");
    expect_wait("foo;, wait=5", "5");
}

Test(preference, may_be_quoted)
{
    expect_wait("wait=\"5\"", "5");
    expect_wait("wait=\"1\\5\"", "15");
    expect_wait("wait=\"\\\"\\\\\"", "\"\\");
    expect_wait("wait=\" 5\"", " 5");
    expect_wait("wait=\"\"", "");
    expect_wait("foo=\"a, wait=3\", wait=5", "5");
    expect_wait("foo=\"a\\\", wait=3\", wait=5", "5");
}

Test(preference, without_a_value_is_there_all_the_same)
{
    expect_wait("wait", "");
    expect_wait("wait=", "");
    expect_wait("wait; x=1", "");
}

Test(preference, counts_when_it_is_the_first)
{
    expect_wait("wait=5, wait=6", "5");
    expect_wait("wait=x, wait=6", "x");
    expect_wait("wait, wait=6", "");
}

Test(preference, that_is_malformed_is_passed_over_alone)
{
    expect_wait("wait=5 6, wait=7", "7");
    expect_wait("=, wait=7", "7");
    expect_wait("wait==5, wait=7", "7");
    expect_wait("\"wait=5\", wait=7", "7");
    expect_wait("a b=\"x, wait=3\" c, wait=7", "7");
    expect_wait("wait=5;=, wait=7", "7");
    expect_wait("wait=5; a=\"b, wait=7", "(none)");
    expect_wait("wait=\"5, wait=7", "(none)");
    expect_wait("wait=\"5\\", "(none)");
    expect_wait("w\xc3\xa4it=5, wait=7", "7");
}

Test(preference, longer_than_anybody_needs_has_no_value)
{
    expect_wait("wait=1234567890123456789012345678901", "1234567890123456789012345678901");
    expect_wait("wait=12345678901234567890123456789012", "");
    expect_wait("wait=\"12345678901234567890123456789012345\"", "");
}

/* Every line of these bytes, in memory of just its length. */
Test(preference, is_looked_for_within_the_line)
{
    static const char bytes[] = "w=,;\" \\";
    enum { BYTES = sizeof bytes - 1, LENGTH = 6 };
    char value[PREFERENCE_SIZE];
    for (size_t len = 0, count = 1; len <= LENGTH; len++, count *= BYTES) {
        char *line = xcalloc(len + 1, 1); /* its last byte is never shown */
        line[len] = '5';
        for (size_t number = 0; number < count; number++) {
            for (size_t i = 0, rest = number; i < len; i++, rest /= BYTES)
                line[i] = bytes[rest % BYTES];
            bool found = preference_find((struct slice){line, len}, SLICE("w"), value);
            cr_assert(!found || strchr(value, '5') == NULL, "line %zu of %zu bytes", number, len);
        }
        free(line);
    }
}

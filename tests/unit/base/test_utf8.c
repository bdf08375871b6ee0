/* Promises of base/utf8.h. */
#include "base/utf8.h"

#include <criterion/criterion.h>
#include <string.h>

Test(utf8, knows_the_first_and_last_character_of_each_length)
{
    static const char *const good[] = {
        "\x01",         "\x7F",         "\xC2\x80",     "\xDF\xBF",         "\xE0\xA0\x80",
        "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        cr_expect_eq(utf8_length(good[i], strlen(good[i])), strlen(good[i]), "case %zu", i);
    }
}

Test(utf8, refuses_what_is_no_character)
{
    static const char *const bad[] = {
        "\x80",
        "\xBF",
        "\xC0\x80",
        "\xC1\xBF",
        "\xE0\x9F\xBF",
        "\xED\xA0\x80",
        "\xED\xBF\xBF",
        "\xF0\x8F\xBF\xBF",
        "\xF5\x80\x80\x80",
        "\xF4\x90\x80\x80",
        "\xFE",
        "\xFF",
        "\xC2",
        "\xE0\xA0",
        "\xF0\x90\x80",
        "\xC2\x41",
        "\xE1\x80\x41",
        "\xF1\x80\x80\x41",
        "\xE1\x80\xC0",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_expect_eq(utf8_length(bad[i], strlen(bad[i])), 0, "case %zu", i);
    }
    cr_expect_eq(utf8_length("", 0), 0);
    cr_expect_eq(utf8_length("\xC3\xA4", 1), 0, "the rest lies beyond the end");
}

Test(utf8, cuts_between_characters)
{
    static const char text[] = "a\xC3\xA4\xF0\x9F\x98\x80z"; /* 1 + 2 + 4 + 1 bytes */
    static const size_t cuts[] = {0, 1, 1, 3, 3, 3, 3, 7, 8, 8};
    for (size_t limit = 0; limit < sizeof cuts / sizeof *cuts; limit++) {
        cr_expect_eq(utf8_cut(text, 8, limit), cuts[limit], "limit %zu", limit);
    }
}

Test(utf8, cuts_text_that_is_no_utf8_somewhere_near_the_limit)
{
    static const char text[] = "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80";
    size_t cut = utf8_cut(text, 10, 8);
    cr_expect_geq(cut, 4);
    cr_expect_leq(cut, 8);
}

/*
 * The text and the byte form of a UUID.
 */
#include "store/uuid_bytes.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(uuid_bytes, come_back_as_they_were)
{
    const char *text = "01234567-89ab-cdef-0123-456789abcdef";
    uint8_t bytes[UUID_BYTES_SIZE];
    char again[UUID_SIZE];
    cr_assert(uuid_bytes_parse(text, bytes));
    cr_expect_eq(bytes[0], 0x01);
    cr_expect_eq(bytes[6], 0xCD);
    cr_expect_eq(bytes[15], 0xEF);
    uuid_bytes_format(bytes, again);
    cr_expect_str_eq(again, text);
}

Test(uuid_bytes, are_read_in_either_case_and_written_in_lower)
{
    uint8_t bytes[UUID_BYTES_SIZE];
    char again[UUID_SIZE];
    cr_assert(uuid_bytes_parse("01234567-89AB-CDEF-0123-456789ABCDEF", bytes));
    uuid_bytes_format(bytes, again);
    cr_expect_str_eq(again, "01234567-89ab-cdef-0123-456789abcdef");
}

Test(uuid_bytes, refuse_everything_else)
{
    static const char *const wrong[] = {
        "",
        "0",
        "0123456789abcdef0123456789abcdef",
        "01234567-89ab-cdef-0123-456789abcde",
        "01234567-89ab-cdef-0123-456789abcdef0",
        "01234567-89ab-cdef-0123_456789abcdef",
        "0123456789ab--cdef-0123-456789abcdef",
        "{1234567-89ab-cdef-0123-456789abcde}",
        "g1234567-89ab-cdef-0123-456789abcdef",
        " 1234567-89ab-cdef-0123-456789abcdef",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        uint8_t bytes[UUID_BYTES_SIZE];
        cr_expect_not(uuid_bytes_parse(wrong[i], bytes), "%s", wrong[i]);
    }
}

/* ---- the first UUID behind a text ---- */

/* Texts near the id: cut off, longer, with one character changed to whatever. */
static void make_neighbour(const struct random *random, const char *id, char ret[64])
{
    static const char characters[] = "\x01 -/059:@AFGZ`adfgz~\xC3";
    uint8_t dice[3];
    random_fill(random, dice, sizeof dice);
    (void)snprintf(ret, 64, "%s%s", id, dice[0] % 8 == 0 ? "0" : "");
    if (dice[0] & 1) {
        ret[dice[1] % UUID_SIZE] = characters[dice[2] % (sizeof characters - 1)];
    } else {
        ret[dice[1] % (UUID_SIZE + 1)] = '\0';
    }
}

static bool sorts_behind(const char *id, const char *text)
{
    uint8_t bytes[UUID_BYTES_SIZE];
    uint8_t from[UUID_BYTES_SIZE];
    cr_assert(uuid_bytes_parse(id, bytes));
    return uuid_bytes_after(text, from) && memcmp(bytes, from, sizeof from) >= 0;
}

Test(uuid_bytes, sort_behind_a_text_as_their_own_texts_do)
{
    struct fake_random random;
    fake_random_init(&random, 11);
    char id[UUID_SIZE];
    char other[UUID_SIZE];
    char text[64];
    for (int i = 0; i < 20000; i++) {
        uuid4(&random.random, id);
        make_neighbour(&random.random, id, text);
        cr_assert_eq(sorts_behind(id, text), strcmp(id, text) > 0, "%s, %s", id, text);
        uuid4(&random.random, other);
        cr_assert_eq(sorts_behind(other, text), strcmp(other, text) > 0, "%s, %s", other, text);
    }
}

Test(uuid_bytes, are_counted_on_from_the_one_given)
{
    static const char last[] = "ffffffff-ffff-ffff-ffff-ffffffffffff";
    char next[UUID_SIZE];
    uint8_t bytes[UUID_BYTES_SIZE];
    cr_assert(uuid_bytes_after("01234567-89ab-cdef-0123-4567ffffffff", bytes));
    uuid_bytes_format(bytes, next);
    cr_expect_str_eq(next, "01234567-89ab-cdef-0123-456800000000");
    cr_assert(uuid_bytes_after("", bytes));
    uuid_bytes_format(bytes, next);
    cr_expect_str_eq(next, "00000000-0000-0000-0000-000000000000");
    cr_expect_not(uuid_bytes_after(last, bytes));
    cr_expect_not(uuid_bytes_after("g", bytes));
    cr_expect_not(uuid_bytes_after("\xC3\xA9", bytes));
}

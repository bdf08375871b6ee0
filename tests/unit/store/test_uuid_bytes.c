/*
 * The text and the byte form of a UUID.
 */
#include "store/uuid_bytes.h"

#include <criterion/criterion.h>

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

/* Promises of base/secret.h. */
#include "base/alloc.h"
#include "base/secret.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

Test(secret, wipes_every_byte)
{
    char text[] = "open sesame";
    secret_wipe(text, sizeof text);
    for (size_t i = 0; i < sizeof text; i++) {
        cr_expect_eq(text[i], 0);
    }
    secret_wipe(NULL, 0);
}

Test(secret, free_accepts_null_and_answers_null)
{
    cr_expect_null(secret_free(NULL));
    cr_expect_null(secret_free(xstrdup("key")));
}

Test(secret, equal_compares_content_and_size)
{
    cr_expect(secret_equal("abc", 3, "abc", 3));
    cr_expect(secret_equal("a\0c", 3, "a\0c", 3));
    cr_expect(secret_equal(NULL, 0, "", 0));
    cr_expect_not(secret_equal("abc", 3, "abd", 3));
    cr_expect_not(secret_equal("a\0c", 3, "a\0d", 3));
    cr_expect_not(secret_equal("abc", 3, "abc", 2));
    cr_expect_not(secret_equal("", 0, "a", 1));
}

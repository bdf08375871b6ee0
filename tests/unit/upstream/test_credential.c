/* Promises of upstream/credential.h. */
#include "upstream/credential.h"

#include <criterion/criterion.h>
#include <string.h>

static unsigned wiped;

/* Everything wiped passes this function. */
void explicit_bzero(void *bytes, size_t size)
{
    wiped += memmem(bytes, size, "Name: secret", 12) != NULL;
    memset(bytes, 0, size);
    __asm__ __volatile__("" : : "r"(bytes) : "memory");
}

Test(credential, is_wiped_when_its_last_user_goes)
{
    struct credential *credential = credential_new("Name: ", (struct slice){"secret!", 6});
    cr_expect_str_eq(credential_line(credential), "Name: secret");
    cr_expect_eq(credential_ref(credential), credential);
    cr_expect_null(credential_unref(credential));
    cr_expect_eq(wiped, 0);
    cr_expect_str_eq(credential_line(credential), "Name: secret");
    cr_expect_null(credential_unref(credential));
    cr_expect_eq(wiped, 1);
    cr_expect_null(credential_unref(NULL));
}

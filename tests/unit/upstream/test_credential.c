/* Promises of upstream/credential.h. */
#include "upstream/credential.h"

#include "wipe_watch.h"

#include <criterion/criterion.h>

Test(credential, is_wiped_when_its_last_user_goes)
{
    watch_for("Name: secret", 12);
    struct credential *credential = credential_new("Name: ", (struct slice){"secret!", 6});
    cr_expect_str_eq(credential_line(credential), "Name: secret");
    cr_expect_eq(credential_ref(credential), credential);
    cr_expect_null(credential_unref(credential));
    cr_expect_eq(wiped.count, 0);
    cr_expect_str_eq(credential_line(credential), "Name: secret");
    cr_expect_null(credential_unref(credential));
    cr_expect_eq(wiped.count, 1);
    cr_expect_null(credential_unref(NULL));
}

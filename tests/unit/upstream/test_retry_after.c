/*
 * How long to stay away, from headers and from sentences.
 */
#include "upstream/retry_after.h"

#include <criterion/criterion.h>

enum { NOW_S = 1445412480 }; /* Wed, 21 Oct 2015 07:28:00 GMT */

static unsigned of(const char *header, const char *body)
{
    return retry_after_seconds(header, body, (int64_t)NOW_S * 1000);
}

Test(retry_after, reads_seconds)
{
    cr_assert_eq(of("26", NULL), 26);
    cr_assert_eq(of(" 7", NULL), 7);
    cr_assert_eq(of("0", NULL), 1);
}

Test(retry_after, reads_a_date)
{
    cr_assert_eq(of("Wed, 21 Oct 2015 07:28:42 GMT", NULL), 42);
    cr_assert_eq(of("Wed, 21 Oct 2015 07:27:00 GMT", NULL), 1);
}

Test(retry_after, is_bounded)
{
    cr_assert_eq(of("301", NULL), RETRY_AFTER_MAX_S);
    cr_assert_eq(of("99999999999999999999999", NULL), RETRY_AFTER_MAX_S);
    cr_assert_eq(of("Wed, 21 Oct 2037 07:28:00 GMT", NULL), RETRY_AFTER_MAX_S);
    cr_assert_eq(of("-5", NULL), 1);
    cr_assert_eq(of("soon", NULL), 1);
    cr_assert_eq(of("", NULL), 1);
}

Test(retry_after, reads_the_sentence_of_old_gateways)
{
    cr_assert_eq(of(NULL, "{\"error\":{\"statusCode\":429,\"message\":\"Rate limit is exceeded. "
                          "Try again in 26 seconds.\"}}"),
                 26);
    cr_assert_eq(of(NULL, "Over 20 calls per 60 seconds. Please retry after 1 second."), 1);
    cr_assert_eq(of(NULL, "please RETRY AFTER 30 seconds"), 30);
    cr_assert_eq(of(NULL, "try again in a moment"), 1);
    cr_assert_eq(of(NULL, "{}"), 1);
    cr_assert_eq(of(NULL, NULL), 1);
}

Test(retry_after, believes_the_header_more_than_the_sentence)
{
    cr_assert_eq(of("3", "Try again in 26 seconds"), 3);
}

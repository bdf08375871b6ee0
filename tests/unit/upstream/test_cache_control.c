/* Promises of upstream/cache_control.h: how long an answer may be used. */
#include "upstream/cache_control.h"

#include <criterion/criterion.h>

Test(cache_control, tells_the_seconds_that_are_left)
{
    static const struct {
        const char *cache_control, *age;
        int64_t seconds;
    } rows[] = {
        {NULL, NULL, CACHE_LIFETIME_UNKNOWN},
        {"", NULL, CACHE_LIFETIME_UNKNOWN},
        {"public", "5", CACHE_LIFETIME_UNKNOWN},
        {"max-age=3600", NULL, 3600},
        {"public, max-age=3600, must-revalidate", NULL, 3600},
        {"Max-Age=60 ,public", NULL, 60},
        {"  max-age=60  ", NULL, 60},
        {"max-age=\"60\"", NULL, 60},
        {"max-age=60,max-age=30", NULL, 30},
        {"max-age=30,max-age=60", NULL, 30},
        {"max-age=0", NULL, 0},
        {"no-cache", NULL, 0},
        {"max-age=3600, NO-STORE", NULL, 0},
        {"no-store, max-age=3600", NULL, 0},
        {"s-maxage=7", NULL, CACHE_LIFETIME_UNKNOWN},
        {"max-age", NULL, CACHE_LIFETIME_UNKNOWN},
        {"max-age=", NULL, CACHE_LIFETIME_UNKNOWN},
        {"max-age=-1", NULL, CACHE_LIFETIME_UNKNOWN},
        {"max-age=6x", NULL, CACHE_LIFETIME_UNKNOWN},
        {"max-age=\"\"", NULL, CACHE_LIFETIME_UNKNOWN},
        {"xmax-age=5", NULL, CACHE_LIFETIME_UNKNOWN},
        {",,,max-age=5,,", NULL, 5},
        {"max-age=99999999999999999999999999", NULL, CACHE_LIFETIME_MAX_S},
        {"max-age=100", "40", 60},
        {"max-age=100", "100", 0},
        {"max-age=100", "4000", 0},
        {"max-age=100", "-5", 100},
        {"max-age=100", "soon", 100},
        {"max-age=100", "", 100},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_eq(cache_lifetime_s(rows[i].cache_control, rows[i].age), rows[i].seconds,
                     "%s | %s: %lld", rows[i].cache_control, rows[i].age,
                     (long long)cache_lifetime_s(rows[i].cache_control, rows[i].age));
    }
}

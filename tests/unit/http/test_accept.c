/* Whoever would rather have a page gets one; nobody gets one by a malformed header. */
#include "http/accept.h"

#include <criterion/criterion.h>

static bool wants_page(const char *accept)
{
    return accept_prefers(slice_of(accept), "text/html", "application/json");
}

static bool wants_json(const char *accept)
{
    return accept_prefers(slice_of(accept), "application/json", "text/html");
}

Test(accept, browsers_want_pages)
{
    const char *const browsers[] = {
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "text/html,application/xml;q=0.9,image/avif,*/*;q=0.8,application/signed-exchange;v=b3",
        "text/html, text/plain, text/*;q=0.5, application/json;q=0.1",
        "TEXT/HTML",
        "text/*",
    };
    for (size_t i = 0; i < sizeof browsers / sizeof *browsers; i++) {
        cr_expect(wants_page(browsers[i]), "%s", browsers[i]);
        cr_expect_not(wants_json(browsers[i]), "%s", browsers[i]);
    }
}

Test(accept, programs_want_json)
{
    const char *const programs[] = {
        "application/json",    "application/json, text/plain, */*",
        "application/*;q=0.5", "text/html;q=0.1, application/json;q=0.2",
        "text/html;q=0, */*",  "application/json;charset=utf-8",
    };
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        cr_expect(wants_json(programs[i]), "%s", programs[i]);
        cr_expect_not(wants_page(programs[i]), "%s", programs[i]);
    }
}

Test(accept, who_does_not_care_prefers_neither)
{
    const char *const careless[] = {
        "*/*",
        "",
        "image/png",
        "text/html, application/json",
        "text/html;q=0,application/json;q=0.0",
        ",,;,",
        "/",
        "q=1",
        "text",
    };
    for (size_t i = 0; i < sizeof careless / sizeof *careless; i++) {
        cr_expect_not(wants_page(careless[i]), "%s", careless[i]);
        cr_expect_not(wants_json(careless[i]), "%s", careless[i]);
    }
    cr_expect_not(accept_prefers((struct slice){NULL, 0}, "text/html", "application/json"));
}

Test(accept, the_closest_range_says_the_weight_wherever_it_stands)
{
    cr_expect(wants_json("text/html;q=0.3, text/*;q=0.9, application/json;q=0.5"));
    cr_expect(wants_json("*/*, text/html;q=0.3"));
    cr_expect(wants_page("text/html;q=0.5,*/*;q=0.5"));
    cr_expect(wants_page("application/json;q=0.001, text/html;q=0.002"));
}

Test(accept, a_weight_that_is_none_counts_as_the_whole)
{
    cr_expect(wants_page("text/html;q=x, application/json;q=0.9"));
    cr_expect(wants_page("text/html;q=, application/json;q=0.9"));
    cr_expect(wants_page("text/html;q=7.5, application/json;q=0.9"));
    cr_expect(wants_page("text/html;q=0.99999, application/json;q=0.9"));
    cr_expect(wants_page("text/html ; Q=1 , application/json ; q = 0.9"));
}

/* Promises of config/suggestion.h. */
#include "config/suggestion.h"

#include <criterion/criterion.h>

static const char *suggest(const char *wanted, struct suggestion *suggestion)
{
    suggestion_init(suggestion, slice_of(wanted));
    suggestion_offer(suggestion, SLICE("http.listen"));
    suggestion_offer(suggestion, SLICE("admin.listen"));
    suggestion_offer(suggestion, SLICE("upstream.rate"));
    return suggestion_best(suggestion);
}

Test(suggestion, finds_a_missing_letter)
{
    struct suggestion suggestion;
    cr_expect_str_eq(suggest("http.lisen", &suggestion), "http.listen");
}

Test(suggestion, finds_swapped_neighbours_and_another_case)
{
    struct suggestion suggestion;
    cr_expect_str_eq(suggest("http.litsen", &suggestion), "http.listen");
    cr_expect_eq(suggestion.distance, 1);
    cr_expect_str_eq(suggest("Upstream.RATE", &suggestion), "upstream.rate");
    cr_expect_eq(suggestion.distance, 0);
}

Test(suggestion, stays_silent_when_nothing_is_close)
{
    struct suggestion suggestion;
    cr_expect_null(suggest("colour", &suggestion));
    cr_expect_null(suggest("", &suggestion));
}

Test(suggestion, stays_silent_when_nothing_was_offered)
{
    struct suggestion suggestion;
    suggestion_init(&suggestion, SLICE("anything"));
    cr_expect_null(suggestion_best(&suggestion));
}

Test(suggestion, passes_over_texts_of_any_length)
{
    char text[4096];
    memset(text, 'a', sizeof text);
    for (size_t len = 0; len <= sizeof text; len += len < 100 ? 1 : 1331) {
        struct suggestion suggestion;
        suggestion_init(&suggestion, (struct slice){text, len});
        suggestion_offer(&suggestion, (struct slice){text, len});
        suggestion_offer(&suggestion, (struct slice){text, SUGGESTION_SIZE - 1});
        const char *best = suggestion_best(&suggestion);
        cr_expect(len >= SUGGESTION_SIZE || len == 0 || (best && strlen(best) == len));
    }
}

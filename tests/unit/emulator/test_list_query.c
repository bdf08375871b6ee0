/*
 * Selecting a page of sessions.
 */
#include "base/alloc.h"
#include "emulator/list_query.h"

#include <criterion/criterion.h>

static struct emu_sessions sessions;
static struct fake_random source;
static const struct emu_session *found[EMU_LIST_TOP_MAX];

static void setup(void)
{
    fake_random_init(&source, 11);
    emu_sessions_init(&sessions, 10000);
}

static void teardown(void)
{
    emu_sessions_done(&sessions);
}

TestSuite(list_query, .init = setup, .fini = teardown);

static void add(enum emu_kind kind, unsigned count)
{
    while (count--) {
        struct emu_session_settings settings = {.kind = kind};
        (void)emu_sessions_add(&sessions, &settings, &source.random, 0);
    }
}

static size_t list(const char *start, size_t top)
{
    const struct emu_list_query query = {.start = slice_of(start), .top = top};

    return emu_list_select(&sessions, EMU_LIVENESS, &query, found);
}

Test(list_query, pages_through_all_in_order_and_each_once)
{
    char start[UUID_SIZE] = "";
    size_t seen = 0, count;

    add(EMU_LIVENESS, 2500);
    while ((count = list(start, 1000)) > 0) {
        for (size_t i = 0; i < count; i++) {
            cr_assert_gt(strcmp(found[i]->id, start), 0);
            memcpy(start, found[i]->id, sizeof start);
        }
        seen += count;
    }
    cr_expect_eq(seen, 2500);
}

Test(list_query, selects_the_smallest_whatever_the_page)
{
    char all[200][UUID_SIZE];

    add(EMU_LIVENESS, 200);
    cr_assert_eq(list("", 1000), 200);
    for (size_t i = 0; i < 200; i++)
        memcpy(all[i], found[i]->id, UUID_SIZE);
    for (size_t top = 1; top <= 200; top++) {
        cr_assert_eq(list(all[0], top), top < 199 ? top : 199);
        for (size_t i = 0; i < top && i < 199; i++)
            cr_assert_str_eq(found[i]->id, all[i + 1]);
    }
}

Test(list_query, lists_one_kind)
{
    add(EMU_LIVENESS_WITH_VERIFY, 3);
    add(EMU_LIVENESS, 2);
    cr_expect_eq(list("", 1000), 2);
    cr_expect_eq(list("zzzz", 1000), 0);
    cr_expect_eq(list("00000000-0000-0000-0000-000000000000", 1000), 2);
}

Test(list_query, compares_ids_as_text_in_any_case)
{
    cr_expect(emu_list_is_behind("b", SLICE("")));
    cr_expect(emu_list_is_behind("b", SLICE("a")));
    cr_expect(emu_list_is_behind("b", SLICE("A")));
    cr_expect(emu_list_is_behind("ab", SLICE("a")));
    cr_expect_not(emu_list_is_behind("a", SLICE("a")), "exclusive");
    cr_expect_not(emu_list_is_behind("a", SLICE("A")));
    cr_expect_not(emu_list_is_behind("a", SLICE("ab")));
    cr_expect_not(emu_list_is_behind("a", SLICE("b")));
}

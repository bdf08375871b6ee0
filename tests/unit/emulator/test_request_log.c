/*
 * The log of calls: order, bound, late answers.
 */
#include "emulator/request_log.h"

#include <criterion/criterion.h>

static struct emu_request_log calls;
static struct buf text;

static void setup(void)
{
    emu_request_log_init(&calls, 3);
    buf_init(&text, 1 << 20);
}

static void teardown(void)
{
    emu_request_log_done(&calls);
    buf_done(&text);
}

TestSuite(request_log, .init = setup, .fini = teardown);

static uint64_t add(const char *path)
{
    return emu_request_log_add(&calls, SLICE("GET"), slice_of(path));
}

static const char *written(void)
{
    buf_reset(&text);
    emu_request_log_write(&calls, &text);
    cr_assert_not(buf_failed(&text));
    return text.data;
}

Test(request_log, is_empty_at_first)
{
    cr_expect_str_eq(written(), "{\"requests\":[]}");
}

Test(request_log, shows_the_oldest_first_and_unanswered_as_0)
{
    const uint64_t first = add("/a");

    add("/b");
    emu_request_log_set_status(&calls, first, 204);
    cr_expect_str_eq(written(),
                     "{\"requests\":[{\"method\":\"GET\",\"path\":\"/a\",\"status\":204},"
                     "{\"method\":\"GET\",\"path\":\"/b\",\"status\":0}]}");
}

Test(request_log, drops_the_oldest_when_full)
{
    for (unsigned i = 0; i < 5; i++)
        emu_request_log_set_status(&calls, add((const char[]){'/', (char)('a' + i), '\0'}), 200);
    cr_expect_str_eq(written(),
                     "{\"requests\":[{\"method\":\"GET\",\"path\":\"/c\",\"status\":200},"
                     "{\"method\":\"GET\",\"path\":\"/d\",\"status\":200},"
                     "{\"method\":\"GET\",\"path\":\"/e\",\"status\":200}]}");
}

Test(request_log, gives_a_late_status_to_nobody_else)
{
    const uint64_t dropped = add("/a");

    add("/b");
    add("/c");
    add("/d");
    emu_request_log_set_status(&calls, dropped, 200);
    const uint64_t cleared = add("/e");
    emu_request_log_clear(&calls);
    add("/f");
    emu_request_log_set_status(&calls, cleared, 200);
    cr_expect_str_eq(written(),
                     "{\"requests\":[{\"method\":\"GET\",\"path\":\"/f\",\"status\":0}]}");
}

Test(request_log, keeps_order_while_it_grows)
{
    struct emu_request_log large;

    emu_request_log_init(&large, 1000);
    for (unsigned i = 0; i < 1300; i++) {
        const uint64_t number = emu_request_log_add(&large, SLICE("POST"), SLICE("/x"));
        emu_request_log_set_status(&large, number, (int)i);
    }
    cr_expect_eq(large.end - large.first, 1000);
    cr_expect_eq(large.capacity, 1000);
    for (uint64_t i = large.first; i < large.end; i++)
        cr_assert_eq(large.entries[i % large.capacity].status, (int)i);
    emu_request_log_done(&large);
}

Test(request_log, cuts_long_paths_and_methods)
{
    static char path[5000];

    memset(path, '/', sizeof path);
    emu_request_log_add(&calls, SLICE("AVERYVERYLONGMETHOD"), (struct slice){path, sizeof path});
    const struct emu_logged_request *entry = &calls.entries[0];
    cr_expect_eq(strlen(entry->path), EMU_LOGGED_PATH_MAX);
    cr_expect_str_eq(entry->method, "AVERYVERYLONGME");
}

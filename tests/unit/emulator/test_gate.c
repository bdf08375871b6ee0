/*
 * The rate limit, and the code of a refusal by version.
 */
#include "emulator/gate.h"

#include <criterion/criterion.h>

static struct emu_rate rate;
static uint32_t retry_after_s;

static bool admits(uint64_t now_ms)
{
    retry_after_s = 0;
    return emu_rate_admit(&rate, now_ms, &retry_after_s);
}

Test(rate, without_a_limit_admits_all)
{
    rate = (struct emu_rate){0};
    for (unsigned i = 0; i < 1000; i++)
        cr_assert(admits(5));
}

Test(rate, admits_its_number_a_second_and_says_when_to_come_again)
{
    rate = (struct emu_rate){.limit = 2};
    cr_expect(admits(100));
    cr_expect(admits(1099));
    cr_expect_not(admits(1099));
    cr_expect_eq(retry_after_s, 1);
    cr_expect(admits(1100));
    cr_expect(admits(1100));
    cr_expect_not(admits(1100));
    cr_expect_eq(retry_after_s, 1);
}

Test(rate, is_not_used_up_by_what_it_refuses)
{
    rate = (struct emu_rate){.limit = 1};
    cr_expect(admits(0));
    for (uint64_t now_ms = 1; now_ms < 1000; now_ms += 10)
        cr_assert_not(admits(now_ms));
    cr_expect(admits(1000));
}

Test(rate, begins_a_window_with_the_first_call_after_a_pause)
{
    rate = (struct emu_rate){.limit = 1};
    cr_expect(admits(0));
    cr_expect(admits(5700));
    cr_expect_not(admits(6600));
    cr_expect(admits(6700));
}

Test(gate, has_another_code_for_a_wrong_key_under_the_old_previews)
{
    static const struct {
        const char *path, *code;
    } rows[] = {
        {"/face/v1.2/detectLiveness-sessions", "401"},
        {"/face/v1.3-preview.1/settings", "401"},
        {"/face/v1.1-preview.1/detectLiveness/singleModal/sessions", "Unspecified"},
        {"/face/v1.2-preview.1/detect", "Unspecified"},
        {"/FACE/V1.2-Preview.1/detect", "Unspecified"},
        {"/face/v1.2-preview.1", "401"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct emu_error_info *info =
            emu_error_info(emu_unauthorized_at(slice_of(rows[i].path)));
        cr_expect_eq(info->status, 401);
        cr_expect_str_eq(info->code, rows[i].code, "%s", rows[i].path);
    }
}

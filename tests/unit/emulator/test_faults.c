/*
 * The table of faults: what is accepted, what hits a call, how faults are used up.
 */
#include "base/json.h"
#include "emulator/faults.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct emu_faults faults;
static struct fake_random source;

static void setup(void)
{
    fake_random_init(&source, 11);
    faults = (struct emu_faults){0};
}

TestSuite(faults, .init = setup);

static bool accepts(const char *text, struct emu_fault *ret)
{
    CLEANUP(json) cJSON *document = NULL;
    const char *why = NULL;

    cr_assert_eq(json_parse(slice_of(text), &json_limits_request, &document, &why), 0, "%s", text);
    const bool accepted = emu_fault_read(document, ret, &why);
    cr_expect(accepted || (why && *why));
    return accepted;
}

static void add(const char *text)
{
    struct emu_fault fault;

    cr_assert(accepts(text, &fault), "%s", text);
    cr_assert(emu_faults_add(&faults, &fault));
}

static struct emu_fault take(enum emu_operation operation)
{
    struct emu_fault fault;

    emu_faults_take(&faults, operation, &source.random, &fault);
    return fault;
}

Test(faults, reads_every_member)
{
    struct emu_fault fault;

    cr_assert(accepts("{\"route\":\"SINGLEMODAL\",\"delayMs\":20,\"status\":429,\"retryAfter\":7,"
                      "\"code\":\"TooMany\",\"count\":2,\"after\":true}",
                      &fault));
    cr_expect_eq(fault.operation, EMU_SINGLE_MODAL);
    cr_expect_eq(fault.kind, EMU_FAULT_PLAIN);
    cr_expect_eq(fault.delay_ms, 20);
    cr_expect_eq(fault.status, 429);
    cr_expect_eq(fault.retry_after_s, 7);
    cr_expect_str_eq(fault.code, "TooMany");
    cr_expect_eq(fault.count, 2);
    cr_expect(fault.after);
}

Test(faults, reads_the_members_of_special_kinds)
{
    struct emu_fault fault;

    cr_assert(accepts("{\"route\":\"list\",\"kind\":\"huge\",\"sizeBytes\":5000}", &fault));
    cr_expect_eq(fault.operation, EMU_LIST);
    cr_expect_eq(fault.kind, EMU_FAULT_HUGE);
    cr_expect_eq(fault.size_bytes, 5000);
    cr_assert(accepts("{\"route\":\"audit\",\"kind\":\"huge\"}", &fault));
    cr_expect_eq(fault.size_bytes, EMU_FAULT_SIZE_DEFAULT);
    cr_assert(accepts("{\"route\":\"image\",\"kind\":\"drip\",\"intervalMs\":3}", &fault));
    cr_expect_eq(fault.interval_ms, 3);
    cr_assert(accepts("{\"route\":\"assetsToken\",\"kind\":\"drip\"}", &fault));
    cr_expect_eq(fault.interval_ms, EMU_FAULT_INTERVAL_DEFAULT_MS);
    cr_assert(accepts("{\"route\":\"detect\",\"status\":403,\"gateway\":true}", &fault));
    cr_expect(fault.gateway);
    cr_assert(accepts("{\"route\":\"settings\",\"jitterMs\":9,\"probability\":0.25}", &fault));
    cr_expect_eq(fault.jitter_ms, 9);
    cr_expect_eq(fault.probability, 0.25);
    cr_assert(accepts("{\"route\":\"token\",\"status\":503}", &fault));
    cr_expect_eq(fault.operation, EMU_TOKEN);
    cr_expect_eq(fault.probability, 1);
}

Test(faults, perform_the_operation_first_only_for_spoiled_bodies)
{
    struct emu_fault fault;

    cr_assert(accepts("{\"route\":\"create\",\"kind\":\"truncated\"}", &fault));
    cr_expect(fault.after);
    cr_assert(accepts("{\"route\":\"create\",\"kind\":\"garbage\"}", &fault));
    cr_expect(fault.after);
    cr_assert(accepts("{\"route\":\"create\",\"kind\":\"garbage\",\"after\":false}", &fault));
    cr_expect_not(fault.after);
    static const char *const others[] = {"resetMidway", "wrongTypes", "huge", "drip"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        char text[64];
        (void)snprintf(text, sizeof text, "{\"route\":\"create\",\"kind\":\"%s\"}", others[i]);
        cr_assert(accepts(text, &fault));
        cr_expect(fault.after, "%s", text);
    }
    cr_assert(accepts("{\"route\":\"create\",\"kind\":\"reset\"}", &fault));
    cr_expect_not(fault.after);
    cr_assert(accepts("{\"route\":\"create\",\"status\":500}", &fault));
    cr_expect_not(fault.after);
}

Test(faults, refuses_what_makes_no_sense)
{
    static const char *const bad[] = {
        "[]",
        "{\"status\":500}",
        "{\"route\":\"\",\"status\":500}",
        "{\"route\":\"patch\",\"status\":500}",
        "{\"route\":\"get\"}",
        "{\"route\":\"get\",\"delayMs\":0}",
        "{\"route\":\"get\",\"delayMs\":-1}",
        "{\"route\":\"get\",\"delayMs\":600001}",
        "{\"route\":\"get\",\"delayMs\":\"20\"}",
        "{\"route\":\"get\",\"status\":199}",
        "{\"route\":\"get\",\"status\":600}",
        "{\"route\":\"get\",\"status\":500,\"retryAfter\":1.5}",
        "{\"route\":\"get\",\"status\":500,\"count\":0}",
        "{\"route\":\"get\",\"status\":500,\"code\":\"a b\"}",
        "{\"route\":\"get\",\"status\":500,\"code\":\"\"}",
        "{\"route\":\"get\",\"status\":500,\"after\":\"yes\"}",
        "{\"route\":\"get\",\"kind\":\"slow\"}",
        "{\"route\":\"get\",\"kind\":\"\"}",
        "{\"route\":\"get\",\"delayMs\":5,\"code\":\"X\"}",
        "{\"route\":\"get\",\"delayMs\":5,\"retryAfter\":5}",
        "{\"route\":\"get\",\"jitterMs\":-1}",
        "{\"route\":\"get\",\"jitterMs\":0}",
        "{\"route\":\"get\",\"status\":500,\"probability\":1.5}",
        "{\"route\":\"get\",\"status\":500,\"probability\":-0.1}",
        "{\"route\":\"get\",\"status\":500,\"probability\":\"1\"}",
        "{\"route\":\"get\",\"status\":500,\"gateway\":true}",
        "{\"route\":\"get\",\"status\":429,\"gateway\":true,\"code\":\"429\"}",
        "{\"route\":\"get\",\"kind\":\"drip\",\"gateway\":true}",
        "{\"route\":\"get\",\"kind\":\"huge\",\"sizeBytes\":0}",
        "{\"route\":\"get\",\"kind\":\"huge\",\"sizeBytes\":2000000001}",
        "{\"route\":\"get\",\"kind\":\"drip\",\"sizeBytes\":10}",
        "{\"route\":\"get\",\"kind\":\"huge\",\"intervalMs\":10}",
        "{\"route\":\"get\",\"kind\":\"drip\",\"intervalMs\":0}",
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct emu_fault fault = {.status = 1};
        cr_expect_not(accepts(bad[i], &fault), "%s", bad[i]);
        cr_expect_eq(fault.status, 1, "untouched: %s", bad[i]);
    }
}

Test(faults, hit_their_operation_only)
{
    add("{\"route\":\"get\",\"status\":500}");
    cr_expect_eq(take(EMU_CREATE).status, 0);
    cr_expect_eq(take(EMU_GET).status, 500);
}

Test(faults, on_any_hit_all)
{
    add("{\"route\":\"any\",\"status\":503}");
    for (enum emu_operation i = EMU_CREATE; i < EMU_ANY; i++)
        cr_expect_eq(take(i).status, 503);
}

Test(faults, are_used_up_by_their_count)
{
    add("{\"route\":\"get\",\"status\":500,\"count\":2}");
    add("{\"route\":\"get\",\"status\":404}");
    cr_expect_eq(take(EMU_GET).status, 500);
    cr_expect_eq(take(EMU_GET).status, 500);
    cr_expect_eq(take(EMU_GET).status, 404);
    cr_expect_eq(take(EMU_GET).status, 404);
    cr_expect_eq(faults.count, 1);
}

Test(faults, combine_one_delay_with_one_spoiler)
{
    add("{\"route\":\"any\",\"delayMs\":50}");
    add("{\"route\":\"get\",\"status\":429,\"after\":true,\"count\":1}");
    add("{\"route\":\"get\",\"kind\":\"reset\"}");

    struct emu_fault first = take(EMU_GET);
    cr_expect_eq(first.delay_ms, 50);
    cr_expect_eq(first.status, 429);
    cr_expect_eq(first.kind, EMU_FAULT_PLAIN);
    cr_expect(first.after);
    struct emu_fault second = take(EMU_GET);
    cr_expect_eq(second.delay_ms, 50);
    cr_expect_eq(second.kind, EMU_FAULT_RESET);
    cr_expect_eq(take(EMU_CREATE).delay_ms, 50);
}

Test(faults, combine_in_either_order_and_keep_the_longer_delay)
{
    add("{\"route\":\"get\",\"status\":500,\"delayMs\":10}");
    add("{\"route\":\"get\",\"delayMs\":30}");

    const struct emu_fault fault = take(EMU_GET);
    cr_expect_eq(fault.status, 500);
    cr_expect_eq(fault.delay_ms, 30);
}

Test(faults, of_probability_0_never_hit_and_are_not_used_up)
{
    add("{\"route\":\"get\",\"status\":500,\"probability\":0,\"count\":1}");
    for (unsigned i = 0; i < 1000; i++)
        cr_assert_eq(take(EMU_GET).status, 0);
    cr_expect_eq(faults.count, 1);
}

Test(faults, hit_as_often_as_their_probability_says)
{
    unsigned hits = 0;

    add("{\"route\":\"get\",\"status\":500,\"probability\":0.25}");
    for (unsigned i = 0; i < 4000; i++)
        hits += take(EMU_GET).status == 500;
    cr_expect(hits > 800 && hits < 1200, "%u of 4000", hits);
}

Test(faults, that_spare_a_call_leave_it_to_the_next_fault)
{
    add("{\"route\":\"get\",\"status\":500,\"probability\":0}");
    add("{\"route\":\"get\",\"status\":502}");
    cr_expect_eq(take(EMU_GET).status, 502);
}

Test(faults, jitter_reaches_from_nothing_to_all_of_it)
{
    uint32_t least = UINT32_MAX;
    uint32_t most = 0;

    add("{\"route\":\"get\",\"delayMs\":100,\"jitterMs\":3}");
    for (unsigned i = 0; i < 400; i++) {
        const uint32_t delay_ms = take(EMU_GET).delay_ms;
        least = delay_ms < least ? delay_ms : least;
        most = delay_ms > most ? delay_ms : most;
    }
    cr_expect_eq(least, 100);
    cr_expect_eq(most, 103);
}

Test(faults, are_bounded_and_can_be_cleared)
{
    struct emu_fault fault = {.operation = EMU_GET, .status = 500};

    for (unsigned i = 0; i < EMU_FAULTS_MAX; i++)
        cr_assert(emu_faults_add(&faults, &fault));
    cr_expect_not(emu_faults_add(&faults, &fault));
    emu_faults_clear(&faults);
    cr_expect_eq(take(EMU_GET).status, 0);
    cr_expect(emu_faults_add(&faults, &fault));
}

Test(faults, leave_the_others_in_order_when_one_goes)
{
    add("{\"route\":\"get\",\"status\":500,\"count\":1}");
    add("{\"route\":\"create\",\"status\":501}");
    add("{\"route\":\"get\",\"status\":502}");
    take(EMU_GET);
    cr_expect_eq(take(EMU_CREATE).status, 501);
    cr_expect_eq(take(EMU_GET).status, 502);
}

Test(faults, are_shown_with_what_is_left)
{
    CLEANUP(buf) struct buf text;

    buf_init(&text, 4096);
    add("{\"route\":\"create\",\"kind\":\"reset\",\"count\":3,\"delayMs\":5}");
    take(EMU_CREATE);
    emu_faults_write(&faults, &text);
    cr_expect_str_eq(text.data,
                     "{\"faults\":[{\"route\":\"create\",\"kind\":\"reset\",\"delayMs\":5,"
                     "\"count\":2,\"after\":false}]}");
}

Test(faults, are_shown_in_the_words_they_were_given)
{
    static const char *const given[] = {
        "{\"route\":\"detect\",\"kind\":\"huge\",\"sizeBytes\":77,\"after\":false}",
        "{\"route\":\"any\",\"kind\":\"drip\",\"intervalMs\":4,\"after\":true}",
        "{\"route\":\"list\",\"delayMs\":1,\"jitterMs\":2,\"status\":429,\"retryAfter\":3,"
        "\"gateway\":true,\"probability\":0.5,\"count\":6,\"after\":false}",
        "{\"route\":\"audit\",\"kind\":\"resetMidway\",\"after\":true}",
        "{\"route\":\"settings\",\"kind\":\"wrongTypes\",\"status\":201,\"code\":\"X\",\"after\":"
        "true}",
    };

    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        CLEANUP(buf) struct buf text;
        char expected[512];
        buf_init(&text, 4096);
        emu_faults_clear(&faults);
        add(given[i]);
        emu_faults_write(&faults, &text);
        (void)snprintf(expected, sizeof expected, "{\"faults\":[%s]}", given[i]);
        cr_expect_str_eq(text.data, expected);
    }
}

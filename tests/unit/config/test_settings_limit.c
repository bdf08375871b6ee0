/* Promises about limits in the settings: their form, their ranges, what is said of wrong ones. */
#include "settings_fixture.h"

#include <inttypes.h>

static void expect_limit(const char *text, uint64_t count, uint64_t per_ms, uint64_t burst)
{
    char set[128];
    (void)snprintf(set, sizeof set, "limits.create_device=%s", text);
    struct loaded loaded = load_set(set);
    cr_assert_eq(loaded.result, 0, "%s", errors_of(&loaded));
    const struct settings_limit *limit = &loaded.settings.limits_create_device;
    cr_expect(limit->given);
    cr_expect_eq(limit->count, count, "%s: %" PRIu64, text, limit->count);
    cr_expect_eq(limit->per_ms, per_ms, "%s: %" PRIu64, text, limit->per_ms);
    cr_expect_eq(limit->burst, burst, "%s: %" PRIu64, text, limit->burst);
    unload(&loaded);
}

Test(settings_limit, reads_a_rate_and_a_burst)
{
    expect_limit("6/10m burst 3", 6, 600000, 3);
    expect_limit("1/1s burst 1", 1, 1000, 1);
    expect_limit("1000/1h  burst   1000000", 1000, 3600000, 1000000);
    expect_limit("1000000/1s burst 1000000", 1000000, 1000, 1000000);
    expect_limit("2/365d burst 1", 2, 31536000000, 1);
    expect_limit("5/2000ms burst 5", 5, 2000, 5);
}

Test(settings_limit, off_is_none_at_all)
{
    expect_limit("off", 0, 0, 0);
}

Test(settings_limit, has_the_defaults_that_are_documented)
{
    struct loaded loaded = load_set("limits.enabled=true");
    const struct settings *settings = &loaded.settings;
    cr_expect_eq(settings->limits_create_device.count, 6);
    cr_expect_eq(settings->limits_create_device.per_ms, 600000);
    cr_expect_eq(settings->limits_create_device.burst, 3);
    cr_expect_eq(settings->limits_read.burst, 20);
    cr_expect_eq(settings->limits_spoof_cost, 3);
    cr_expect_eq(settings->limits_max_keys, 1000000);
    cr_expect_eq(settings->limits_store_down, STORE_DOWN_LOCAL);
    cr_expect_not(settings->limits_create_total.given);
    unload(&loaded);
}

Test(settings_limit, only_the_total_may_be_empty)
{
    struct loaded loaded = load_set("limits.create_total=");
    cr_expect_eq(loaded.result, 0, "%s", errors_of(&loaded));
    cr_expect_not(loaded.settings.limits_create_total.given);
    unload(&loaded);
    expect_set_error("limits.create_device=", "'' is not a limit");
}

Test(settings_limit, refuses_what_is_no_limit)
{
    static const char *const texts[] = {"6",
                                        "6/10m",
                                        "6/10m burst",
                                        "6/10m burst 3 times",
                                        "burst 3",
                                        "6/10 burst 3",
                                        "/10m burst 3",
                                        "6/ burst 3",
                                        "6 /10m burst 3",
                                        "6/10m, burst 3",
                                        "6/10m burst3",
                                        "x/10m burst 3",
                                        "6/10m burst x",
                                        "6/10m Burst 3",
                                        "Off",
                                        "0",
                                        "-6/10m burst 3",
                                        "6/10m burst -3",
                                        "6/10m/1s burst 3",
                                        "none"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char set[64];
        (void)snprintf(set, sizeof set, "limits.read=%s", texts[i]);
        expect_set_error(set,
                         "is not a limit: COUNT/DURATION burst N, such as 6/10m burst 3, or off");
    }
}

Test(settings_limit, keeps_ranges)
{
    expect_set_error("limits.read=0/10m burst 3",
                     "out of range: COUNT is 1 to 1000000; no limit at all is off");
    expect_set_error("limits.read=1000001/10m burst 3", "out of range: COUNT is 1 to 1000000");
    expect_set_error("limits.read=6/0s burst 3", "DURATION is 1s to 365d, in whole seconds");
    expect_set_error("limits.read=6/1500ms burst 3", "DURATION is 1s to 365d, in whole seconds");
    expect_set_error("limits.read=6/366d burst 3", "DURATION is 1s to 365d");
    expect_set_error("limits.read=6/10m burst 0", "the burst is 1 to 1000000");
    expect_set_error("limits.read=6/10m burst 1000001", "the burst is 1 to 1000000");
    expect_set_error("limits.read=1/1d burst 365", "the burst takes more than 365d to come back");
    expect_set_error("limits.read=99999999999999999999/1d burst 1", "a number is too large");
    expect_set_error("limits.spoof_cost=0", "0 is out of range: 1 to 1000");
    expect_set_error("limits.max_keys=999", "999 is out of range: 1000 to 100000000");
}

Test(settings_limit, is_written_as_it_is_read)
{
    struct loaded loaded = load_yaml("limits:\n"
                                     "  create_device: 2/1m burst 2\n"
                                     "  read: \"off\"\n"
                                     "  failed_auth: off\n"
                                     "  store_down: refuse\n");
    cr_expect_eq(loaded.result, 0, "%s", errors_of(&loaded));
    cr_expect_eq(loaded.settings.limits_create_device.count, 2);
    cr_expect_eq(loaded.settings.limits_read.count, 0);
    cr_expect_eq(loaded.settings.limits_store_down, STORE_DOWN_REFUSE);
    unload(&loaded);
}

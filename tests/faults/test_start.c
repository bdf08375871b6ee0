/*
 * Starting where somebody else is already: refused, with what is wrong and where.
 */
#include "support/rig.h"

#include <criterion/criterion.h>
#include <string.h>

/* A server that starts where it should refuse does not end by itself. */
TestSuite(start, .timeout = 60);

static const char *const key[] = {"LIVENESSD_UPSTREAM_KEY=" UPSTREAM_KEY, NULL};

/* A second server with this setting beside what it needs. */
static const char *expect_refused(const struct rig *rig, const char *setting)
{
    const char *arguments[] = {
        "--set", text_of("upstream.endpoint=%s", daemon_url(rig->emulator, "emulator", "")),
        "--set", setting, NULL};
    const char *said = NULL;
    int code = daemon_refuses("serve", arguments, key, &said);
    cr_assert_eq(code, 1, "exit code %d: %s", code, said);
    return said;
}

static void expect_says(const char *said, const char *words)
{
    cr_assert_not_null(strstr(said, words), "\"%s\" does not say \"%s\"", said, words);
}

static void expect_works(const struct rig *rig)
{
    struct story story = story_begin(rig);
    expect_status(story_delete(rig, &story), 204);
}

Test(start, on_a_taken_public_port_is_refused)
{
    struct rig rig = rig_open();
    const char *taken = daemon_address(rig.server, "http");
    const char *said = expect_refused(&rig, text_of("http.listen=%s", taken));
    expect_says(said, taken);
    expect_says(said, "another process listens there");
    expect_works(&rig);
}

Test(start, on_a_taken_admin_port_is_refused)
{
    struct rig rig = rig_open();
    const char *taken = daemon_address(rig.server, "admin");
    const char *said = expect_refused(&rig, text_of("admin.listen=%s", taken));
    expect_says(said, taken);
    expect_says(said, "another process listens there");
    expect_works(&rig);
}

Test(start, on_a_store_in_use_is_refused)
{
    struct rig rig = rig_open();
    const char *path = text_of("%s/livenessd.db", daemon_folder(rig.server));
    const char *said = expect_refused(&rig, text_of("store.path=%s", path));
    expect_says(said, path);
    expect_says(said, "another livenessd uses");
    expect_works(&rig);
}

Test(start, of_an_emulator_on_a_taken_port_is_refused)
{
    struct rig rig = rig_open();
    const char *taken = daemon_address(rig.emulator, "emulator");
    const char *said = NULL;
    const char *arguments[] = {"--listen", taken, NULL};
    cr_assert_eq(daemon_refuses("emulate", arguments, NULL, &said), 1);
    expect_says(said, taken);
}

Test(start, after_a_stop_gives_everything_back)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    daemon_stop(rig.server);
    daemon_restart(rig.server);
    expect_status(story_get(&rig, &story), 200);
    expect_works(&rig);
}

/*
 * What verify sessions and v1.3 add to a session as the Face API shows it.
 */
#include "base/alloc.h"
#include "emulator/session_json.h"

#include <criterion/criterion.h>

static struct emu_sessions sessions;
static struct emu_session *session;
static struct fake_random source;
static struct buf text;
static struct emu_verify *verify;

static void setup(void)
{
    struct emu_session_settings settings = {
        .kind = EMU_LIVENESS_WITH_VERIFY,
        .attempts_allowed = 3,
        .model_version = xstrdup("2025-05-20"),
        .verify = xcalloc(1, sizeof *settings.verify),
        .user = xcalloc(1, sizeof *settings.user),
    };

    verify = settings.verify;
    *verify = (struct emu_verify){.has_image = true, .confidence_threshold = 0.5};
    memset(verify->image_hash, 0xab, sizeof verify->image_hash);
    settings.user->expected_address = xstrdup("203.0.113.0/24");
    fake_random_init(&source, 3);
    buf_init(&text, 1 << 16);
    emu_sessions_init(&sessions, 10);
    session = emu_sessions_add(&sessions, &settings, &source.random, 0);
    cr_assert(emu_session_start(session));
}

static void teardown(void)
{
    emu_sessions_done(&sessions);
    buf_done(&text);
}

TestSuite(session_json_verify, .init = setup, .fini = teardown);

static struct emu_attempt *see(const char *body)
{
    struct emu_sight sight;

    cr_assert_eq(emu_sight_decode(slice_of(body), &sight), EMU_OK);
    return emu_session_record(session, &sight, &source.random);
}

static bool shows(enum emu_version version, const char *piece)
{
    buf_reset(&text);
    emu_session_write(session, version, SLICE(""), &text);
    return strstr(text.data, piece) != NULL;
}

Test(session_json_verify, shows_the_reference_of_the_create)
{
    cr_expect(shows(EMU_V1_2, "\"attempts\":[],\"verifyReferences\":[{\"referenceType\":\"image\","
                              "\"faceRectangle\":{\"top\":122,"));
    cr_expect(shows(EMU_V1_2, "\"qualityForRecognition\":\"high\"}]"));
}

Test(session_json_verify, shows_no_reference_while_the_device_is_to_bring_it)
{
    verify->has_image = false;
    cr_expect(shows(EMU_V1_2, "\"verifyReferences\":[]"));
}

Test(session_json_verify, judges_by_the_threshold)
{
    (void)see("{\"matchConfidence\":0.5}");
    cr_expect(shows(EMU_V1_2, "\"verifyResult\":{\"matchConfidence\":0.5,\"isIdentical\":true}"));
    verify->confidence_threshold = 0.75;
    cr_expect(shows(EMU_V1_2, "\"isIdentical\":false"));
}

Test(session_json_verify, shows_the_hash_only_when_asked_for)
{
    (void)see("{}");
    cr_expect_not(shows(EMU_V1_2, "verifyImageHash"));
    verify->return_image_hash = true;
    cr_expect(shows(EMU_V1_2, "\"verifyImageHash\":\"ABABABABABABABAB"));
}

Test(session_json_verify, shows_no_verdict_on_a_failed_attempt)
{
    (void)see("{\"error\":\"TimedOut\"}");
    cr_expect_not(shows(EMU_V1_2, "verifyResult"));
}

Test(session_json_verify, shows_the_session_image_only_when_asked_for)
{
    (void)see("{}");
    cr_expect_not(shows(EMU_V1_2, "sessionImageId"));
    session->settings.enable_session_image = true;
    cr_expect(shows(EMU_V1_2, "\"sessionImageId\":\"A"));
}

Test(session_json_verify, shows_addresses_and_abuse_in_v1_3_only)
{
    static const char *const added[] = {
        "\"isAbuseMonitoringEnabled\":true",
        "\"expectedClientIpAddress\":\"203.0.113.0/24\"",
        "\"clientInformation\":[{\"ip\":\"192.0.2.7\"},{\"ip\":\"0.0.0.0\"}]",
        "\"abuseMonitoringResult\":{\"isAbuseDetected\":true,\"otherFlaggedSessions\":[]}",
    };

    session->abuse_monitored = true;
    struct emu_attempt *attempt = see("{}");
    attempt->abuse_detected = true;
    cr_assert_eq(address_parse(SLICE("192.0.2.7"), &attempt->request.client), 0);
    for (size_t i = 0; i < sizeof added / sizeof *added; i++) {
        cr_expect(shows(EMU_V1_3_PREVIEW_1, added[i]), "%s in %s", added[i], text.data);
        cr_expect_not(shows(EMU_V1_2, added[i]), "%s", added[i]);
    }
}

Test(session_json_verify, shows_an_address_once_when_the_device_kept_it)
{
    struct emu_attempt *attempt = see("{}");

    cr_assert_eq(address_parse(SLICE("192.0.2.7"), &attempt->request.client), 0);
    session->started_from = attempt->request.client;
    cr_expect(shows(EMU_V1_3_PREVIEW_1, "\"clientInformation\":[{\"ip\":\"192.0.2.7\"}]"));
}

Test(session_json_verify, says_that_abuse_is_not_monitored)
{
    (void)see("{}");
    cr_expect(shows(EMU_V1_3_PREVIEW_1, "\"isAbuseMonitoringEnabled\":false"));
    cr_expect_not(shows(EMU_V1_3_PREVIEW_1, "abuseMonitoringResult"));
}

Test(session_json_verify, shows_other_attempts_with_the_same_face)
{
    struct emu_attempt *attempt = see("{}");

    session->abuse_monitored = true;
    attempt->abuse_detected = true;
    attempt->others = xcalloc(1, sizeof *attempt->others);
    attempt->other_count = 1;
    *attempt->others = (struct emu_other_attempt){
        .session_id = "9b2f0a77-1c1e-4f4d-8f34-0d7b7b1b9e55",
        .attempt_id = 2,
    };
    cr_expect(shows(EMU_V1_3_PREVIEW_1, "\"otherFlaggedSessions\":[{\"attemptId\":2,\"sessionId\":"
                                        "\"9b2f0a77-1c1e-4f4d-8f34-0d7b7b1b9e55\"}]"));
    attempt->others->has_image = true;
    cr_expect(shows(EMU_V1_3_PREVIEW_1, "\"sessionImageId\":\"AXcKL5s"));
}

/*
 * One session: words and the state machine. Leaves to sessions.c who lives, and to the routes how
 * it is shown. Attempts only ever grow, up to attempts_allowed.
 */
#include "base/alloc.h"
#include "emulator/sessions.h"

#include <assert.h>
#include <stdlib.h>

const char *emu_kind_word(enum emu_kind kind)
{
    static const char *const words[EMU_KIND_COUNT] = {
        [EMU_LIVENESS] = "detectLiveness",
        [EMU_LIVENESS_WITH_VERIFY] = "detectLivenessWithVerify",
    };

    return words[kind];
}

const char *emu_mode_word(enum emu_mode mode)
{
    static const char *const words[EMU_MODE_COUNT] = {
        [EMU_PASSIVE] = "Passive",
        [EMU_PASSIVE_ACTIVE] = "PassiveActive",
    };

    return words[mode];
}

const char *emu_status_word(enum emu_status status)
{
    static const char *const words[EMU_STATUS_COUNT] = {
        [EMU_NOT_STARTED] = "NotStarted", [EMU_RUNNING] = "Running",
        [EMU_SUCCEEDED] = "Succeeded",    [EMU_FAILED] = "Failed",
        [EMU_CANCELED] = "Canceled",
    };

    return words[status];
}

void emu_session_settings_done(struct emu_session_settings *settings)
{
    free(settings->device_correlation_id);
    free(settings->model_version);
    free(settings->verify);
    if (settings->user) {
        free(settings->user->correlation_id);
        free(settings->user->expected_address);
        free(settings->user);
    }
    *settings = (struct emu_session_settings){0};
}

unsigned emu_session_attempts_left(const struct emu_session *session)
{
    if (session->status != EMU_NOT_STARTED && session->status != EMU_RUNNING)
        return 0;
    return session->settings.attempts_allowed - session->attempt_count;
}

void emu_session_age(struct emu_session *session, int64_t now_ms)
{
    const int64_t lifetime_ms = 1000 * (int64_t)session->settings.token_lifetime_s;

    if (session->status == EMU_RUNNING && now_ms - session->created_ms >= lifetime_ms)
        session->status = EMU_FAILED;
}

bool emu_session_start(struct emu_session *session)
{
    if (emu_session_attempts_left(session) == 0)
        return false;
    session->status = EMU_RUNNING;
    session->attempt_open = true;
    return true;
}

static enum emu_status attempt_outcome(const struct emu_sight *sight)
{
    if (!sight->error)
        return EMU_SUCCEEDED;
    return emu_camera_error_cancels(sight->error) ? EMU_CANCELED : EMU_FAILED;
}

/* Somewhere in a portrait frame, a little different every time. */
static struct emu_rectangle place_face(const struct random *random)
{
    uint8_t noise[4];

    random_fill(random, noise, sizeof noise);
    return (struct emu_rectangle){
        .top = 280U + noise[0] / 2U,
        .left = 160U + noise[1] / 4U,
        .width = 440U + noise[2] / 2U,
        .height = 520U + noise[3] / 2U,
    };
}

/* What is wrong with where the reference image came from, or NULL. */
static const struct emu_camera_error *verify_error(const struct emu_verify *verify,
                                                   const struct emu_sight *sight)
{
    if (verify->has_image)
        return sight->has_image ? emu_camera_error_find(SLICE("SetVerifyImageNotAllowed")) : NULL;
    return sight->has_image ? sight->image_error
                            : emu_camera_error_find(SLICE("VerifyImageNotProvided"));
}

struct emu_attempt *emu_session_record(struct emu_session *session, const struct emu_sight *sight,
                                       const struct random *random)
{
    if (session->status != EMU_RUNNING || emu_session_attempts_left(session) == 0)
        return NULL;
    assert(session->attempt_count < EMU_ATTEMPTS_MAX);
    struct emu_attempt *attempt = xcalloc(1, sizeof *attempt);
    session->attempts[session->attempt_count++] = attempt;
    attempt->sight = *sight;
    if (!sight->error && session->settings.verify)
        attempt->sight.error = verify_error(session->settings.verify, sight);
    attempt->status = attempt_outcome(&attempt->sight);
    attempt->face = place_face(random);
    uuid4(random, attempt->result_id);
    random_fill(random, attempt->digest, sizeof attempt->digest);
    random_fill(random, attempt->image_guid, sizeof attempt->image_guid);
    session->attempt_open = true;
    if (attempt->status != EMU_FAILED ||
        session->attempt_count == session->settings.attempts_allowed)
        session->status = attempt->status;
    return attempt;
}

bool emu_attempt_has_image(const struct emu_session *session, const struct emu_attempt *attempt)
{
    return session->settings.enable_session_image && !attempt->sight.error;
}

bool emu_session_end_attempt(struct emu_session *session)
{
    const bool was_open = session->attempt_open;

    session->attempt_open = false;
    return was_open;
}

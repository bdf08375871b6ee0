/*
 * Session images: fetching one, and detecting the face in one. Both are gone with the session.
 */
#include "base/json.h"
#include "emulator/detect_json.h"
#include "emulator/routes.h"
#include "emulator/session_image.h"
#include "emulator/target.h"

enum { IMAGE_ID_TEXT_MAX = 1024 };

static const struct emu_attempt *find_attempt(struct emu_call *call, struct slice image_id)
{
    const struct emu_session *session = NULL;
    const struct emu_attempt *attempt = emu_image_find(&emu_call_emulator(call)->sessions, image_id,
                                                       emu_call_now_ms(call), &session);

    if (!attempt)
        emu_call_fail(call, EMU_SESSION_NOT_FOUND);
    return attempt;
}

/* ---- image ---- */

static enum flow_next begin_image(struct flow *flow)
{
    return emu_call_begin(flow, EMU_IMAGE);
}

static enum flow_next give_image(struct flow *flow)
{
    struct emu_call *call = (struct emu_call *)flow;
    const struct emu_attempt *attempt = NULL;
    struct emu_target target;

    if (emu_target_admit(call, &target) && (attempt = find_attempt(call, target.id)))
        emu_image_write(attempt, emu_call_answer_as(call, 200, "application/octet-stream"));
    return FLOW_NEXT;
}

const struct flow_step emu_image_steps[] = EMU_CALL_STEPS(begin_image, give_image);

/* ---- detect ---- */

static enum flow_next begin_detect(struct flow *flow)
{
    return emu_call_begin(flow, EMU_DETECT);
}

static void detect(struct emu_call *call)
{
    CLEANUP(json) cJSON *document = NULL;
    struct request *request = call->flow.request;
    const struct emu_attempt *attempt = NULL;
    const char *why = NULL;
    struct slice image_id = {0};
    struct emu_detect_query query;

    if (emu_detect_query_read(request, &query) ||
        json_parse(request->body, &json_limits_request, &document, &why) ||
        json_string(document, "sessionImageId", 1, IMAGE_ID_TEXT_MAX, &image_id) != JSON_OK)
        emu_call_fail(call, EMU_BAD_ARGUMENT);
    else if ((attempt = find_attempt(call, image_id)))
        emu_detect_write(attempt, &query, emu_call_emulator(call)->random,
                         emu_call_answer(call, 200));
}

static enum flow_next detect_face(struct flow *flow)
{
    struct emu_call *call = (struct emu_call *)flow;
    struct emu_target target;

    if (emu_target_admit(call, &target))
        detect(call);
    return FLOW_NEXT;
}

const struct flow_step emu_detect_steps[] = EMU_CALL_STEPS(begin_detect, detect_face);

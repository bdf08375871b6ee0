/*
 * Any bytes as the upstream's answer, of a stable version and of a preview: taken whole or refused
 * whole, and what is shown of a taken one is JSON again without its token, digests and image ids.
 */
#include "base/face_session.h"

#include <stdlib.h>
#include <string.h>

static void demand(bool held)
{
    if (!held) {
        abort();
    }
}

static void check_shown(const struct face_session *session, bool details)
{
    CLEANUP(buf) struct buf text;
    CLEANUP(json) cJSON *json = NULL;
    const char *why;
    buf_init(&text, 1 << 20);
    if (details) {
        face_session_write_details(session, NULL, &text);
    } else {
        face_session_write_results(session, &text);
    }
    demand(json_parse(buf_slice(&text), &json_limits_upstream, &json, &why) == 0);
    const cJSON *attempts = NULL;
    demand(json_array(json, "attempts", &attempts) == JSON_OK);
    demand(cJSON_GetArraySize(attempts) == (int)session->attempt_count);
    const cJSON *attempt;
    int64_t before = INT64_MAX;
    cJSON_ArrayForEach (attempt, attempts) {
        int64_t id = 0;
        const cJSON *result = NULL;
        demand(json_integer(attempt, "attemptId", 1, before - 1, &id) == JSON_OK);
        before = id;
        (void)json_object(attempt, "result", &result);
        demand(!json_has(result, "digest") && !json_has(attempt, "digest"));
        demand(!json_has(result, "sessionImageId"));
    }
}

/* Nothing that the web samples read is missing. */
static void check_filled(const struct face_session *session, enum face_kind kind)
{
    CLEANUP(buf) struct buf text;
    CLEANUP(json) cJSON *json = NULL;
    const cJSON *attempts = NULL, *attempt, *result, *verify;
    const char *why;
    buf_init(&text, 1 << 20);
    face_session_write_filled(session, kind, NULL, &text);
    demand(json_parse(buf_slice(&text), &json_limits_upstream, &json, &why) == 0);
    demand(json_array(json, "attempts", &attempts) == JSON_OK);
    demand(cJSON_GetArraySize(attempts) > 0);
    cJSON_ArrayForEach (attempt, attempts) {
        demand(json_object(attempt, "result", &result) == JSON_OK);
        demand(kind == FACE_LIVENESS || json_object(result, "verifyResult", &verify) == JSON_OK);
        demand(!json_has(result, "digest") && !json_has(result, "sessionImageId"));
    }
}

typedef int parser(struct slice json, struct face_session *ret, const char **ret_why);

static void check(struct slice json, parser *parse)
{
    struct face_session *session = xcalloc(1, sizeof *session);
    const char *why = NULL;
    if (parse(json, session, &why) == 0) {
        demand(strlen(session->session_id) == FACE_ID_SIZE - 1);
        demand((session->attempt_count > 0) == (face_session_newest(session) != NULL));
        demand(!session->auth_token || strlen(session->auth_token) <= FACE_TOKEN_MAX);
        demand(session->reference_count <= FACE_REFERENCES_MAX);
        check_shown(session, false);
        check_shown(session, true);
        check_filled(session, FACE_LIVENESS);
        check_filled(session, FACE_LIVENESS_WITH_VERIFY);
    } else {
        demand(why && !session->auth_token && session->attempt_count == 0);
    }
    face_session_done(session);
    free(session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice json = {(const char *)data, size};
    check(json, face_session_parse);
    check(json, face_session_parse_preview);
    return 0;
}

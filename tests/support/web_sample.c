/*
 * What the web samples send and read.
 */
#include "support/web_sample.h"

#include <string.h>

const struct http_answer *sample_create(const struct rig *rig, const char *action,
                                        const char *parameters, struct slice image,
                                        const char *const headers[4])
{
    struct form_field fields[3] = {{NULL, NULL}};
    size_t count = 0;
    if (action)
        fields[count++] = (struct form_field){"Action", action};
    if (parameters)
        fields[count] = (struct form_field){"parameters", parameters};
    return form_send(daemon_url(rig->server, "http", SAMPLE_CREATE_PATH), form_plain, fields, image,
                     headers);
}

struct story sample_begin_at(struct place place, const struct rig *rig, const char *action)
{
    bool verify = strstr(action, "Verify") != NULL;
    const struct http_answer *created = sample_create(
        rig, action, SAMPLE_PARAMETERS, verify ? picture(2000, 1) : (struct slice){NULL, 0}, NULL);
    expect_status_at(place, created, 200);
    const char *token = answer_header(created, "x-device-token");
    if (!token)
        fail_at(place, "no X-Device-Token: %s", created->head);
    return (struct story){.id = json_text_at_place(place, created->json, "sessionData.sessionId"),
                          .auth_token =
                              json_text_at_place(place, created->json, "sessionData.authToken"),
                          .owner = text_of("X-Device-Token: %s", token)};
}

const struct http_answer *sample_result(const struct rig *rig, const struct story *story,
                                        const char *action)
{
    const char *path = text_of(SAMPLE_RESULT_PATH "?action=%s&sessionId=%s", action, story->id);
    return http_do("GET", daemon_url(rig->server, "http", path), NULL, story->owner,
                   "Content-Type: application/json");
}

static bool is_null(const cJSON *json, const char *path)
{
    return cJSON_IsNull(json_find(json, path));
}

const struct http_answer *expect_sample_error_at(struct place place,
                                                 const struct http_answer *answer, int status,
                                                 const char *code)
{
    expect_error_at(place, answer, status, code);
    const char *message = json_text_at_place(place, answer->json, "message");
    const char *inner = json_text_at_place(place, answer->json, "error.message");
    if (strcmp(message, inner) != 0)
        fail_at(place, "two messages: %s", answer->body);
    if (!is_null(answer->json, "token") || !is_null(answer->json, "error.token"))
        fail_at(place, "a token: %s", answer->body);
    (void)json_bool_at_place(place, answer->json, "error.retryable");
    return answer;
}

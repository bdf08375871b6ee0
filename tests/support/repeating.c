/*
 * Repeated creates.
 */
#include "support/repeating.h"

#include <string.h>

const char *new_device(const struct rig *rig)
{
    const struct http_answer *answer =
        http_do("POST", daemon_url(rig->server, "http", "/api/devices"), NULL);
    expect_status(answer, 200);
    return text_of("X-Device-Token: %s", answer_header(answer, "x-device-token"));
}

const struct http_answer *create_keyed_at(const struct rig *rig, const char *path, const char *body,
                                          const char *owner, const char *key)
{
    return http_do("POST", daemon_url(rig->server, "http", path), body, owner, key);
}

const struct http_answer *create_keyed(const struct rig *rig, const char *owner, const char *key)
{
    return create_keyed_at(rig, SESSIONS_PATH, PLAIN_CREATE, owner, key);
}

struct http_pending *begin_keyed(const struct rig *rig, const char *owner, const char *key)
{
    return http_begin_do("POST", daemon_url(rig->server, "http", SESSIONS_PATH), PLAIN_CREATE,
                         owner, key);
}

unsigned upstream_creates(const struct rig *rig)
{
    return emulator_calls(rig, "POST", FACE_SESSIONS_PATH);
}

/* The document without what is counted anew each time. */
static const char *shown_without_time(const struct http_answer *answer)
{
    cJSON *copy = cJSON_Duplicate(answer->json, true);
    cJSON_DeleteItemFromObject(copy, "authTokenExpiresInSeconds");
    const char *text = text_of("%s", json_shown(copy));
    cJSON_Delete(copy);
    return text;
}

void expect_repeat_at(struct place place, const struct http_answer *first,
                      const struct http_answer *repeat)
{
    static const char left[] = "authTokenExpiresInSeconds";
    expect_status_at(place, first, 200);
    expect_status_at(place, repeat, 200);
    const char *then = shown_without_time(first);
    const char *now = shown_without_time(repeat);
    if (strcmp(then, now) != 0)
        fail_at(place, "no repeat of %s: %s", then, now);
    if (json_number_at_place(place, repeat->json, left) >
        json_number_at_place(place, first->json, left))
        fail_at(place, "more time is left than before: %s", repeat->body);
}

static bool same_text(struct place place, const struct http_answer *a, const struct http_answer *b,
                      const char *member)
{
    return strcmp(json_text_at_place(place, a->json, member),
                  json_text_at_place(place, b->json, member)) == 0;
}

void expect_another_at(struct place place, const struct http_answer *first,
                       const struct http_answer *second)
{
    expect_status_at(place, first, 200);
    expect_status_at(place, second, 200);
    if (same_text(place, first, second, "sessionId") ||
        same_text(place, first, second, "authToken"))
        fail_at(place, "the same session: %s", second->body);
}

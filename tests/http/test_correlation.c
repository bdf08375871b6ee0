/*
 * Correlation ids as upstream sees them: one device has one id, wherever and whenever it comes,
 * until an operator resets it.
 */
#include "support/repeating.h"
#include "support/replicas.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(correlation, .timeout = 180);

#define OPERATOR "Authorization: Bearer token-operator"
#define APP      "Ocp-Apim-Subscription-Key: token-app"
#define REASON   "{\"reason\":\"a false alarm, looked at by hand\"}"

static const char *tokens(void)
{
    return text_of("auth.app_tokens=%s,%s",
                   app_token_entry("ops", "token-operator", "liveness:operate"),
                   app_token_entry("app", "token-app", NULL));
}

static struct rig open_rig(const char *setting)
{
    return rig_open_set("auth.mode=anonymous,app_token", tokens(), setting);
}

static const char *url(const struct rig *rig, const char *path)
{
    return daemon_url(rig->server, "http", path);
}

static const char *body_of(const char *client_id)
{
    return client_id ? text_of("{\"livenessOperationMode\":\"Passive\","
                               "\"deviceCorrelationId\":\"%s\"}",
                               client_id)
                     : PLAIN_CREATE;
}

/* What upstream was told with the newest of its sessions; NULL: nothing. */
static const char *told_upstream(const struct rig *rig)
{
    const struct http_answer *upstream =
        http_do("GET", daemon_url(rig->emulator, "emulator", "/emulator/sessions"));
    int count = cJSON_GetArraySize(json_at(upstream->json, "sessions"));
    const char *path = text_of("sessions[%d].deviceCorrelationId", count - 1);
    return json_find(upstream->json, path) ? json_text_at(upstream->json, path) : NULL;
}

/* The id of whoever creates a session with this header. */
static const char *id_of(const struct rig *rig, const char *who, const char *client_id)
{
    expect_status(http_do("POST", url(rig, SESSIONS_PATH), body_of(client_id), who), 200);
    return told_upstream(rig);
}

static const struct http_answer *reset(const struct rig *rig, const char *id)
{
    return http_do("POST", url(rig, text_of("/api/devices/%s/reset", id)), REASON, OPERATOR);
}

/* ---- one device, one id ---- */

Test(correlation, a_device_keeps_its_id_and_no_other_has_it)
{
    struct rig rig = open_rig(NULL);
    const char *device = new_device(&rig);
    const char *id = id_of(&rig, device, NULL);
    cr_assert_str_eq(id_of(&rig, device, NULL), id);
    cr_assert_str_eq(id_of(&rig, device, "anything it says"), id);
    cr_assert_str_neq(id_of(&rig, new_device(&rig), NULL), id);
    const char *phone = id_of(&rig, APP, "phone-1");
    cr_assert_str_eq(id_of(&rig, APP, "phone-1"), phone);
    cr_assert_str_neq(id_of(&rig, APP, "phone-2"), phone);
    cr_assert_null(strstr(phone, "phone"));
}

Test(correlation, a_device_keeps_its_id_over_a_restart)
{
    struct rig rig = open_rig(NULL);
    const char *device = new_device(&rig);
    const char *id = id_of(&rig, device, NULL);
    const char *phone = id_of(&rig, APP, "phone-1");
    daemon_stop(rig.server);
    daemon_restart(rig.server);
    cr_assert_str_eq(id_of(&rig, device, NULL), id);
    cr_assert_str_eq(id_of(&rig, APP, "phone-1"), phone);
}

Test(correlation, a_device_has_one_id_at_all_replicas)
{
    struct replicas both = replicas_open_set("auth.mode=anonymous,app_token", tokens());
    const char *device = new_device(&both.one);
    cr_assert_str_eq(id_of(&both.one, device, NULL), id_of(&both.other, device, NULL));
    cr_assert_str_eq(id_of(&both.one, APP, "phone-1"), id_of(&both.other, APP, "phone-1"));
}

Test(correlation, ids_that_everybody_sends_are_nobody_s)
{
    static const char *const constants[] = {
        "1234567890", "undefined", "null", "default", "00000000-0000-0000-0000-000000000000", ""};
    struct rig rig = open_rig(NULL);
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++) {
        const char *first = id_of(&rig, APP, constants[i]);
        cr_assert_str_neq(id_of(&rig, APP, constants[i]), first, "%s", constants[i]);
    }
}

Test(correlation, passthrough_hands_on_what_means_something)
{
    struct rig rig = open_rig("devices.correlation=passthrough");
    cr_assert_str_eq(id_of(&rig, APP, "phone-1"), "phone-1");
    cr_assert_str_eq(id_of(&rig, new_device(&rig), "phone-2"), "phone-2");
    cr_assert_str_neq(id_of(&rig, APP, "undefined"), "undefined");
    cr_assert_eq(strlen(id_of(&rig, APP, NULL)), 36);
}

Test(correlation, a_device_chooses_its_id_only_where_policy_lets_it)
{
    static const char *const body =
        "{\"livenessOperationMode\":\"Passive\",\"deviceCorrelationIdSetInClient\":true}";
    struct rig strict = open_rig(NULL);
    expect_status(http_do("POST", url(&strict, SESSIONS_PATH), body, APP), 200);
    cr_assert_not_null(told_upstream(&strict));
    struct rig lax = open_rig("policy.set_in_client=true");
    expect_status(http_do("POST", url(&lax, SESSIONS_PATH), body, APP), 200);
    cr_assert_null(told_upstream(&lax));
}

/* ---- resets ---- */

Test(correlation, a_reset_gives_a_device_another_id_for_good)
{
    struct rig rig = open_rig(NULL);
    const char *first = id_of(&rig, APP, "phone-1");
    const char *neighbour = id_of(&rig, APP, "phone-2");
    expect_status(reset(&rig, first), 204);
    const char *second = id_of(&rig, APP, "phone-1");
    cr_assert_str_neq(second, first);
    cr_assert_str_eq(id_of(&rig, APP, "phone-1"), second);
    cr_assert_str_eq(id_of(&rig, APP, "phone-2"), neighbour);
    expect_status(reset(&rig, second), 204);
    const char *third = id_of(&rig, APP, "phone-1");
    cr_assert_str_neq(third, second);
    cr_assert_str_neq(third, first);
    daemon_kill(rig.server);
    daemon_restart(rig.server);
    cr_assert_str_eq(id_of(&rig, APP, "phone-1"), third);
}

Test(correlation, a_reset_finds_a_device_by_an_old_id)
{
    struct rig rig = open_rig(NULL);
    const char *first = id_of(&rig, APP, "phone-1");
    expect_status(reset(&rig, first), 204);
    const char *second = id_of(&rig, APP, "phone-1");
    expect_status(reset(&rig, first), 204);
    cr_assert_str_neq(id_of(&rig, APP, "phone-1"), second);
}

Test(correlation, a_reset_ends_the_tokens_of_a_device)
{
    struct rig rig = open_rig(NULL);
    const char *stolen = new_device(&rig);
    const struct http_answer *created =
        expect_status(http_do("POST", url(&rig, SESSIONS_PATH), PLAIN_CREATE, stolen), 200);
    struct story story = {.id = json_text_at(created->json, "sessionId"), .owner = stolen};
    const char *id = told_upstream(&rig);
    const char *other = new_device(&rig);
    const char *other_id = id_of(&rig, other, NULL);
    expect_verdict(story_get(&rig, &story), "pending", false);
    expect_status(reset(&rig, id), 204);
    expect_error(story_get(&rig, &story), 401, "NotAuthenticated");
    const struct http_answer *again =
        http_do("POST", url(&rig, SESSIONS_PATH), PLAIN_CREATE, stolen);
    cr_assert_not_null(answer_header(expect_status(again, 200), "x-device-token"), "a new device");
    cr_assert_str_neq(told_upstream(&rig), id);
    cr_assert_str_eq(id_of(&rig, other, NULL), other_id);
    daemon_stop(rig.server);
    daemon_restart(rig.server);
    expect_error(story_get(&rig, &story), 401, "NotAuthenticated");
}

Test(correlation, a_reset_holds_in_passthrough_mode)
{
    struct rig rig = open_rig("devices.correlation=passthrough");
    cr_assert_str_eq(id_of(&rig, APP, "a phone"), "a phone");
    expect_status(reset(&rig, "a%20phone"), 204);
    const char *second = id_of(&rig, APP, "a phone");
    cr_assert_eq(strlen(second), 36);
    cr_assert_str_eq(id_of(&rig, APP, "a phone"), second);
}

Test(correlation, a_reset_at_one_replica_holds_at_the_other)
{
    struct replicas both = replicas_open_set("auth.mode=anonymous,app_token", tokens());
    const char *stolen = new_device(&both.one);
    const char *id = id_of(&both.one, stolen, NULL);
    const char *phone = id_of(&both.one, APP, "phone-1");
    expect_status(reset(&both.one, id), 204);
    expect_status(reset(&both.one, phone), 204);
    const char *second = id_of(&both.one, APP, "phone-1");
    cr_assert_str_neq(second, phone);
    expect_soon(strcmp(id_of(&both.other, APP, "phone-1"), second) == 0);
    const char *some = url(&both.other, SESSIONS_PATH "/01890000-0000-7000-8000-000000000000");
    expect_error(http_do("GET", some, NULL, stolen), 401, "NotAuthenticated");
    expect_status(reset(&both.other, second), 204);
    const char *third = id_of(&both.other, APP, "phone-1");
    cr_assert_str_neq(third, second);
    expect_soon(strcmp(id_of(&both.one, APP, "phone-1"), third) == 0);
}

Test(correlation, only_operators_reset_and_only_what_there_is)
{
    struct rig rig = open_rig(NULL);
    const char *id = id_of(&rig, APP, "phone-1");
    const char *path = url(&rig, text_of("/api/devices/%s/reset", id));
    expect_error(http_do("POST", path, REASON, APP), 403, "Forbidden");
    expect_error(http_do("POST", path, REASON, new_device(&rig)), 403, "Forbidden");
    expect_error(http_do("POST", path, REASON), 401, "NotAuthenticated");
    expect_error(http_do("POST", path, "{}", OPERATOR), 400, "InvalidRequestBody");
    expect_error(http_do("POST", path, "{\"reason\":\"\"}", OPERATOR), 400, "InvalidRequestBody");
    expect_error(http_do("POST", path, "{\"reason\":\" \"}", OPERATOR), 400, "InvalidRequestBody");
    expect_error(http_do("POST", path, "{\"reason\":\"a\\nb\"}", OPERATOR), 400,
                 "InvalidRequestBody");
    expect_error(http_do("GET", path, NULL, OPERATOR), 405, "MethodNotAllowed");
    expect_error(reset(&rig, "00000000-0000-8000-8000-000000000000"), 404, "DeviceNotFound");
    expect_error(reset(&rig, "none%20such"), 404, "DeviceNotFound");
    cr_assert_str_eq(id_of(&rig, APP, "phone-1"), id, "nothing was reset");
}

/*
 * What operators see of who asked too often: metrics, log and audit trail name the limit.
 */
#include "support/log_lines.h"
#include "support/repeating.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(limits_seen, .timeout = 180);

#define OPERATOR "Authorization: Bearer token-operator"

static struct rig open_with(const char *limit)
{
    return rig_open_set("limits.enabled=true", "limits.create_principal=off", limit,
                        "auth.mode=anonymous,app_token",
                        text_of("auth.app_tokens=%s",
                                app_token_entry("ops", "token-operator", "liveness:operate")));
}

static const struct http_answer *create(const struct rig *rig, const char *header)
{
    return http_do("POST", daemon_url(rig->server, "http", SESSIONS_PATH), PLAIN_CREATE, header);
}

static double limited(const struct rig *rig, const char *limit)
{
    return metric_value(rig, text_of("livenessd_limited_total{limit=\"%s\"}", limit));
}

Test(limits_seen, a_refusal_is_counted_and_logged_by_the_limits_name)
{
    struct rig rig = open_with("limits.create_device=1/1h burst 1");
    const char *owner = new_device(&rig);
    expect_status(create(&rig, owner), 200);
    cr_assert_eq(limited(&rig, "create_device"), 0);
    expect_error(create(&rig, owner), 429, "RateLimited");
    cr_assert_eq(limited(&rig, "create_device"), 1);
    cr_assert_eq(limited(&rig, "create_address"), 0);
    expect_soon(
        daemon_log_contains(rig.server, "\"code\":\"RateLimited\",\"limit\":\"create_device\""));
}

Test(limits_seen, keys_are_counted_while_they_have_not_all_of_their_burst)
{
    struct rig rig = open_with("limits.read=1/1s burst 1");
    cr_assert_eq(metric_value(&rig, "livenessd_limiter_keys"), 0);
    expect_status(create(&rig, NULL), 200);
    cr_assert_geq(metric_value(&rig, "livenessd_limiter_keys"), 2, "device and address");
}

/* The entry of the trail that says so; a moment later. */
static const cJSON *find_entry(const struct rig *rig, const char *limit)
{
    const struct http_answer *trail =
        http_do("GET", daemon_url(rig->server, "http", "/api/audit"), NULL, OPERATOR);
    const cJSON *entry = NULL;
    expect_status(trail, 200);
    cJSON_ArrayForEach (entry, json_at(trail->json, "entries")) {
        const cJSON *said = json_find(entry, "limit");
        if (cJSON_IsString(said) && strcmp(said->valuestring, limit) == 0)
            return entry;
    }
    return NULL;
}

Test(limits_seen, the_audit_trail_names_limit_and_caller)
{
    struct rig rig = open_with("limits.create_device=1/1h burst 1");
    const char *owner = new_device(&rig);
    expect_status(create(&rig, owner), 200);
    for (unsigned i = 0; i < 5; i++)
        expect_error(create(&rig, owner), 429, "RateLimited");
    expect_soon(find_entry(&rig, "create_device"));
    const cJSON *entry = find_entry(&rig, "create_device");
    cr_assert_str_eq(json_text_at(entry, "action"), "limited");
    cr_assert_str_eq(json_text_at(entry, "code"), "RateLimited");
    cr_assert_str_eq(json_text_at(entry, "caller"), "device");
}

Test(limits_seen, the_audit_trail_names_the_network_of_who_is_nobody)
{
    struct rig rig = open_with("limits.create_address=1/1h burst 2");
    expect_status(create(&rig, NULL), 200);
    expect_error(create(&rig, NULL), 429, "RateLimited");
    expect_soon(find_entry(&rig, "create_address"));
    cr_assert_str_eq(json_text_at(find_entry(&rig, "create_address"), "caller"), "unknown");
}

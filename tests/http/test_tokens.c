/*
 * Callers known by tokens of identity providers: whose sessions are whose, across issuers, tenants
 * and scopes.
 */
#include "support/log_lines.h"
#include "support/tokens.h"

#include <criterion/criterion.h>
#include <string.h>

#define OPERATE  ",\"scope\":\"openid liveness:operate\""
#define DELEGATE ",\"roles\":[\"x\",\"liveness:delegate\"]"

static const char *hmac_bearer(const char *subject)
{
    CLEANUP(buf) struct buf text;
    buf_init(&text, 1 << 14);
    signer_put_hs256(SLICE(HMAC_WORDS), "{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
                     claims_of(HMAC_OWN, subject, ""), &text);
    return bearer_of(text.data);
}

/* ---- what is taken ---- */

Test(tokens, every_algorithm_and_type_is_taken)
{
    struct identities it = identities_open();
    const struct signer *p384 = key_new("P-384");
    const struct signer *p521 = key_new("P-521");
    provider_publish(it.shop, document_of(p384, "e3", p521, "e5"));
    static const char *const types[] = {"JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"};
    const char *claims = claims_of(CORP, "ann", ",\"tid\":\"acme\"");
    const struct {
        const struct signer *signer;
        const char *algorithm, *kid, *claims;
    } rows[] = {
        {it.rsa, "RS256", "r1", claims},
        {it.rsa, "RS384", "r1", claims},
        {it.rsa, "RS512", "r1", claims},
        {it.ec, "ES256", "e1", claims},
        {p384, "ES384", "e3", claims_of(SHOP, "ann", "")},
        {p521, "ES512", "e5", claims_of(SHOP, "ann", "")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *token = token_of(rows[i].signer, rows[i].algorithm,
                                     header_of(rows[i].algorithm, rows[i].kid), rows[i].claims);
        expect_status(create_as(&it, bearer_of(token)), 200);
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        const char *header = text_of("{\"typ\":\"%s\",\"alg\":\"RS256\",\"kid\":\"r1\"}", types[i]);
        expect_status(create_as(&it, bearer_of(token_of(it.rsa, "RS256", header, claims))), 200);
    }
    expect_status(create_as(&it, hmac_bearer("ann")), 200);
    expect_soon(lines_with(json_lines(daemon_log(it.rig.server)), "event", "session created") ==
                12);
    cr_assert(daemon_log_contains(it.rig.server, "\"principal\":\"jwt\""));
}

Test(tokens, a_session_goes_from_create_to_delete)
{
    struct identities it = identities_open();
    const char *ann = corp_bearer(&it, "ann", "");
    struct story story = story_as(&it, ann);
    const char *digest = play_device(&it.rig, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&it.rig, &story, digest_body(digest)), "live", true);
    story.owner = corp_bearer(&it, "ann", ",\"jti\":\"another\"");
    expect_verdict(story_get(&it.rig, &story), "live", true);
    expect_status(story_delete(&it.rig, &story), 204);
    expect_error(story_get(&it.rig, &story), 404, "SessionNotFound");
}

Test(tokens, other_modes_go_on_beside_them)
{
    struct identities it = identities_open();
    struct story mine = story_begin(&it.rig);
    expect_verdict(story_get(&it.rig, &mine), "pending", false);
    struct story app = story_as(&it, "Authorization: Bearer tok");
    expect_verdict(story_get(&it.rig, &app), "pending", false);
    app.owner = shop_bearer(&it, "tok", "");
    expect_error(story_get(&it.rig, &app), 404, "SessionNotFound");
    const struct http_answer *none =
        http_do("GET", daemon_url(it.rig.server, "http", SESSIONS_PATH));
    expect_error(none, 401, "NotAuthenticated");
    cr_assert_str_eq(answer_header(none, "www-authenticate"), "Bearer");
}

/* ---- whose is what ---- */

/* What a caller with this header gets: get, complete, delete. */
static void expect_rights(const struct identities *it, struct story story, const char *header,
                          const int statuses[3])
{
    story.owner = header;
    expect_status(story_get(&it->rig, &story), statuses[0]);
    expect_status(story_complete(&it->rig, &story, "{}"), statuses[1]);
    if (statuses[2] != 204)
        expect_status(story_delete(&it->rig, &story), statuses[2]);
}

Test(tokens, sessions_are_of_issuer_tenant_and_subject)
{
    static const int all[] = {200, 200, 204};
    static const int none[] = {404, 404, 404};
    static const int operator_s[] = {200, 403, 204};
    struct identities it = identities_open();
    struct story story = story_as(&it, corp_bearer(&it, "ann", ""));
    expect_rights(&it, story, corp_bearer(&it, "ann", ""), all);
    expect_rights(&it, story, corp_bearer(&it, "bob", ""), none);
    expect_rights(&it, story, corp_bearer(&it, "ann", ",\"tid\":\"zenith\""), none);
    expect_rights(&it, story, shop_bearer(&it, "ann", ""), none);
    expect_rights(&it, story, hmac_bearer("ann"), none);
    expect_rights(&it, story, "Authorization: Bearer tok", none);
    expect_rights(&it, story, corp_bearer(&it, "ops", OPERATE), operator_s);
    expect_rights(&it, story, corp_bearer(&it, "ops", ",\"tid\":\"zenith\"" OPERATE), none);
    expect_rights(&it, story, shop_bearer(&it, "ops", OPERATE), none);
    expect_rights(&it, story, "Authorization: Bearer ops", none);
}

Test(tokens, issuers_without_tenants_are_of_the_local_one)
{
    static const int operator_s[] = {200, 403, 204};
    static const int none[] = {404, 404, 404};
    struct identities it = identities_open();
    struct story story = story_as(&it, shop_bearer(&it, "sue", ""));
    expect_rights(&it, story, "Authorization: Bearer ops", operator_s);
    expect_rights(&it, story, shop_bearer(&it, "ops", OPERATE), operator_s);
    expect_rights(&it, story, corp_bearer(&it, "ops", OPERATE), none);
    expect_rights(&it, story, corp_bearer(&it, "ops", ",\"tid\":\"local\"" OPERATE), none);
}

static unsigned listed(const struct identities *it, const char *header)
{
    const struct http_answer *list =
        http_do("GET", daemon_url(it->rig.server, "http", SESSIONS_PATH), NULL, header);
    expect_status(list, 200);
    return (unsigned)cJSON_GetArraySize(list->json);
}

Test(tokens, operators_list_their_tenant)
{
    struct identities it = identities_open();
    (void)story_as(&it, corp_bearer(&it, "ann", ""));
    (void)story_as(&it, corp_bearer(&it, "bob", ""));
    (void)story_as(&it, corp_bearer(&it, "zed", ",\"tid\":\"zenith\""));
    (void)story_as(&it, shop_bearer(&it, "sue", ""));
    (void)story_as(&it, "Authorization: Bearer tok");
    (void)story_begin(&it.rig);
    cr_assert_eq(listed(&it, corp_bearer(&it, "ops", OPERATE)), 2);
    cr_assert_eq(listed(&it, corp_bearer(&it, "ops", ",\"tid\":\"zenith\"" OPERATE)), 1);
    cr_assert_eq(listed(&it, corp_bearer(&it, "ops", ",\"tid\":\"nobody\"" OPERATE)), 0);
    cr_assert_eq(listed(&it, "Authorization: Bearer ops"), 3);
    const struct http_answer *refused = http_do(
        "GET", daemon_url(it.rig.server, "http", SESSIONS_PATH), NULL, corp_bearer(&it, "ann", ""));
    expect_error(refused, 403, "Forbidden");
    cr_assert_str_eq(answer_header(refused, "www-authenticate"),
                     "Bearer error=\"insufficient_scope\", scope=\"liveness:operate\"");
}

Test(tokens, audits_and_images_stay_within_the_tenant)
{
    struct identities it = identities_open_set("retention.image=1h", "policy.session_image=always");
    struct story story = story_as(&it, corp_bearer(&it, "ann", ""));
    const char *digest = play_device(&it.rig, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&it.rig, &story, digest_body(digest)), "live", true);
    story.owner = corp_bearer(&it, "ops", OPERATE);
    const struct http_answer *seen = story_get(&it.rig, &story);
    const char *image = json_text_at(seen->json, "results.attempts[0].result.sessionImageId");
    const char *audit = story_url(&it.rig, &story, "/audit");
    const char *path = daemon_url(it.rig.server, "http", text_of("/api/sessionImages/%s", image));
    expect_status(http_do("GET", audit, NULL, story.owner), 200);
    expect_status(http_do("GET", path, NULL, story.owner), 200);
    const char *const others[] = {corp_bearer(&it, "ops", ",\"tid\":\"zenith\"" OPERATE),
                                  shop_bearer(&it, "ops", OPERATE), "Authorization: Bearer ops"};
    for (size_t i = 0; i < 3; i++) {
        expect_error(http_do("GET", audit, NULL, others[i]), 404, "SessionNotFound");
        expect_error(http_do("GET", path, NULL, others[i]), 404, "SessionNotFound");
        expect_error(http_do("POST", daemon_url(it.rig.server, "http", "/api/detect"),
                             text_of("{\"sessionImageId\":\"%s\"}", image), others[i]),
                     404, "SessionNotFound");
    }
}

/* ---- delegates ---- */

static const struct http_answer *create_for(const struct identities *it, const char *header,
                                            const char *subject)
{
    return http_do(
        "POST", daemon_url(it->rig.server, "http", SESSIONS_PATH),
        text_of("{\"livenessOperationMode\":\"Passive\",\"ownerSubject\":\"%s\"}", subject),
        header);
}

Test(tokens, a_delegate_creates_for_subjects_of_its_tenant)
{
    struct identities it = identities_open();
    const char *desk = corp_bearer(&it, "desk", DELEGATE);
    const struct http_answer *created = create_for(&it, desk, "jwt:corp:ann");
    expect_status(created, 200);
    struct story story = {.id = json_text_at(created->json, "sessionId"),
                          .owner = corp_bearer(&it, "ann", "")};
    expect_verdict(story_get(&it.rig, &story), "pending", false);
    story.owner = desk;
    expect_verdict(story_get(&it.rig, &story), "pending", false);
    story.owner = corp_bearer(&it, "desk", "");
    expect_error(story_get(&it.rig, &story), 404, "SessionNotFound");
    story.owner = corp_bearer(&it, "ann", ",\"tid\":\"zenith\"");
    expect_error(story_get(&it.rig, &story), 404, "SessionNotFound");
    static const char *const wrong[] = {"app:app", "jwt:shop:sue", "jwt:nobody:ann",
                                        "jwt:corp:", "ann"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect_error(create_for(&it, desk, wrong[i]), 400, "InvalidRequestBody");
    expect_error(create_for(&it, corp_bearer(&it, "ann", ""), "jwt:corp:ann"), 403, "Forbidden");
    expect_status(create_for(&it, shop_bearer(&it, "desk", DELEGATE), "app:app"), 200);
    expect_status(create_for(&it, shop_bearer(&it, "desk", DELEGATE), "jwt:hmac:x:y"), 200);
}

/* ---- repeats and correlation ---- */

Test(tokens, idempotency_keys_are_the_subject_s)
{
    struct identities it = identities_open();
    const char *url = daemon_url(it.rig.server, "http", SESSIONS_PATH);
    const char *key = "Idempotency-Key: one-and-the-same";
    const struct http_answer *first =
        http_do("POST", url, PLAIN_CREATE, corp_bearer(&it, "ann", ""), key);
    const struct http_answer *again =
        http_do("POST", url, PLAIN_CREATE, corp_bearer(&it, "ann", ",\"jti\":\"2\""), key);
    const struct http_answer *other =
        http_do("POST", url, PLAIN_CREATE, corp_bearer(&it, "bob", ""), key);
    const char *id = json_text_at(first->json, "sessionId");
    cr_assert_str_eq(json_text_at(again->json, "sessionId"), id);
    cr_assert_str_neq(json_text_at(other->json, "sessionId"), id);
}

Test(tokens, upstream_gets_a_pseudonym_a_subject)
{
    struct identities it = identities_open();
    (void)story_as(&it, corp_bearer(&it, "ann", ""));
    (void)story_as(&it, corp_bearer(&it, "ann", ",\"jti\":\"2\""));
    (void)story_as(&it, corp_bearer(&it, "bob", ""));
    (void)story_as(&it, corp_bearer(&it, "ann", ",\"tid\":\"zenith\""));
    const struct http_answer *upstream =
        http_do("GET", daemon_url(it.rig.emulator, "emulator", "/emulator/sessions"));
    const char *ids[4];
    for (size_t i = 0; i < 4; i++)
        ids[i] = json_text_at(upstream->json, text_of("sessions[%zu].deviceCorrelationId", i));
    cr_assert_str_eq(ids[0], ids[1]);
    cr_assert_str_neq(ids[0], ids[2]);
    cr_assert_str_neq(ids[0], ids[3]);
    cr_assert_null(strstr(upstream->body, "ann"));
}

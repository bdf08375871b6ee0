/*
 * A rig with identity providers.
 */
#include "support/tokens.h"

#include "support/command.h"
#include "support/log_lines.h"

#include <string.h>

struct identities identities_open_at(struct place place, const char *const *settings)
{
    struct identities it = {.corp = provider_start(),
                            .shop = provider_start(),
                            .rsa = key_new("RSA"),
                            .ec = key_new("P-256"),
                            .shop_key = key_new("P-256")};
    struct rig_options options = {0};
    size_t count = 0;
    provider_publish(it.corp, document_of(it.rsa, "r1", it.ec, "e1"));
    provider_publish(it.shop, document_of(it.shop_key, "s1", NULL, NULL));
    it.secret_file = file_new(folder_new(), "secret", HMAC_WORDS "\n");
    options.settings[count++] = "auth.mode=jwt,app_token,anonymous";
    options.settings[count++] =
        text_of("auth.app_tokens=%s,%s", app_token_entry("app", "tok", NULL),
                app_token_entry("ops", "ops", "liveness:operate"));
    options.settings[count++] = text_of(
        "auth.issuers=issuer=" CORP " audience=liveness audience=api://liveness jwks=%s name=corp "
        "tenant=tid,issuer=" SHOP " audience=liveness jwks=%s name=shop,issuer=" HMAC_OWN
        " audience=liveness secret_file=%s name=hmac",
        provider_url(it.corp), provider_url(it.shop), it.secret_file);
    for (size_t i = 0; settings && settings[i]; i++)
        options.settings[count++] = settings[i];
    it.rig = rig_open_at(place, &options);
    return it;
}

const char *corp_bearer(const struct identities *it, const char *subject, const char *more)
{
    const char *tenant = strstr(more, "\"tid\"") ? "" : ",\"tid\":\"acme\"";
    return bearer_of(token_of(it->ec, "ES256", header_of("ES256", "e1"),
                              claims_of(CORP, subject, text_of("%s%s", tenant, more))));
}

const char *shop_bearer(const struct identities *it, const char *subject, const char *more)
{
    return bearer_of(
        token_of(it->shop_key, "ES256", header_of("ES256", "s1"), claims_of(SHOP, subject, more)));
}

const struct http_answer *create_as(const struct identities *it, const char *header)
{
    return http_do("POST", daemon_url(it->rig.server, "http", SESSIONS_PATH), PLAIN_CREATE, header);
}

struct story story_as_at(struct place place, const struct identities *it, const char *header)
{
    const struct http_answer *created = create_as(it, header);
    expect_status_at(place, created, 200);
    return (struct story){.id = json_text_at_place(place, created->json, "sessionId"),
                          .auth_token = json_text_at_place(place, created->json, "authToken"),
                          .owner = header};
}

static bool is_logged(const struct identities *it, const char *id)
{
    return lines_with(requests_logged(it->rig.server), "request_id", id) == 1;
}

const char *refusal_logged(const struct identities *it, const struct http_answer *answer)
{
    const char *id = answer_header(answer, "x-request-id");
    const cJSON *line = NULL;
    expect_soon(is_logged(it, id));
    cJSON_ArrayForEach (line, json_lines(daemon_log(it->rig.server))) {
        const cJSON *of = json_find(line, "request_id");
        if (strcmp(json_text_at(line, "event"), "token refused") == 0 && cJSON_IsString(of) &&
            strcmp(of->valuestring, id) == 0)
            return text_of("%s", json_text_at(line, "reason"));
    }
    return NULL;
}

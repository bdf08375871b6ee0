/*
 * Keys and tokens of another maker: PyJWT publishes and signs, the server takes what it should.
 */
#include "support/command.h"
#include "support/process.h"
#include "support/tokens.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define ISSUER "https://pyjwt.example"

static void delete_json(void *object)
{
    cJSON_Delete(object);
}

/* {"document": …, "tokens": {algorithm: token}} */
static const cJSON *signed_by_pyjwt(void)
{
    const char *script =
        text_of("%s/tests/support/sign_tokens.py", getenv("LIVENESSD_TEST_SOURCE_DIR"));
    char *const arguments[] = {xstrdup(script), xstrdup(ISSUER),     xstrdup("liveness"),
                               xstrdup("acme"), xstrdup(HMAC_WORDS), NULL};
    char **environment = process_environment(NULL);
    int output;
    int code;
    pid_t pid = process_start(arguments, environment, &output, NULL);
    const char *said = process_read_all(output);
    cr_assert_eq(waitpid(pid, &code, 0), pid);
    cr_assert_eq(code, 0, "python3-jwt and python3-cryptography are needed");
    words_free(environment);
    for (size_t i = 0; arguments[i]; i++)
        free(arguments[i]);
    cJSON *json = cJSON_Parse(said);
    cr_assert_not_null(json);
    return keep(json, delete_json);
}

static struct identities open_with(const char *source)
{
    const char *setting =
        text_of("auth.issuers=issuer=" ISSUER " audience=liveness name=pyjwt %s", source);
    return (struct identities){.rig = rig_open_set("auth.mode=jwt", setting)};
}

static const struct http_answer *create_by(const struct identities *it, const cJSON *made,
                                           const char *algorithm)
{
    return create_as(it, bearer_of(json_text_at(made, text_of("tokens.%s", algorithm))));
}

Test(token_pyjwt, asymmetric_tokens_are_taken)
{
    static const char *const taken[] = {"RS256", "RS384", "RS512", "ES256", "ES384", "ES512"};
    static const char *const refused[] = {"HS256", "PS256", "none"};
    const cJSON *made = signed_by_pyjwt();
    const char *file = file_new(folder_new(), "keys.json", json_text_at(made, "document"));
    struct identities it = open_with(text_of("jwks=%s tenant=tid", file));
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        expect_status(create_by(&it, made, taken[i]), 200);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        expect_error(create_by(&it, made, refused[i]), 401, "NotAuthenticated");
}

Test(token_pyjwt, a_shared_secret_is_for_hs256)
{
    static const char *const refused[] = {"RS256", "ES256", "PS256", "none"};
    const cJSON *made = signed_by_pyjwt();
    const char *file = file_new(folder_new(), "secret", HMAC_WORDS);
    struct identities it = open_with(text_of("secret_file=%s", file));
    expect_status(create_by(&it, made, "HS256"), 200);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        expect_error(create_by(&it, made, refused[i]), 401, "NotAuthenticated");
}

/* Promises of domain/policy.h: what a frontend may choose, field by field. */
#include "domain/policy.h"

#include <criterion/criterion.h>
#include <string.h>

enum { IMAGE_ROOM = 8192 };

static char picture[IMAGE_ROOM];

/* The widest policy there is: all of the Face API's own ranges. */
static struct create_policy open_policy(void)
{
    return (struct create_policy){
        .modes = POLICY_PASSIVE | POLICY_PASSIVE_ACTIVE,
        .token_ttl_min_s = 60,
        .token_ttl_max_s = 86400,
        .token_ttl_default_s = 600,
        .attempts_max = 3,
        .attempts_default = 1,
        .verify_image_max_bytes = 4096,
    };
}

static struct create_request plain_request(void)
{
    return (struct create_request){.liveness_mode = "PassiveActive"};
}

/* With a JPEG of `size` bytes. */
static struct create_request verify_request(size_t size)
{
    static const uint8_t jpeg[] = {0xff, 0xd8, 0xff, 0xe0};
    memcpy(picture, jpeg, sizeof jpeg);
    return (struct create_request){.kind = KIND_LIVENESS_WITH_VERIFY,
                                   .liveness_mode = "Passive",
                                   .verify_image = {picture, size}};
}

static void expect_refused(const struct create_policy *policy, struct create_request request,
                           const char *sentence)
{
    char found[POLICY_SENTENCE_SIZE] = "untouched";
    cr_expect_eq(create_policy_apply(policy, &request, found), PROBLEM_NOT_ALLOWED_BY_POLICY);
    cr_expect_str_eq(found, sentence, "%s", found);
}

static void expect_problem(const struct create_policy *policy, struct create_request request,
                           enum problem problem)
{
    char found[POLICY_SENTENCE_SIZE];
    cr_expect_eq(create_policy_apply(policy, &request, found), problem, "%s", found);
}

static struct create_request expect_allowed(const struct create_policy *policy,
                                            struct create_request request)
{
    char found[POLICY_SENTENCE_SIZE] = "untouched";
    cr_expect_eq(create_policy_apply(policy, &request, found), PROBLEM_NONE, "%s", found);
    cr_expect_str_eq(found, "");
    return request;
}

Test(policy, leaves_nothing_open)
{
    struct create_policy policy = open_policy();
    struct create_request made = expect_allowed(&policy, plain_request());
    cr_expect_eq(made.token_ttl_s, 600);
    cr_expect_eq(made.attempts, 1);
    cr_expect_not(made.has_enable_session_image);
    cr_expect_null(made.model_version.data);
    cr_expect_not(made.has_confidence_threshold);
}

Test(policy, changes_nothing_that_it_allows)
{
    struct create_policy policy = open_policy();
    policy.set_in_client = true;
    struct create_request wanted = verify_request(2000);
    wanted.token_ttl_s = 86400;
    wanted.attempts = 3;
    wanted.has_enable_session_image = wanted.enable_session_image = true;
    wanted.model_version = SLICE("2024-11-15");
    wanted.set_in_client = true;
    wanted.has_confidence_threshold = true;
    wanted.confidence_threshold = 0.25;
    struct create_request made = expect_allowed(&policy, wanted);
    cr_expect_str_eq(made.liveness_mode, wanted.liveness_mode);
    cr_expect_eq(made.token_ttl_s, wanted.token_ttl_s);
    cr_expect_eq(made.attempts, wanted.attempts);
    cr_expect(made.has_enable_session_image && made.enable_session_image);
    cr_expect(slice_equal(made.model_version, wanted.model_version));
    cr_expect(made.set_in_client);
    cr_expect(made.has_confidence_threshold && made.confidence_threshold == 0.25);
    cr_expect_eq(made.verify_image.data, wanted.verify_image.data);
    cr_expect_eq(made.verify_image.len, wanted.verify_image.len);
}

Test(policy, modes_that_are_off_are_named)
{
    struct create_policy policy = open_policy();
    struct create_request request = plain_request();
    policy.modes = POLICY_PASSIVE;
    expect_refused(&policy, request, "This server allows no livenessOperationMode but Passive.");
    request.liveness_mode = "Passive";
    (void)expect_allowed(&policy, request);
    policy.modes = POLICY_PASSIVE_ACTIVE;
    expect_refused(&policy, request,
                   "This server allows no livenessOperationMode but PassiveActive.");
}

Test(policy, lifetimes_have_a_range_and_a_default_within)
{
    static const char sentence[] =
        "This server allows an authTokenTimeToLiveInSeconds of 120 to 300.";
    struct create_policy policy = open_policy();
    policy.token_ttl_min_s = 120;
    policy.token_ttl_max_s = 300;
    policy.token_ttl_default_s = 200;
    struct create_request request = plain_request();
    cr_expect_eq(expect_allowed(&policy, request).token_ttl_s, 200);
    static const int64_t good[] = {120, 121, 300};
    static const int64_t bad[] = {60, 119, 301, 86400};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        request.token_ttl_s = good[i];
        cr_expect_eq(expect_allowed(&policy, request).token_ttl_s, good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        request.token_ttl_s = bad[i];
        expect_refused(&policy, request, sentence);
    }
}

enum choice { UNSAID, SAID_NO, SAID_YES };

Test(policy, session_images_are_the_client_s_choice_or_nobody_s)
{
    static const char only_true[] = "This server allows no enableSessionImage but true.";
    static const char only_false[] = "This server allows no enableSessionImage but false.";
    static const struct {
        enum policy_image policy;
        enum choice asked;
        const char *refusal; /* NULL: allowed */
        enum choice made;
    } rows[] = {
        {POLICY_IMAGE_CLIENT, UNSAID, NULL, UNSAID},
        {POLICY_IMAGE_CLIENT, SAID_NO, NULL, SAID_NO},
        {POLICY_IMAGE_CLIENT, SAID_YES, NULL, SAID_YES},
        {POLICY_IMAGE_ALWAYS, UNSAID, NULL, SAID_YES},
        {POLICY_IMAGE_ALWAYS, SAID_NO, only_true, UNSAID},
        {POLICY_IMAGE_ALWAYS, SAID_YES, NULL, SAID_YES},
        {POLICY_IMAGE_NEVER, UNSAID, NULL, UNSAID},
        {POLICY_IMAGE_NEVER, SAID_NO, NULL, SAID_NO},
        {POLICY_IMAGE_NEVER, SAID_YES, only_false, UNSAID},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct create_policy policy = open_policy();
        struct create_request request = plain_request();
        policy.session_image = rows[i].policy;
        request.has_enable_session_image = rows[i].asked != UNSAID;
        request.enable_session_image = rows[i].asked == SAID_YES;
        if (rows[i].refusal) {
            expect_refused(&policy, request, rows[i].refusal);
            continue;
        }
        struct create_request made = expect_allowed(&policy, request);
        cr_expect_eq(made.has_enable_session_image, rows[i].made != UNSAID, "row %zu", i);
        cr_expect_eq(made.enable_session_image, rows[i].made == SAID_YES, "row %zu", i);
    }
}

Test(policy, attempts_have_a_most_and_a_default)
{
    static const char *const sentences[] = {
        "This server allows a numberOfClientAttemptsAllowed of 1.",
        "This server allows a numberOfClientAttemptsAllowed of 1 to 2.",
        "This server allows a numberOfClientAttemptsAllowed of 1 to 3.",
    };
    for (int most = 1; most <= 3; most++) {
        struct create_policy policy = open_policy();
        policy.attempts_max = policy.attempts_default = most;
        struct create_request request = plain_request();
        cr_expect_eq(expect_allowed(&policy, request).attempts, most);
        for (request.attempts = 1; request.attempts <= most; request.attempts++) {
            cr_expect_eq(expect_allowed(&policy, request).attempts, request.attempts);
        }
        expect_refused(&policy, request, sentences[most - 1]);
    }
}

Test(policy, no_default_leaves_attempts_to_upstream)
{
    struct create_policy policy = open_policy();
    policy.attempts_default = 0;
    cr_expect_eq(expect_allowed(&policy, plain_request()).attempts, 0);
}

Test(policy, models_are_named_and_the_first_is_the_default)
{
    static const char *const models[] = {"2024-11-15", "2025-05-20", "2026-01-01"};
    static const char *const sentences[] = {
        NULL,
        "This server allows no livenessModelVersion but 2024-11-15.",
        "This server allows no livenessModelVersion but 2024-11-15 or 2025-05-20.",
        "This server allows no livenessModelVersion but 2024-11-15, 2025-05-20 or 2026-01-01.",
    };
    for (size_t count = 1; count <= 3; count++) {
        struct create_policy policy = open_policy();
        policy.models = models;
        policy.model_count = count;
        struct create_request request = plain_request();
        cr_expect(slice_equal(expect_allowed(&policy, request).model_version, SLICE("2024-11-15")));
        request.model_version = slice_of(models[count - 1]);
        cr_expect(
            slice_equal(expect_allowed(&policy, request).model_version, request.model_version));
        request.model_version = SLICE("2023-01-01");
        expect_refused(&policy, request, sentences[count]);
    }
}

Test(policy, a_long_list_of_models_still_makes_a_sentence)
{
    enum { COUNT = 40 };
    static const char *models[COUNT];
    for (size_t i = 0; i < COUNT; i++) {
        models[i] = "2024-11-15-preview.number.of.it";
    }
    struct create_policy policy = open_policy();
    policy.models = models;
    policy.model_count = COUNT;
    struct create_request request = plain_request();
    request.model_version = SLICE("x");
    char sentence[POLICY_SENTENCE_SIZE];
    cr_expect_eq(create_policy_apply(&policy, &request, sentence), PROBLEM_NOT_ALLOWED_BY_POLICY);
    cr_expect_lt(strlen(sentence), (size_t)POLICY_SENTENCE_SIZE);
}

Test(policy, ids_set_in_the_client_need_to_be_allowed)
{
    struct create_policy policy = open_policy();
    struct create_request request = plain_request();
    request.set_in_client = true;
    cr_expect_not(expect_allowed(&policy, request).set_in_client, "an id is minted all the same");
    policy.set_in_client = true;
    cr_expect(expect_allowed(&policy, request).set_in_client);
    request.set_in_client = false;
    cr_expect_not(expect_allowed(&policy, request).set_in_client);
}

/* ---- verify sessions ---- */

Test(policy, a_verify_session_needs_its_image_unless_clients_may_bring_it)
{
    struct create_policy policy = open_policy();
    struct create_request request = verify_request(0);
    request.verify_image = (struct slice){NULL, 0};
    expect_refused(&policy, request,
                   "This server allows no verify session without a verifyImage: send "
                   "multipart/form-data with a part of that name.");
    policy.verify_image = POLICY_VERIFY_IMAGE_CLIENT_ALLOWED;
    (void)expect_allowed(&policy, request);
}

Test(policy, an_image_has_a_least_and_a_most_size)
{
    struct create_policy policy = open_policy();
    static const struct {
        size_t size;
        enum problem problem;
    } rows[] = {
        {0, PROBLEM_INVALID_IMAGE_SIZE},
        {1, PROBLEM_INVALID_IMAGE_SIZE},
        {1023, PROBLEM_INVALID_IMAGE_SIZE},
        {1024, PROBLEM_NONE},
        {4096, PROBLEM_NONE},
        {4097, PROBLEM_INVALID_IMAGE_SIZE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        expect_problem(&policy, verify_request(rows[i].size), rows[i].problem);
        /* whether clients may bring it or not */
        policy.verify_image = POLICY_VERIFY_IMAGE_CLIENT_ALLOWED;
        expect_problem(&policy, verify_request(rows[i].size), rows[i].problem);
    }
}

Test(policy, says_how_large_an_image_may_be)
{
    struct create_policy policy = open_policy();
    struct create_request request = verify_request(5000);
    char sentence[POLICY_SENTENCE_SIZE];
    cr_expect_eq(create_policy_apply(&policy, &request, sentence), PROBLEM_INVALID_IMAGE_SIZE);
    cr_expect_str_eq(sentence, "verifyImage must have between 1024 and 4096 bytes.");
}

Test(policy, an_image_is_known_by_its_first_bytes)
{
    struct create_policy policy = open_policy();
    static const struct {
        const char *start;
        enum problem problem;
    } rows[] = {
        {"\xff\xd8\xff\xe0", PROBLEM_NONE},
        {"\x89PNG\r\n\x1a\n", PROBLEM_NONE},
        {"GIF89a", PROBLEM_NONE},
        {"BM", PROBLEM_NONE},
        {"<svg xmlns=", PROBLEM_INVALID_IMAGE},
        {"RIFF1234WEBP", PROBLEM_INVALID_IMAGE},
        {"%PDF-1.7", PROBLEM_INVALID_IMAGE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct create_request request = verify_request(2000);
        memcpy(picture, rows[i].start, strlen(rows[i].start));
        expect_problem(&policy, request, rows[i].problem);
    }
}

Test(policy, a_threshold_is_the_default_and_the_least)
{
    struct create_policy policy = open_policy();
    policy.has_confidence_threshold = true;
    policy.confidence_threshold = 0.7;
    struct create_request request = verify_request(2000);
    struct create_request made = expect_allowed(&policy, request);
    cr_expect(made.has_confidence_threshold && made.confidence_threshold == 0.7);
    request.has_confidence_threshold = true;
    request.confidence_threshold = 0.9;
    cr_expect(expect_allowed(&policy, request).confidence_threshold == 0.9);
    request.confidence_threshold = 0.69;
    expect_refused(&policy, request, "This server allows a verifyConfidenceThreshold of 0.7 to 1.");
}

Test(policy, a_plain_session_compares_nothing)
{
    struct create_policy policy = open_policy();
    policy.has_confidence_threshold = true;
    policy.confidence_threshold = 0.7;
    struct create_request made = expect_allowed(&policy, plain_request());
    cr_expect_not(made.has_confidence_threshold);
    cr_expect_null(made.verify_image.data);
}

/*
 * When two creates are the same one, and that the kept answer opens for its own session only.
 */
#include "domain/idempotency.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t seal_key[SHA256_BYTES] = {7, 7, 7};
static const uint8_t image[SHA256_BYTES] = {1};
static const uint8_t none[SHA256_BYTES];

#define SESSION "01a20114-a636-7761-8409-aec159ed8510"

/* ---- keys ---- */

Test(idempotency, takes_keys_of_printable_characters)
{
    char longest[IDEMPOTENCY_KEY_MAX + 1];
    memset(longest, '~', sizeof longest);
    cr_expect(idempotency_key_valid(SLICE("a")));
    cr_expect(idempotency_key_valid(SLICE("\"8e03978e-40d5-43dd\"")));
    cr_expect(idempotency_key_valid(SLICE("two words")));
    cr_expect(idempotency_key_valid((struct slice){longest, IDEMPOTENCY_KEY_MAX}));
}

Test(idempotency, refuses_other_keys)
{
    char too_long[IDEMPOTENCY_KEY_MAX + 1];
    memset(too_long, 'a', sizeof too_long);
    cr_expect_not(idempotency_key_valid(SLICE("")));
    cr_expect_not(idempotency_key_valid((struct slice){too_long, sizeof too_long}));
    cr_expect_not(idempotency_key_valid(SLICE("a\tb")));
    cr_expect_not(idempotency_key_valid(SLICE("a\0b")));
    cr_expect_not(idempotency_key_valid(SLICE("\x7f")));
    cr_expect_not(idempotency_key_valid(SLICE("\xc3\xbc")));
}

static bool same_key(const uint8_t a_owner[SHA256_BYTES], struct slice a,
                     const uint8_t b_owner[SHA256_BYTES], struct slice b)
{
    uint8_t hashes[2][RECORD_HASH_BYTES];
    idempotency_key_hash(seal_key, a_owner, a, hashes[0]);
    idempotency_key_hash(seal_key, b_owner, b, hashes[1]);
    return memcmp(hashes[0], hashes[1], RECORD_HASH_BYTES) == 0;
}

Test(idempotency, keys_are_their_owners)
{
    cr_expect(same_key(none, SLICE("a"), none, SLICE("a")));
    cr_expect_not(same_key(none, SLICE("a"), image, SLICE("a")));
    cr_expect_not(same_key(none, SLICE("a"), none, SLICE("A")));
    cr_expect_not(same_key(none, SLICE("a"), none, SLICE("a ")));
}

Test(idempotency, hashes_of_keys_need_the_servers_key)
{
    static const uint8_t other[SHA256_BYTES] = {8};
    uint8_t hashes[2][RECORD_HASH_BYTES];
    idempotency_key_hash(seal_key, none, SLICE("a"), hashes[0]);
    idempotency_key_hash(other, none, SLICE("a"), hashes[1]);
    cr_expect_neq(memcmp(hashes[0], hashes[1], RECORD_HASH_BYTES), 0);
}

/* ---- requests ---- */

struct hashed {
    uint8_t hash[RECORD_HASH_BYTES];
};

static struct hashed hash_of(const struct create_request *request, const uint8_t *picture,
                             unsigned shape)
{
    struct hashed hashed;
    idempotency_request_hash(seal_key, request, picture, shape, hashed.hash);
    return hashed;
}

static bool same(struct hashed a, struct hashed b)
{
    return memcmp(a.hash, b.hash, sizeof a.hash) == 0;
}

static const struct create_request usual = {.liveness_mode = "Passive",
                                            .token_ttl_s = 600,
                                            .attempts = 3,
                                            .transaction_id = SLICE_INIT("t1")};

Test(idempotency, equal_requests_are_the_same_wherever_they_stand_in_memory)
{
    char mode[] = "Passive";
    char transaction[] = "t1";
    struct create_request copy = usual;
    copy.liveness_mode = mode;
    copy.transaction_id.data = transaction;
    cr_expect(same(hash_of(&usual, none, 0), hash_of(&copy, none, 0)));
}

/* Each line changes one member; no two of the requests may be the same. */
Test(idempotency, every_member_makes_another_request)
{
#define CHANGED(...) (&(struct create_request){.liveness_mode = "Passive", __VA_ARGS__})
    enum { COUNT = 22 };
    const struct create_request *const requests[COUNT] = {
        CHANGED(.token_ttl_s = 0),
        CHANGED(.token_ttl_s = 60),
        CHANGED(.kind = KIND_LIVENESS_WITH_VERIFY),
        &(struct create_request){.liveness_mode = "PassiveActive"},
        CHANGED(.device_correlation_id = SLICE_INIT("")),
        CHANGED(.device_correlation_id = SLICE_INIT("x")),
        CHANGED(.set_in_client = true),
        CHANGED(.user_correlation_id = SLICE_INIT("x")),
        CHANGED(.has_enable_session_image = true),
        CHANGED(.has_enable_session_image = true, .enable_session_image = true),
        CHANGED(.model_version = SLICE_INIT("x")),
        CHANGED(.attempts = 1),
        CHANGED(.send_results_to_client = true),
        CHANGED(.transaction_id = SLICE_INIT("x")),
        CHANGED(.owner_subject = SLICE_INIT("x")),
        CHANGED(.platform = SLICE_INIT("x")),
        CHANGED(.has_confidence_threshold = true),
        CHANGED(.has_confidence_threshold = true, .confidence_threshold = 0.5),
        CHANGED(.has_confidence_threshold = true, .confidence_threshold = 0.50000000001),
        CHANGED(.verify_image = SLICE_INIT("x")),
        CHANGED(.transaction_id = SLICE_INIT("x"), .platform = SLICE_INIT("x")),
        CHANGED(.transaction_id = SLICE_INIT("xx"), .platform = SLICE_INIT("")),
    };
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < COUNT; j++)
            cr_expect_eq(same(hash_of(requests[i], none, 0), hash_of(requests[j], none, 0)), i == j,
                         "%zu and %zu", i, j);
}

Test(idempotency, another_picture_or_shape_makes_another_request)
{
    cr_expect_not(same(hash_of(&usual, none, 0), hash_of(&usual, image, 0)));
    cr_expect_not(same(hash_of(&usual, none, 0), hash_of(&usual, none, 1)));
}

/* ---- the answer ---- */

struct sealed {
    struct fake_random random;
    char *text;
};

static void seal(struct sealed *it, const struct created_answer *answer)
{
    fake_random_init(&it->random, 3);
    it->text = created_answer_seal(seal_key, &it->random.random, SESSION, answer);
    cr_assert_not_null(it->text);
}

static const struct created_answer full = {.auth_token = SLICE_INIT("eyJ.token.x"),
                                           .status_word = SLICE_INIT("NotStarted"),
                                           .model_version = SLICE_INIT("2024"),
                                           .results_json = SLICE_INIT("{\"attempts\":[]}")};

Test(idempotency, the_answer_opens_as_it_was)
{
    struct sealed it;
    struct buf plain;
    struct created_answer answer = {0};
    seal(&it, &full);
    cr_expect_null(strstr(it.text, "token"));
    cr_assert_eq(created_answer_open(seal_key, SESSION, it.text, &plain, &answer), 0);
    cr_expect(slice_equal(answer.auth_token, full.auth_token));
    cr_expect(slice_equal(answer.status_word, full.status_word));
    cr_expect(slice_equal(answer.model_version, full.model_version));
    cr_expect(slice_equal(answer.results_json, full.results_json));
    buf_wipe(&plain);
    free(it.text);
}

Test(idempotency, the_answer_may_have_no_results)
{
    struct sealed it;
    struct buf plain;
    struct created_answer answer = {.results_json = SLICE_INIT("before")};
    seal(&it, &(struct created_answer){.auth_token = SLICE_INIT("t")});
    cr_assert_eq(created_answer_open(seal_key, SESSION, it.text, &plain, &answer), 0);
    cr_expect_null(answer.results_json.data);
    cr_expect_eq(answer.status_word.len, 0);
    buf_wipe(&plain);
    free(it.text);
}

static void expect_closed(const uint8_t *key, const char *session, const char *text)
{
    struct buf plain;
    struct created_answer answer;
    cr_expect_eq(created_answer_open(key, session, text, &plain, &answer), -EBADMSG, "%s", text);
    buf_wipe(&plain);
}

Test(idempotency, the_answer_opens_for_nobody_else)
{
    static const uint8_t other[SHA256_BYTES] = {8};
    struct sealed it;
    seal(&it, &full);
    expect_closed(other, SESSION, it.text);
    expect_closed(seal_key, "01a20114-a636-7761-8409-aec159ed8511", it.text);
    free(it.text);
}

Test(idempotency, a_changed_answer_does_not_open)
{
    struct sealed it;
    seal(&it, &full);
    size_t length = strlen(it.text);
    for (size_t i = 0; i < length; i++) {
        char kept = it.text[i];
        it.text[i] = kept == 'A' ? 'B' : 'A';
        expect_closed(seal_key, SESSION, it.text);
        it.text[i] = kept;
    }
    it.text[length - 4] = '\0';
    expect_closed(seal_key, SESSION, it.text);
    expect_closed(seal_key, SESSION, "");
    expect_closed(seal_key, SESSION, "not base64url!");
    free(it.text);
}

Test(idempotency, an_answer_larger_than_any_is_not_sealed)
{
    struct fake_random random;
    char *large = xcalloc(1, 100000);
    memset(large, 'x', 99999);
    fake_random_init(&random, 3);
    cr_expect_null(created_answer_seal(
        seal_key, &random.random, SESSION,
        &(struct created_answer){.auth_token = SLICE_INIT("t"), .results_json = slice_of(large)}));
    free(large);
}

/* ---- records ---- */

Test(idempotency, a_removed_session_gives_its_key_back)
{
    const struct session_rules rules = {.retention_verdict_ms = 1000, .seal_key = seal_key};
    struct session_record record = {.state = SESSION_CREATED,
                                    .idempotency_key = {1},
                                    .idempotency_request = {1},
                                    .sealed_answer = xstrdup("x")};
    cr_expect(idempotency_has_key(&record));
    cr_assert_eq(session_remove(&record, &rules, 5), SESSION_CHANGED);
    cr_expect_not(idempotency_has_key(&record));
    cr_expect_eq(memcmp(record.idempotency_request, none, sizeof none), 0);
    cr_expect_null(record.sealed_answer);
}

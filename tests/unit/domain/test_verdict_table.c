/*
 * The verdict rules as one table, held against every combination of what can be known: session
 * status x newest attempt x digest policy x completion x expiry x attempts used x kind x what
 * upstream says of the reference image. The table is written from the rules, not from the code; the
 * first row that fits a combination names its verdict.
 */
#include "base/advice.h"
#include "base/random.h"
#include "domain/verdict.h"

#include <criterion/criterion.h>
#include <string.h>

static const uint8_t key[SHA256_BYTES] = {1, 2, 3};

/* The newest attempt. */
enum newest {
    NEWEST_NONE = 1 << 0,
    NEWEST_NOT_STARTED = 1 << 1,
    NEWEST_RUNNING = 1 << 2,
    NEWEST_FAILED = 1 << 3,
    NEWEST_CANCELED = 1 << 4,
    NEWEST_STRANGE = 1 << 5, /* a status word we do not know */
    NEWEST_REAL = 1 << 6,    /* from here on: Succeeded */
    NEWEST_SPOOF = 1 << 7,
    NEWEST_UNCERTAIN = 1 << 8,
    NEWEST_WORDLESS = 1 << 9,  /* neither result nor error, or a result without a decision */
    NEWEST_NEW_WORD = 1 << 10, /* a decision word we do not know */
    NEWEST_END = 1 << 11,
    NEWEST_SUCCEEDED = NEWEST_END - NEWEST_REAL,
    NEWEST_ENDED = NEWEST_FAILED | NEWEST_CANCELED,
    NEWEST_ANY = NEWEST_END - 1,
};

/* What the frontend said. */
enum said {
    SAID_NOTHING = 1 << 0,
    SAID_DONE = 1 << 1, /* a completion without a digest */
    SAID_ERROR = 1 << 2,
    SAID_RIGHT = 1 << 3, /* the digest upstream has */
    SAID_WRONG = 1 << 4,
    SAID_END = 1 << 5,
    SAID_DIGEST = SAID_RIGHT | SAID_WRONG,
    SAID_SOMETHING = SAID_END - 1 - SAID_NOTHING,
    SAID_ANY = SAID_END - 1,
};

enum { STATUS_END = FACE_STATUS_CANCELED + 1, STATUS_ANY = (1 << STATUS_END) - 1 };
#define STATUS(name) (1 << FACE_STATUS_##name)

enum { POLICY_END = DIGEST_OFF + 1, POLICY_ANY = (1 << POLICY_END) - 1 };
#define POLICY(name) (1 << DIGEST_##name)

enum { NO = 1, YES = 2, EITHER = 3 };

/* How the references compare, and what kind the session is. */
enum face_match {
    MATCH_PLAIN = 1 << 0, /* a liveness session */
    MATCH_SAME = 1 << 1,
    MATCH_OTHER = 1 << 2,
    MATCH_UNSAID = 1 << 3,
    MATCH_END = 1 << 4,
    MATCH_ANY = MATCH_END - 1,
};

/* What upstream says it compared with, and whether we sent an image. */
enum image_said {
    IMAGE_UNSAID, /* we sent one, and upstream says no hash */
    IMAGE_SAME,
    IMAGE_OTHER,
    IMAGE_NOT_OURS, /* the device brought it, and upstream says its hash */
    IMAGE_SAID_END,
};

#define R(name) (1U << REASON_##name)

struct rule {
    int status, newest, said, policy, expired, used_up, has_digest, match;
    enum decision decision;
    uint32_t reasons;
    bool checked;
};

/* clang-format off */
static const struct rule rules[] = {
    /* nothing settles before the frontend had its time to say the digest */
    {STATUS_ANY, NEWEST_ANY, SAID_NOTHING, POLICY(REQUIRE), NO, EITHER, EITHER, MATCH_ANY, DECISION_PENDING, 0, false},
    /* a wrong digest is worse than any decision */
    {STATUS_ANY, NEWEST_SPOOF, SAID_WRONG, POLICY(REQUIRE) | POLICY(WHEN_GIVEN), EITHER, EITHER, YES, MATCH_ANY, DECISION_COMPROMISED, R(DIGEST_MISMATCH) | R(SPOOF), false},
    {STATUS_ANY, NEWEST_UNCERTAIN, SAID_WRONG, POLICY(REQUIRE) | POLICY(WHEN_GIVEN), EITHER, EITHER, YES, MATCH_ANY, DECISION_COMPROMISED, R(DIGEST_MISMATCH) | R(UNCERTAIN), false},
    {STATUS_ANY, NEWEST_WORDLESS | NEWEST_NEW_WORD, SAID_WRONG, POLICY(REQUIRE) | POLICY(WHEN_GIVEN), EITHER, EITHER, YES, MATCH_ANY, DECISION_COMPROMISED, R(DIGEST_MISMATCH) | R(UNKNOWN_ANSWER), false},
    {STATUS_ANY, NEWEST_REAL, SAID_WRONG, POLICY(REQUIRE) | POLICY(WHEN_GIVEN), EITHER, EITHER, YES, MATCH_PLAIN | MATCH_SAME, DECISION_COMPROMISED, R(DIGEST_MISMATCH), false},
    {STATUS_ANY, NEWEST_REAL, SAID_WRONG, POLICY(REQUIRE) | POLICY(WHEN_GIVEN), EITHER, EITHER, YES, MATCH_OTHER, DECISION_COMPROMISED, R(DIGEST_MISMATCH) | R(NOT_IDENTICAL), false},
    {STATUS_ANY, NEWEST_REAL, SAID_WRONG, POLICY(REQUIRE) | POLICY(WHEN_GIVEN), EITHER, EITHER, YES, MATCH_UNSAID, DECISION_COMPROMISED, R(DIGEST_MISMATCH) | R(VERIFY_MISSING), false},
    /* an attempt that succeeded says it all, whatever the status word */
    {STATUS_ANY, NEWEST_SPOOF, SAID_RIGHT, POLICY(REQUIRE) | POLICY(WHEN_GIVEN), EITHER, EITHER, YES, MATCH_ANY, DECISION_SPOOF, R(SPOOF), true},
    {STATUS_ANY, NEWEST_SPOOF, SAID_ANY, POLICY_ANY, EITHER, EITHER, EITHER, MATCH_ANY, DECISION_SPOOF, R(SPOOF), false},
    {STATUS_ANY, NEWEST_UNCERTAIN, SAID_RIGHT, POLICY(REQUIRE) | POLICY(WHEN_GIVEN), EITHER, EITHER, YES, MATCH_ANY, DECISION_UNCERTAIN, R(UNCERTAIN), true},
    {STATUS_ANY, NEWEST_UNCERTAIN, SAID_ANY, POLICY_ANY, EITHER, EITHER, EITHER, MATCH_ANY, DECISION_UNCERTAIN, R(UNCERTAIN), false},
    {STATUS_ANY, NEWEST_WORDLESS | NEWEST_NEW_WORD, SAID_RIGHT, POLICY(REQUIRE) | POLICY(WHEN_GIVEN), EITHER, EITHER, YES, MATCH_ANY, DECISION_ERROR, R(UNKNOWN_ANSWER), true},
    {STATUS_ANY, NEWEST_WORDLESS | NEWEST_NEW_WORD, SAID_ANY, POLICY_ANY, EITHER, EITHER, EITHER, MATCH_ANY, DECISION_ERROR, R(UNKNOWN_ANSWER), false},
    /* live, the digest checked */
    {STATUS_ANY, NEWEST_REAL, SAID_RIGHT, POLICY(REQUIRE) | POLICY(WHEN_GIVEN), EITHER, EITHER, YES, MATCH_PLAIN | MATCH_SAME, DECISION_LIVE, 0, true},
    {STATUS_ANY, NEWEST_REAL, SAID_RIGHT, POLICY(REQUIRE) | POLICY(WHEN_GIVEN), EITHER, EITHER, YES, MATCH_OTHER, DECISION_LIVE, R(NOT_IDENTICAL), true},
    {STATUS_ANY, NEWEST_REAL, SAID_RIGHT, POLICY(REQUIRE) | POLICY(WHEN_GIVEN), EITHER, EITHER, YES, MATCH_UNSAID, DECISION_LIVE, R(VERIFY_MISSING), true},
    /* live, the digest missing on one side */
    {STATUS_ANY, NEWEST_REAL, SAID_DIGEST, POLICY(WHEN_GIVEN), EITHER, EITHER, NO, MATCH_PLAIN | MATCH_SAME, DECISION_LIVE, R(DIGEST_MISSING), false},
    {STATUS_ANY, NEWEST_REAL, SAID_DIGEST, POLICY(WHEN_GIVEN), EITHER, EITHER, NO, MATCH_OTHER, DECISION_LIVE, R(DIGEST_MISSING) | R(NOT_IDENTICAL), false},
    {STATUS_ANY, NEWEST_REAL, SAID_DIGEST, POLICY(WHEN_GIVEN), EITHER, EITHER, NO, MATCH_UNSAID, DECISION_LIVE, R(DIGEST_MISSING) | R(VERIFY_MISSING), false},
    {STATUS_ANY, NEWEST_REAL, SAID_ANY, POLICY(REQUIRE), EITHER, EITHER, EITHER, MATCH_PLAIN | MATCH_SAME, DECISION_LIVE, R(DIGEST_MISSING), false},
    {STATUS_ANY, NEWEST_REAL, SAID_ANY, POLICY(REQUIRE), EITHER, EITHER, EITHER, MATCH_OTHER, DECISION_LIVE, R(DIGEST_MISSING) | R(NOT_IDENTICAL), false},
    {STATUS_ANY, NEWEST_REAL, SAID_ANY, POLICY(REQUIRE), EITHER, EITHER, EITHER, MATCH_UNSAID, DECISION_LIVE, R(DIGEST_MISSING) | R(VERIFY_MISSING), false},
    /* live, no digest asked for */
    {STATUS_ANY, NEWEST_REAL, SAID_ANY, POLICY(WHEN_GIVEN) | POLICY(OFF), EITHER, EITHER, EITHER, MATCH_PLAIN | MATCH_SAME, DECISION_LIVE, 0, false},
    {STATUS_ANY, NEWEST_REAL, SAID_ANY, POLICY(WHEN_GIVEN) | POLICY(OFF), EITHER, EITHER, EITHER, MATCH_OTHER, DECISION_LIVE, R(NOT_IDENTICAL), false},
    {STATUS_ANY, NEWEST_REAL, SAID_ANY, POLICY(WHEN_GIVEN) | POLICY(OFF), EITHER, EITHER, EITHER, MATCH_UNSAID, DECISION_LIVE, R(VERIFY_MISSING), false},
    /* upstream says it is over */
    {STATUS(CANCELED), NEWEST_ANY, SAID_ANY, POLICY_ANY, EITHER, EITHER, EITHER, MATCH_ANY, DECISION_CANCELLED, R(CANCELLED), false},
    {STATUS(FAILED), NEWEST_FAILED | NEWEST_CANCELED, SAID_ANY, POLICY_ANY, EITHER, EITHER, EITHER, MATCH_ANY, DECISION_ERROR, R(ATTEMPT_ERROR), false},
    {STATUS(FAILED), NEWEST_ANY, SAID_ANY, POLICY_ANY, NO, EITHER, EITHER, MATCH_ANY, DECISION_ERROR, R(ATTEMPT_ERROR), false},
    /* no attempt left, or the frontend gave up */
    {STATUS_ANY, NEWEST_FAILED, SAID_ANY, POLICY_ANY, EITHER, YES, EITHER, MATCH_ANY, DECISION_ERROR, R(ATTEMPT_ERROR), false},
    {STATUS_ANY, NEWEST_CANCELED, SAID_ANY, POLICY_ANY, EITHER, YES, EITHER, MATCH_ANY, DECISION_CANCELLED, R(CANCELLED), false},
    {STATUS_ANY, NEWEST_FAILED, SAID_ERROR, POLICY_ANY, EITHER, NO, EITHER, MATCH_ANY, DECISION_ERROR, R(ATTEMPT_ERROR), false},
    {STATUS_ANY, NEWEST_CANCELED, SAID_ERROR, POLICY_ANY, EITHER, NO, EITHER, MATCH_ANY, DECISION_CANCELLED, R(CANCELLED), false},
    {STATUS_ANY, NEWEST_NONE | NEWEST_NOT_STARTED, SAID_ERROR, POLICY_ANY, EITHER, EITHER, EITHER, MATCH_ANY, DECISION_ERROR, R(CLIENT_ERROR), false},
    /* the token is dead */
    {STATUS_ANY, NEWEST_FAILED, SAID_ANY, POLICY_ANY, YES, EITHER, EITHER, MATCH_ANY, DECISION_ERROR, R(ATTEMPT_ERROR) | R(TOKEN_EXPIRED), false},
    {STATUS_ANY, NEWEST_CANCELED, SAID_ANY, POLICY_ANY, YES, EITHER, EITHER, MATCH_ANY, DECISION_CANCELLED, R(CANCELLED) | R(TOKEN_EXPIRED), false},
    {STATUS_ANY, NEWEST_STRANGE, SAID_ANY, POLICY_ANY, YES, EITHER, EITHER, MATCH_ANY, DECISION_ERROR, R(UNKNOWN_ANSWER), false},
    {STATUS_ANY, NEWEST_ANY, SAID_ANY, POLICY_ANY, YES, EITHER, EITHER, MATCH_ANY, DECISION_EXPIRED, R(TOKEN_EXPIRED), false},
    /* all else may still come */
    {STATUS_ANY, NEWEST_ANY, SAID_ANY, POLICY_ANY, NO, EITHER, EITHER, MATCH_ANY, DECISION_PENDING, 0, false},
};
/* clang-format on */

struct combination {
    int status, newest, said, policy, expired, used_up, has_digest, match;
    enum image_said image;
};

static bool looks_at_image(const struct combination *c)
{
    return c->match != MATCH_PLAIN && c->newest & NEWEST_SUCCEEDED;
}

/* Another image than ours is worse than any decision, too: the rest of the table stands, but for a
 * digest that nobody misses any more. */
static struct rule with_image(const struct rule *rule, const struct combination *c)
{
    struct rule changed = *rule;
    if (looks_at_image(c) && c->image == IMAGE_OTHER && rule->decision != DECISION_PENDING) {
        changed.decision = DECISION_COMPROMISED;
        changed.reasons &= ~R(DIGEST_MISSING);
        changed.reasons |= R(VERIFY_IMAGE_MISMATCH);
    }
    return changed;
}

static const struct rule *rule_for(const struct combination *c)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        const struct rule *r = &rules[i];
        if (r->status & c->status && r->newest & c->newest && r->said & c->said &&
            r->policy & c->policy && r->expired & c->expired && r->used_up & c->used_up &&
            r->has_digest & c->has_digest && r->match & c->match) {
            return r;
        }
    }
    cr_assert_fail("no rule for a combination");
    return NULL;
}

static int bit_number(int bit)
{
    int number = 0;
    while (bit > 1) {
        bit >>= 1;
        number++;
    }
    return number;
}

static void fill_newest(const struct combination *c, struct face_attempt *attempt)
{
    static const struct {
        enum face_status status;
        bool has_result;
        enum face_decision decision;
    } forms[] = {
        {FACE_STATUS_UNKNOWN, false, FACE_DECISION_NONE}, /* NEWEST_NONE: not used */
        {FACE_STATUS_NOT_STARTED, false, FACE_DECISION_NONE},
        {FACE_STATUS_RUNNING, false, FACE_DECISION_NONE},
        {FACE_STATUS_FAILED, false, FACE_DECISION_NONE},
        {FACE_STATUS_CANCELED, false, FACE_DECISION_NONE},
        {FACE_STATUS_UNKNOWN, true, FACE_DECISION_REALFACE}, /* realface under an unknown status */
        {FACE_STATUS_SUCCEEDED, true, FACE_DECISION_REALFACE},
        {FACE_STATUS_SUCCEEDED, true, FACE_DECISION_SPOOFFACE},
        {FACE_STATUS_SUCCEEDED, true, FACE_DECISION_UNCERTAIN},
        {FACE_STATUS_SUCCEEDED, false, FACE_DECISION_NONE},
        {FACE_STATUS_SUCCEEDED, true, FACE_DECISION_UNKNOWN},
    };
    int form = bit_number(c->newest);
    attempt->status = forms[form].status;
    attempt->has_result = forms[form].has_result;
    attempt->decision = forms[form].decision;
    attempt->has_error = c->newest == NEWEST_FAILED;
    attempt->has_verify = c->match == MATCH_SAME || c->match == MATCH_OTHER;
    attempt->is_identical = c->match == MATCH_SAME;
    attempt->match_confidence = c->match == MATCH_SAME ? 0.9137 : 0.25;
    attempt->has_image_hash = c->image != IMAGE_UNSAID;
    attempt->image_hash[31] = c->image == IMAGE_OTHER ? 2 : 1;
    if (c->has_digest == YES) {
        memcpy(attempt->digest, "ABCD", sizeof "ABCD");
    }
}

static void fill_completion(int said, struct session_completion *ret)
{
    *ret = (struct session_completion){0};
    if (said != SAID_NOTHING) {
        ret->completed_at = 5;
    }
    ret->client_error = said == SAID_ERROR;
    ret->has_digest = (said & SAID_DIGEST) != 0;
    if (ret->has_digest) {
        digest_hash(key, said == SAID_RIGHT ? SLICE("abcd") : SLICE("abce"), ret->digest_hash);
    }
}

static void judge_combination(const struct combination *c, struct judgement *ret)
{
    static struct face_session face;
    memset(&face, 0, sizeof face);
    face.status = (enum face_status)bit_number(c->status);
    if (c->newest != NEWEST_NONE) {
        face.attempt_count = 1;
        face.attempts[0].attempt_id = 7;
        fill_newest(c, &face.attempts[0]);
    }
    static const uint8_t image_hash[SHA256_BYTES] = {[31] = 1};
    struct session_completion completion;
    fill_completion(c->said, &completion);
    const struct evidence evidence = {
        .face = &face,
        .kind = c->match == MATCH_PLAIN ? KIND_LIVENESS : KIND_LIVENESS_WITH_VERIFY,
        .attempts_allowed = c->used_up == YES ? 1 : 9,
        .completion = &completion,
        .token_expired = c->expired == YES,
        .policy = (enum digest_policy)bit_number(c->policy),
        .digest_key = key,
        .image_hash = c->image == IMAGE_NOT_OURS ? NULL : image_hash,
    };
    verdict_judge(&evidence, ret);
}

/* What the verdict keeps of the comparison, whatever it decides. */
static bool match_is_kept(const struct combination *c, const struct judgement *found)
{
    const struct session_verdict *v = &found->verdict;
    bool looks = looks_at_image(c) && found->settled;
    bool verified = looks && c->match != MATCH_UNSAID;
    int32_t confidence = c->match == MATCH_SAME ? 913700 : 250000;
    return v->verified == verified && v->identical == (verified && c->match == MATCH_SAME) &&
           v->confidence_ppm == (verified ? confidence : 0) &&
           v->image_hash_checked == (looks && c->image == IMAGE_SAME);
}

static enum retry_advice retry_for(enum decision decision, bool accepted)
{
    if (decision == DECISION_PENDING) {
        return RETRY_SAME_SESSION;
    }
    return accepted || decision == DECISION_COMPROMISED ? RETRY_STOP : RETRY_NEW_SESSION;
}

/* What the catalogue advises for the strictest of the reasons. */
static enum advice advised_for(uint32_t reasons)
{
    static const enum advice advice[REASON_COUNT] = {
#define REASON(symbol, word, advice, meaning, say, operator_text)                                  \
    [REASON_##symbol] = ADVICE_##advice,
#include "domain/reason_table.h"
#undef REASON
    };
    enum advice strictest = ADVICE_SAME_SESSION;
    for (unsigned i = 0; i < REASON_COUNT; i++) {
        if ((reasons & (1U << i)) && advice[i] > strictest) {
            strictest = advice[i];
        }
    }
    return strictest;
}

static void expect_advice_of_the_catalogue(const struct session_verdict *v)
{
    cr_expect(v->reasons == 0 || (enum advice)v->retry == advised_for(v->reasons),
              "reasons %#x advise %s, the verdict %s", v->reasons,
              advice_word(advised_for(v->reasons)), retry_word((enum retry_advice)v->retry));
}

static void expect_combination(const struct combination *c)
{
    const struct rule rule = with_image(rule_for(c), c);
    struct judgement found;
    judge_combination(c, &found);
    const struct session_verdict *v = &found.verdict;
    bool accepted = rule.decision == DECISION_LIVE && rule.reasons == 0;
    expect_advice_of_the_catalogue(v);
    bool same = v->decision == rule.decision && v->reasons == rule.reasons &&
                v->digest_checked == rule.checked && v->accepted == accepted &&
                v->retry == retry_for(rule.decision, accepted) &&
                found.settled == (rule.decision != DECISION_PENDING) &&
                v->attempt_id == (c->newest == NEWEST_NONE ? 0 : 7) && match_is_kept(c, &found);
    cr_expect(same,
              "status %d newest %#x said %#x policy %d expired %d used %d digest %d match %#x "
              "image %d: "
              "%s reasons %#x, expected %s %#x",
              bit_number(c->status), (unsigned)c->newest, (unsigned)c->said, bit_number(c->policy),
              c->expired, c->used_up, c->has_digest, (unsigned)c->match, (int)c->image,
              decision_word((enum decision)v->decision), v->reasons, decision_word(rule.decision),
              rule.reasons);
}

static void expect_all_images(struct combination *c)
{
    for (c->match = 1; c->match < MATCH_END; c->match <<= 1) {
        for (c->image = 0; c->image < IMAGE_SAID_END; c->image++) {
            expect_combination(c);
        }
    }
}

static void expect_all_of(struct combination *c)
{
    for (c->expired = NO; c->expired <= YES; c->expired++) {
        for (c->used_up = NO; c->used_up <= YES; c->used_up++) {
            for (c->has_digest = NO; c->has_digest <= YES; c->has_digest++) {
                expect_all_images(c);
            }
        }
    }
}

Test(verdict_table, names_the_verdict_of_every_combination)
{
    struct combination c = {0};
    for (c.status = 1; c.status <= STATUS(CANCELED); c.status <<= 1) {
        for (c.newest = 1; c.newest < NEWEST_END; c.newest <<= 1) {
            for (c.said = 1; c.said < SAID_END; c.said <<= 1) {
                for (c.policy = 1; c.policy <= POLICY(OFF); c.policy <<= 1) {
                    expect_all_of(&c);
                }
            }
        }
    }
}

/* ---- random evidence ---- */

static uint32_t roll(struct fake_random *random, uint32_t sides)
{
    uint32_t number;
    random_fill(&random->random, &number, sizeof number);
    return number % sides;
}

static void roll_face(struct fake_random *random, struct face_session *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->status = (enum face_status)roll(random, STATUS_END);
    ret->attempt_count = roll(random, 4);
    for (size_t i = 0; i < ret->attempt_count; i++) {
        struct face_attempt *attempt = &ret->attempts[i];
        attempt->attempt_id = (int32_t)(1 + i * 10 + roll(random, 10));
        attempt->status = (enum face_status)roll(random, STATUS_END);
        attempt->has_result = roll(random, 4) > 0;
        attempt->decision = (enum face_decision)roll(random, FACE_DECISION_UNCERTAIN + 1);
        attempt->has_verify = roll(random, 3) > 0;
        attempt->is_identical = roll(random, 3) > 0;
        attempt->has_image_hash = roll(random, 2) > 0;
        attempt->image_hash[0] = (uint8_t)roll(random, 2);
        attempt->abuse_detected = roll(random, 8) == 0;
        memcpy(attempt->digest, roll(random, 3) == 0 ? "\0\0" : "AB", 3);
    }
    if (ret->attempt_count > 1 && roll(random, 2) == 0) {
        struct face_attempt first = ret->attempts[0];
        ret->attempts[0] = ret->attempts[ret->attempt_count - 1];
        ret->attempts[ret->attempt_count - 1] = first;
    }
}

static bool any_abuse(const struct face_session *face)
{
    bool found = false;
    for (size_t i = 0; i < face->attempt_count; i++) {
        found |= face->attempts[i].abuse_detected;
    }
    return found;
}

/* What has to be true of an accepted verdict, said in another way than the code says it. */
static bool deserves_acceptance(const struct evidence *e, bool digest_is_right)
{
    const struct face_attempt *newest = e->face ? face_session_newest(e->face) : NULL;
    bool digest_fits =
        e->policy == DIGEST_OFF || (e->policy == DIGEST_WHEN_GIVEN && !e->completion->has_digest) ||
        (e->completion->has_digest && digest_is_right && newest && newest->digest[0] != '\0');
    bool image_fits = !e->image_hash ||
                      (newest && (!newest->has_image_hash ||
                                  memcmp(newest->image_hash, e->image_hash, SHA256_BYTES) == 0));
    bool face_fits = e->kind == KIND_LIVENESS ||
                     (newest && newest->has_verify && newest->is_identical && image_fits);
    return newest && newest->status == FACE_STATUS_SUCCEEDED &&
           newest->decision == FACE_DECISION_REALFACE && face_fits && digest_fits &&
           !any_abuse(e->face);
}

Test(verdict_table, accepts_exactly_what_deserves_it_in_random_evidence)
{
    static const uint8_t zero_hash[SHA256_BYTES];
    struct fake_random random;
    fake_random_init(&random, 20260101);
    unsigned accepted = 0;
    for (unsigned i = 0; i < 60000; i++) {
        static struct face_session face;
        roll_face(&random, &face);
        bool right = roll(&random, 3) > 0;
        struct session_completion completion;
        fill_completion(1 << roll(&random, 3), &completion);
        if (roll(&random, 2) == 0) {
            completion.has_digest = true;
            completion.completed_at = 5;
            digest_hash(key, right ? SLICE("ab") : SLICE("ac"), completion.digest_hash);
        }
        const struct evidence evidence = {
            .face = roll(&random, 20) == 0 ? NULL : &face,
            .kind = roll(&random, 2) == 0 ? KIND_LIVENESS : KIND_LIVENESS_WITH_VERIFY,
            .attempts_allowed = (int32_t)(1 + roll(&random, 3)),
            .completion = &completion,
            .token_expired = roll(&random, 2) == 0,
            .policy = (enum digest_policy)roll(&random, POLICY_END),
            .digest_key = key,
            .image_hash = roll(&random, 2) == 0 ? zero_hash : NULL,
        };
        struct judgement found;
        verdict_judge(&evidence, &found);
        expect_advice_of_the_catalogue(&found.verdict);
        cr_assert_eq(found.verdict.accepted, deserves_acceptance(&evidence, right));
        cr_assert(!found.verdict.accepted || found.verdict.decision == DECISION_LIVE);
        cr_assert_eq(found.settled, found.verdict.decision != DECISION_PENDING);
        cr_assert(!evidence.face || !any_abuse(&face) || !found.settled ||
                  found.verdict.retry == RETRY_STOP);
        accepted += found.verdict.accepted;
    }
    cr_assert_gt(accepted, 500, "the evidence must reach the interesting corner");
}

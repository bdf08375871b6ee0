/*
 * The changes of a session record; which of them a record knows is session_life.c's table. What a
 * verdict is, is verdict.c's; saving and the deletion upstream are the lifecycle's. Invariant: a
 * settled verdict changes in one place and one way only (turn_compromised).
 */
#include "domain/session.h"

#include "base/json.h"
#include "base/secret.h"
#include "domain/idempotency.h"
#include "domain/image_id.h"
#include "domain/session_life.h"

#include <stdlib.h>
#include <string.h>

enum { DELETION_RETRY_FIRST_MS = 1000, DELETION_RETRY_MAX_MS = 5 * 60 * 1000 };
_Static_assert(DELETION_RETRY_MAX_MS / 4 * 5 <= DELETION_RETRY_WITHIN_MS, "with its random part");

static const char no_results[] = "{\"attempts\":[]}";

/* Keeps the first text given; one that does not fit is not kept at all: half an id is another id.
 */
static bool keep_first(char *member, size_t size, struct slice text)
{
    if (member[0] != '\0' || text.len == 0 || text.len >= size) {
        return false;
    }
    memcpy(member, text.data, text.len);
    member[text.len] = '\0';
    return true;
}

/* Whether the event means anything for the record as it is, and where it leads. */
static bool leads(const struct session_record *record, enum session_event event,
                  enum session_phase *ret_to)
{
    return session_leads(session_phase(record), event, ret_to);
}

static void put_word(char *member, size_t size, const char *word)
{
    size_t length = strnlen(word, size - 1);
    memcpy(member, word, length);
    member[length] = '\0';
}

/* ---- policies ---- */

void session_fix_policy(struct session_record *draft, const struct session_rules *rules)
{
    enum platform platform = platform_of(slice_of(draft->platform));
    unsigned policy = platform == PLATFORM_COUNT ? 0 : rules->digest_by_platform[platform];
    draft->digest_policy = (uint8_t)(policy != 0 ? policy : rules->digest + 1U);
}

/* A record may come from a newer version of us: what we do not know is the strictest. */
static enum digest_policy policy_of(const struct session_record *record,
                                    const struct session_rules *rules)
{
    if (record->digest_policy == 0) {
        return rules->digest;
    }
    return record->digest_policy <= DIGEST_OFF + 1U
               ? (enum digest_policy)(record->digest_policy - 1)
               : DIGEST_REQUIRE;
}

/* ---- completion ---- */

/* What the verdict would have been, had the digest come in time. */
static void turn_compromised(struct session_verdict *verdict)
{
    verdict->decision = DECISION_COMPROMISED;
    verdict->accepted = false;
    verdict->retry = RETRY_STOP;
    verdict->digest_checked = false;
    verdict->reasons &= ~(1U << REASON_DIGEST_MISSING);
    verdict->reasons |= 1U << REASON_DIGEST_MISMATCH;
}

/* The part of a completion that counts before and after settling. */
static enum session_change complete_digest(struct session_completion *completion,
                                           struct slice digest, const struct session_rules *rules)
{
    if (!digest.data) {
        return SESSION_UNCHANGED;
    }
    if (completion->has_digest) {
        bool same =
            digest_is(rules->seal_key, rules->other_seal_key, digest, completion->digest_hash);
        return same ? SESSION_UNCHANGED : SESSION_CONFLICT;
    }
    completion->has_digest = true;
    digest_hash(rules->seal_key, digest, completion->digest_hash);
    return SESSION_CHANGED;
}

static void check_late_digest(struct session_record *record, struct slice digest,
                              const struct session_rules *rules)
{
    if (policy_of(record, rules) == DIGEST_OFF || !record->has_upstream_digest) {
        return;
    }
    if (!digest_is(rules->seal_key, rules->other_seal_key, digest, record->upstream_digest_hash)) {
        turn_compromised(&record->verdict);
        receipt_drop(record); /* it says what no longer holds */
    }
}

static bool is_delegated(const struct session_record *record)
{
    static const uint8_t nobody[RECORD_HASH_BYTES];
    return memcmp(record->delegate, nobody, sizeof nobody) != 0;
}

/* What a backend's session is for, it alone says: its receipt is not to be bound to anything else
 * by whoever shows their face. */
static bool complete_created(struct session_record *record,
                             const struct completion_request *request)
{
    bool changed = request->client_error && !record->completion.client_error;
    record->completion.client_error |= request->client_error;
    if (!is_delegated(record)) {
        changed |= keep_first(record->transaction_id, sizeof record->transaction_id,
                              request->transaction_id);
    }
    changed |= keep_first(record->platform, sizeof record->platform, request->platform);
    return changed;
}

enum session_change session_complete(struct session_record *record,
                                     const struct completion_request *request,
                                     const struct session_rules *rules, int64_t now)
{
    enum session_phase to;
    if (!leads(record, EVENT_COMPLETED, &to)) {
        return SESSION_UNCHANGED;
    }
    enum session_change change = complete_digest(&record->completion, request->digest, rules);
    if (change == SESSION_CONFLICT) {
        return SESSION_CONFLICT;
    }
    if (change == SESSION_CHANGED && to != PHASE_OPEN) {
        check_late_digest(record, request->digest, rules);
    }
    bool changed = change == SESSION_CHANGED;
    if (to == PHASE_OPEN) {
        changed |= complete_created(record, request);
    }
    if (record->completion.completed_at == 0) {
        record->completion.completed_at = now;
        changed = true;
    }
    return changed ? SESSION_CHANGED : SESSION_UNCHANGED;
}

/* ---- settling ---- */

/* What is longer than fits would be upstream's mistake; the verdict matters more than the details.
 */
static char *take_text(const struct buf *text)
{
    return buf_failed(text) ? NULL : xstrdup(text->data);
}

static char *make_results(const struct face_session *face)
{
    CLEANUP(buf) struct buf results;
    buf_init(&results, RECORD_RESULTS_MAX);
    face_session_write_results(face, &results);
    char *text = take_text(&results);
    return text ? text : xstrdup(no_results);
}

/* NULL when there is nothing that an owner may not see. */
static char *make_details(const struct session_record *record, const struct face_session *face,
                          const struct session_rules *rules)
{
    char image_id[IMAGE_ID_SIZE];
    bool has_image = record->session_image_id[0] != '\0';
    CLEANUP(buf) struct buf details;
    buf_init(&details, RECORD_RESULTS_MAX);
    if (has_image) {
        image_id_make(rules->seal_key, record->id, image_id);
    }
    face_session_write_details(face, has_image ? image_id : NULL, &details);
    char *text = take_text(&details);
    if (text && strcmp(text, record->results_json) == 0) {
        free(text);
        return NULL;
    }
    return text;
}

static void put_flags(struct json_writer *writer, const struct face_attempt *attempt)
{
    for (size_t i = 0; i < attempt->flagged_count; i++) {
        json_open(writer, NULL, '{');
        json_put_string(writer, "sessionId", attempt->flagged[i].session_id);
        json_put_integer(writer, "attemptId", attempt->flagged[i].attempt_id);
        json_close(writer, '}');
    }
}

static char *make_flagged(const struct face_session *face)
{
    size_t count = 0;
    CLEANUP(buf) struct buf flagged;
    buf_init(&flagged, RECORD_RESULTS_MAX);
    struct json_writer writer = json_writer(&flagged);
    json_open(&writer, NULL, '[');
    for (size_t i = 0; i < face->attempt_count; i++) {
        count += face->attempts[i].flagged_count;
        put_flags(&writer, &face->attempts[i]);
    }
    json_close(&writer, ']');
    return count > 0 ? take_text(&flagged) : NULL;
}

/* Of the newest attempt that has one: our image id leads to one image a session. */
static void keep_image_id(struct session_record *record, const struct face_session *face)
{
    int32_t newest = 0;
    for (size_t i = 0; i < face->attempt_count; i++) {
        const struct face_attempt *attempt = &face->attempts[i];
        if (attempt->session_image_id[0] != '\0' && attempt->attempt_id > newest) {
            newest = attempt->attempt_id;
            memcpy(record->session_image_id, attempt->session_image_id,
                   sizeof record->session_image_id);
        }
    }
}

/* A reference that the device brought never passed through here: upstream's hash is all we have. */
static void keep_image_hash(struct session_record *record, const struct face_session *face)
{
    const struct face_attempt *newest = face_session_newest(face);
    if (record->reference == REFERENCE_CLIENT && newest && newest->has_image_hash) {
        memcpy(record->image_hash, newest->image_hash, sizeof record->image_hash);
    }
}

static void drop_results(struct session_record *record)
{
    free(record->results_json);
    free(record->details_json);
    free(record->flagged_json);
    record->results_json = record->details_json = record->flagged_json = NULL;
    record->session_image_id[0] = '\0';
}

static void keep_results(struct session_record *record, const struct face_session *face,
                         const struct session_rules *rules)
{
    drop_results(record);
    if (!face) {
        record->results_json = xstrdup(no_results);
        return;
    }
    put_word(record->status_word, sizeof record->status_word, face->status_word);
    put_word(record->model_version, sizeof record->model_version, face->model_version);
    keep_image_id(record, face);
    keep_image_hash(record, face);
    record->results_json = make_results(face);
    record->details_json = make_details(record, face, rules);
    record->flagged_json = make_flagged(face);
}

/* The image can be asked for as long as upstream has the session. */
static int64_t deletion_time(const struct session_record *record, const struct session_rules *rules,
                             int64_t now)
{
    int64_t gone_at = record->created_at + UPSTREAM_LIFETIME_MS;
    if (record->session_image_id[0] == '\0' || now >= gone_at) {
        return now;
    }
    return rules->retention_image_ms < gone_at - now ? now + rules->retention_image_ms : gone_at;
}

static void keep_deletion(struct session_record *record, enum deletion_outcome outcome,
                          const struct session_rules *rules, int64_t now)
{
    free(record->deletion_receipt);
    record->deletion_receipt = deletion_receipt_sign(rules->receipts, record, outcome, now);
}

/* The hash of the image we sent, or NULL. */
static const uint8_t *sent_image_hash(const struct session_record *record)
{
    bool sent = record->reference == REFERENCE_DELEGATE || record->reference == REFERENCE_OWNER;
    return sent ? record->image_hash : NULL;
}

/* `record` is settled but for these. */
static void make_receipts(struct session_record *record, const struct session_rules *rules,
                          int64_t now)
{
    bool by_age = now >= record->created_at + UPSTREAM_LIFETIME_MS;
    receipt_drop(record);
    record->receipt = receipt_sign(rules->receipts, record);
    if (record->receipt) {
        record->receipt_expires_at = receipt_end(rules->receipts, record);
    }
    if (record->deletion == DELETION_DONE) {
        keep_deletion(record, by_age ? DELETION_BY_AGE : DELETION_NOT_FOUND, rules, now);
    }
}

static const uint8_t *expected_network(const struct session_record *record)
{
    static const uint8_t anywhere[RECORD_HASH_BYTES];
    bool expected = memcmp(record->client_network, anywhere, sizeof anywhere) != 0;
    return expected ? record->client_network : NULL;
}

enum session_change session_settle(struct session_record *record, const struct face_session *face,
                                   const struct session_rules *rules, int64_t now)
{
    enum session_phase to;
    if (!leads(record, face ? EVENT_JUDGED : EVENT_GONE, &to)) {
        return SESSION_UNCHANGED;
    }
    const struct evidence evidence = {
        .face = face,
        .kind = record->kind,
        .attempts_allowed = record->attempts_allowed,
        .completion = &record->completion,
        .token_expired = record->token_expires_at != 0 && record->token_expires_at <= now,
        .policy = policy_of(record, rules),
        .digest_key = rules->seal_key,
        .other_key = rules->other_seal_key,
        .client = expected_network(record),
        .image_hash = sent_image_hash(record),
    };
    struct judgement judgement;
    verdict_judge(&evidence, &judgement);
    if (!judgement.settled) {
        return SESSION_UNCHANGED;
    }
    session_enter(record, to);
    record->settled_at = now;
    record->forget_at = now + rules->retention_verdict_ms;
    record->verdict = judgement.verdict;
    record->has_upstream_digest = judgement.has_upstream_digest;
    memcpy(record->upstream_digest_hash, judgement.upstream_digest_hash, SHA256_BYTES);
    keep_results(record, face, rules);
    record->deletion_at = deletion_time(record, rules, now);
    make_receipts(record, rules, now);
    return SESSION_CHANGED;
}

struct session_verdict session_pending_verdict(void)
{
    return (struct session_verdict){.decision = DECISION_PENDING, .retry = RETRY_SAME_SESSION};
}

/* ---- the end ---- */

enum session_change session_remove(struct session_record *record, const struct session_rules *rules,
                                   int64_t now)
{
    enum session_phase to;
    if (!leads(record, EVENT_REMOVED, &to)) {
        return SESSION_UNCHANGED;
    }
    session_enter(record, to);
    record->forget_at = now + rules->retention_verdict_ms;
    drop_results(record);
    receipt_drop(record);
    idempotency_release(record);
    memset(record->image_hash, 0, sizeof record->image_hash);
    if (to == PHASE_REMOVED) {
        record->deletion_at = now;
    }
    return SESSION_CHANGED;
}

enum session_change session_lose(struct session_record *record)
{
    enum session_phase to;
    if (!leads(record, EVENT_LOST, &to)) {
        return SESSION_UNCHANGED;
    }
    session_enter(record, to);
    record->forget_at = record->created_at + UPSTREAM_LIFETIME_MS;
    return SESSION_CHANGED;
}

enum session_change session_deletion_done(struct session_record *record,
                                          enum deletion_outcome outcome,
                                          const struct session_rules *rules, int64_t now)
{
    enum session_phase to;
    if (!leads(record, EVENT_DELETED, &to)) {
        return SESSION_UNCHANGED;
    }
    session_enter(record, to);
    record->deletion_at = now;
    record->session_image_id[0] = '\0';
    keep_deletion(record, outcome, rules, now);
    return SESSION_CHANGED;
}

static int64_t deletion_delay(int32_t tries, const struct random *random)
{
    int64_t delay = DELETION_RETRY_FIRST_MS;
    for (int32_t i = 1; i < tries && delay < DELETION_RETRY_MAX_MS; i++) {
        delay *= 2;
    }
    if (delay > DELETION_RETRY_MAX_MS) {
        delay = DELETION_RETRY_MAX_MS;
    }
    uint32_t roll;
    random_fill(random, &roll, sizeof roll);
    return delay + (int64_t)(roll % (uint32_t)(delay / 4 + 1));
}

enum session_change session_deletion_failed(struct session_record *record,
                                            const struct session_rules *rules,
                                            const struct random *random, int64_t now)
{
    int64_t gone_at = record->created_at + UPSTREAM_LIFETIME_MS;
    if (now >= gone_at) {
        return session_deletion_done(record, DELETION_BY_AGE, rules, now);
    }
    enum session_phase to;
    if (!leads(record, EVENT_NOT_DELETED, &to)) {
        return SESSION_UNCHANGED;
    }
    session_enter(record, to);
    record->deletion_tries++;
    int64_t next = now + deletion_delay(record->deletion_tries, random);
    /* one last try exactly then marks it done */
    record->deletion_at = next < gone_at ? next : gone_at;
    return SESSION_CHANGED;
}

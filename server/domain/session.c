/*
 * The changes of a session record. What a verdict is, is verdict.c's; saving and the deletion
 * upstream are the lifecycle's. Invariant: a settled verdict changes in one place and one way only
 * (turn_compromised).
 */
#include "domain/session.h"

#include "base/secret.h"

#include <stdlib.h>
#include <string.h>

enum { DELETION_RETRY_FIRST_MS = 1000, DELETION_RETRY_MAX_MS = 5 * 60 * 1000 };

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

static void put_word(char *member, size_t size, const char *word)
{
    size_t length = strnlen(word, size - 1);
    memcpy(member, word, length);
    member[length] = '\0';
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
                                           const uint8_t *given_hash)
{
    if (!given_hash) {
        return SESSION_UNCHANGED;
    }
    if (completion->has_digest) {
        bool same = secret_equal(completion->digest_hash, SHA256_BYTES, given_hash, SHA256_BYTES);
        return same ? SESSION_UNCHANGED : SESSION_CONFLICT;
    }
    completion->has_digest = true;
    memcpy(completion->digest_hash, given_hash, SHA256_BYTES);
    return SESSION_CHANGED;
}

static void check_late_digest(struct session_record *record, const struct session_rules *rules)
{
    if (rules->digest == DIGEST_OFF || !record->has_upstream_digest) {
        return;
    }
    if (!secret_equal(record->upstream_digest_hash, SHA256_BYTES, record->completion.digest_hash,
                      SHA256_BYTES)) {
        turn_compromised(&record->verdict);
    }
}

static bool complete_created(struct session_record *record,
                             const struct completion_request *request)
{
    bool changed = request->client_error && !record->completion.client_error;
    record->completion.client_error |= request->client_error;
    changed |=
        keep_first(record->transaction_id, sizeof record->transaction_id, request->transaction_id);
    changed |= keep_first(record->platform, sizeof record->platform, request->platform);
    return changed;
}

enum session_change session_complete(struct session_record *record,
                                     const struct completion_request *request,
                                     const struct session_rules *rules, int64_t now)
{
    if (record->state != SESSION_CREATED && record->state != SESSION_SETTLED) {
        return SESSION_UNCHANGED;
    }
    uint8_t hash[SHA256_BYTES];
    if (request->digest.data) {
        digest_hash(rules->seal_key, request->digest, hash);
    }
    enum session_change change =
        complete_digest(&record->completion, request->digest.data ? hash : NULL);
    if (change == SESSION_CONFLICT) {
        return SESSION_CONFLICT;
    }
    if (change == SESSION_CHANGED && record->state == SESSION_SETTLED) {
        check_late_digest(record, rules);
    }
    bool changed = change == SESSION_CHANGED;
    if (record->state == SESSION_CREATED) {
        changed |= complete_created(record, request);
    }
    if (record->completion.completed_at == 0) {
        record->completion.completed_at = now;
        changed = true;
    }
    return changed ? SESSION_CHANGED : SESSION_UNCHANGED;
}

/* ---- settling ---- */

static void keep_results(struct session_record *record, const struct face_session *face)
{
    CLEANUP(buf) struct buf results;
    buf_init(&results, RECORD_RESULTS_MAX);
    if (face) {
        face_session_write_results(face, &results);
        put_word(record->status_word, sizeof record->status_word, face->status_word);
        put_word(record->model_version, sizeof record->model_version, face->model_version);
    }
    /* more than fits would be upstream's mistake; the verdict matters more than the details */
    bool usable = face && !buf_failed(&results);
    free(record->results_json);
    record->results_json = xstrdup(usable ? results.data : no_results);
}

static void owe_deletion(struct session_record *record, int64_t now)
{
    record->deletion = DELETION_OWED;
    record->deletion_at = now;
}

enum session_change session_settle(struct session_record *record, const struct face_session *face,
                                   const struct session_rules *rules, int64_t now)
{
    if (record->state != SESSION_CREATED) {
        return SESSION_UNCHANGED;
    }
    const struct evidence evidence = {
        .face = face,
        .kind = record->kind,
        .attempts_allowed = record->attempts_allowed,
        .completion = &record->completion,
        .token_expired = record->token_expires_at != 0 && record->token_expires_at <= now,
        .policy = rules->digest,
        .digest_key = rules->seal_key,
    };
    struct judgement judgement;
    verdict_judge(&evidence, &judgement);
    if (!judgement.settled) {
        return SESSION_UNCHANGED;
    }
    record->state = SESSION_SETTLED;
    record->settled_at = now;
    record->forget_at = now + rules->retention_verdict_ms;
    record->verdict = judgement.verdict;
    record->has_upstream_digest = judgement.has_upstream_digest;
    memcpy(record->upstream_digest_hash, judgement.upstream_digest_hash, SHA256_BYTES);
    keep_results(record, face);
    owe_deletion(record, now);
    if (!face) {
        session_deletion_done(record, now);
    }
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
    if (record->state != SESSION_CREATED && record->state != SESSION_SETTLED) {
        return SESSION_UNCHANGED;
    }
    record->state = SESSION_REMOVED;
    record->forget_at = now + rules->retention_verdict_ms;
    free(record->results_json);
    record->results_json = NULL;
    if (record->deletion != DELETION_DONE) {
        owe_deletion(record, now);
    }
    return SESSION_CHANGED;
}

void session_deletion_done(struct session_record *record, int64_t now)
{
    record->deletion = DELETION_DONE;
    record->deletion_at = now;
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

void session_deletion_failed(struct session_record *record, const struct random *random,
                             int64_t now)
{
    int64_t gone_at = record->created_at + UPSTREAM_LIFETIME_MS;
    if (now >= gone_at) {
        session_deletion_done(record, now);
        return;
    }
    record->deletion = DELETION_OWED;
    record->deletion_tries++;
    int64_t next = now + deletion_delay(record->deletion_tries, random);
    /* one last try exactly then marks it done */
    record->deletion_at = next < gone_at ? next : gone_at;
}

/*
 * Which column holds which member of struct session_record, in the order in which they are bound
 * and read: SESSION_COLUMNS calls one of its five arguments as X(column, member) for each. `id` and
 * `revision` are the statements' own.
 *   INTEGER  any integer, enum or bool
 *   TEXT     a char array
 *   HASH     32 bytes; all zero is stored as an empty blob
 *   UUID     a UUID; 16 bytes on disk
 *   OWNED    a text on the heap or NULL
 */
#pragma once

/* clang-format off */
#define SESSION_COLUMNS(INTEGER, TEXT, HASH, UUID, OWNED) \
    INTEGER(state, state) \
    INTEGER(kind, kind) \
    HASH(owner, owner) \
    UUID(upstream_id, upstream_id) \
    TEXT(upstream_endpoint, upstream_endpoint) \
    TEXT(device_correlation_id, device_correlation_id) \
    TEXT(transaction_id, transaction_id) \
    TEXT(platform, platform) \
    INTEGER(attempts_allowed, attempts_allowed) \
    INTEGER(created_at, created_at) \
    INTEGER(token_expires_at, token_expires_at) \
    INTEGER(completed_at, completion.completed_at) \
    INTEGER(completion_client_error, completion.client_error) \
    INTEGER(completion_has_digest, completion.has_digest) \
    HASH(completion_digest_hash, completion.digest_hash) \
    INTEGER(settled_at, settled_at) \
    INTEGER(verdict_decision, verdict.decision) \
    INTEGER(verdict_retry, verdict.retry) \
    INTEGER(verdict_accepted, verdict.accepted) \
    INTEGER(verdict_digest_checked, verdict.digest_checked) \
    INTEGER(verdict_reasons, verdict.reasons) \
    INTEGER(verdict_attempt_id, verdict.attempt_id) \
    INTEGER(has_upstream_digest, has_upstream_digest) \
    HASH(upstream_digest_hash, upstream_digest_hash) \
    TEXT(status_word, status_word) \
    TEXT(model_version, model_version) \
    OWNED(results_json, results_json) \
    INTEGER(deletion, deletion) \
    INTEGER(deletion_at, deletion_at) \
    INTEGER(deletion_tries, deletion_tries) \
    INTEGER(forget_at, forget_at) \
    HASH(delegate, delegate) \
    INTEGER(reference, reference) \
    HASH(image_hash, image_hash) \
    INTEGER(verdict_verified, verdict.verified) \
    INTEGER(verdict_identical, verdict.identical) \
    INTEGER(verdict_confidence_ppm, verdict.confidence_ppm) \
    INTEGER(verdict_image_hash_checked, verdict.image_hash_checked) \
    OWNED(details_json, details_json) \
    OWNED(flagged_json, flagged_json) \
    TEXT(session_image_id, session_image_id) \
    HASH(idempotency_key, idempotency_key) \
    HASH(idempotency_request, idempotency_request) \
    OWNED(sealed_answer, sealed_answer) \
    HASH(tenant, tenant) \
    OWNED(receipt, receipt) \
    INTEGER(receipt_expires_at, receipt_expires_at) \
    OWNED(deletion_receipt, deletion_receipt) \
    INTEGER(digest_policy, digest_policy) \
    HASH(client_network, client_network) \
    INTEGER(verdict_client_checked, verdict.client_checked)
/* clang-format on */

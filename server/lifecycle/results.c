/*
 * The texts of a record go through the parser that read them from upstream. Invariant: what cannot
 * be read is as if it were not there; the verdict stands by itself.
 */
#include "lifecycle/results.h"

#include "base/buf.h"
#include "base/json.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct face_session *results_copy(const struct face_session *face)
{
    size_t size =
        offsetof(struct face_session, attempts) + face->attempt_count * sizeof face->attempts[0];
    struct face_session *copy = xcalloc(1, size);
    memcpy(copy, face, size);
    copy->auth_token = NULL;
    return copy;
}

/* The members a session has and its results have not. */
static void wrap(const char *results, struct buf *ret)
{
    struct json_writer json = json_writer(ret);
    json_open(&json, NULL, '{');
    json_put_string(&json, "sessionId", "00000000-0000-0000-0000-000000000000");
    json_put_string(&json, "status", "Succeeded");
    json_put_raw(&json, "results", slice_of(results));
    json_close(&json, '}');
}

struct face_session *results_read(const struct session_record *record, bool details)
{
    const char *text =
        details && record->details_json ? record->details_json : record->results_json;
    const char *why = NULL;
    struct face_session *results = xcalloc(1, sizeof *results);
    if (!text)
        return results;
    CLEANUP(buf) struct buf session;
    buf_init(&session, (size_t)2 * RECORD_RESULTS_MAX);
    wrap(text, &session);
    if (buf_failed(&session) || face_session_parse(buf_slice(&session), results, &why) != 0)
        *results = (struct face_session){0};
    return results;
}

struct face_session *results_free(struct face_session *results)
{
    if (results)
        face_session_done(results);
    free(results);
    return NULL;
}

void results_keep_references(struct session_record *record, struct face_session *face)
{
    if (record->kind != KIND_LIVENESS_WITH_VERIFY)
        return;
    CLEANUP(buf) struct buf text;
    buf_init(&text, RECORD_RESULTS_MAX);
    face->has_references = true; /* if only to say that there are none */
    face_session_write_results(face, &text);
    free(record->results_json);
    record->results_json = buf_failed(&text) ? NULL : xstrdup(text.data);
}

void results_complete(const struct session_record *record, struct face_session *face)
{
    if (record->kind != KIND_LIVENESS_WITH_VERIFY || face->reference_count > 0)
        return;
    CLEANUP(results) struct face_session *kept = results_read(record, false);
    face->has_references = true;
    face->reference_count = kept->reference_count;
    memcpy(face->references, kept->references, sizeof face->references);
}

/*
 * A session as it may be seen, in the shape of v1.2 and v1.3-preview.1: an allow-list, never the
 * upstream's body. No upstream id, no token, no digest.
 */
#include "base/json.h"
#include "domain/image_id.h"
#include "domain/receipt.h"
#include "domain/verdict.h"
#include "lifecycle/results.h"
#include "routes/session_flow.h"

#include <string.h>

bool session_id_read(struct slice text, char ret[UUID_SIZE])
{
    if (text.len != UUID_SIZE - 1)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.data[i];
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (c >= 'A' && c <= 'F')
            c = (char)(c - 'A' + 'a');
        if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        ret[i] = c;
    }
    ret[text.len] = '\0';
    return true;
}

static char *text_keep(struct request *request, const char *text)
{
    if (!text)
        return NULL;
    size_t size = strlen(text) + 1;
    return memcpy(request_alloc(request, size), text, size);
}

const struct session_record *record_keep(struct request *request,
                                         const struct session_record *record)
{
    struct session_record *copy = request_alloc(request, sizeof *copy);
    *copy = *record;
    copy->results_json = text_keep(request, record->results_json);
    copy->details_json = text_keep(request, record->details_json);
    copy->flagged_json = text_keep(request, record->flagged_json);
    copy->sealed_answer = text_keep(request, record->sealed_answer);
    copy->receipt = text_keep(request, record->receipt);
    copy->deletion_receipt = text_keep(request, record->deletion_receipt);
    copy->notes = NULL; /* they are for the store */
    return copy;
}

static bool is_settled(const struct session_view *view)
{
    return view->record->state == SESSION_SETTLED;
}

const char *session_status(const struct session_view *view)
{
    if (!is_settled(view))
        return view->face ? view->face->status_word : "NotStarted";
    /* upstream has forgotten it without saying anything */
    return view->record->status_word[0] != '\0' ? view->record->status_word : "Canceled";
}

static const char *kept_results(const struct session_view *view)
{
    const struct session_record *record = view->record;
    return view->details && record->details_json ? record->details_json : record->results_json;
}

static void write_face(const struct session_view *view, struct buf *ret)
{
    char image_id[IMAGE_ID_SIZE];
    if (!view->details) {
        face_session_write_results(view->face, ret);
        return;
    }
    image_id_make(view->services->rules->seal_key, view->record->id, image_id);
    face_session_write_details(view->face, image_id, ret);
}

/* Flagged sessions belong to the newest attempt that says so, which comes first. The text is of our
 * own writer, in which no client's or upstream's text can look like this member. */
static void write_flagged(struct slice results, struct slice flagged, struct buf *ret)
{
    static const char detected[] = "\"abuseMonitoringResult\":{\"isAbuseDetected\":true";
    const char *place = flagged.len > 0 ? strstr(results.data, detected) : NULL;
    size_t before = place ? (size_t)(place - results.data) + sizeof detected - 1 : results.len;
    buf_append(ret, results.data, before);
    if (place) {
        buf_puts(ret, ",\"otherFlaggedSessions\":");
        buf_put_slice(ret, flagged);
        buf_append(ret, results.data + before, results.len - before);
    }
}

/* What the web samples read without looking whether it is there. */
static void write_filled(const struct session_view *view, struct buf *ret)
{
    const struct session_record *record = view->record;
    char image_id[IMAGE_ID_SIZE];
    bool current = !is_settled(view) && view->face;
    CLEANUP(results)
    struct face_session *kept = current ? NULL : results_read(record, view->details);
    CLEANUP(buf) struct buf results;
    buf_init(&results, ret->limit_bytes);
    image_id_make(view->services->rules->seal_key, record->id, image_id);
    face_session_write_filled(current ? view->face : kept, (enum face_kind)record->kind,
                              view->details ? image_id : NULL, &results);
    write_flagged(buf_slice(&results), view->flagged, ret);
}

/* The attempts, as far as they may be seen: settled ones from our record, others from upstream. */
static void write_results(const struct session_view *view, struct buf *ret)
{
    const char *kept = kept_results(view);
    if (view->filled)
        write_filled(view, ret);
    else if (!is_settled(view) && view->face)
        write_face(view, ret);
    else if (kept)
        write_flagged(slice_of(kept), view->flagged, ret);
    else
        buf_puts(ret, view->record->kind == KIND_LIVENESS_WITH_VERIFY
                          ? "{\"attempts\":[],\"verifyReferences\":[]}"
                          : "{\"attempts\":[]}");
}

void session_write_verdict(const struct session_view *view, struct buf *ret)
{
    const struct session_record *record = view->record;
    struct session_verdict pending = session_pending_verdict();
    const struct slice none = {NULL, 0};
    int64_t now = clock_wall_ms(view->services->clock);
    verdict_write(is_settled(view) ? &record->verdict : &pending, record->reference,
                  is_settled(view) ? record->settled_at : 0,
                  is_settled(view) ? receipt_shown(record, now) : none, ret);
}

void session_write(const struct session_view *view, struct buf *ret)
{
    const struct session_record *record = view->record;
    const struct face_session *face = is_settled(view) ? NULL : view->face;
    const char *model = face ? face->model_version : record->model_version;
    CLEANUP(buf) struct buf part;
    buf_init(&part, ret->limit_bytes);
    struct json_writer json = json_writer(ret);
    json_open(&json, NULL, '{');
    json_put_string(&json, "sessionId", record->id);
    json_put_string(&json, "status", session_status(view));
    if (model[0] != '\0')
        json_put_string(&json, "modelVersion", model);
    write_results(view, &part);
    json_put_raw(&json, "results", buf_slice(&part));
    buf_reset(&part);
    session_write_verdict(view, &part);
    json_put_raw(&json, "verdict", buf_slice(&part));
    json_close(&json, '}');
    ret->failed |= buf_failed(&part);
}

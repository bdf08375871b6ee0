/*
 * A session as its owner may see it: an allow-list, never the upstream's body. No upstream id, no
 * token, no digest.
 */
#include "base/json.h"
#include "domain/verdict.h"
#include "routes/session_flow.h"

#include <string.h>

enum { SESSION_BODY_MAX = 32 * 1024 };

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

const struct session_record *record_keep(struct request *request,
                                         const struct session_record *record)
{
    struct session_record *copy = request_alloc(request, sizeof *copy);
    *copy = *record;
    if (record->results_json) {
        size_t size = strlen(record->results_json) + 1;
        copy->results_json = request_alloc(request, size);
        memcpy(copy->results_json, record->results_json, size);
    }
    return copy;
}

/* What the Face API would call the state of a session upstream has forgotten. */
static const char *settled_word(const struct session_record *record)
{
    return record->status_word[0] != '\0' ? record->status_word : "Canceled";
}

/* The attempts, as far as they may be seen: settled ones from our record, others from upstream. */
static void write_results(const struct session_record *record, const struct face_session *face,
                          struct buf *ret)
{
    bool settled = record->state == SESSION_SETTLED;
    if (settled && record->results_json)
        buf_puts(ret, record->results_json);
    else if (!settled && face)
        face_session_write_results(face, ret);
    else
        buf_puts(ret, "{\"attempts\":[]}");
}

void session_show(struct request *request, const struct session_record *record,
                  const struct face_session *face)
{
    bool settled = record->state == SESSION_SETTLED;
    CLEANUP(buf) struct buf body;
    buf_init(&body, SESSION_BODY_MAX);
    struct json_writer json = json_writer(&body);
    json_open(&json, NULL, '{');
    json_put_string(&json, "sessionId", record->id);
    json_put_string(&json, "status",
                    settled ? settled_word(record) : (face ? face->status_word : "NotStarted"));
    const char *model = settled || !face ? record->model_version : face->model_version;
    if (model[0] != '\0')
        json_put_string(&json, "modelVersion", model);
    CLEANUP(buf) struct buf part;
    buf_init(&part, SESSION_BODY_MAX);
    write_results(record, face, &part);
    json_put_raw(&json, "results", buf_slice(&part));
    buf_reset(&part);
    struct session_verdict pending = session_pending_verdict();
    verdict_write(settled ? &record->verdict : &pending, settled ? record->settled_at : 0, &part);
    json_put_raw(&json, "verdict", buf_slice(&part));
    json_close(&json, '}');
    if (buf_failed(&body) || buf_failed(&part))
        reply_problem(request, PROBLEM_INTERNAL, NULL);
    else
        reply_json(request, 200, buf_slice(&body));
}

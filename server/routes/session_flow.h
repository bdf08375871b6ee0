/*
 * The session endpoints: their flows, and what they share: finding the caller, finding the session,
 * showing it.
 */
#pragma once

#include "domain/bodies.h"
#include "domain/client_network.h"
#include "domain/policy.h"
#include "http/flow.h"
#include "http/router.h"
#include "lifecycle/asker.h"
#include "lifecycle/audit.h"
#include "lifecycle/creation.h"
#include "lifecycle/outbox.h"
#include "lifecycle/resets.h"
#include "lifecycle/waits.h"
#include "routes/limit.h"
#include "routes/services.h"

/* What a path says (struct route.variant). The kind of a session that exists is its record's. */
enum { PATH_VERIFY = 1, PATH_PREVIEW = 2, PATH_SAMPLE = 4 };

static inline enum session_kind path_kind(const struct request *request)
{
    return request->route->variant & PATH_VERIFY ? KIND_LIVENESS_WITH_VERIFY : KIND_LIVENESS;
}

/* Answers have the shapes of v1.1-preview.1 and v1.2-preview.1. */
static inline bool path_is_preview(const struct request *request)
{
    return request->route->variant & PATH_PREVIEW;
}

/* Requests and answers have the shapes of the servers of the web samples. */
static inline bool path_is_sample(const struct request *request)
{
    return request->route->variant & PATH_SAMPLE;
}

/* Tells apart paths whose answers differ in form. */
static inline unsigned path_shape(const struct request *request)
{
    return path_is_sample(request) ? 2 : path_is_preview(request);
}

/* POST …/{kind}-sessions (session_create.c) */
struct create_flow {
    struct flow flow;
    struct slice key; /* Idempotency-Key; data NULL: none */
    struct principal principal;
    struct principal owner; /* whoever it is for: the principal, or another one */
    struct create_request wanted;
    char sentence[POLICY_SENTENCE_SIZE];
    struct session_record draft;
    struct face_create create;
    char model_version[RECORD_WORD_SIZE]; /* wanted */
    char user_correlation_id[RECORD_TEXT_SIZE];
    char expected_client[CLIENT_NETWORK_SIZE];
    struct store_call *finding;
    enum store_result find_result;
    const struct session_record *first; /* the record of the first create; in request memory */
    bool by_other; /* it was found, if it was, under the keys beside those in use */
    bool repeated; /* the session is that of an earlier create */
    struct creation_ticket ticket;
    enum problem problem;
    unsigned retry_after_s;
    bool blamed; /* upstream would not do it for them */
    bool client_gone;
    const struct session_record *record; /* as stored; in request memory */
    char *auth_token;                    /* a secret of ours between `created` and `answer` */
};
extern const struct flow_step session_create_steps[];
/* Of the ticket of a create_flow: keeps the answer and goes on. */
bool session_created(struct creation_ticket *ticket, const struct creation_answer *answer);
/* Creates with an Idempotency-Key (session_repeat.c). */
bool repeat_read_key(const struct request *request, struct slice *ret);
void repeat_mark(struct create_flow *self); /* the draft, by its key and request */
/* Steps between decode and create; without a key they do nothing. The second is taken again behind
 * the limits, which may take a while. */
enum flow_next repeat_find(struct flow *flow);
enum flow_next repeat_find_other(struct flow *flow);
enum flow_next repeat_meet(struct flow *flow);

/* GET …/{kind}-sessions/{id} (session_get.c) and the look that a completion and an audit end with
 */
struct look_flow {
    struct flow flow;
    struct principal principal;
    char id[UUID_SIZE];
    struct store_call *loading;
    enum store_result load_result;
    const struct session_record *record; /* another's, from a callback to the next wait */
    bool at_once;                        /* a completion changed it: look now */
    struct ask_ticket ticket;
    uint64_t wait_until; /* monotonic ms; 0: the client does not want to wait */
    struct wait_ticket waiting;
    enum problem problem;
    unsigned retry_after_s;
    const struct face_session *face; /* likewise; NULL: unknown or settled */
    bool details;                    /* for an operator or the delegate */
    struct store_call *translating;
    struct slice flagged; /* otherFlaggedSessions in our ids, in request memory; empty: none */
};
extern const struct flow_step session_get_steps[];
extern const struct flow_step sample_result_steps[]; /* GET /api/getSessionResult */
/* Steps of GET that others have, too. */
enum flow_next look_limit(struct flow *flow);
enum flow_next look_read_wait(struct flow *flow); /* session_wait.c */
enum flow_next look_find(struct flow *flow);
enum flow_next look_own(struct flow *flow);
enum flow_next look_ask(struct flow *flow);
enum flow_next look_wait(struct flow *flow); /* session_wait.c */
enum flow_next look_translate(struct flow *flow);
enum flow_next look_answer(struct flow *flow);

/* POST …/{id}/completion (session_complete.c) */
struct complete_flow {
    struct look_flow look; /* first: its last steps are those of a GET */
    struct completion_request request;
    cJSON *document; /* what `request` points into; freed when the change is over */
    struct change *change;
    enum session_change what;
    bool first; /* of the session's completions */
};
extern const struct flow_step session_complete_steps[];

/* Whether what the look said may change while the client waits. */
bool look_is_open(const struct look_flow *self);

/* GET …/{id}/events (session_events.c) */
struct events_flow {
    struct look_flow look;         /* first: it begins as a GET does */
    char status[RECORD_WORD_SIZE]; /* as told last */
    const char *reason;            /* why it ends without a verdict; NULL: with one */
};
extern const struct flow_step session_events_steps[];

/* DELETE …/{id} (session_delete.c) */
struct delete_flow {
    struct flow flow;
    struct principal principal;
    char id[UUID_SIZE];
    struct change *change;
    struct outbox_ticket ticket;
    enum problem problem;
    const struct session_record *record;
};
extern const struct flow_step session_delete_steps[];

/* POST /api/devices/{deviceCorrelationId}/reset (device_reset.c) */
struct reset_flow {
    struct flow flow;
    struct principal principal;
    char reason[RESET_REASON_SIZE]; /* why, in the operator's words */
    struct device_reset reset;
    struct reset_ticket ticket;
};
extern const struct flow_step device_reset_steps[];

/* Which part of a list is asked for. */
enum { PAGE_START_SIZE = 65, PAGE_MAX = 1000 };
struct page {
    char start[PAGE_START_SIZE]; /* what comes is greater than this */
    size_t top;                  /* at most so many */
};
/* From ?start=&top=; absent or empty ones get their defaults. False: they are none of the API's. */
bool page_read(struct request *request, struct page *ret);
extern const char page_sentence[]; /* what to say then */

/* GET …/{id}/audit (session_audit.c) */
struct audit_flow {
    struct look_flow look; /* first, as in complete_flow */
    struct page page;
};
extern const struct flow_step session_audit_steps[];

/* GET …/{kind}-sessions (session_list.c) */
struct list_flow {
    struct flow flow;
    struct principal principal;
    struct page page;
    struct store_call *call;
    enum store_result result;
    struct session_record *const *records; /* the store's; only while the answer is written */
    size_t count;
};
extern const struct flow_step session_list_steps[];

/* GET /api/audit (audit.c) */
struct trail_flow {
    struct flow flow;
    struct principal principal;
    struct page page;
    char session[UUID_SIZE]; /* empty: of all */
    struct store_call *call;
    enum store_result result;
    const struct audit_entry *entries; /* the store's; only while the answer is written */
    const char **texts;                /* in request memory: what the first of two lists had */
    size_t count;
};
extern const struct flow_step trail_get_steps[];

/* GET …/sessionImages/{id}, POST …/detect (session_image.c) */
struct image_flow {
    struct flow flow;
    struct principal principal;
    char id[UUID_SIZE]; /* of the session */
    struct face_detect detect;
    struct store_call *loading;
    enum store_result load_result;
    const struct session_record *record; /* in request memory */
    struct face_call *call;
    enum problem problem;
    unsigned retry_after_s;
    struct slice content; /* upstream's; only while the answer is written */
};
extern const struct flow_step image_get_steps[];
extern const struct flow_step image_detect_steps[];

/* POST /api/devices (devices.c) */
struct device_flow {
    struct flow flow;
    struct principal principal;
};
extern const struct flow_step device_create_steps[];

/* The first step of whatever asks who calls: no credential is looked at from where too many were
 * wrong; a token signed with a key that we do not know waits,
 * briefly, for its issuer's keys to be fetched again. */
enum flow_next caller_meet(struct flow *flow);
/* PROBLEM_NONE, or what identify says. With `may_mint` an anonymous caller without a valid device
 * token becomes a new device. */
enum problem caller_identify(struct request *request, bool may_mint, struct principal *ret);
/* Whether the caller is such a device; and tells it, in the cookie and, but for same-site pages, in
 * X-Device-Token. */
bool caller_is_new(const struct request *request);
void caller_hand_out(struct request *request);
/* Who was identified, NULL: nobody, or such a device. */
const struct principal *caller_known(const struct request *request);
/* Of a caller who was not identified: an anonymous one without a valid device token. */
bool caller_lacks_device(const struct request *request);
/* As caller_identify, for what operators alone may do. */
enum problem operator_identify(struct request *request, struct principal *ret);
/* The first step of what is asked of one session: who calls, and the id of which. */
enum flow_next session_identify(struct flow *flow, struct principal *ret_principal,
                                char ret_id[UUID_SIZE]);
/* Notes in the audit trail that somebody was refused `record` (NULL: what they asked for is not
 * there, or it is about none); other problems are passed over. */
void audit_refusal(const struct request *request, const struct principal *principal,
                   const struct session_record *record, enum problem problem); /* audit.c */
/* "anonymous", "app_token" or "jwt", for the log. */
const char *caller_word(const struct principal *principal);

/* Whether the id can be one of ours: a UUID, in lower case in ret. */
bool session_id_read(struct slice text, char ret[UUID_SIZE]);
/* A copy of a record in the request's memory, so that a flow has nothing to free. */
const struct session_record *record_keep(struct request *request,
                                         const struct session_record *record);

/* ---- shapes ---- */

enum { SESSION_BODY_MAX = 64 * 1024, SESSION_BODY_USUAL = 2000 };

/* What there is to show of a session. */
struct session_view {
    const struct services *services;
    const struct session_record *record;
    const struct face_session *face; /* what upstream said just now (NULL: nothing is known), needed
                                        while the record is not settled */
    bool details;                    /* for operators and delegates */
    bool filled;                     /* as the web samples read it */
    struct slice flagged;            /* otherFlaggedSessions as JSON; empty: none */
};

/* Never an upstream id, a token or a digest. */
void session_write(const struct session_view *view, struct buf *ret);        /* session_show.c */
void sample_write_session(const struct session_view *view, struct buf *ret); /* sample_result.c */
void session_write_verdict(const struct session_view *view, struct buf *ret);
/* What the Face API calls the session's state. */
const char *session_status(const struct session_view *view);
/* preview_show.c: the same in the previews' shapes. */
const char *preview_status(const struct session_view *view);
void preview_write_session(const struct session_view *view, struct buf *ret);
void preview_write_item(const struct session_view *view, struct buf *ret);
/* An array of one entry an attempt, newest first, that the page asks for. */
void preview_write_audit(const struct session_view *view, const struct page *page, struct buf *ret);
/* {"faceRectangle":…,"qualityForRecognition":…}; nothing when there is no reference. */
void preview_write_reference(const struct face_session *session, struct buf *ret);

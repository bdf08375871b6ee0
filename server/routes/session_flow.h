/*
 * The session endpoints: their flows, and what they share: finding the caller, finding the session,
 * showing it.
 */
#pragma once

#include "domain/bodies.h"
#include "http/flow.h"
#include "lifecycle/asker.h"
#include "lifecycle/creation.h"
#include "lifecycle/outbox.h"
#include "routes/services.h"

/* POST …/detectLiveness-sessions (session_create.c) */
struct create_flow {
    struct flow flow;
    struct principal principal;
    struct session_record draft;
    struct create_request wanted;
    struct face_create create;
    char model_version[RECORD_WORD_SIZE]; /* wanted; then as upstream says */
    char status_word[FACE_WORD_SIZE];
    struct creation *creation; /* under way */
    enum problem problem;
    unsigned retry_after_s;
    char *auth_token; /* a secret of ours between `created` and `answer` */
};
extern const struct flow_step session_create_steps[];

/* GET …/detectLiveness-sessions/{id} (session_get.c) and the look that a completion ends with */
struct look_flow {
    struct flow flow;
    struct principal principal;
    char id[UUID_SIZE];
    struct store_call *loading;
    enum store_result load_result;
    const struct session_record *record; /* in request memory or, within a turn, in the cache */
    bool at_once;                        /* a completion changed it: look now */
    struct ask_ticket ticket;
    enum problem problem;
    unsigned retry_after_s;
    struct face_session *face; /* in request memory; NULL: unknown or settled */
};
extern const struct flow_step session_get_steps[];
/* Steps of GET that a completion ends with. */
enum flow_next look_ask(struct flow *flow);
enum flow_next look_answer(struct flow *flow);

/* POST …/{id}/completion (session_complete.c) */
struct complete_flow {
    struct look_flow look; /* first: its last steps are those of a GET */
    struct completion_request request;
    cJSON *document; /* what `request` points into; freed when the change is over */
    struct change *change;
    enum session_change what;
};
extern const struct flow_step session_complete_steps[];

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

/* PROBLEM_NONE, or what identify says. With `may_mint` an anonymous caller without a valid device
 * token gets a new device, told in the cookie and, but for same-site pages, in X-Device-Token. */
enum problem caller_identify(struct request *request, bool may_mint, struct principal *ret);
/* The first step of what is asked of one session: who calls, and the id of which. */
enum flow_next session_identify(struct flow *flow, struct principal *ret_principal,
                                char ret_id[UUID_SIZE]);
/* "anonymous" or "app_token", for the log. */
const char *caller_word(const struct principal *principal);

/* Whether the id can be one of ours: a UUID, in lower case in ret. */
bool session_id_read(struct slice text, char ret[UUID_SIZE]);
/* A copy of a record in the request's memory, so that a flow has nothing to free. */
const struct session_record *record_keep(struct request *request,
                                         const struct session_record *record);
/* 200 with the session as its owner may see it; `face` is what upstream said just now (NULL:
 * nothing is known), needed while the record is not settled. */
void session_show(struct request *request, const struct session_record *record,
                  const struct face_session *face);

/*
 * What upstream/face.c (the operations) and upstream/face_call.c (the life of a call) share.
 */
#pragma once

#include "upstream/face.h"
#include "upstream/face_body.h"
#include "upstream/face_exchange.h"
#include "upstream/face_judge.h"
#include "upstream/face_report.h"
#include "upstream/identity.h"
#include "upstream/pace.h"

struct face_call {
    struct pace_ticket ticket; /* the first member */
    struct face_client *client;
    struct face_call *next, *previous;
    enum face_operation operation;
    enum face_kind kind;
    enum problem refused; /* of a call that gets no turn */
    bool repeated;        /* after a 401 */
    bool idle;            /* nobody is in a hurry for it */
    char upstream_id[FACE_IMAGE_ID_SIZE];
    char request_id[EXCHANGE_ID_MAX + 1];
    struct buf query;   /* of a detect */
    struct buf body;    /* of a POST */
    char *content_type; /* of a multipart create; else NULL */
    size_t image_bytes; /* counted in client->image_bytes */
    struct credential *credential;
    struct face_exchange *exchange;
    uint64_t waited_ms;
    uint64_t sent_at_ns;
    face_done *done;
    void *context;
};

struct face_client {
    char *endpoint;
    enum face_version version;
    struct buf url; /* the last one sent to; begins with what all have in common */
    size_t url_base_bytes;
    size_t max_answer_bytes;
    size_t max_image_bytes;
    size_t image_bytes; /* of reference images that calls hold */
    size_t image_memory_bytes;
    struct log *log;
    const struct clock *clock;
    const struct random *random;
    struct pace *pace;
    struct curl_loop *loop;
    struct face_exchange_pool *exchanges;
    struct identity *identity;
    struct face_report report;
    struct face_call *first; /* of the calls waiting or under way */
    unsigned busy;
    unsigned in_flight;
    struct face_answer answer; /* of the callback that runs; else zero */
};

struct face_call *face_call_new(struct face_client *client, enum face_operation operation,
                                const char *request_id, face_done *done, void *context);
/* The call waits for its turn, or for its refusal when `refused` is set. */
void face_call_start(struct face_call *call);
/* Without a callback. */
void face_call_free(struct face_call *call);
/* Says that the call was cancelled. */
void face_call_report_cancelled(const struct face_call *call);

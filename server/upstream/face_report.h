/*
 * What is told about upstream calls: one log line a call, and the metrics. Never an upstream id,
 * key or token.
 */
#pragma once

#include <stdint.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "upstream/face_judge.h"

struct face_report {
    struct log *log;
    const struct clock *clock;
    struct series *requests[FACE_OPERATION_COUNT][FACE_OUTCOME_COUNT];
    struct series *duration[FACE_OPERATION_COUNT];
    struct series *queue_wait[FACE_OPERATION_COUNT];
    struct series *in_flight;
    struct series *last_success;
    struct series *last_failure;
    struct series *denied;
};

/* Log and metrics may be NULL. */
void face_report_init(struct face_report *report, struct log *log, struct metrics *metrics,
                      const struct clock *clock);

struct face_report_call {
    enum face_operation operation;
    enum face_outcome outcome;
    int status; /* 0: none */
    bool sent;  /* it had its turn: duration_ns counts */
    uint64_t duration_ns;
    uint64_t waited_ms;
    const char *request_id;
    const char *apim_request_id; /* as received, or NULL */
    const char *why;             /* or NULL */
};

void face_report_call(const struct face_report *report, const struct face_report_call *call);
void face_report_in_flight(const struct face_report *report, unsigned count);

/*
 * Limits in flows. A flow has a step that says what the request is charged (limit_charge, or one of
 * the two below), and limit_admit behind it, which ends it when that is too much. What was decided
 * stays with the request: its answer says how its caller stands, whatever the answer is.
 *
 *     FLOW_STEP(identify), FLOW_STEP(limit), FLOW_STEP(limit_admit), …
 */
#pragma once

#include "domain/limits.h"
#include "http/flow.h"

/* Once a request. */
enum flow_next limit_charge(struct flow *flow, const struct limit_bill *bill);
/* What reads, waits, completions and deletions are charged; `session_id` may be NULL. */
enum flow_next limit_reading(struct flow *flow, const struct principal *principal,
                             const char *session_id);
enum flow_next limit_admit(struct flow *flow);
/* The request got nothing for it, and that is not its caller's fault. */
void limit_give_back(struct request *request);

/* Whether a credential of this client is looked at. False: limit_refuse. */
bool limit_may_try(struct request *request);
/* It was looked at, and is wrong. */
void limit_note_failure(const struct request *request);
/* 429. */
enum flow_next limit_refuse(struct flow *flow);

/* Before a long wait: fails when too many wait from the client's network. */
enum flow_next limit_waiting(struct flow *flow, const struct principal *principal);

/* Puts RateLimit and RateLimit-Policy on the answer; for the public listener. */
void limit_decorate(struct request *request);

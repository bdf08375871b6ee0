/*
 * Flows: an endpoint is a struct that begins with `struct flow`, a list of steps in reading order
 * and one static function a step. The functions stand in the file in the order of the list.
 *
 *     static const struct flow_step get_steps[] = {FLOW_STEP(identify), …, FLOW_END};
 *
 * A step returns FLOW_NEXT (go on), FLOW_WAIT (it handed itself to somebody who will call
 * flow_resume exactly once) or FLOW_DONE (an answer was sent: the flow may be gone already).
 * A completion callback does three things only: store the result, forget the call, flow_resume.
 * Decisions stand in the next step.
 *
 * Cancelling has one door: whoever waits sets flow->cancel. When the client is given up while the
 * flow waits, cancel is called once, no step runs again, and the flow's memory goes.
 */
#pragma once

#include <stddef.h>

#include "http/request.h"

enum flow_next { FLOW_NEXT, FLOW_WAIT, FLOW_DONE };

struct flow;

struct flow_step {
    const char *name;
    enum flow_next (*run)(struct flow *flow);
};

/* clang-format off */
#define FLOW_STEP(function) {#function, function}
#define FLOW_END {NULL, NULL}
/* clang-format on */

struct flow {
    struct request *request;
    const struct flow_step *step;      /* the next one to run */
    void (*cancel)(struct flow *flow); /* set while waiting, else NULL; cleared by flow_resume */
    bool waiting;
};

/* Goes on after FLOW_WAIT. Never called from within the step that returned FLOW_WAIT. */
void flow_resume(struct flow *flow);

/* `return flow_fail(flow, PROBLEM_X);` answers and ends the flow. */
enum flow_next flow_fail(struct flow *flow, enum problem problem);
enum flow_next flow_fail_detail(struct flow *flow, enum problem problem,
                                const struct problem_detail *detail);

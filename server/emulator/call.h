/*
 * A call of the emulated service (Face API, device or token endpoint): the flow every such endpoint
 * is made of.
 *
 *     begin (note it, throttle it, pick its faults, wait) → spoil (a fault may answer instead) →
 *     the operation → hold (wait) → send (a fault may spoil the answer)
 *
 * The operation is one step of its own: it sets the answer with emu_call_answer or emu_call_fail
 * and returns FLOW_NEXT. It must not reply itself, or faults could not spoil it.
 */
#pragma once

#include "base/buf.h"
#include "emulator/emulator_private.h"
#include "emulator/error.h"
#include "http/flow.h"

struct emu_wait;

struct emu_call {
    struct flow flow;
    enum emu_operation operation;
    struct emu_fault fault;     /* what hits this call */
    char request_id[UUID_SIZE]; /* the answer's apim-request-id */
    uint64_t log_number;
    uint64_t begun_ms; /* monotonic */
    struct emu_wait *wait;
    int status;               /* the answer, once there is one */
    struct slice code;        /* of an error: the answer's x-ms-error-code; static or the fault's */
    uint32_t retry_after_s;   /* 0: none */
    const char *content_type; /* of the body; NULL: JSON */
    struct buf body;          /* owned; holds a token in the answer of a create */
};

enum flow_next emu_call_begin(struct flow *flow, enum emu_operation operation);
enum flow_next emu_call_spoil(struct flow *flow);
enum flow_next emu_call_hold(struct flow *flow);
enum flow_next emu_call_send(struct flow *flow);

struct emulator *emu_call_emulator(const struct emu_call *call);
int64_t emu_call_now_ms(const struct emu_call *call);

/* The answer: write the JSON into the buffer that is returned. With nothing written, an empty body.
 */
struct buf *emu_call_answer(struct emu_call *call, int status);
/* The same for a body that is no JSON; `content_type` is static. */
struct buf *emu_call_answer_as(struct emu_call *call, int status, const char *content_type);
/* EMU_UNAUTHORIZED has another code under the old previews. */
void emu_call_fail(struct emu_call *call, enum emu_error error);

/* Each finds what an operation needs, or fails the call and returns false or NULL. */
bool emu_call_check_key(struct emu_call *call); /* gate.c: a key, or a token of Entra's */
struct emu_session *emu_call_session_by_token(struct emu_call *call);

/*
 * Faults that tests put on operations: delays, error statuses, cut or spoiled answers. A bounded
 * table; what hits a call is decided when the call arrives.
 *
 * A fault that spoils stands in the operation's place, so nothing is performed; with "after" the
 * operation is performed first. A delay stands before the operation, with "after" between it and
 * the answer.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/random.h"
#include "emulator/operation.h"

enum {
    EMU_FAULTS_MAX = 64,
    EMU_FAULT_CODE_SIZE = 65,
    EMU_FAULT_DELAY_MAX_MS = 600000,
    EMU_FAULT_INTERVAL_MAX_MS = 60000,
    EMU_FAULT_SIZE_MAX = 2000000000,
    EMU_FAULT_SIZE_DEFAULT = 100 * 1000 * 1000,
    EMU_FAULT_INTERVAL_DEFAULT_MS = 100,
};

enum emu_fault_kind {
    EMU_FAULT_PLAIN,        /* an error answer when there is a status, else only a delay */
    EMU_FAULT_RESET,        /* the connection is reset */
    EMU_FAULT_RESET_MIDWAY, /* reset after the head and half of the body */
    EMU_FAULT_GARBAGE,      /* a body that is no JSON */
    EMU_FAULT_TRUNCATED,    /* half of the body the head declares, then the connection closes */
    EMU_FAULT_WRONG_TYPES,  /* the answer with every value of another JSON type */
    EMU_FAULT_HUGE,         /* the answer, then spaces up to size_bytes */
    EMU_FAULT_DRIP,         /* the answer, a byte every interval_ms */
    EMU_FAULT_KIND_COUNT
};

struct emu_fault {
    enum emu_operation operation;
    enum emu_fault_kind kind;
    bool after;
    bool gateway; /* a 403 or 429 in the gateway's words */
    uint32_t delay_ms;
    uint32_t jitter_ms;             /* up to so much more */
    int status;                     /* 0: none given */
    uint32_t retry_after_s;         /* 0: none */
    uint32_t size_bytes;            /* of a huge answer */
    uint32_t interval_ms;           /* of a dripping one */
    double probability;             /* of hitting a call that it could hit */
    uint32_t count;                 /* calls left to hit; 0: until cleared */
    char code[EMU_FAULT_CODE_SIZE]; /* empty: the status' own */
};

/* Whether it changes the answer rather than only delaying it. */
bool emu_fault_spoils(const struct emu_fault *fault);

/* {"route", "delayMs"?, "jitterMs"?, "status"?, "retryAfter"?, "code"?, "gateway"?, "kind"?,
 * "sizeBytes"?, "intervalMs"?, "probability"?, "count"?, "after"?}; needs one of delayMs, jitterMs,
 * status and kind. Kinds that spoil an answer imply after unless it is said. On failure false, *ret
 * untouched and *ret_why a static sentence. */
bool emu_fault_read(const cJSON *object, struct emu_fault *ret, const char **ret_why);

struct emu_faults {
    struct emu_fault entries[EMU_FAULTS_MAX];
    size_t count;
};

/* False when the table is full. */
bool emu_faults_add(struct emu_faults *faults, const struct emu_fault *fault);
void emu_faults_clear(struct emu_faults *faults);

/* What hits this call: of the faults on the operation the first that spoils together with the first
 * that only delays, the longer delay of both, jitter included. Uses them up; one that its
 * probability spares the call is not. `ret` is zero when nothing hits. */
void emu_faults_take(struct emu_faults *faults, enum emu_operation operation,
                     const struct random *random, struct emu_fault *ret);

/* {"faults":[…]} in the order they were added, with the counts that are left. */
void emu_faults_write(const struct emu_faults *faults, struct buf *ret);

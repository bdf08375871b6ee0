/*
 * The door of the emulated service: keys, Entra's tokens and the rate limit, and how what is turned
 * away is told.
 */
#pragma once

#include "emulator/call.h"

/* Calls a second in windows that begin with the first call after the last window: simple, and what
 * a test expects of "N a second". False when the window is used up; *ret_retry_after_s is then when
 * to come again. A refused call uses nothing up. A limit of 0 admits all. */
bool emu_rate_admit(struct emu_rate *rate, uint64_t now_ms, uint32_t *ret_retry_after_s);

/* The call was one too many: sets the answer. */
void emu_call_throttle(struct emu_call *call, uint32_t retry_after_s);
/* The service's words for it: operation, API, tier, and when to come again. */
void emu_call_fail_rate(struct emu_call *call, uint32_t retry_after_s);
/* The gateway's own words: statusCode and no code, no x-ms-error-code, no Retry-After. */
void emu_call_fail_gateway(struct emu_call *call, int status, uint32_t retry_after_s);

/* The refusal of a credential on this path: the old previews have another code. */
enum emu_error emu_unauthorized_at(struct slice path);

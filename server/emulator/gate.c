/*
 * Who may call and how often. Leaves device tokens to call.c, which bind to a session. Invariant:
 * keys are compared in constant time, and every configured key always.
 */
#include "emulator/gate.h"

#include "base/secret.h"
#include "emulator/entra.h"

#include <stdio.h>
#include <string.h>

enum { WINDOW_MS = 1000 };

/* ---- the rate ---- */

bool emu_rate_admit(struct emu_rate *rate, uint64_t now_ms, uint32_t *ret_retry_after_s)
{
    if (rate->limit == 0)
        return true;
    if (rate->used == 0 || now_ms - rate->began_ms >= WINDOW_MS) {
        rate->began_ms = now_ms;
        rate->used = 0;
    }
    if (rate->used < rate->limit) {
        rate->used++;
        return true;
    }
    *ret_retry_after_s =
        (uint32_t)((rate->began_ms + WINDOW_MS - now_ms + WINDOW_MS - 1) / WINDOW_MS);
    return false;
}

void emu_call_throttle(struct emu_call *call, uint32_t retry_after_s)
{
    if (emu_call_emulator(call)->gateway_errors)
        emu_call_fail_gateway(call, 429, retry_after_s);
    else
        emu_call_fail_rate(call, retry_after_s);
}

void emu_call_fail_rate(struct emu_call *call, uint32_t retry_after_s)
{
    char message[192];

    (void)snprintf(message, sizeof message,
                   "Calls of %s to the Face API exceed the call rate limit of this resource's "
                   "pricing tier: retry after %u second%s.",
                   emu_operation_word(call->operation), retry_after_s,
                   retry_after_s == 1 ? "" : "s");
    emu_call_fail(call, EMU_TOO_MANY_REQUESTS);
    const struct slice code = call->code;
    emu_error_write(code, message, emu_call_answer(call, 429));
    call->code = code;
    call->retry_after_s = retry_after_s;
}

void emu_call_fail_gateway(struct emu_call *call, int status, uint32_t retry_after_s)
{
    char message[128] = "Out of call volume quota.";

    if (status == 429)
        (void)snprintf(message, sizeof message, "Rate limit is exceeded. Try again in %u seconds.",
                       retry_after_s ? retry_after_s : 1);
    emu_error_write_gateway(status, message, emu_call_answer(call, status));
    call->retry_after_s = 0;
}

/* ---- credentials ---- */

enum emu_error emu_unauthorized_at(struct slice path)
{
    static const struct slice previews[] = {
        {"/face/v1.1-preview.1/", 21},
        {"/face/v1.2-preview.1/", 21},
    };

    for (size_t i = 0; i < sizeof previews / sizeof *previews; i++)
        if (path.len > previews[i].len &&
            slice_equal_nocase((struct slice){path.data, previews[i].len}, previews[i]))
            return EMU_UNAUTHORIZED_PREVIEW;
    return EMU_UNAUTHORIZED;
}

static bool is_key(struct slice given, const char *key)
{
    return key && secret_equal(given.data, given.len, key, strlen(key));
}

static bool has_key(const struct emulator *emulator, const struct request *request)
{
    const struct slice given = request_header(request, "ocp-apim-subscription-key");

    if (request_header_count(request, "ocp-apim-subscription-key") != 1 || given.len == 0)
        return false;
    if (!emulator->key && !emulator->key2)
        return true;
    const bool first = is_key(given, emulator->key);
    const bool second = is_key(given, emulator->key2);
    return first || second;
}

static bool has_entra_token(const struct emulator *emulator, const struct request *request)
{
    return request_header_count(request, "authorization") == 1 &&
           emu_entra_check(emulator->entra.key, request_header(request, "authorization"),
                           emu_clock_now_ms(&emulator->clock));
}

bool emu_call_check_key(struct emu_call *call)
{
    const struct emulator *emulator = emu_call_emulator(call);
    const struct request *request = call->flow.request;

    if (has_key(emulator, request) || has_entra_token(emulator, request))
        return true;
    emu_call_fail(call, EMU_UNAUTHORIZED);
    return false;
}

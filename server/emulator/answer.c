/*
 * Answers and their headers. Routes decide what is answered; this file knows how.
 */
#include "emulator/answer.h"

#include "emulator/emulator_private.h"

#include <stdio.h>

enum { NUMBER_SIZE = 12 };

static const char json_type[] = "application/json; charset=utf-8";

static bool is_face_path(struct slice path)
{
    static const struct slice root = {"/face/", 6};

    return path.len > root.len && slice_equal_nocase((struct slice){path.data, root.len}, root);
}

void emu_reply(struct request *request, int status, struct slice code, struct slice body)
{
    if (code.data)
        reply_header(request, "x-ms-error-code", code);
    if (body.len == 0)
        reply_empty(request, status);
    else
        reply_text(request, status, json_type, body);
}

void emu_reply_error(struct request *request, enum emu_error error, const char *why)
{
    CLEANUP(buf) struct buf body;
    const struct emu_error_info *info = emu_error_info(error);

    buf_init(&body, 4096);
    emu_error_write(slice_of(info->code), why ? why : info->message, &body);
    emu_reply(request, info->status, slice_of(info->code), buf_slice(&body));
}

void emu_decorate(struct request *request)
{
    reply_header(request, "x-livenessd-emulator", SLICE("1"));
    reply_header(request, "access-control-allow-origin", SLICE("*"));
    reply_header(request, "access-control-expose-headers", SLICE("*"));
}

void emu_put_gateway_headers(struct request *request, const char *apim_request_id)
{
    reply_header(request, "apim-request-id", slice_of(apim_request_id));
    reply_header(request, "strict-transport-security",
                 SLICE("max-age=31536000; includeSubDomains; preload"));
}

/* Whatever a page asks to send is allowed: "*" would not cover Authorization. */
static void reply_preflight(struct request *request)
{
    const struct slice headers = request_header(request, "access-control-request-headers");

    reply_header(request, "access-control-allow-methods", SLICE("GET, POST, PATCH, DELETE"));
    if (headers.data)
        reply_header(request, "access-control-allow-headers", headers);
    reply_header(request, "access-control-max-age", SLICE("600"));
    reply_empty(request, 204);
}

/* The gateway of the real service knows operations, not paths: a wrong method is an unknown route.
 */
static enum emu_error error_for(const struct request *request, enum problem problem)
{
    switch (problem) {
    case PROBLEM_ROUTE_NOT_FOUND:
        return EMU_RESOURCE_NOT_FOUND;
    case PROBLEM_METHOD_NOT_ALLOWED:
        return is_face_path(request->path) ? EMU_RESOURCE_NOT_FOUND : EMU_METHOD_NOT_ALLOWED;
    case PROBLEM_UNSUPPORTED_MEDIA_TYPE:
        return EMU_MEDIA_TYPE;
    case PROBLEM_BODY_TOO_LARGE:
        return EMU_BODY_TOO_LARGE;
    case PROBLEM_HEAD_TOO_LARGE:
        return EMU_HEAD_TOO_LARGE;
    case PROBLEM_SERVER_BUSY:
        return EMU_UNAVAILABLE;
    default:
        return problem_info(problem)->status < 500 ? EMU_BAD_ARGUMENT : EMU_INTERNAL;
    }
}

static void put_retry_after(struct request *request, unsigned seconds)
{
    char text[NUMBER_SIZE];
    const int length = snprintf(text, sizeof text, "%u", seconds);

    reply_header(request, "retry-after", (struct slice){text, (size_t)length});
}

void emu_reply_problem(struct request *request, enum problem problem,
                       const struct problem_detail *detail)
{
    struct emulator *emulator = request->context;

    if (slice_equal(request->method, SLICE("OPTIONS")) &&
        (problem == PROBLEM_METHOD_NOT_ALLOWED || problem == PROBLEM_ROUTE_NOT_FOUND)) {
        reply_preflight(request);
        return;
    }
    const enum emu_error error = error_for(request, problem);
    if (is_face_path(request->path)) {
        char apim_request_id[UUID_SIZE];
        const uint64_t entry =
            emu_request_log_add(&emulator->requests, request->method, request->path);
        emu_request_log_set_status(&emulator->requests, entry, emu_error_info(error)->status);
        uuid4(emulator->random, apim_request_id);
        emu_put_gateway_headers(request, apim_request_id);
    }
    if (detail->retry_after_seconds > 0)
        put_retry_after(request, detail->retry_after_seconds);
    emu_reply_error(request, error, NULL);
}

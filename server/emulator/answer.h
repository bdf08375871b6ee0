/*
 * How the emulator answers, and what every answer carries: the mark that it is an emulator and CORS
 * open to everybody (a browser page may play the device).
 */
#pragma once

#include "emulator/error.h"
#include "http/request.h"

/* `code` goes to x-ms-error-code, or data NULL; an empty body is sent as none. */
void emu_reply(struct request *request, int status, struct slice code, struct slice body);
/* The table's answer; `why` instead of the table's sentence, or NULL. */
void emu_reply_error(struct request *request, enum emu_error error, const char *why);

/* What the Face API's gateway adds to every answer, errors and all. */
void emu_put_gateway_headers(struct request *request, const char *apim_request_id);

/* The listener's hooks. */
void emu_decorate(struct request *request);
void emu_reply_problem(struct request *request, enum problem problem,
                       const struct problem_detail *detail);

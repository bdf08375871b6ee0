/*
 * The emulated service's own error answers: one table, one writer. The server's problem table is
 * deliberately not used: what the Face API answers may not change when the server's answers do.
 */
#pragma once

#include "base/buf.h"
#include "base/slice.h"

enum emu_error {
    EMU_OK,
#define EMU_ERROR(symbol, status, code, message) EMU_##symbol,
#include "emulator/error_table.h"
#undef EMU_ERROR
    EMU_ERROR_COUNT
};

struct emu_error_info {
    int status;
    const char *code;
    const char *message;
};

/* Static; `error` must not be EMU_OK. */
const struct emu_error_info *emu_error_info(enum emu_error error);

/* {"error":{"code":…,"message":…}} */
void emu_error_write(struct slice code, const char *message, struct buf *ret);
/* {"error":{"statusCode":…,"message":…}}: the gateway's own refusals, 403 and 429. */
void emu_error_write_gateway(int status, const char *message, struct buf *ret);

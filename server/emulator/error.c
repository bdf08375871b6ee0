/*
 * The table of refusals and their one JSON shape. Knows nothing of HTTP beyond the status numbers.
 */
#include "emulator/error.h"

#include "base/json.h"

#include <assert.h>

static const struct emu_error_info errors[EMU_ERROR_COUNT] = {
#define EMU_ERROR(symbol, status, code, message) [EMU_##symbol] = {status, code, message},
#include "emulator/error_table.h"
#undef EMU_ERROR
};

const struct emu_error_info *emu_error_info(enum emu_error error)
{
    assert(error > EMU_OK && error < EMU_ERROR_COUNT);
    return &errors[error];
}

void emu_error_write(struct slice code, const char *message, struct buf *ret)
{
    struct json_writer writer = json_writer(ret);

    json_open(&writer, NULL, '{');
    json_open(&writer, "error", '{');
    json_put_slice(&writer, "code", code);
    json_put_string(&writer, "message", message);
    json_close(&writer, '}');
    json_close(&writer, '}');
}

void emu_error_write_gateway(int status, const char *message, struct buf *ret)
{
    struct json_writer writer = json_writer(ret);

    json_open(&writer, NULL, '{');
    json_open(&writer, "error", '{');
    json_put_integer(&writer, "statusCode", status);
    json_put_string(&writer, "message", message);
    json_close(&writer, '}');
    json_close(&writer, '}');
}

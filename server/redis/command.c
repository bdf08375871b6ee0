/*
 * Writing commands into a buffer, without a memory of their own for each.
 */
#include "redis/command.h"

enum { LENGTH_ROOM = 32, DIGITS_MAX = 20 };

size_t redis_command_room(size_t count, const struct slice *arguments)
{
    size_t room = LENGTH_ROOM;
    for (size_t i = 0; i < count; i++) {
        room += arguments[i].len + LENGTH_ROOM;
    }
    return room;
}

static void put_length(struct buf *buf, char kind, size_t length)
{
    char line[DIGITS_MAX + 3];
    size_t at = sizeof line;
    line[--at] = '\n';
    line[--at] = '\r';
    do {
        line[--at] = (char)('0' + length % 10);
        length /= 10;
    } while (length > 0);
    line[--at] = kind;
    buf_append(buf, line + at, sizeof line - at);
}

void redis_command_put(struct buf *buf, size_t count, const struct slice *arguments)
{
    put_length(buf, '*', count);
    for (size_t i = 0; i < count; i++) {
        put_length(buf, '$', arguments[i].len);
        buf_put_slice(buf, arguments[i]);
        buf_append(buf, "\r\n", 2);
    }
}

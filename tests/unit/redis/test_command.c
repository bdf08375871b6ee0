/* Commands as the protocol writes them. */
#include "redis/command.h"

#include <criterion/criterion.h>

Test(redis_command, is_an_array_of_texts)
{
    CLEANUP(buf) struct buf buf;
    const struct slice words[] = {SLICE("SET"), SLICE("a b\r\n"), SLICE(""), SLICE("0123456789")};
    buf_init(&buf, 1000);
    redis_command_put(&buf, 4, words);
    cr_expect_str_eq(buf.data,
                     "*4\r\n$3\r\nSET\r\n$5\r\na b\r\n\r\n$0\r\n\r\n$10\r\n0123456789\r\n");
}

Test(redis_command, has_room_enough)
{
    CLEANUP(buf) struct buf buf;
    struct slice words[200];
    for (size_t i = 0; i < 200; i++) {
        words[i] = SLICE("some text");
    }
    buf_init(&buf, redis_command_room(200, words));
    redis_command_put(&buf, 200, words);
    cr_expect_not(buf_failed(&buf));
    cr_expect(strncmp(buf.data, "*200\r\n$9\r\nsome text\r\n", 21) == 0);
}

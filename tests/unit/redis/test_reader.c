/* Replies in any pieces, and the end of what is believed. */
#include "redis/reader.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char mixed[] = "+OK\r\n-ERR no\r\n:-7\r\n:9223372036854775807\r\n$-1\r\n$0\r\n\r\n"
                            "$4\r\n\r\n\r\n\r\n*-1\r\n*0\r\n*3\r\n$1\r\na\r\n:1234567890\r\n"
                            "*1\r\n+b\r\n";
enum { MIXED_REPLIES = 10 };

static size_t read_all(struct redis_reader *reader, bool *ret_sound)
{
    struct redisReply *reply = NULL;
    size_t count = 0;
    while ((*ret_sound = redis_reader_next(reader, &reply)) && reply) {
        freeReplyObject(reply);
        count++;
    }
    return count;
}

/* How many replies the bytes are in pieces of that size. */
static size_t count_in_pieces(const char *bytes, size_t size, size_t piece, bool *ret_sound)
{
    struct redis_reader *reader = redis_reader_new();
    size_t count = 0;
    *ret_sound = true;
    for (size_t at = 0; at < size && *ret_sound; at += piece) {
        size_t part = size - at < piece ? size - at : piece;
        *ret_sound = redis_reader_feed(reader, (struct slice){bytes + at, part});
        if (*ret_sound) {
            count += read_all(reader, ret_sound);
        }
    }
    redis_reader_free(reader);
    return count;
}

Test(redis_reader, replies_come_whole_from_any_pieces)
{
    for (size_t piece = 1; piece < sizeof mixed; piece++) {
        bool sound = false;
        cr_expect_eq(count_in_pieces(mixed, sizeof mixed - 1, piece, &sound), MIXED_REPLIES,
                     "in pieces of %zu", piece);
        cr_expect(sound);
    }
}

Test(redis_reader, what_is_no_protocol_is_the_end_of_it)
{
    struct redis_reader *reader = redis_reader_new();
    struct redisReply *reply = NULL;
    cr_assert(redis_reader_feed(reader, SLICE("+OK\r\nno\r\n+OK\r\n")));
    cr_assert(redis_reader_next(reader, &reply));
    freeReplyObject(reply);
    cr_expect_not(redis_reader_next(reader, &reply));
    cr_expect_null(reply);
    cr_expect_not(redis_reader_feed(reader, SLICE("+OK\r\n")));
    cr_expect_not(redis_reader_next(reader, &reply));
    redis_reader_free(reader);
}

static bool is_sound(const char *text)
{
    bool sound = true;
    (void)count_in_pieces(text, strlen(text), 7, &sound);
    return sound;
}

Test(redis_reader, lengths_nobody_means_are_not_believed)
{
    cr_expect(is_sound("$16777216\r\nabc"));
    cr_expect_not(is_sound("$999999999"));
    cr_expect_not(is_sound("$9223372036854775807\r\n"));
    cr_expect_not(is_sound("*999999999"));
    cr_expect_not(is_sound("*262145\r\n"));
    cr_expect_not(is_sound("*2147483648\r\n"));
    cr_expect_not(is_sound("*1\r\n*262144\r\n"));
    cr_expect(is_sound("*1\r\n*262143\r\n"));
    cr_expect(is_sound(":12345678901"), "a number is no length");
    cr_expect(is_sound("+12345678901"));
}

Test(redis_reader, a_line_without_an_end_is_not_read_for_ever)
{
    enum { SIZE = 70000 };
    char *line = xcalloc(1, SIZE);
    bool sound = true;
    memset(line, 'x', SIZE);
    line[0] = '+';
    (void)count_in_pieces(line, SIZE, 1000, &sound);
    cr_expect_not(sound);
    line[60000] = '\r';
    line[60001] = '\n';
    sound = true;
    cr_expect_eq(count_in_pieces(line, 60002, 1000, &sound), 1);
    cr_expect(sound);
    free(line);
}

/* Texts of a megabyte each, as elements of one reply or as replies of their own. */
static size_t megabytes_read(bool as_one, bool *ret_sound)
{
    enum { MEGABYTE = 1024 * 1024 };
    struct redis_reader *reader = redis_reader_new();
    char *text = xcalloc(1, MEGABYTE + 2);
    size_t count = 0;
    memcpy(text + MEGABYTE, "\r\n", 2);
    *ret_sound = !as_one || redis_reader_feed(reader, SLICE("*1000\r\n"));
    while (*ret_sound && count < 100) {
        *ret_sound = redis_reader_feed(reader, SLICE("$1048576\r\n")) &&
                     redis_reader_feed(reader, (struct slice){text, MEGABYTE + 2});
        if (*ret_sound) {
            (void)read_all(reader, ret_sound);
        }
        count++;
    }
    free(text);
    redis_reader_free(reader);
    return count;
}

Test(redis_reader, one_reply_has_a_limit_and_many_have_none)
{
    bool sound = false;
    cr_expect_eq(megabytes_read(true, &sound), REDIS_REPLY_MAX / (1024 * 1024) + 1);
    cr_expect_not(sound);
    cr_expect_eq(megabytes_read(false, &sound), 100);
    cr_expect(sound);
}

Test(redis_reader, one_text_has_a_limit)
{
    char line[32];
    (void)snprintf(line, sizeof line, "$%d\r\n", REDIS_REPLY_MAX + 100000);
    enum { PIECE = 65536 };
    static char piece[PIECE];
    struct redis_reader *reader = redis_reader_new();
    struct redisReply *reply = NULL;
    size_t fed = 0;
    bool sound = redis_reader_feed(reader, slice_of(line));
    while (sound && fed < REDIS_REPLY_MAX * 2UL) {
        sound = redis_reader_feed(reader, (struct slice){piece, PIECE}) &&
                redis_reader_next(reader, &reply);
        fed += PIECE;
    }
    cr_expect_not(sound);
    cr_expect_leq(fed, REDIS_REPLY_MAX + 2UL * PIECE);
    redis_reader_free(reader);
}

Test(redis_reader, free_takes_half_a_reply_too)
{
    struct redis_reader *reader = redis_reader_new();
    bool sound = false;
    cr_assert(redis_reader_feed(reader, SLICE("*3\r\n$3\r\nabc\r\n*2\r\n:1\r\n")));
    cr_expect_eq(read_all(reader, &sound), 0);
    cr_expect(sound);
    cr_expect_null(redis_reader_free(reader));
    cr_expect_null(redis_reader_free(NULL));
}

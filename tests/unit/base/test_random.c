/* Promises of base/random.h. */
#include "base/random.h"

#include <criterion/criterion.h>
#include <string.h>

static void expect_uuid(const char *uuid, char version)
{
    cr_expect_eq(strlen(uuid), 36);
    for (size_t i = 0; i < 36; i++) {
        if (i == 8 || i == 13 || i == 18 || i == 23) {
            cr_expect_eq(uuid[i], '-');
        } else {
            cr_expect_not_null(strchr("0123456789abcdef", uuid[i]), "%s", uuid);
        }
    }
    cr_expect_eq(uuid[14], version);
    cr_expect_not_null(strchr("89ab", uuid[19]), "%s", uuid);
}

Test(random, uuids_have_their_form_and_version)
{
    static const uint8_t ones[16] = {255, 255, 255, 255, 255, 255, 255, 255,
                                     255, 255, 255, 255, 255, 255, 255, 255};
    static const uint8_t zeros[16] = {0};
    for (int i = 0; i < 64; i++) {
        char uuid[UUID_SIZE];
        uuid4(random_system(), uuid);
        expect_uuid(uuid, '4');
        uuid7(random_system(), 1700000000000, uuid);
        expect_uuid(uuid, '7');
    }
    char uuid[UUID_SIZE];
    uuid8_from(ones, uuid);
    cr_expect_str_eq(uuid, "ffffffff-ffff-8fff-bfff-ffffffffffff");
    uuid8_from(zeros, uuid);
    cr_expect_str_eq(uuid, "00000000-0000-8000-8000-000000000000");
}

Test(random, uuid7_begins_with_the_time_and_sorts_by_it)
{
    char first[UUID_SIZE];
    char second[UUID_SIZE];
    uuid7(random_system(), 0x0123456789AB, first);
    cr_expect_eq(strncmp(first, "01234567-89ab-7", 15), 0, "%s", first);
    uuid7(random_system(), 0x0123456789AC, second);
    cr_expect_lt(strcmp(first, second), 0);
    uuid7(random_system(), -5, first);
    cr_expect_eq(strncmp(first, "00000000-0000-7", 15), 0, "%s", first);
}

Test(random, the_system_source_does_not_repeat)
{
    uint8_t a[32] = {0};
    uint8_t b[32] = {0};
    random_fill(random_system(), a, sizeof a);
    random_fill(random_system(), b, sizeof b);
    cr_expect_neq(memcmp(a, b, sizeof a), 0);
    random_fill(random_system(), a, 0);
}

Test(random, the_fake_source_repeats_from_its_seed)
{
    struct fake_random one;
    struct fake_random same;
    struct fake_random other;
    uint8_t bytes[3][21];
    fake_random_init(&one, 42);
    fake_random_init(&same, 42);
    fake_random_init(&other, 43);
    random_fill(&one.random, bytes[0], sizeof bytes[0]);
    random_fill(&same.random, bytes[1], sizeof bytes[1]);
    random_fill(&other.random, bytes[2], sizeof bytes[2]);
    cr_expect_eq(memcmp(bytes[0], bytes[1], sizeof bytes[0]), 0);
    cr_expect_neq(memcmp(bytes[0], bytes[2], sizeof bytes[0]), 0);
    random_fill(&one.random, bytes[1], sizeof bytes[1]);
    cr_expect_neq(memcmp(bytes[0], bytes[1], sizeof bytes[0]), 0, "it goes on");
}

/* Counts how often it is asked, and gives bytes that go up. */
struct counter {
    struct random random;
    unsigned asked;
    uint8_t next;
};

static void count_up(void *context, void *bytes, size_t size)
{
    struct counter *counter = context;
    uint8_t *at = bytes;
    counter->asked++;
    for (size_t i = 0; i < size; i++) {
        at[i] = counter->next++;
    }
}

Test(random, a_block_gives_each_byte_away_once)
{
    struct counter counter = {.random = {count_up, &counter}};
    struct block_random blocks;
    block_random_init(&blocks, &counter.random);
    uint8_t bytes[16];
    uint8_t expected = 0;
    for (size_t given = 0; given < (size_t)2 * RANDOM_BLOCK_BYTES; given += sizeof bytes) {
        random_fill(&blocks.random, bytes, sizeof bytes);
        for (size_t i = 0; i < sizeof bytes; i++) {
            cr_assert_eq(bytes[i], expected++);
        }
    }
    cr_expect_eq(counter.asked, 2);
}

Test(random, a_block_keeps_nothing_of_what_it_gave_away)
{
    static const uint8_t none[RANDOM_BLOCK_BYTES];
    struct counter counter = {.random = {count_up, &counter}, .next = 1};
    struct block_random blocks;
    block_random_init(&blocks, &counter.random);
    uint8_t bytes[100];
    random_fill(&blocks.random, bytes, sizeof bytes);
    cr_expect_eq(memcmp(blocks.block, none, sizeof bytes), 0);
    cr_expect_neq(blocks.block[sizeof bytes], 0);
}

Test(random, a_block_is_as_good_for_many_bytes)
{
    struct counter counter = {.random = {count_up, &counter}};
    struct block_random blocks;
    block_random_init(&blocks, &counter.random);
    static uint8_t bytes[RANDOM_BLOCK_BYTES + 1];
    random_fill(&blocks.random, bytes, sizeof bytes);
    cr_expect_eq(bytes[sizeof bytes - 1], (uint8_t)(sizeof bytes - 1));
    random_fill(&blocks.random, bytes, RANDOM_BLOCK_BYTES);
    random_fill(&blocks.random, bytes, RANDOM_BLOCK_BYTES);
    cr_expect_eq(counter.asked, 3);
}

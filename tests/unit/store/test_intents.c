/*
 * Intents outlive the process that noted them, damaged ones are passed over, and one process holds
 * the file.
 */
#include "store/intents.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SLOTS = 4, SLOT_BYTES = 64 };

static char folder[64];
static char path[80];

static void make_folder(void)
{
    (void)snprintf(folder, sizeof folder, "/tmp/test_intents_XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/i", folder);
}

static void drop_folder(void)
{
    (void)unlink(path);
    (void)rmdir(folder);
}

TestSuite(intents, .init = make_folder, .fini = drop_folder, .timeout = 60);

static struct intents *reopen(unsigned slots)
{
    struct intents *intents = NULL;
    cr_assert_eq(intents_open(path, slots, &intents), 0);
    return intents;
}

static struct intent intent_of(uint8_t first)
{
    return (struct intent){{first, 2, 3}, 1000 + first};
}

static int take(struct intents *intents, uint8_t first)
{
    struct intent intent = intent_of(first);
    return intents_take(intents, &intent);
}

static size_t count_left(const struct intents *intents)
{
    struct intent intent;
    size_t index = 0;
    size_t count = 0;
    while (intents_left(intents, &index, &intent)) {
        count++;
    }
    return count;
}

Test(intents, outlive_a_killed_process)
{
    pid_t child = fork();
    if (child == 0) {
        struct intents *intents = NULL;
        if (intents_open(path, SLOTS, &intents) == 0 && take(intents, 1) >= 0 &&
            take(intents, 2) >= 0) {
            intents_release(intents, take(intents, 3));
            (void)kill(getpid(), SIGKILL);
        }
        _exit(1);
    }
    int status = 0;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);

    struct intents *intents = reopen(SLOTS);
    struct intent intent;
    size_t index = 0;
    cr_assert(intents_left(intents, &index, &intent));
    cr_expect_eq(intent.id[0], 1);
    cr_expect_eq(intent.id[2], 3);
    cr_expect_eq(intent.created_at, 1001);
    cr_assert(intents_left(intents, &index, &intent));
    cr_expect_eq(intent.id[0], 2);
    cr_expect_not(intents_left(intents, &index, &intent));
    intents_clear(intents);
    cr_expect_eq(count_left(intents), 0);
    (void)intents_close(intents);
}

Test(intents, come_to_an_end_and_are_given_back)
{
    struct intents *intents = reopen(2);
    int first = take(intents, 1);
    int second = take(intents, 2);
    cr_expect(first >= 0 && second >= 0 && first != second);
    cr_expect_eq(take(intents, 3), -1);
    intents_release(intents, first);
    cr_expect_eq(take(intents, 4), first);
    (void)intents_close(intents);
}

Test(intents, are_passed_over_when_damaged)
{
    struct intents *intents = reopen(SLOTS);
    cr_assert_eq(take(intents, 1), 0);
    cr_assert_eq(take(intents, 2), 1);
    cr_assert_eq(take(intents, 3), 2);
    (void)intents_close(intents);
    int fd = open(path, O_WRONLY);
    cr_assert_eq(pwrite(fd, "x", 1, SLOT_BYTES + 7), 1);
    (void)close(fd);
    intents = reopen(SLOTS);
    cr_expect_eq(count_left(intents), 2);
    (void)intents_close(intents);
}

Test(intents, are_all_read_when_there_were_more_slots_before)
{
    struct intents *intents = reopen(SLOTS);
    for (int i = 0; i < SLOTS; i++) {
        cr_assert_geq(take(intents, (uint8_t)i), 0);
    }
    (void)intents_close(intents);
    intents = reopen(1);
    cr_expect_eq(count_left(intents), SLOTS);
    intents_clear(intents);
    cr_expect_geq(take(intents, 9), 0);
    cr_expect_eq(take(intents, 9), -1, "the new setting counts");
    (void)intents_close(intents);
}

Test(intents, survive_garbage_in_the_file)
{
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    char garbage[100];
    memset(garbage, 0xA5, sizeof garbage);
    cr_assert_eq(write(fd, garbage, sizeof garbage), (ssize_t)sizeof garbage);
    (void)close(fd);
    struct intents *intents = reopen(SLOTS);
    cr_expect_eq(count_left(intents), 0);
    (void)intents_close(intents);
}

Test(intents, are_held_by_one)
{
    struct intents *intents = reopen(SLOTS);
    struct intents *other = NULL;
    cr_expect_eq(intents_open(path, SLOTS, &other), -EWOULDBLOCK);
    cr_expect_null(other);
    (void)intents_close(intents);
    (void)intents_close(reopen(SLOTS));
}

Test(intents, are_for_the_owner_only)
{
    (void)umask(0);
    (void)intents_close(reopen(SLOTS));
    struct stat status;
    cr_assert_eq(stat(path, &status), 0);
    cr_expect_eq(status.st_mode & 0777, 0600);
    cr_expect_geq(status.st_blocks * 512, (blkcnt_t)SLOTS * SLOT_BYTES, "allocated, not sparse");
}

Test(intents, say_at_once_that_there_is_no_room)
{
    (void)signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {SLOT_BYTES, RLIM_INFINITY};
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    struct intents *intents = NULL;
    cr_expect_eq(intents_open(path, SLOTS, &intents), -EFBIG);
    cr_expect_null(intents);
}

Test(intents, say_that_the_folder_is_missing)
{
    struct intents *intents = NULL;
    (void)snprintf(path, sizeof path, "%s/no/i", folder);
    cr_expect_eq(intents_open(path, SLOTS, &intents), -ENOENT);
}

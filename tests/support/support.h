/*
 * What every end-to-end test needs first: failing with the place of the call, waiting for a
 * condition, and memory that lives until the test ends, so that tests read top to bottom without
 * freeing. Tests run one by one in processes of their own, which is why this may keep a list of its
 * own.
 */
#pragma once

#include "base/alloc.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The place of a call in a test, for messages. */
struct place {
    const char *file;
    int line;
};
#define HERE ((struct place){__FILE__, __LINE__})

/* Ends the test as failed. */
_Noreturn void fail_at(struct place place, const char *text, ...) PRINTF_LIKE(2, 3);

/* Hands something over to be released when the test ends; returns it. */
void *keep(void *object, void (*release)(void *object));
/* A formatted text that lives until the test ends. */
char *text_of(const char *text, ...) PRINTF_LIKE(1, 2);

/* A file of the project, by its name below the root, that lives until the test ends. */
const char *source_text(const char *name);

/* A number that the environment may set, for the full form of a test that is short by default. */
size_t test_number(const char *variable, size_t otherwise);

/* Milliseconds of the monotonic clock. */
int64_t now_ms(void);
/* Lets other processes run for a moment. */
void give_way(void);

/* Longest that anything which has to happen may take: long, for machines that do other things too.
 */
enum { SOON_MS = 20000 };

/* Whether the condition came true within so many milliseconds; looks every few. */
#define wait_until(condition, ms)                                                                  \
    __extension__({                                                                                \
        int64_t wait_end_ = now_ms() + (ms);                                                       \
        bool wait_met_ = (condition);                                                              \
        while (!wait_met_ && now_ms() < wait_end_) {                                               \
            give_way();                                                                            \
            wait_met_ = (condition);                                                               \
        }                                                                                          \
        wait_met_;                                                                                 \
    })

#define expect_soon(condition)                                                                     \
    do {                                                                                           \
        if (!wait_until(condition, SOON_MS))                                                       \
            fail_at(HERE, "never came true: %s", #condition);                                      \
    } while (0)

/* Stays true for so long: for what must not happen. */
#define expect_throughout(condition, ms)                                                           \
    do {                                                                                           \
        if (wait_until(!(condition), ms))                                                          \
            fail_at(HERE, "did not stay true: %s", #condition);                                    \
    } while (0)

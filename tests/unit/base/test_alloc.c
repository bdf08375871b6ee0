/* Promises of base/alloc.h. */
#include "base/alloc.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

Test(alloc, gives_zeroed_memory)
{
    unsigned char *memory = xcalloc(64, 2);
    for (size_t i = 0; i < 128; i++) {
        cr_assert_eq(memory[i], 0);
    }
    free(memory);
}

Test(alloc, never_gives_null_for_a_zero_size)
{
    void *memory = xcalloc(0, 8);
    cr_assert_not_null(memory);
    memory = xrealloc(memory, 0);
    cr_assert_not_null(memory);
    free(memory);
}

Test(alloc, copies_end_with_nul)
{
    char *text = xstrdup("abc");
    char *bytes = xmemdup0("a\0b", 3);
    char *empty = xmemdup0(NULL, 0);
    cr_expect_str_eq(text, "abc");
    cr_expect_eq(memcmp(bytes, "a\0b\0", 4), 0);
    cr_expect_str_empty(empty);
    free(text);
    free(bytes);
    free(empty);
}

#ifndef __SANITIZE_ADDRESS__
#if !defined(__has_feature)
#define __has_feature(feature) 0
#endif
#if !__has_feature(address_sanitizer)
Test(alloc, ends_the_process_when_memory_runs_out, .signal = SIGABRT)
{
    free(xcalloc(SIZE_MAX / 2, 2));
}
#endif
#endif

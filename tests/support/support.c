/*
 * The list of what is kept is released at the exit of the test's process, latest first.
 */
#include "support/support.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct kept {
    struct kept *next;
    void *object;
    void (*release)(void *object);
};

static struct kept *all_kept;

static void release_all(void)
{
    while (all_kept) {
        struct kept *kept = all_kept;
        all_kept = kept->next;
        kept->release(kept->object);
        free(kept);
    }
}

void *keep(void *object, void (*release)(void *object))
{
    if (!all_kept)
        (void)atexit(release_all);
    struct kept *kept = xcalloc(1, sizeof *kept);
    *kept = (struct kept){all_kept, object, release};
    all_kept = kept;
    return object;
}

char *text_of(const char *text, ...)
{
    va_list args;
    char *made = NULL;
    va_start(args, text);
    if (vasprintf(&made, text, args) < 0)
        abort();
    va_end(args);
    return keep(made, free);
}

const char *source_text(const char *name)
{
    enum { LARGEST = 1024 * 1024 };
    const char *path = text_of("%s/%s", secure_getenv("LIVENESSD_TEST_SOURCE_DIR"), name);
    FILE *file = fopen(path, "re");
    if (!file)
        fail_at(HERE, "%s cannot be opened", path);
    char *text = keep(xcalloc(1, LARGEST), free);
    text[fread(text, 1, LARGEST - 1, file)] = '\0';
    (void)fclose(file);
    return text;
}

/* NOLINTNEXTLINE(readability-function-cognitive-complexity): the assertion's macro is counted */
void fail_at(struct place place, const char *text, ...)
{
    char message[4096];
    va_list args;
    va_start(args, text);
    (void)vsnprintf(message, sizeof message, text, args);
    va_end(args);
    const char *name = strrchr(place.file, '/');
    cr_assert_fail("%s:%d: %s", name ? name + 1 : place.file, place.line, message);
    abort(); /* not reached: an assertion leaves the test */
}

size_t test_number(const char *variable, size_t otherwise)
{
    const char *text = secure_getenv(variable);
    return text ? strtoul(text, NULL, 10) : otherwise;
}

int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void give_way(void)
{
    (void)poll(NULL, 0, 4);
}

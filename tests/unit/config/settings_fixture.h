/* Settings loaded from texts, for the tests of this folder. */
#pragma once

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/settings.h"

enum { FIXTURE_ERRORS_LIMIT = 128 * 1024, FIXTURE_NAME_SIZE = 64 };

struct loaded {
    int result;
    struct settings settings;
    struct buf errors;
};

/* A file that is gone when the test is; the name is what errors show. */
static inline void fixture_file(const void *content, size_t size, char ret[FIXTURE_NAME_SIZE])
{
    int fd = memfd_create("livenessd.yaml", MFD_CLOEXEC);
    cr_assert(fd >= 0 && write(fd, content, size) == (ssize_t)size);
    (void)snprintf(ret, FIXTURE_NAME_SIZE, "/proc/self/fd/%d", fd);
}

/* environ is not const, but nobody writes to it. */
static inline char *const *as_environment(const char *const *variables)
{
    return (char *const *)(uintptr_t)variables;
}

static inline struct loaded load_source(const struct settings_source *source)
{
    struct loaded loaded = {0};
    buf_init(&loaded.errors, FIXTURE_ERRORS_LIMIT);
    loaded.result = settings_load(source, &loaded.settings, &loaded.errors);
    cr_assert(!buf_failed(&loaded.errors));
    cr_assert_eq(loaded.result == 0, loaded.errors.len == 0, "a failure says why");
    return loaded;
}

static inline void unload(struct loaded *loaded)
{
    settings_done(&loaded->settings);
    buf_done(&loaded->errors);
}

/* With upstream.emulator on, so that nothing but the text under test can be wrong. */
static inline struct loaded load_yaml_bytes(const void *content, size_t size)
{
    char file[FIXTURE_NAME_SIZE];
    fixture_file(content, size, file);
    const char *const sets[] = {"upstream.emulator=true", NULL};
    return load_source(&(struct settings_source){.file = file, .sets = sets});
}

static inline struct loaded load_yaml(const char *content)
{
    return load_yaml_bytes(content, strlen(content));
}

static inline struct loaded load_set(const char *set)
{
    const char *const sets[] = {"upstream.emulator=true", set, NULL};
    return load_source(&(struct settings_source){.sets = sets});
}

static inline const char *errors_of(const struct loaded *loaded)
{
    return loaded->errors.data ? loaded->errors.data : "";
}

static inline unsigned error_count(const struct loaded *loaded)
{
    unsigned count = 0;
    for (const char *at = errors_of(loaded); (at = strchr(at, '\n')) != NULL; at++) {
        count++;
    }
    return count;
}

/* The one error there is holds `text`. */
static inline void expect_error(struct loaded *loaded, const char *text)
{
    cr_expect_eq(error_count(loaded), 1, "one error expected, got: %s", errors_of(loaded));
    cr_expect_not_null(strstr(errors_of(loaded), text), "'%s' expected in: %s", text,
                       errors_of(loaded));
    unload(loaded);
}

static inline void expect_yaml_error(const char *content, const char *text)
{
    struct loaded loaded = load_yaml(content);
    expect_error(&loaded, text);
}

static inline void expect_set_error(const char *set, const char *text)
{
    struct loaded loaded = load_set(set);
    expect_error(&loaded, text);
}

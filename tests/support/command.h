/*
 * Commands of the binary that run to their end.
 */
#pragma once

#include "support/support.h"

struct finished {
    int code; /* 128 + n for signal n */
    const char *output;
    const char *errors;
};

/* The words after the program's name end with NULL; so does the environment ("NAME=value"), which
 * may be NULL. */
struct finished command_run_words(const char *const *words, const char *const *environment);
#define command_run(...) command_run_words((const char *const[]){__VA_ARGS__, NULL}, NULL)

/* A folder of the test's own, gone when it ends. */
const char *folder_new(void);
/* A file there with this text; its path. */
const char *file_new(const char *folder, const char *name, const char *text);
/* Whether any file of the folder, or of those in it, holds this text. */
bool folder_holds(const char *folder, const char *text);

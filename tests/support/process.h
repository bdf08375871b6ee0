/*
 * The process side of a daemon: its command line and environment as lists, and starting it.
 */
#pragma once

#include "base/alloc.h"
#include <sys/types.h>

/* Lists of words end with NULL; each list and word is on the heap. NULL is fine. */
void words_free(char **words);
/* The command line of a daemon: what every test wants, then `more`. */
char **process_arguments(const char *verb, const char *folder, const char *const *more);
/* Ours without what would steer a daemon, then `more` ("NAME=value"). */
char **process_environment(const char *const *more);
/* Starts it. Standard output comes out of *ret_output; standard error of *ret_errors when that is
 * not NULL, else it is ours. The process is killed when this one ends. */
pid_t process_start(char *const *arguments, char *const *environment, int *ret_output,
                    int *ret_errors);
/* Removes it and what is in it. */
void process_remove_folder(const char *path);
/* Reads to the end and closes; a text until the test ends. */
const char *process_read_all(int fd);

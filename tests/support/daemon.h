/*
 * The real binary (LIVENESSD_BINARY) as a process of the test: started on free ports, with a folder
 * of its own, its output read all the time. It never outlives the test: the kernel kills it with
 * the test's process, and one that is still there at the end is stopped and has to end well.
 */
#pragma once

#include "support/support.h"
#include <sys/types.h>

struct daemon;

/* Starts it and waits until it is ready; fails the test when it does not become so. Both lists end
 * with NULL and may be NULL: further arguments, and "NAME=value" for its environment (which is the
 * test's without LIVENESSD_… and FACE_…).
 * `serve` gets free ports, its folder's store, keys.generate and no limits; `emulate` a free port.
 */
struct daemon *daemon_start_at(struct place place, const char *verb, const char *const *arguments,
                               const char *const *environment);
#define daemon_start(verb, arguments, environment)                                                 \
    daemon_start_at(HERE, verb, arguments, environment)

/* The same, but it has to refuse to start: its exit code, what it said on standard error in
 * *ret_said. Without a file descriptor of the test's left open. */
int daemon_refuses(const char *verb, const char *const *arguments, const char *const *environment,
                   const char **ret_said);

/* SIGTERM; has to end with code 0 soon. Does nothing when it runs no more. */
void daemon_stop_at(struct place place, struct daemon *daemon);
#define daemon_stop(daemon) daemon_stop_at(HERE, daemon)
/* SIGKILL: the end without goodbye. */
void daemon_kill(struct daemon *daemon);
/* Starts one that runs no more again, on the same folder, with new ports. */
void daemon_restart_at(struct place place, struct daemon *daemon);
#define daemon_restart(daemon) daemon_restart_at(HERE, daemon)
void daemon_signal(struct daemon *daemon, int number);
/* Whether it ended by now; its exit code (128 + n for signal n) then. */
bool daemon_ended(struct daemon *daemon, int *ret_code);

pid_t daemon_pid(const struct daemon *daemon);
/* What the kernel says of its memory: "VmRSS:", "RssAnon:", … */
unsigned long daemon_memory_kb(const struct daemon *daemon, const char *which);
const char *daemon_folder(const struct daemon *daemon);
/* "127.0.0.1:PORT" as the ready event says; which is "http", "admin" or "emulator". */
const char *daemon_address(const struct daemon *daemon, const char *which);
/* An address of it as a URL: http://127.0.0.1:PORT/path. Until the test ends. */
const char *daemon_url(const struct daemon *daemon, const char *which, const char *path);

/* All it has written to standard output so far, over restarts; until the test ends. */
const char *daemon_log(struct daemon *daemon);
bool daemon_log_contains(struct daemon *daemon, const char *text);
/* Whether it wrote what no log may have (support/unlogged.h), and what: every daemon is looked at
 * when the test ends, and fails it. `ret_why` has UNLOGGED_WHY_SIZE bytes. */
bool daemon_logged_secret(struct daemon *daemon, char ret_why[]);

/*
 * The process itself: signals, limits, what it says on standard output, its own metrics.
 */
#pragma once

#include "base/address.h"
#include "base/buf.h"
#include "base/metrics.h"
#include "http/loop.h"

struct process;

/* No core dumps, no debugger of another user's, SIGPIPE ignored, open files raised to the hard
 * limit. */
void process_harden(void);
/* `stop` runs on SIGTERM and SIGINT, on the loop. Needs turns of the loop after process_free. */
struct process *process_new(struct loop *loop, void (*stop)(void *context, int signal),
                            void *context);
struct process *process_free(struct process *process);

/* As many connections as wanted, or as the limit of open files leaves room for. */
unsigned process_fit_connections(unsigned wanted);
/* Build info and process metrics. */
void process_describe(struct metrics *metrics);
/* The line on standard output that says where the listeners are; NULL: there is no such one. */
void process_say_ready(const struct address *http, const struct address *admin,
                       const struct address *emulator);

/*
 * A real redis-server of the test's own: on a port that nobody else gets, in a folder of its own,
 * without persistence unless a test asks for it. The kernel kills it with the test's process. It
 * may be killed, halted and started again; its data is what its settings left on disk.
 */
#pragma once

#include "support/support.h"

#include <stdint.h>
#include <sys/types.h>

struct redis_server;

/* Each list ends with NULL and may be NULL. */
struct redis_server_options {
    /* Of redis-server ("--appendonly", "yes"), after ours, so that they win. With --tls-cert-file
     * among them it speaks TLS only. An --aclfile would shut our own user out: name users with
     * --user. */
    const char *const *arguments;
    const char *const *environment; /* "NAME=value" */
};

/* Starts it on 127.0.0.1, and on ::1 where the machine has that, and waits until it says that it is
 * ready, which is after it has loaded its data. `options` may be NULL. */
struct redis_server *redis_server_start_at(struct place place,
                                           const struct redis_server_options *options);
#define redis_server_start(options) redis_server_start_at(HERE, options)
/* redis_server_start_with("--appendonly", "yes"): with these arguments. */
#define redis_server_start_with(...)                                                               \
    redis_server_start_at(HERE, &(struct redis_server_options){                                    \
                                    .arguments = (const char *const[]){__VA_ARGS__, NULL}})
/* The same, but it runs only after redis_server_restart: nobody listens on its port. */
struct redis_server *redis_server_prepare(const struct redis_server_options *options);

/* SIGKILL, and gone. Does nothing when it does not run. */
void redis_server_kill(struct redis_server *server);
/* SIGTERM: has to end soon. */
void redis_server_stop_at(struct place place, struct redis_server *server);
#define redis_server_stop(server) redis_server_stop_at(HERE, server)
/* Starts one that does not run, on the same port and folder; waits as redis_server_start. What
 * CONFIG SET changed is as it was. */
void redis_server_restart_at(struct place place, struct redis_server *server);
#define redis_server_restart(server) redis_server_restart_at(HERE, server)
/* SIGSTOP, and no thread of it runs any more: the kernel still takes connections for it. SIGCONT.
 */
void redis_server_halt(struct redis_server *server);
void redis_server_continue(struct redis_server *server);

uint16_t redis_server_port(const struct redis_server *server);
pid_t redis_server_pid(const struct redis_server *server); /* 0: does not run */
/* With its log and all it keeps. */
const char *redis_server_folder(const struct redis_server *server);
/* redis://127.0.0.1:PORT, or rediss:// with TLS; until the test ends. With credentials
 * ("user:password") before the host if they are not NULL. */
const char *redis_server_url(const struct redis_server *server, const char *credentials);
/* What its log holds so far, over restarts; until the test ends. */
const char *redis_server_log(const struct redis_server *server);

/* redis_server_ask(server, "GET", "key"): what redis-cli prints, without the last newline; until
 * the test ends. As a user of the test's own, whatever becomes of the default one; he may do
 * anything. Options of redis-cli may stand before the command. */
const char *redis_server_ask_words(const struct redis_server *server, const char *const *words);
#define redis_server_ask(server, ...)                                                              \
    redis_server_ask_words(server, (const char *const[]){__VA_ARGS__, NULL})

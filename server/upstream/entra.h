/*
 * The access token of an Entra application for the Face API (client credentials with a secret, as
 * https://login.microsoftonline.com gives them out): fetched when made, kept, renewed when four
 * fifths of its life are over, by time and by use. One fetch at a time; after a failure tries are
 * spaced out, and the old token is used as long as it lives.
 */
#pragma once

#include <stdbool.h>
#include <uv.h>

#include "base/clock.h"
#include "base/problem.h"
#include "upstream/credential.h"
#include "upstream/face_exchange.h"
#include "upstream/face_report.h"

struct entra_config {
    uv_loop_t *uv;
    struct face_exchange_pool *exchanges;
    const struct face_report *report;
    const struct clock *clock;
    const char *authority; /* normalised (upstream/endpoint.h); these four are read at once */
    const char *tenant;
    const char *client_id;
    const char *client_secret;
    void (*changed)(void *context); /* a token came or was dropped, or a fetch failed */
    void *context;
};

struct entra;

struct entra *entra_new(const struct entra_config *config);
/* No callback any more. The uv handle needs turns of the loop to go. Before the exchanges. */
struct entra *entra_free(struct entra *entra);

/* The token that is good now, or NULL; borrowed. Begins a fetch when one is due. */
struct credential *entra_token(struct entra *entra);
/* Why the last fetch failed; PROBLEM_NONE when it did not, or the next one is under way. */
enum problem entra_problem(const struct entra *entra);
/* How long there will be no token because the directory is busy; 0 when that is not why. */
uint64_t entra_busy_ms(const struct entra *entra);
/* The upstream took it. */
void entra_accepted(struct entra *entra, const struct credential *token);
/* The upstream answered 401 to it. True: it is dropped and a new one is, or was, fetched. False: so
 * was the last one that nobody ever took, a short while ago; another would fare no better. */
bool entra_rejected(struct entra *entra, const struct credential *token) MUST_CHECK;

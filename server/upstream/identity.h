/*
 * How we say who we are, now: which of the credentials a request goes out with, and what the
 * upstream's answer to it means for the next one. Two keys: the working one stays the active one,
 * and a denied request may be repeated with the other. An Entra application: its current token.
 */
#pragma once

#include <stdbool.h>

#include "upstream/credential.h"
#include "upstream/face.h"
#include "upstream/face_exchange.h"
#include "upstream/face_report.h"

struct identity_config {
    uv_loop_t *uv;
    struct face_exchange_pool *exchanges;
    const struct face_report *report;
    const struct clock *clock;
    void (*changed)(void *context); /* identity_ready or identity_problem may answer otherwise */
    void *context;
};

struct identity;

/* False when these are none: ret_error names the setting and says what is wrong with it. */
bool identity_check(const struct face_credentials *credentials, char *ret_error,
                    size_t error_size) MUST_CHECK;
/* Of checked credentials, as below. */
struct identity *identity_new(const struct identity_config *config,
                              const struct face_credentials *credentials);
/* Before the exchanges. uv handles need turns of the loop to go. */
struct identity *identity_free(struct identity *identity);
/* From now on these. */
void identity_set(struct identity *identity, const struct face_credentials *credentials);

/* Whether there is a credential to send with. If not, one is being fetched, or could not be, which
 * identity_problem then tells. */
bool identity_ready(struct identity *identity);
enum problem identity_problem(const struct identity *identity);
/* How long there is none for sure because who gives them out is busy; 0 when that is not why. */
uint64_t identity_busy_ms(const struct identity *identity);
/* The caller is one of its users. NULL: there is none just now. */
struct credential *identity_take(struct identity *identity);
/* The upstream answered 401 to a request with this credential. True: it may be repeated once, with
 * *ret_next (the caller is one of its users), or when that is NULL, with identity_take. */
bool identity_denied(struct identity *identity, const struct credential *credential,
                     struct credential **ret_next) MUST_CHECK;
/* The upstream took a request with this credential. */
void identity_accepted(struct identity *identity, const struct credential *credential);

/*
 * How we say who we are, now: which of the credentials a request goes out with, and what the
 * upstream's answer to it means for the next one. Two keys: the working one stays the active one,
 * and a denied request may be repeated with the other.
 */
#pragma once

#include <stdbool.h>

#include "upstream/credential.h"
#include "upstream/face.h"

struct identity;

struct identity *identity_new(void);
struct identity *identity_free(struct identity *identity);
/* From now on these. False, and the old ones stay, when they are none: *ret_why then names the
 * setting and what is wrong. */
bool identity_set(struct identity *identity, const struct face_credentials *credentials,
                  const char **ret_why) MUST_CHECK;
/* The caller is one of its users. NULL: there is none just now. */
struct credential *identity_take(struct identity *identity);
/* The upstream answered 401 to a request with this credential. True: it may be repeated once, with
 * *ret_next (the caller is one of its users), or when that is NULL, with identity_take. */
bool identity_denied(struct identity *identity, const struct credential *credential,
                     struct credential **ret_next) MUST_CHECK;
/* The upstream took a request with this credential. */
void identity_accepted(struct identity *identity, const struct credential *credential);

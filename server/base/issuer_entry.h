/*
 * One entry of auth.issuers: words key=value, separated by spaces, taken apart and checked as far
 * as the text itself goes. Whether its file or URL gives keys is for others to find out.
 *
 *   issuer=     what `iss` must be, to the letter
 *   audience=   what `aud` must be or hold; may be given several times
 *   jwks=       URL or file of the issuer's keys; or
 *   secret_file=  file of a secret shared with it, for HS256
 *   name=       in logs, metrics and ownerSubject; issuer1, issuer2, … when absent
 *   subject=    claim that says who it is (sub)
 *   tenant=     claim that says of which tenant; none: all are of the local one
 *   scopes=     claims with scopes, joined by '+' (scope+scp+roles)
 *   algorithms= joined by '+'; none: all that the keys can do
 *
 * A claim is a name, or a path of names joined by dots into objects (realm_access.roles); a name
 * with "://" in it is never split.
 */
#pragma once

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    ISSUER_NAME_SIZE = 64,
    ISSUER_AUDIENCES_MAX = 8,
    ISSUER_SCOPES_MAX = 8,
    ISSUER_TEXT_MAX = 512,
    ISSUER_CLAIM_MAX = 128,
    ISSUER_WHY_SIZE = 200
};

struct issuer_entry {
    char name[ISSUER_NAME_SIZE];
    char *issuer;
    char *audiences[ISSUER_AUDIENCES_MAX];
    size_t audience_count;
    char *jwks; /* one of these two; the other is NULL */
    char *secret_file;
    char *subject;
    char *tenant; /* NULL: none */
    char *scopes[ISSUER_SCOPES_MAX];
    size_t scope_count;
    unsigned algorithms; /* mask of JWT_BIT */
};

/* `number` counts from 1. True and *ret is the caller's (issuer_entry_done); or false, with what is
 * wrong with the entry in ret_why. */
bool issuer_entry_read(struct slice text, size_t number, struct issuer_entry *ret,
                       char ret_why[ISSUER_WHY_SIZE]) MUST_CHECK;
/* Accepts a zeroed entry. */
void issuer_entry_done(struct issuer_entry *entry);
/* Whether `jwks` is fetched and not read from a file. */
bool issuer_entry_is_fetched(const struct issuer_entry *entry);

DEFINE_CLEANUP(issuer_entry, struct issuer_entry, issuer_entry_done(it))

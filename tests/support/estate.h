/*
 * One session and everybody who might ask for it: its owner, the delegate who created it, and those
 * it is none of the business of. What tests of ownership try on every route.
 */
#pragma once

#include "support/tokens.h"

enum caller_kind {
    OWNER,
    SAME_USER, /* on another device */
    OTHER_USER,
    OTHER_TENANT, /* a user of another tenant with the same subject */
    OTHER_DEVICE, /* an anonymous one */
    OPERATOR,
    OTHER_OPERATOR, /* of another tenant */
    DELEGATE,       /* who created the session */
    OTHER_DELEGATE,
    NOBODY, /* no credential */
    WRONG,
    EXPIRED,
    CALLER_KINDS
};
extern const char *const caller_words[CALLER_KINDS];

enum estate_kind {
    ESTATE_JWT,    /* the owner is a user with a tenant, known by tokens of an identity provider */
    ESTATE_APP,    /* the owner shows an app token */
    ESTATE_DEVICE, /* the owner is an anonymous device */
};

struct estate {
    enum estate_kind kind;
    bool closed; /* anonymous devices are not let in */
    struct identities it;
    const char *callers[CALLER_KINDS][2]; /* headers; NULL: none */
    const char *subject;                  /* the owner, as delegates say it */
    unsigned renewals;
    bool settled; /* the session's state */
    struct story story;
    const char *image_id, *device_id; /* of the session; the first only when it is settled */
};

struct estate estate_open_at(struct place place, enum estate_kind kind, bool closed);
#define estate_open(kind, closed) estate_open_at(HERE, kind, closed)

/* Another session, settled or pending, of an owner whose credentials work. */
void estate_renew(struct estate *estate, bool settled);

/* The request of this caller for the path; a body unless NULL. */
const struct http_answer *estate_ask(const struct estate *estate, enum caller_kind caller,
                                     const char *method, const char *path, const char *body);

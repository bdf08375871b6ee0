/*
 * Who the client is when a proxy stands between: the addresses a proxy writes into
 * X-Forwarded-For and Forwarded (RFC 7239). Pure functions; the caller asks them only about
 * requests from trusted peers.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/address.h"
#include "base/slice.h"

enum forwarded_kind { FORWARDED_LIST /* X-Forwarded-For */, FORWARDED_RFC7239 };

/* Walks one header value from the right. Every trusted address is stepped over and stored in
 * *client; the first untrusted one is stored too and ends the walk (true). False: the value was
 * used up, the walk may go on in an earlier header of the same name. *ret_malformed: an element was
 * not an address; *client is then meaningless. */
bool forwarded_walk(enum forwarded_kind kind, struct slice value, const struct cidr *trusted,
                    size_t trusted_count, struct address *client, bool *ret_malformed);

bool forwarded_is_trusted(const struct cidr *trusted, size_t count, const struct address *address);

/* An id somebody else made is taken over only when it matches [A-Za-z0-9_-]{8,64}. */
bool forwarded_request_id_is_sane(struct slice id);

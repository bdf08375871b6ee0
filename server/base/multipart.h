/*
 * multipart/form-data (RFC 7578) as real clients send it: header fields of a part in any order and
 * case, names quoted or bare (RFC 7578 section 4.2 wants quotes, hand-written clients leave them
 * out), a quoted boundary, anything after the last boundary. Nothing is copied: all slices point
 * into the body.
 */
#pragma once

#include <stddef.h>

#include "base/alloc.h"
#include "base/slice.h"

enum { MULTIPART_PARTS_MAX = 32, MULTIPART_HEAD_MAX = 4096, MULTIPART_NAME_MAX = 128 };

struct multipart_part {
    struct slice name;         /* 1 to MULTIPART_NAME_MAX bytes, as sent, without quotes */
    struct slice filename;     /* data NULL: none was given */
    struct slice content_type; /* media type without parameters, as sent; data NULL: none */
    struct slice content;
};

struct multipart {
    struct multipart_part parts[MULTIPART_PARTS_MAX];
    size_t count;
};

/* `content_type` is the request's whole header value. On success 0; on failure -EINVAL and *ret_why
 * a static sentence for the client: no boundary or a bad one, no closing boundary, a part without a
 * name, the same name twice (in any case), a broken or too long head, too many parts. */
int multipart_parse(struct slice content_type, struct slice body, struct multipart *ret,
                    const char **ret_why) MUST_CHECK;

/* The part of that name in any case, or NULL. */
const struct multipart_part *multipart_find(const struct multipart *form, const char *name);

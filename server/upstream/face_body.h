/*
 * The body of a create in the shape of a version: JSON, or multipart with the reference image. A
 * field the version lacks is left out and logged.
 */
#pragma once

#include "base/log.h"
#include "upstream/face.h"

enum { FACE_BODY_TEXT_MAX = 4096, FACE_BODY_TYPE_SIZE = 100 };

struct face_body {
    const struct face_create *create;
    const struct face_version_info *version;
    const struct random *random;
    struct log *log;
    const char *request_id;
};

/* Whether it becomes multipart: then it is a secret, even without an image. */
bool face_body_is_form(const struct face_create *create, const struct face_version_info *version);
/* Appends the body; buf_failed(ret) when a text is far too long. A multipart one's header line goes
 * to ret_type ("Content-Type: …"), else that is untouched. */
void face_body_write(const struct face_body *body, struct buf *ret,
                     char ret_type[FACE_BODY_TYPE_SIZE]);

/*
 * A create that comes as a form, made into the JSON object it stands for, so that both are read by
 * the same rules (domain/bodies.h). The image stays where it is: a slice of the body.
 */
#pragma once

#include <stdbool.h>

#include "base/json.h"
#include "base/multipart.h"
#include "base/slice.h"

/* The member of the object that holds what came as JSON within the form. */
#define CREATE_FORM_NESTED "Parameters"

/* Whether a Content-Type says multipart/form-data. */
bool create_form_is(struct slice content_type);

/* 0, and *ret_document is the caller's: fields of a form as members, those of a JSON part in an
 * object named CREATE_FORM_NESTED. Empty parts count as none, but an empty deviceCorrelationId.
 * *ret_image: the content of verifyImage, data NULL when there is no such part. -EINVAL: *ret_why
 * is a static sentence. */
int create_form_read(struct slice content_type, struct slice body, cJSON **ret_document,
                     struct slice *ret_image, const char **ret_why) MUST_CHECK;
/* The same of a form that has been cut already. */
int create_form_make(const struct multipart *form, cJSON **ret_document, struct slice *ret_image,
                     const char **ret_why) MUST_CHECK;

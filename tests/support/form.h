/*
 * Multipart bodies as the clients of the Face API write them, byte for byte: each row of
 * form_styles is one sender.
 */
#pragma once

#include "base/slice.h"
#include "support/http.h"

struct form_style {
    const char *name;
    const char *content_type; /* with the boundary B0undary, as it is sent */
    const char *text_head;    /* of a text part; '@' stands for its name */
    const char *file_head;    /* of the picture */
    const char *image_name;   /* verifyImage, or what old clients call it */
    const char *json_name;    /* not NULL: all fields are members of one JSON part of this name */
    const char *end;          /* behind the last boundary */
    bool chunked;
};

/* Ends with a row without a name. */
extern const struct form_style form_styles[];
extern const struct form_style *const form_plain; /* curl's */

struct form_field {
    const char *name;
    const char *value; /* bare */
};

/* Sends the fields (up to one without a name) and the picture (data NULL: none) to the URL; further
 * headers up to NULL. */
const struct http_answer *form_send(const char *url, const struct form_style *style,
                                    const struct form_field *fields, struct slice image,
                                    const char *const headers[4]);

/* What looks like a JPEG to whoever does not decode it; the seed makes it another one. */
struct slice picture(size_t size, unsigned char seed);

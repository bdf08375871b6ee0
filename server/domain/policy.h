/*
 * What a frontend may choose of a create. A value outside the Face API's own range is refused with
 * the Face API's code when the body is read (domain/bodies.h); here, what this server's policy
 * excludes is NotAllowedByPolicy, with a sentence that names the allowed values; and what was left
 * open gets its default.
 */
#pragma once

#include "domain/bodies.h"

enum { POLICY_SENTENCE_SIZE = 256 };

enum policy_modes { POLICY_PASSIVE = 1, POLICY_PASSIVE_ACTIVE = 2 };
enum policy_image { POLICY_IMAGE_CLIENT, POLICY_IMAGE_ALWAYS, POLICY_IMAGE_NEVER };
enum policy_verify_image { POLICY_VERIFY_IMAGE_REQUIRED, POLICY_VERIFY_IMAGE_CLIENT_ALLOWED };

struct create_policy {
    unsigned modes; /* bits of enum policy_modes */
    int64_t token_ttl_min_s, token_ttl_max_s, token_ttl_default_s;
    enum policy_image session_image;
    int attempts_max;          /* 1 to 3 */
    int attempts_default;      /* 0: left to the upstream, whose version has no such field */
    const char *const *models; /* allowed livenessModelVersion, the first one for who asks for none;
                                  count 0: any */
    size_t model_count;
    bool set_in_client; /* …SetInClient: true stands; else it is made false, so that an id is
                           minted all the same */
    enum policy_verify_image verify_image;
    size_t verify_image_max_bytes;
    bool has_confidence_threshold; /* sent when the client gives none, and the least it may give */
    double confidence_threshold;
};

/* Checks the request and fills in what it leaves open; the reference image is checked too (kind by
 * its first bytes, 1 KB to the cap): INVALID_IMAGE, INVALID_IMAGE_SIZE. A verify session without an
 * image under POLICY_VERIFY_IMAGE_REQUIRED is NOT_ALLOWED_BY_POLICY. *ret_sentence is empty when
 * the problem's own sentence says enough. Texts filled in are the policy's. */
enum problem create_policy_apply(const struct create_policy *policy, struct create_request *request,
                                 char ret_sentence[POLICY_SENTENCE_SIZE]) MUST_CHECK;
/* What it says of a verify session without a reference image, for who wants to know it early. */
enum problem create_policy_without_image(const struct create_policy *policy,
                                         char ret_sentence[POLICY_SENTENCE_SIZE]) MUST_CHECK;

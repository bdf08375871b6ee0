/*
 * The reference image of a verify session: what the service refuses, and the hash that is all the
 * emulator keeps of it. Nothing is decoded, so faces cannot be counted: an image shows one face
 * unless its first or last 256 bytes hold the text "livenessd-faces=" and a digit, which is then
 * the number of faces (a convention of the emulator; a JPEG comment or bytes after the end do).
 */
#pragma once

#include "base/crypto.h"
#include "base/slice.h"

enum { REFERENCE_IMAGE_MIN_BYTES = 1024, REFERENCE_IMAGE_MAX_BYTES = 6 * 1024 * 1024 };

enum reference_image_fault {
    REFERENCE_IMAGE_GOOD,
    REFERENCE_IMAGE_TOO_SMALL,
    REFERENCE_IMAGE_TOO_LARGE,
    REFERENCE_IMAGE_UNKNOWN_KIND,
    REFERENCE_IMAGE_NO_FACE,
    REFERENCE_IMAGE_SEVERAL_FACES,
    REFERENCE_IMAGE_FAULT_COUNT
};

/* The hash is filled in for good images only. */
enum reference_image_fault reference_image_check(struct slice image,
                                                 uint8_t ret_hash[SHA256_BYTES]);

/*
 * What can be said of an image without decoding it: its kind, by its first bytes. The kinds are
 * those the Face API takes.
 */
#pragma once

#include "base/slice.h"

enum image_kind { IMAGE_UNKNOWN, IMAGE_JPEG, IMAGE_PNG, IMAGE_GIF, IMAGE_BMP, IMAGE_KIND_COUNT };

enum image_kind image_kind_of(struct slice bytes);
/* "image/jpeg"; "application/octet-stream" for IMAGE_UNKNOWN. */
const char *image_media_type(enum image_kind kind);

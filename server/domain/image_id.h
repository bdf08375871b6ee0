/*
 * Our session image ids. The upstream's contain the upstream session's id, so they are shown to
 * nobody: ours are base64url of 0x01 ‖ our session id (16 bytes) ‖ a keyed check (16 bytes), 44
 * characters like the upstream's, and lead back to the record by themselves.
 */
#pragma once

#include <stdbool.h>

#include "base/crypto.h"
#include "base/random.h"

enum { IMAGE_ID_SIZE = 45 };

void image_id_make(const uint8_t key[SHA256_BYTES], const char *session_id,
                   char ret[IMAGE_ID_SIZE]);
/* False for a text that is none of ours. */
bool image_id_read(const uint8_t key[SHA256_BYTES], struct slice text,
                   char ret_session_id[UUID_SIZE]);

/*
 * The Face detect operation on a session image: which attributes may be asked for, and the one face
 * that is found.
 */
#pragma once

#include "base/random.h"
#include "emulator/error.h"
#include "emulator/sessions.h"
#include "http/request.h"

struct emu_detect_query {
    const char *recognition_model; /* static */
    bool return_face_id, return_landmarks, return_recognition_model;
    uint32_t attributes; /* bits, in the order of the table of attributes */
};

/* EMU_BAD_ARGUMENT for words and numbers that the service does not know; unknown and empty
 * parameters are ignored. */
enum emu_error emu_detect_query_read(struct request *request,
                                     struct emu_detect_query *ret) MUST_CHECK;
/* An array: one face per session image. */
void emu_detect_write(const struct emu_attempt *attempt, const struct emu_detect_query *query,
                      const struct random *random, struct buf *ret);

/*
 * The multipart form of a create, made into the JSON that the same create would have as JSON: flat
 * parts become members of the right type, JSON parts (`Parameters`, and the name that the tutorial
 * gives it) are spread into them. Unknown parts are left out.
 */
#pragma once

#include "base/buf.h"
#include "emulator/emu_version.h"
#include "emulator/error.h"

/* `ret_image` points into the body; data NULL when there is none. A member given twice (flat and in
 * a JSON part) makes JSON that is refused when it is parsed. With `strict` only the previews have a
 * JSON part, and only `Parameters`. */
enum emu_error emu_create_form_read(struct slice content_type, struct slice body,
                                    enum emu_version version, bool strict, struct buf *ret_json,
                                    struct slice *ret_image) MUST_CHECK;

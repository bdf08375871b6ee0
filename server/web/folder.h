/*
 * A folder of somebody else's files for browsers (the vendor's web component), read once as a
 * whole: what is asked for later is looked up by name among what was read, so no request opens a
 * file, waits for a disk, or can name anything outside. Names that begin with a dot, symbolic
 * links, whatever is no plain file, and files of a type that pages have no use for are left out.
 */
#pragma once

#include "web/assets.h"

struct web_folder;

/* NULL, with what is wrong in ret_error, when the folder cannot be read or holds more than
 * FOLDER_FILES_MAX files, FOLDER_BYTES_MAX bytes or FOLDER_DEPTH_MAX folders in one another. */
enum {
    FOLDER_FILES_MAX = 1000,
    FOLDER_BYTES_MAX = 64 * 1024 * 1024,
    FOLDER_DEPTH_MAX = 8,
};
struct web_folder *web_folder_open(const char *path, char *ret_error, size_t error_size);
/* Accepts NULL; returns NULL. */
struct web_folder *web_folder_close(struct web_folder *folder);

/* `name` is relative to the folder ("js/engine.wasm"), compared byte for byte. What it tells of
 * lives as long as the folder. */
bool web_folder_find(const struct web_folder *folder, struct slice name, struct asset *ret);

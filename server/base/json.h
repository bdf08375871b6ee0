/*
 * Reading JSON from strangers, over cJSON, which is too lenient alone: the text is checked first
 * (RFC 8259 grammar, UTF-8, no "\u0000", depth, size), duplicate members are refused after, names
 * are case-sensitive. A member that is null reads as absent. Unknown members are ignored. Only
 * base/json.c and tests look into a cJSON object by themselves.
 */
#pragma once

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/slice.h"

struct json_limits {
    size_t size_bytes;
    size_t depth;
    size_t nodes;
};

/* 64 KB, depth 16, 4096 nodes: what clients may send. */
extern const struct json_limits json_limits_request;
/* 256 KB, depth 32, 16384 nodes: what the upstream may answer. */
extern const struct json_limits json_limits_upstream;

/* The whole text must be one JSON value. On success 0 and *ret is owned by the caller
 * (cJSON_Delete, or CLEANUP(json)). On failure -EINVAL and *ret_why is a static sentence. */
int json_parse(struct slice text, const struct json_limits *limits, cJSON **ret,
               const char **ret_why) MUST_CHECK;

enum json_read {
    JSON_ABSENT, /* no such member, or null; the result is untouched */
    JSON_OK,
    JSON_WRONG, /* another type, or out of range; the result is untouched */
};

/* Readers of a member of an object; every reader answers JSON_WRONG when `object` is none. */
/* True also when the member is null. */
bool json_has(const cJSON *object, const char *name);
/* Length in bytes, both ends included. The slice points into the document. */
enum json_read json_string(const cJSON *object, const char *name, size_t min_bytes,
                           size_t max_bytes, struct slice *ret);
enum json_read json_bool(const cJSON *object, const char *name, bool *ret);
/* Also takes the strings "true" and "false" in any case (the official tutorial sends them). */
enum json_read json_bool_or_text(const cJSON *object, const char *name, bool *ret);
/* A whole number in [min, max]; 1.0 is one, 1.5 is not; magnitudes from 2^53 on are JSON_WRONG. */
enum json_read json_integer(const cJSON *object, const char *name, int64_t min, int64_t max,
                            int64_t *ret);
enum json_read json_number(const cJSON *object, const char *name, double min, double max,
                           double *ret);
enum json_read json_object(const cJSON *object, const char *name, const cJSON **ret);
enum json_read json_array(const cJSON *object, const char *name, const cJSON **ret);

/* Writing: commas are put by the writer. Strings are escaped; invalid UTF-8 becomes U+FFFD. */
struct json_writer {
    struct buf *buf;
    bool comma;
};

static inline struct json_writer json_writer(struct buf *buf)
{
    return (struct json_writer){.buf = buf};
}

/* Brackets are '{' or '[' to open, '}' or ']' to close; numbers must be finite.
 * `name` is NULL inside arrays and for the outermost value. Names are literals of ours, not
 * escaped. */
void json_open(struct json_writer *writer, const char *name, char bracket);
void json_close(struct json_writer *writer, char bracket);
void json_put_slice(struct json_writer *writer, const char *name, struct slice value);
void json_put_string(struct json_writer *writer, const char *name, const char *value);
void json_put_bool(struct json_writer *writer, const char *name, bool value);
void json_put_integer(struct json_writer *writer, const char *name, int64_t value);
void json_put_number(struct json_writer *writer, const char *name, double value);
/* `json` is already JSON. */
void json_put_raw(struct json_writer *writer, const char *name, struct slice json);

DEFINE_CLEANUP(json, cJSON *, cJSON_Delete(*it))

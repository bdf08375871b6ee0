/*
 * Parsing of JSON from strangers and reading of members. The grammar is json_check.c's, writing
 * json_write.c's. Invariant: in a document handed out every number is finite, no object has a name
 * twice, and no text contains NUL.
 */
#include "base/json.h"

#include "base/json_check.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct json_limits json_limits_request = {64 << 10, 16, 4096};
const struct json_limits json_limits_upstream = {256 << 10, 32, 16384};

/* 2^53 - 1: from 2^53 on a double stands for more than one whole number */
static const double integer_limit = 9007199254740991.0;

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorting keeps a client from buying quadratic work with one large object. */
static bool has_duplicates_sorted(const cJSON *object, size_t count)
{
    const char **names = xcalloc(count, sizeof *names);
    size_t at = 0;
    for (const cJSON *member = object->child; member; member = member->next) {
        names[at++] = member->string;
    }
    qsort(names, count, sizeof *names, compare_names);
    bool found = false;
    for (size_t i = 1; i < count && !found; i++) {
        found = strcmp(names[i - 1], names[i]) == 0;
    }
    free(names);
    return found;
}

static bool has_duplicates(const cJSON *object)
{
    size_t count = 0;
    for (const cJSON *member = object->child; member; member = member->next) {
        count++;
    }
    if (count > 8) {
        return has_duplicates_sorted(object, count);
    }
    for (const cJSON *member = object->child; member; member = member->next) {
        for (const cJSON *other = member->next; other; other = other->next) {
            if (strcmp(member->string, other->string) == 0) {
                return true;
            }
        }
    }
    return false;
}

static const char *check_node(const cJSON *node)
{
    if (cJSON_IsObject(node) && has_duplicates(node)) {
        return "an object has the same member twice";
    }
    if (cJSON_IsNumber(node) && !isfinite(node->valuedouble)) {
        return "a number is too large";
    }
    return NULL;
}

/* Visits every value. The stack holds containers only, and json_check has bounded their depth. */
static const char *check_tree(const cJSON *root)
{
    const cJSON *parents[JSON_DEPTH_MAX];
    size_t depth = 0;
    const cJSON *node = root;
    const char *why = NULL;
    while (node && !why) {
        why = check_node(node);
        if (node->child) {
            parents[depth++] = node;
            node = node->child;
            continue;
        }
        while (!node->next && depth > 0) {
            node = parents[--depth];
        }
        node = node->next;
    }
    return why;
}

int json_parse(struct slice text, const struct json_limits *limits, cJSON **ret,
               const char **ret_why)
{
    const char *why = json_check(text, limits);
    if (why) {
        *ret_why = why;
        return -EINVAL;
    }
    CLEANUP(json) cJSON *root = cJSON_ParseWithLength(text.data, text.len);
    why = root ? check_tree(root) : "the text could not be understood";
    if (why) {
        *ret_why = why;
        return -EINVAL;
    }
    *ret = TAKE(root);
    return 0;
}

/* cJSON's own look-up ignores case or, in the other form, is no faster. */
static enum json_read find(const cJSON *object, const char *name, const cJSON **ret)
{
    if (!cJSON_IsObject(object)) {
        return JSON_WRONG;
    }
    for (const cJSON *member = object->child; member; member = member->next) {
        if (strcmp(member->string, name) == 0) {
            *ret = member;
            return cJSON_IsNull(member) ? JSON_ABSENT : JSON_OK;
        }
    }
    return JSON_ABSENT;
}

bool json_has(const cJSON *object, const char *name)
{
    const cJSON *member = NULL;
    (void)find(object, name, &member);
    return member;
}

enum json_read json_string(const cJSON *object, const char *name, size_t min_bytes,
                           size_t max_bytes, struct slice *ret)
{
    const cJSON *member = NULL;
    enum json_read found = find(object, name, &member);
    if (found != JSON_OK) {
        return found;
    }
    if (!cJSON_IsString(member)) {
        return JSON_WRONG;
    }
    struct slice text = slice_of(member->valuestring);
    if (text.len < min_bytes || text.len > max_bytes) {
        return JSON_WRONG;
    }
    *ret = text;
    return JSON_OK;
}

enum json_read json_bool(const cJSON *object, const char *name, bool *ret)
{
    const cJSON *member = NULL;
    enum json_read found = find(object, name, &member);
    if (found != JSON_OK) {
        return found;
    }
    if (!cJSON_IsBool(member)) {
        return JSON_WRONG;
    }
    *ret = cJSON_IsTrue(member);
    return JSON_OK;
}

enum json_read json_bool_or_text(const cJSON *object, const char *name, bool *ret)
{
    struct slice text;
    if (json_string(object, name, 0, 5, &text) != JSON_OK) {
        return json_bool(object, name, ret);
    }
    bool is_true = slice_equal_nocase(text, SLICE("true"));
    if (!is_true && !slice_equal_nocase(text, SLICE("false"))) {
        return JSON_WRONG;
    }
    *ret = is_true;
    return JSON_OK;
}

enum json_read json_number(const cJSON *object, const char *name, double min, double max,
                           double *ret)
{
    const cJSON *member = NULL;
    enum json_read found = find(object, name, &member);
    if (found != JSON_OK) {
        return found;
    }
    if (!cJSON_IsNumber(member) || member->valuedouble < min || member->valuedouble > max) {
        return JSON_WRONG;
    }
    *ret = member->valuedouble;
    return JSON_OK;
}

enum json_read json_integer(const cJSON *object, const char *name, int64_t min, int64_t max,
                            int64_t *ret)
{
    double number = 0;
    enum json_read read = json_number(object, name, -integer_limit, integer_limit, &number);
    if (read != JSON_OK) {
        return read;
    }
    int64_t whole = (int64_t)number;
    bool is_whole = (double)whole >= number && (double)whole <= number;
    if (!is_whole || whole < min || whole > max) {
        return JSON_WRONG;
    }
    *ret = whole;
    return JSON_OK;
}

static enum json_read find_kind(const cJSON *object, const char *name,
                                cJSON_bool (*is_kind)(const cJSON *), const cJSON **ret)
{
    const cJSON *member = NULL;
    enum json_read found = find(object, name, &member);
    if (found != JSON_OK) {
        return found;
    }
    if (!is_kind(member)) {
        return JSON_WRONG;
    }
    *ret = member;
    return JSON_OK;
}

enum json_read json_object(const cJSON *object, const char *name, const cJSON **ret)
{
    return find_kind(object, name, cJSON_IsObject, ret);
}

enum json_read json_array(const cJSON *object, const char *name, const cJSON **ret)
{
    return find_kind(object, name, cJSON_IsArray, ret);
}

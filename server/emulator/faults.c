/*
 * The table of faults and its JSON. Leaves to call.c what a fault does to an answer.
 */
#include "emulator/faults.h"

#include <string.h>

static const char *const operation_words[EMU_OPERATION_COUNT] = {
    [EMU_CREATE] = "create",
    [EMU_GET] = "get",
    [EMU_DELETE] = "delete",
    [EMU_LIST] = "list",
    [EMU_AUDIT] = "audit",
    [EMU_IMAGE] = "image",
    [EMU_DETECT] = "detect",
    [EMU_SETTINGS] = "settings",
    [EMU_ASSETS_TOKEN] = "assetsToken",
    [EMU_TOKEN] = "token",
    [EMU_START] = "start",
    [EMU_SINGLE_MODAL] = "singleModal",
    [EMU_ATTEMPT_END] = "attemptEnd",
    [EMU_ANY] = "any",
};

static const char *const kind_words[EMU_FAULT_KIND_COUNT] = {
    [EMU_FAULT_PLAIN] = "",
    [EMU_FAULT_RESET] = "reset",
    [EMU_FAULT_GARBAGE] = "garbage",
    [EMU_FAULT_TRUNCATED] = "truncated",
};

bool emu_fault_spoils(const struct emu_fault *fault)
{
    return fault->status != 0 || fault->kind != EMU_FAULT_PLAIN;
}

/* The index of the word, or `count`. */
static unsigned find_word(const char *const *words, unsigned count, struct slice word)
{
    unsigned i = 0;

    while (i < count && !slice_equal_nocase(slice_of(words[i]), word))
        i++;
    return i;
}

/* It becomes the value of a header. */
static bool is_token(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        const char c = text.data[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') &&
            c != '-' && c != '_' && c != '.')
            return false;
    }
    return true;
}

static bool read_words(const cJSON *object, struct emu_fault *fault, const char **ret_why)
{
    struct slice route = {0};
    struct slice kind = {0};
    struct slice code = {0};

    *ret_why = "route has to be create, get, delete, start, singleModal, attemptEnd or any.";
    if (json_string(object, "route", 1, 32, &route) != JSON_OK ||
        (fault->operation = find_word(operation_words, EMU_OPERATION_COUNT, route)) ==
            EMU_OPERATION_COUNT)
        return false;
    *ret_why = "kind has to be reset, garbage or truncated.";
    if (json_string(object, "kind", 1, 32, &kind) == JSON_WRONG ||
        (fault->kind = find_word(kind_words, EMU_FAULT_KIND_COUNT, kind)) == EMU_FAULT_KIND_COUNT)
        return false;
    *ret_why = "code has to be 1 to 64 letters, digits, dots, dashes or underscores.";
    if (json_string(object, "code", 1, EMU_FAULT_CODE_SIZE - 1, &code) == JSON_WRONG ||
        !is_token(code))
        return false;
    if (code.data)
        memcpy(fault->code, code.data, code.len);
    return true;
}

/* False when the member is wrong; untouched when it is absent. */
static bool read_number(const cJSON *object, const char *name, int64_t min, int64_t max,
                        uint32_t *ret)
{
    int64_t value = *ret;

    if (json_integer(object, name, min, max, &value) == JSON_WRONG)
        return false;
    *ret = (uint32_t)value;
    return true;
}

static bool read_numbers(const cJSON *object, struct emu_fault *fault, const char **ret_why)
{
    uint32_t status = 0;

    *ret_why = "delayMs has to be a whole number from 0 to 600000.";
    if (!read_number(object, "delayMs", 0, EMU_FAULT_DELAY_MAX_MS, &fault->delay_ms))
        return false;
    *ret_why = "status has to be a whole number from 200 to 599.";
    if (!read_number(object, "status", 200, 599, &status))
        return false;
    *ret_why = "retryAfter has to be a whole number of seconds from 0 to 86400.";
    if (!read_number(object, "retryAfter", 0, 86400, &fault->retry_after_s))
        return false;
    *ret_why = "count has to be a whole number from 1 to 1000000.";
    if (!read_number(object, "count", 1, 1000000, &fault->count))
        return false;
    fault->status = (int)status;
    return true;
}

bool emu_fault_read(const cJSON *object, struct emu_fault *ret, const char **ret_why)
{
    struct emu_fault fault = {0};

    if (!read_words(object, &fault, ret_why) || !read_numbers(object, &fault, ret_why))
        return false;
    fault.after = fault.kind == EMU_FAULT_GARBAGE || fault.kind == EMU_FAULT_TRUNCATED;
    *ret_why = "after has to be true or false.";
    if (json_bool(object, "after", &fault.after) == JSON_WRONG)
        return false;
    *ret_why = "A fault needs delayMs, status or kind.";
    if (!emu_fault_spoils(&fault) && fault.delay_ms == 0)
        return false;
    *ret_why = "code and retryAfter need a status.";
    if (fault.status == 0 && (fault.code[0] || fault.retry_after_s))
        return false;
    *ret = fault;
    return true;
}

bool emu_faults_add(struct emu_faults *faults, const struct emu_fault *fault)
{
    if (faults->count == EMU_FAULTS_MAX)
        return false;
    faults->entries[faults->count++] = *fault;
    return true;
}

void emu_faults_clear(struct emu_faults *faults)
{
    faults->count = 0;
}

/* Counts one use; a fault that is used up leaves the table. True when it left. */
static bool use_up(struct emu_faults *faults, size_t index)
{
    struct emu_fault *fault = &faults->entries[index];

    if (fault->count == 0 || --fault->count > 0)
        return false;
    faults->count--;
    memmove(fault, fault + 1, (faults->count - index) * sizeof *fault);
    return true;
}

static void merge(struct emu_fault *ret, const struct emu_fault *fault)
{
    const uint32_t delay_ms = fault->delay_ms > ret->delay_ms ? fault->delay_ms : ret->delay_ms;

    if (emu_fault_spoils(fault) || !emu_fault_spoils(ret))
        *ret = *fault;
    ret->delay_ms = delay_ms;
}

void emu_faults_take(struct emu_faults *faults, enum emu_operation operation, struct emu_fault *ret)
{
    bool taken[2] = {false, false}; /* one that only delays, one that spoils */

    *ret = (struct emu_fault){0};
    for (size_t i = 0; i < faults->count;) {
        const struct emu_fault fault = faults->entries[i];
        const bool spoils = emu_fault_spoils(&fault);
        const bool hits = fault.operation == operation || fault.operation == EMU_ANY;
        if (!hits || taken[spoils]) {
            i++;
            continue;
        }
        taken[spoils] = true;
        merge(ret, &fault);
        if (!use_up(faults, i))
            i++;
    }
}

static void write_fault(struct json_writer *writer, const struct emu_fault *fault)
{
    json_open(writer, NULL, '{');
    json_put_string(writer, "route", operation_words[fault->operation]);
    if (fault->kind != EMU_FAULT_PLAIN)
        json_put_string(writer, "kind", kind_words[fault->kind]);
    if (fault->delay_ms)
        json_put_integer(writer, "delayMs", fault->delay_ms);
    if (fault->status)
        json_put_integer(writer, "status", fault->status);
    if (fault->code[0])
        json_put_string(writer, "code", fault->code);
    if (fault->retry_after_s)
        json_put_integer(writer, "retryAfter", fault->retry_after_s);
    if (fault->count)
        json_put_integer(writer, "count", fault->count);
    json_put_bool(writer, "after", fault->after);
    json_close(writer, '}');
}

void emu_faults_write(const struct emu_faults *faults, struct buf *ret)
{
    struct json_writer writer = json_writer(ret);

    json_open(&writer, NULL, '{');
    json_open(&writer, "faults", '[');
    for (size_t i = 0; i < faults->count; i++)
        write_fault(&writer, &faults->entries[i]);
    json_close(&writer, ']');
    json_close(&writer, '}');
}

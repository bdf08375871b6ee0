/*
 * A fault as JSON, in and out. Leaves to faults.c which one hits. Invariant: what emu_fault_read
 * accepts, emu_faults_write shows in the same words.
 */
#include "emulator/faults.h"

#include <string.h>

static const char *const kind_words[EMU_FAULT_KIND_COUNT] = {
    [EMU_FAULT_PLAIN] = "",
    [EMU_FAULT_RESET] = "reset",
    [EMU_FAULT_RESET_MIDWAY] = "resetMidway",
    [EMU_FAULT_GARBAGE] = "garbage",
    [EMU_FAULT_TRUNCATED] = "truncated",
    [EMU_FAULT_WRONG_TYPES] = "wrongTypes",
    [EMU_FAULT_HUGE] = "huge",
    [EMU_FAULT_DRIP] = "drip",
};

/* ---- reading ---- */

/* The index of the word, or `count`. */
static unsigned find_word(const char *const *words, unsigned count, struct slice word)
{
    unsigned i = 0;

    while (i < count && !slice_equal_nocase(slice_of(words[i]), word))
        i++;
    return i;
}

static enum emu_operation find_operation(struct slice word)
{
    enum emu_operation operation = EMU_CREATE;

    while (operation < EMU_OPERATION_COUNT &&
           !slice_equal_nocase(slice_of(emu_operation_word(operation)), word))
        operation++;
    return operation;
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

    *ret_why = "route has to be create, get, delete, list, audit, image, detect, settings, "
               "assetsToken, token, start, singleModal, attemptEnd or any.";
    if (json_string(object, "route", 1, 32, &route) != JSON_OK ||
        (fault->operation = find_operation(route)) == EMU_OPERATION_COUNT)
        return false;
    *ret_why = "kind has to be reset, resetMidway, garbage, truncated, wrongTypes, huge or drip.";
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
    const struct {
        const char *name;
        int64_t min, max;
        uint32_t *ret;
        const char *why;
    } members[] = {
        {"delayMs", 0, EMU_FAULT_DELAY_MAX_MS, &fault->delay_ms,
         "delayMs has to be a whole number from 0 to 600000."},
        {"jitterMs", 0, EMU_FAULT_DELAY_MAX_MS, &fault->jitter_ms,
         "jitterMs has to be a whole number from 0 to 600000."},
        {"status", 200, 599, &status, "status has to be a whole number from 200 to 599."},
        {"retryAfter", 0, 86400, &fault->retry_after_s,
         "retryAfter has to be a whole number of seconds from 0 to 86400."},
        {"sizeBytes", 1, EMU_FAULT_SIZE_MAX, &fault->size_bytes,
         "sizeBytes has to be a whole number from 1 to 2000000000."},
        {"intervalMs", 1, EMU_FAULT_INTERVAL_MAX_MS, &fault->interval_ms,
         "intervalMs has to be a whole number from 1 to 60000."},
        {"count", 1, 1000000, &fault->count, "count has to be a whole number from 1 to 1000000."},
    };

    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        *ret_why = members[i].why;
        if (!read_number(object, members[i].name, members[i].min, members[i].max, members[i].ret))
            return false;
    }
    fault->status = (int)status;
    *ret_why = "probability has to be a number from 0 to 1.";
    return json_number(object, "probability", 0, 1, &fault->probability) != JSON_WRONG;
}

static bool read_switches(const cJSON *object, struct emu_fault *fault, const char **ret_why)
{
    fault->after = fault->kind != EMU_FAULT_PLAIN && fault->kind != EMU_FAULT_RESET;
    *ret_why = "after and gateway have to be true or false.";
    return json_bool(object, "after", &fault->after) != JSON_WRONG &&
           json_bool(object, "gateway", &fault->gateway) != JSON_WRONG;
}

static bool makes_sense(const struct emu_fault *fault, const char **ret_why)
{
    *ret_why = "A fault needs delayMs, jitterMs, status or kind.";
    if (!emu_fault_spoils(fault) && fault->delay_ms == 0 && fault->jitter_ms == 0)
        return false;
    *ret_why = "code, gateway and retryAfter need a status.";
    if (fault->status == 0 && (fault->code[0] || fault->retry_after_s || fault->gateway))
        return false;
    *ret_why = "The gateway answers 403 and 429 only, without a code.";
    if (fault->gateway && (fault->code[0] || (fault->status != 403 && fault->status != 429)))
        return false;
    *ret_why = "sizeBytes belongs to kind huge, intervalMs to kind drip.";
    return (fault->size_bytes == 0 || fault->kind == EMU_FAULT_HUGE) &&
           (fault->interval_ms == 0 || fault->kind == EMU_FAULT_DRIP);
}

bool emu_fault_read(const cJSON *object, struct emu_fault *ret, const char **ret_why)
{
    struct emu_fault fault = {.probability = 1};

    if (!read_words(object, &fault, ret_why) || !read_numbers(object, &fault, ret_why) ||
        !read_switches(object, &fault, ret_why) || !makes_sense(&fault, ret_why))
        return false;
    if (fault.kind == EMU_FAULT_HUGE && fault.size_bytes == 0)
        fault.size_bytes = EMU_FAULT_SIZE_DEFAULT;
    if (fault.kind == EMU_FAULT_DRIP && fault.interval_ms == 0)
        fault.interval_ms = EMU_FAULT_INTERVAL_DEFAULT_MS;
    *ret = fault;
    return true;
}

/* ---- writing ---- */

static void put_unless_zero(struct json_writer *writer, const char *name, int64_t value)
{
    if (value)
        json_put_integer(writer, name, value);
}

static void write_fault(struct json_writer *writer, const struct emu_fault *fault)
{
    json_open(writer, NULL, '{');
    json_put_string(writer, "route", emu_operation_word(fault->operation));
    if (fault->kind != EMU_FAULT_PLAIN)
        json_put_string(writer, "kind", kind_words[fault->kind]);
    put_unless_zero(writer, "delayMs", fault->delay_ms);
    put_unless_zero(writer, "jitterMs", fault->jitter_ms);
    put_unless_zero(writer, "status", fault->status);
    if (fault->code[0])
        json_put_string(writer, "code", fault->code);
    put_unless_zero(writer, "retryAfter", fault->retry_after_s);
    put_unless_zero(writer, "sizeBytes", fault->size_bytes);
    put_unless_zero(writer, "intervalMs", fault->interval_ms);
    if (fault->gateway)
        json_put_bool(writer, "gateway", true);
    if (fault->probability < 1)
        json_put_number(writer, "probability", fault->probability);
    put_unless_zero(writer, "count", fault->count);
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

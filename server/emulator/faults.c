/*
 * The table of faults: which hits a call. Leaves their JSON to fault_json.c and what a fault does
 * to an answer to spoil.c.
 */
#include "emulator/faults.h"

#include <string.h>

bool emu_fault_spoils(const struct emu_fault *fault)
{
    return fault->status != 0 || fault->kind != EMU_FAULT_PLAIN;
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

/* A fraction in [0, 1). */
static double draw(const struct random *random)
{
    uint32_t bits = 0;

    random_fill(random, &bits, sizeof bits);
    return (double)bits / 4294967296.0;
}

/* A draw is spent only where it decides something, so that tests with a seed stay readable. */
static bool strikes(const struct emu_fault *fault, const struct random *random)
{
    return fault->probability >= 1 || draw(random) < fault->probability;
}

static uint32_t delay_of(const struct emu_fault *fault, const struct random *random)
{
    if (fault->jitter_ms == 0)
        return fault->delay_ms;
    return fault->delay_ms + (uint32_t)(draw(random) * ((double)fault->jitter_ms + 1));
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

static void merge(struct emu_fault *ret, const struct emu_fault *fault, uint32_t delay_ms)
{
    if (delay_ms < ret->delay_ms)
        delay_ms = ret->delay_ms;
    if (emu_fault_spoils(fault) || !emu_fault_spoils(ret))
        *ret = *fault;
    ret->delay_ms = delay_ms;
}

void emu_faults_take(struct emu_faults *faults, enum emu_operation operation,
                     const struct random *random, struct emu_fault *ret)
{
    bool taken[2] = {false, false}; /* one that only delays, one that spoils */

    *ret = (struct emu_fault){0};
    for (size_t i = 0; i < faults->count;) {
        const struct emu_fault fault = faults->entries[i];
        const bool spoils = emu_fault_spoils(&fault);
        const bool meant = fault.operation == operation || fault.operation == EMU_ANY;
        if (!meant || taken[spoils] || !strikes(&fault, random)) {
            i++;
            continue;
        }
        taken[spoils] = true;
        merge(ret, &fault, delay_of(&fault, random));
        if (!use_up(faults, i))
            i++;
    }
}

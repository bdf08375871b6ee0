/*
 * Two tables: devices by base, and bases by the ids that came of resets. Invariant: `ids` holds the
 * id of every reset that is known, `devices` the newest reset of each device.
 */
#include "domain/epochs.h"

#include "base/table.h"
#include "domain/device.h"

#include <string.h>

struct name {
    uint8_t tenant[RECORD_HASH_BYTES];
    char text[RECORD_TEXT_SIZE]; /* zeros behind it */
};

/* A row of either table. */
struct known {
    UT_hash_handle hh;
    struct name name;
    struct device_reset reset;
};

struct epochs {
    struct known *devices; /* by base */
    struct known *ids;     /* by id */
    bool read;
};

struct epochs *epochs_new(void)
{
    return xcalloc(1, sizeof(struct epochs));
}

static void drop(struct known **table)
{
    struct known *known = *table;
    HASH_CLEAR(hh, *table); /* their order stays */
    while (known) {
        struct known *next = known->hh.next;
        free(known);
        known = next;
    }
}

struct epochs *epochs_free(struct epochs *epochs)
{
    if (epochs) {
        drop(&epochs->devices);
        drop(&epochs->ids);
        free(epochs);
    }
    return NULL;
}

static struct name make_name(const uint8_t tenant[RECORD_HASH_BYTES], const char *text)
{
    struct name name = {0};
    memcpy(name.tenant, tenant, sizeof name.tenant);
    memcpy(name.text, text, strnlen(text, sizeof name.text - 1));
    return name;
}

static struct known *find(struct known *table, const uint8_t tenant[RECORD_HASH_BYTES],
                          const char *text)
{
    struct known *known = NULL;
    struct name name = make_name(tenant, text);
    HASH_FIND(hh, table, &name, sizeof name, known);
    return known;
}

static void put(struct known **table, const char *text, const struct device_reset *reset)
{
    struct known *known = find(*table, reset->tenant, text);
    if (!known) {
        known = xcalloc(1, sizeof *known);
        known->name = make_name(reset->tenant, text);
        known->reset = *reset;
        HASH_ADD(hh, *table, name, sizeof known->name, known);
    } else if (reset->epoch > known->reset.epoch) {
        known->reset = *reset;
    }
    known->reset.next = NULL;
}

void epochs_add(struct epochs *epochs, const struct device_reset *reset)
{
    if (!epochs_full(epochs)) {
        put(&epochs->devices, reset->base, reset);
        put(&epochs->ids, reset->id, reset);
    }
}

void epochs_replace(struct epochs *epochs, const struct device_reset *resets)
{
    drop(&epochs->devices);
    drop(&epochs->ids);
    for (; resets; resets = resets->next) {
        epochs_add(epochs, resets);
    }
    epochs->read = true;
}

bool epochs_known(const struct epochs *epochs)
{
    return epochs->read;
}

size_t epochs_count(const struct epochs *epochs)
{
    return HASH_COUNT(epochs->ids);
}

bool epochs_full(const struct epochs *epochs)
{
    return epochs_count(epochs) >= DEVICE_RESETS_MAX;
}

const char *epochs_find(const struct epochs *epochs, const uint8_t tenant[RECORD_HASH_BYTES],
                        const char *base)
{
    if (!epochs || !epochs->devices) {
        return NULL;
    }
    const struct known *known = find(epochs->devices, tenant, base);
    return known ? known->reset.id : NULL;
}

void epochs_next(const struct epochs *epochs, const uint8_t correlation_key[SHA256_BYTES],
                 const uint8_t tenant[RECORD_HASH_BYTES], const char *id, int64_t now,
                 struct device_reset *ret)
{
    const struct known *came_of = find(epochs->ids, tenant, id);
    struct name base = make_name(tenant, came_of ? came_of->reset.base : id);
    const struct known *device = find(epochs->devices, tenant, base.text);
    *ret = (struct device_reset){.at = now, .epoch = device ? device->reset.epoch + 1 : 1};
    memcpy(ret->tenant, tenant, sizeof ret->tenant);
    memcpy(ret->base, base.text, sizeof ret->base);
    correlation_pseudonym(correlation_key, (struct slice){(const char *)tenant, RECORD_HASH_BYTES},
                          slice_of(ret->base), ret->epoch, ret->id);
}

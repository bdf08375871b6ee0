/*
 * The hash of tables: SipHash under a key of the process's own.
 */
#include "base/table.h"

#include "base/random.h"
#include "base/siphash.h"

/* The key is drawn once and never changes: tables live as long as the process. */
static const uint64_t *process_key(void)
{
    static uint64_t key[2];
    while (key[0] == 0)
        random_fill(random_system(), key, sizeof key);
    return key;
}

uint64_t table_hash(const void *key, size_t size)
{
    return siphash(process_key(), key, size);
}

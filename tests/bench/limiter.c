/*
 * What the limiter takes of memory, and of the others' time while it grows.
 *
 *     limiter [KEYS [CHOSEN]]     defaults: 10 000 000 and 1 000 000
 *
 * Times are CPU time of the thread. The same keys are charged in several rounds, and of each charge
 * the fastest round counts: what stops the limiter itself stops it at the same place every time,
 * what disturbs the machine does not. Prints figures; passes no judgement.
 */
#include "domain/limiter.h"
#include "domain/limits.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 4, SLOW_US = 100 };

static const uint64_t hour_us = 3600000000;
static const uint8_t secret[SHA256_BYTES] = {0x5e, 0xc7, 0xe7};

static uint64_t cpu_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* As the kernel counts it: the second number, in pages. */
static size_t resident_bytes(void)
{
    char line[128] = "";
    FILE *file = fopen("/proc/self/statm", "re");
    if (file) {
        (void)!fgets(line, sizeof line, file);
        (void)fclose(file);
    }
    const char *space = strchr(line, ' ');
    return space ? strtoull(space, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE) : 0;
}

struct figures {
    double slowest_ms;
    double mean_ns;
    size_t slow; /* above SLOW_US */
    double bytes;
    double resident; /* of each key */
};

/* Charges what make_key names, one after the other; of each the least time so far is kept. */
static void grow(struct limiter *limiter, uint64_t (*make_key)(uint64_t), uint32_t *least_ns,
                 size_t count)
{
    struct limit_standing standing;
    struct limit_charge charge = {.rule = limit_rule_of(1, hour_us, 3), .cost = 1};
    for (uint64_t i = 0; i < count; i++) {
        charge.key = make_key(i);
        uint64_t began_ns = cpu_ns();
        (void)limiter_charge(limiter, hour_us, &charge, 1, &standing);
        uint64_t took_ns = cpu_ns() - began_ns;
        if (took_ns < least_ns[i])
            least_ns[i] = (uint32_t)took_ns;
    }
}

static void weigh(const uint32_t *least_ns, size_t count, struct figures *ret)
{
    double total_ns = 0;
    uint32_t slowest_ns = 0;
    for (size_t i = 0; i < count; i++) {
        total_ns += least_ns[i];
        ret->slow += least_ns[i] > SLOW_US * 1000U;
        slowest_ns = least_ns[i] > slowest_ns ? least_ns[i] : slowest_ns;
    }
    ret->slowest_ms = slowest_ns / 1e6;
    ret->mean_ns = total_ns / (double)count;
}

static struct figures measure(uint64_t (*make_key)(uint64_t), size_t count)
{
    struct figures figures = {0};
    uint32_t *least_ns = xcalloc(count, sizeof *least_ns);
    memset(least_ns, 0xff, count * sizeof *least_ns);
    for (int round = 0; round < ROUNDS; round++) {
        size_t before = resident_bytes();
        struct limiter *limiter = limiter_new(count);
        grow(limiter, make_key, least_ns, count);
        if (round == 0)
            figures.resident = (double)(resident_bytes() - before) / (double)count;
        figures.bytes = (double)limiter_bytes(limiter) / (double)count;
        limiter_free(limiter);
        (void)malloc_trim(0);
    }
    weigh(least_ns, count, &figures);
    free(least_ns);
    return figures;
}

/* ---- keys ---- */

static uint64_t spread(uint64_t i)
{
    i = (i ^ (i >> 30)) * 0xbf58476d1ce4e5b9;
    i = (i ^ (i >> 27)) * 0x94d049bb133111eb;
    return i ^ (i >> 31);
}

/* The key of a device with this id, as the server makes it. */
static uint64_t key_of(const char *id)
{
    static struct limit_book book;
    struct session_record draft = {0};
    struct limit_bill bill;
    if (book.spoof_cost == 0) {
        book =
            (struct limit_book){.policies = {[LIMIT_CREATE_DEVICE] = {6, 600, 3}}, .spoof_cost = 3};
        limit_book_close(&book, secret);
    }
    (void)snprintf(draft.device_correlation_id, sizeof draft.device_correlation_id, "%s", id);
    limit_bill_create(&book, &(struct limit_create){.draft = &draft, .owner = PRINCIPAL_APP},
                      &bill);
    return bill.charges[0].key;
}

static uint64_t random_key(uint64_t i)
{
    return spread(i + 1);
}

static uint64_t random_device(uint64_t i)
{
    char id[40];
    (void)snprintf(id, sizeof id, "%016" PRIx64 "%016" PRIx64, spread(i + 1), spread(~i));
    return key_of(id);
}

/* Ids that count up. */
static uint64_t device_in_a_row(uint64_t i)
{
    char id[40];
    (void)snprintf(id, sizeof id, "%032" PRIx64, i);
    return key_of(id);
}

/* Ids that differ in their first digits only, so that the low bits of a hash that is a sum, a
 * product or a rotation of words are the same. */
static uint64_t device_with_equal_end(uint64_t i)
{
    char id[40];
    (void)snprintf(id, sizeof id, "%08" PRIx64 "%024d", i, 0);
    return key_of(id);
}

/* ---- what is printed ---- */

static void say_chosen(const char *what, const struct figures *chosen, const struct figures *others)
{
    printf("%-24s the slowest insert %.3f ms, %.2f of that for random ids; on average %.2f\n", what,
           chosen->slowest_ms, chosen->slowest_ms / others->slowest_ms,
           chosen->mean_ns / others->mean_ns);
}

int main(int argc, char **argv)
{
    size_t keys = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000000;
    size_t chosen = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000;
    struct figures figures = measure(random_key, keys);
    printf("%zu keys: %.1f bytes each (%.1f resident), %.0f ns a charge, the slowest %.3f ms, %zu "
           "above %d us\n",
           keys, figures.bytes, figures.resident, figures.mean_ns, figures.slowest_ms, figures.slow,
           SLOW_US);
    figures = measure(random_device, chosen);
    printf("%zu devices with random ids: the slowest insert %.3f ms\n", chosen, figures.slowest_ms);
    struct figures in_a_row = measure(device_in_a_row, chosen);
    say_chosen("ids that count up:", &in_a_row, &figures);
    struct figures equal_end = measure(device_with_equal_end, chosen);
    say_chosen("ids with the same end:", &equal_end, &figures);
    return 0;
}

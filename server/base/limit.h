/*
 * What limits are made of, as plain data: for the limiter (domain/limiter.h), which weighs charges
 * in memory, and for a store in which processes that share it do the same.
 */
#pragma once

#include <stdint.h>

struct limit_rule {
    uint64_t interval_us; /* one more each; 0: the rule is off and admits everything */
    uint64_t burst;       /* at once; at least 1. burst * interval is at most LIMIT_DEPTH_MAX_US */
};

/* A year: a shared store reckons in doubles. */
#define LIMIT_DEPTH_MAX_US 31536000000000ULL

/* What a request would cost somebody. */
struct limit_charge {
    struct limit_rule rule;
    uint64_t key;  /* a keyed hash over rule and subject: no client can choose it */
    uint64_t cost; /* 0: only looked at */
};

/* How somebody stands afterwards. */
struct limit_standing {
    uint64_t remaining; /* how many more at once */
    uint64_t full_us;   /* until all of the burst is there again */
    uint64_t retry_us;  /* until this charge would have been admitted; 0: it is. UINT64_MAX: never,
                           it costs more than the burst */
};

enum { LIMIT_CHARGES_MAX = 8 };

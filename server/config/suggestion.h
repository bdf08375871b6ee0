/*
 * "Did you mean …?": the known name closest to one that is unknown. Names are offered one by one,
 * so that they may be made up on the way; the closest is copied.
 */
#pragma once

#include "base/slice.h"

enum { SUGGESTION_SIZE = 80 };

struct suggestion {
    struct slice wanted;
    char best[SUGGESTION_SIZE];
    unsigned distance;
};

/* `wanted` must outlive the suggestion. */
void suggestion_init(struct suggestion *suggestion, struct slice wanted);
/* Case is ignored; names longer than SUGGESTION_SIZE - 1 are never close. */
void suggestion_offer(struct suggestion *suggestion, struct slice name);
/* NULL when nothing offered is close enough to be a slip of the pen. */
const char *suggestion_best(const struct suggestion *suggestion);

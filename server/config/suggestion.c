/*
 * The closest name by edit distance (insert, delete, replace, swap of neighbours). Which names
 * exist is the callers' business. Invariant: best holds the name of the smallest distance seen.
 */
#include "config/suggestion.h"

#include <ctype.h>
#include <limits.h>

void suggestion_init(struct suggestion *suggestion, struct slice wanted)
{
    *suggestion = (struct suggestion){.wanted = wanted, .distance = UINT_MAX};
}

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static int letter(struct slice text, size_t at)
{
    return tolower((unsigned char)text.data[at]);
}

/* Three rows of the usual table are enough: a swap looks back two. */
static unsigned edit_distance(struct slice a, struct slice b)
{
    unsigned rows[3][SUGGESTION_SIZE + 1];
    for (unsigned j = 0; j <= b.len; j++) {
        rows[0][j] = j;
    }
    for (unsigned i = 1; i <= a.len; i++) {
        const unsigned *before = rows[(i + 1) % 3];
        const unsigned *above = rows[(i - 1) % 3];
        unsigned *row = rows[i % 3];
        row[0] = i;
        for (unsigned j = 1; j <= b.len; j++) {
            bool same = letter(a, i - 1) == letter(b, j - 1);
            row[j] = smaller(above[j - 1] + !same, smaller(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && letter(a, i - 1) == letter(b, j - 2) &&
                letter(a, i - 2) == letter(b, j - 1)) {
                row[j] = smaller(row[j], before[j - 2] + 1);
            }
        }
    }
    return rows[a.len % 3][b.len];
}

void suggestion_offer(struct suggestion *suggestion, struct slice name)
{
    if (name.len == 0 || name.len >= SUGGESTION_SIZE || suggestion->wanted.len >= SUGGESTION_SIZE) {
        return;
    }
    unsigned distance = edit_distance(suggestion->wanted, name);
    if (distance < suggestion->distance) {
        suggestion->distance = distance;
        memcpy(suggestion->best, name.data, name.len);
        suggestion->best[name.len] = '\0';
    }
}

const char *suggestion_best(const struct suggestion *suggestion)
{
    size_t allowed = 1 + suggestion->wanted.len / 4;
    return suggestion->distance <= allowed ? suggestion->best : NULL;
}

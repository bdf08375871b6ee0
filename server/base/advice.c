/*
 * The words of advice_table.h.
 */
#include "base/advice.h"

#include <assert.h>

static const struct {
    const char *word;
    const char *explanation;
} advices[ADVICE_COUNT] = {
#define ADVICE(symbol, word, explanation) [ADVICE_##symbol] = {word, explanation},
#include "base/advice_table.h"
#undef ADVICE
};

const char *advice_word(enum advice advice)
{
    assert(advice < ADVICE_COUNT);
    return advices[advice].word;
}

const char *advice_explanation(enum advice advice)
{
    assert(advice < ADVICE_COUNT);
    return advices[advice].explanation;
}

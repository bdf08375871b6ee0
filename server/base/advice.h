/*
 * What a frontend should do about an answer: one set of words for errors, verdicts and attempts.
 */
#pragma once

enum advice {
#define ADVICE(symbol, word, explanation) ADVICE_##symbol,
#include "base/advice_table.h"
#undef ADVICE
    ADVICE_COUNT
};

/* As on the wire: "same_session". Static. */
const char *advice_word(enum advice advice);
/* A sentence for the developer of a frontend. Static. */
const char *advice_explanation(enum advice advice);

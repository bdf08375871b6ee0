/*
 * The platforms a frontend can say that it runs on. Nobody proves it: it chooses among settings of
 * the operator's, never whether something is allowed.
 */
#pragma once

#include "base/slice.h"

enum platform { PLATFORM_IOS, PLATFORM_ANDROID, PLATFORM_WEB, PLATFORM_COUNT };

/* "ios", "android", "web". Static. */
struct slice platform_word(enum platform platform);
/* In any case; PLATFORM_COUNT: none of them. */
enum platform platform_of(struct slice word);

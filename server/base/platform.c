/*
 * The words of platforms.
 */
#include "base/platform.h"

static const struct slice words[PLATFORM_COUNT] = {
    [PLATFORM_IOS] = SLICE_INIT("ios"),
    [PLATFORM_ANDROID] = SLICE_INIT("android"),
    [PLATFORM_WEB] = SLICE_INIT("web"),
};

struct slice platform_word(enum platform platform)
{
    return words[platform];
}

enum platform platform_of(struct slice word)
{
    unsigned platform = 0;
    while (platform < PLATFORM_COUNT && !slice_equal_nocase(word, words[platform])) {
        platform++;
    }
    return (enum platform)platform;
}

/*
 * Directives of Cache-Control, as far as they tell a lifetime. What is malformed counts as not
 * said.
 */
#include "upstream/cache_control.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/* Digits, perhaps in quotes, and nothing else; false for other texts. */
static bool read_seconds(const char *text, size_t size, int64_t *ret)
{
    int64_t seconds = 0;
    if (size >= 2 && text[0] == '"' && text[size - 1] == '"') {
        text++;
        size -= 2;
    }
    for (size_t i = 0; i < size; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
        seconds = seconds * 10 + (text[i] - '0');
        seconds = seconds < CACHE_LIFETIME_MAX_S ? seconds : CACHE_LIFETIME_MAX_S;
    }
    *ret = seconds;
    return size > 0;
}

static bool is_word(const char *text, size_t size, const char *word)
{
    return size == strlen(word) && strncasecmp(text, word, size) == 0;
}

/* The shortest that any directive allows. */
static void apply(const char *directive, size_t size, int64_t *lifetime)
{
    static const char max_age[] = "max-age=";
    int64_t seconds;
    if (is_word(directive, size, "no-store") || is_word(directive, size, "no-cache")) {
        *lifetime = 0;
        return;
    }
    if (size > sizeof max_age - 1 && strncasecmp(directive, max_age, sizeof max_age - 1) == 0 &&
        read_seconds(directive + sizeof max_age - 1, size - (sizeof max_age - 1), &seconds) &&
        (*lifetime == CACHE_LIFETIME_UNKNOWN || seconds < *lifetime)) {
        *lifetime = seconds;
    }
}

int64_t cache_lifetime_s(const char *cache_control, const char *age)
{
    static const char blank[] = " \t";
    int64_t lifetime = CACHE_LIFETIME_UNKNOWN;
    int64_t passed = 0;
    const char *at = cache_control ? cache_control : "";
    while (*at) {
        at += strspn(at, ", \t");
        size_t size = strcspn(at, ",");
        const char *next = at + size;
        while (size > 0 && strchr(blank, at[size - 1])) {
            size--;
        }
        apply(at, size, &lifetime);
        at = next;
    }
    if (lifetime > 0 && age && read_seconds(age, strlen(age), &passed)) {
        lifetime = passed < lifetime ? lifetime - passed : 0;
    }
    return lifetime;
}

/*
 * Reading Retry-After and the gateway's sentence, both from somebody who may write anything.
 * Invariant: the result is within 1 to RETRY_AFTER_MAX_S.
 */
#include "upstream/retry_after.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { MS_PER_S = 1000 };

static unsigned clamp(int64_t seconds)
{
    if (seconds < 1) {
        return 1;
    }
    return seconds > RETRY_AFTER_MAX_S ? RETRY_AFTER_MAX_S : (unsigned)seconds;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Stops counting far above what is let through. */
static int64_t read_number(const char *text)
{
    int64_t number = 0;
    for (; is_digit(*text); text++) {
        number = number > RETRY_AFTER_MAX_S ? number : number * 10 + (*text - '0');
    }
    return number;
}

static unsigned from_header(const char *header, int64_t wall_ms)
{
    header += strspn(header, " \t");
    if (is_digit(*header)) {
        return clamp(read_number(header));
    }
    time_t at = curl_getdate(header, NULL);
    return at == (time_t)-1 ? 1 : clamp((int64_t)at - wall_ms / MS_PER_S);
}

static unsigned from_sentence(const char *body)
{
    static const char *const beginnings[] = {"try again in ", "retry after "};
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++) {
        const char *at = strcasestr(body, beginnings[i]);
        if (at && is_digit(at[strlen(beginnings[i])])) {
            return clamp(read_number(at + strlen(beginnings[i])));
        }
    }
    return 1;
}

unsigned retry_after_seconds(const char *header, const char *body, int64_t wall_ms)
{
    if (header) {
        return from_header(header, wall_ms);
    }
    return body ? from_sentence(body) : 1;
}

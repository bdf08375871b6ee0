/*
 * Entries of verdict.digest_by_platform: what they say, and whether they contradict each other.
 */
#include "config/settings_draft.h"

enum { NOT_FOUND = -1 };

struct platform_entry {
    enum platform platform; /* PLATFORM_COUNT: no known one */
    int policy;             /* NOT_FOUND: no known one */
};

/* The place of a word in verdict.digest's list. */
static int policy_of(struct slice word)
{
    const char *at = setting_specs[SETTING_verdict_digest].words;
    for (int i = 0; *at != '\0'; i++) {
        struct slice known = {at, strcspn(at, " ")};
        if (slice_equal_nocase(word, known)) {
            return i;
        }
        at += known.len;
        at += *at == ' ';
    }
    return NOT_FOUND;
}

static struct platform_entry read_entry(const char *text)
{
    size_t length = strcspn(text, ":");
    struct slice policy = slice_of(text[length] == ':' ? text + length + 1 : "");
    return (struct platform_entry){platform_of((struct slice){text, length}), policy_of(policy)};
}

int settings_digest_of(const struct settings *settings, enum platform platform)
{
    const struct settings_list *list = &settings->verdict_digest_by_platform;
    for (size_t i = 0; i < list->count; i++) {
        struct platform_entry entry = read_entry(list->items[i]);
        if (entry.platform == platform) {
            return entry.policy;
        }
    }
    return NOT_FOUND;
}

void settings_check_platforms(struct settings_draft *draft)
{
    const struct settings_list *list = &draft->settings.verdict_digest_by_platform;
    const char *where = draft_origin(draft, SETTING_verdict_digest_by_platform);
    unsigned seen = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct platform_entry entry = read_entry(list->items[i]);
        if (entry.platform == PLATFORM_COUNT || entry.policy == NOT_FOUND) {
            draft_error(draft, where,
                        "'%.80s' is not platform:policy, with a platform of ios, android, web and "
                        "a policy of %s",
                        list->items[i], setting_specs[SETTING_verdict_digest].words);
        } else if (seen & (1U << entry.platform)) {
            draft_error(draft, where, "'%.80s' names a platform that an entry before it names",
                        list->items[i]);
        } else {
            seen |= 1U << entry.platform;
        }
    }
}

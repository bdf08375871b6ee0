/*
 * One value: from text into its member of struct settings, and back. Where texts come from is the
 * readers' business; what values must hold together, settings_check's. Private to config/.
 */
#pragma once

#include "config/settings_spec.h"

enum { SETTING_WHY_SIZE = SETTINGS_WHY_SIZE };

/* What a source says about one setting. A single text for a setting that takes a list is split at
 * its commas. */
struct setting_text {
    const struct slice *items;
    size_t count;
    bool listed; /* written as a list */
};

/* Parses and range-checks; on success the member's former value is freed. False: `ret_why` says
 * what is wrong and what would be right, without the value of what may hold a secret. */
bool setting_parse(const struct setting_spec *spec, const struct setting_text *text,
                   struct settings *settings, char ret_why[SETTING_WHY_SIZE]) MUST_CHECK;
/* Takes a copy of a SECRET after checking it. */
bool setting_parse_secret(const struct setting_spec *spec, struct slice text,
                          struct settings *settings, char ret_why[SETTING_WHY_SIZE]) MUST_CHECK;
/* The same without a place to put it: only whether the text may be that secret. */
bool setting_check_secret(const struct setting_spec *spec, struct slice text,
                          char ret_why[SETTING_WHY_SIZE]) MUST_CHECK;
/* Frees (and wipes a secret), leaving the member zeroed. */
void setting_clear(const struct setting_spec *spec, struct settings *settings);

/* Appends min or max or a default as a person would write it: 90000 as "90s". */
void setting_put_number(const struct setting_spec *spec, uint64_t number, struct buf *ret);
/* Appends "100ms to 10m", "one of: a b", … or nothing. */
void setting_put_range(const struct setting_spec *spec, struct buf *ret);
/* "duration", "size", … */
const char *setting_type_name(enum setting_type type);

/*
 * What the parsers of single types share. Private to settings_value.c, settings_number.c,
 * settings_limit.c and settings_url.c.
 */
#pragma once

#include "config/settings_value.h"

/* A value in an error line is cut to this many characters. */
enum { SHOWN_MAX = 80 };
#define SHOWN_ARGS(s) ((s).len < SHOWN_MAX ? (int)(s).len : SHOWN_MAX), (s).data

/* Fills ret_why. */
void setting_explain(char ret_why[SETTING_WHY_SIZE], const char *format, ...) PRINTF_LIKE(2, 3);

bool setting_parse_number(const struct setting_spec *spec, struct slice text, uint64_t *ret,
                          char ret_why[SETTING_WHY_SIZE]) MUST_CHECK;

/* Empty, or 0 to 1 with at most nine digits after the point. */
bool setting_parse_fraction(struct slice text, struct settings_fraction *ret,
                            char ret_why[SETTING_WHY_SIZE]) MUST_CHECK;

/* A whole number, and one with a unit of time in milliseconds. 0, or -EINVAL, or -ERANGE. */
int setting_read_count(struct slice text, uint64_t *ret) MUST_CHECK;
int setting_read_duration(struct slice text, uint64_t *ret) MUST_CHECK;

/* "COUNT/DURATION burst N", "off"; empty when that is the default. */
bool setting_parse_limit(const struct setting_spec *spec, struct slice text,
                         struct settings_limit *ret, char ret_why[SETTING_WHY_SIZE]) MUST_CHECK;

/* An origin: http or https, host, port, nothing else. The result is what browsers send as Origin:
 * lower case, no default port. The caller owns it. */
bool setting_parse_origin(struct slice text, char **ret, char ret_why[SETTING_WHY_SIZE]) MUST_CHECK;
/* A base URL: https, or http to a loopback address; a path prefix is fine. */
bool setting_check_endpoint(struct slice text, char ret_why[SETTING_WHY_SIZE]) MUST_CHECK;
/* What is fetched: the same with any path and query. */
bool setting_check_address(struct slice text, char ret_why[SETTING_WHY_SIZE]) MUST_CHECK;

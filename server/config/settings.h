/*
 * Settings: the table of settings_table.h read from a YAML file, the environment and --set, in this
 * order; a later source replaces an earlier value whole. Every error is collected, with the file
 * and line or the variable's name, what is wrong and what would be right; unknown keys get a
 * suggestion. Constant after settings_load.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"
#include "base/buf.h"

struct settings_list {
    char **items;
    size_t count;
};

/* What each type is in the struct. WORD and WORDS: index into `words`, and a bit mask of them. */
#define SETTING_C_ADDRESS  struct address
#define SETTING_C_URL      char *
#define SETTING_C_ENDPOINT char *
#define SETTING_C_TEXT     char *
#define SETTING_C_SECRET   char *
#define SETTING_C_BOOLEAN  bool
#define SETTING_C_DURATION uint64_t /* ms */
#define SETTING_C_SIZE     size_t   /* bytes */
#define SETTING_C_INTEGER  uint64_t
#define SETTING_C_RATE     uint64_t /* calls a second */
#define SETTING_C_LIST     struct settings_list
#define SETTING_C_WORD     unsigned
#define SETTING_C_WORDS    unsigned

/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): the table's order is for its readers */
struct settings {
#define SETTING(type, member, key, value, min, max, words, sentence) SETTING_C_##type member;
#include "config/settings_table.h"
#undef SETTING
};

/* Indexes and bits of the WORD and WORDS settings, in the order of the table's words. */
enum { STORE_SQLITE };
enum { AUTH_ANONYMOUS = 1, AUTH_APP_TOKEN = 2 };
enum { CORRELATION_PSEUDONYM, CORRELATION_PASSTHROUGH };
/* verdict.digest: enum digest_policy of domain/verdict.h has the same order. */

struct settings_source {
    const char *file;         /* or NULL */
    char *const *environment; /* as environ */
    const char *const *sets;  /* "key=value" each, NULL-terminated; or NULL */
    bool values_only; /* no secret is read and nothing is checked across settings: for commands that
                       * need one value */
};

/* 0 and the caller owns *ret (settings_done); or -EINVAL and every error, a line each, in
 * ret_errors (64 KB hold them all). An empty keys.dir has become <store.path>.keys. Also checks
 * what belongs together: anonymous on a listener that is not loopback, upstream.emulator beside
 * upstream.endpoint or on listeners that are not loopback, endpoint and key present unless the
 * emulator is on, app tokens' form. */
int settings_load(const struct settings_source *source, struct settings *ret,
                  struct buf *ret_errors) MUST_CHECK;
/* Wipes secrets and frees. Accepts a zeroed struct. */
void settings_done(struct settings *settings);

/* The table for people: key, type, default, environment variable, sentence. */
void settings_write_table(struct buf *ret);
/* config/livenessd.yaml: every setting, its default, one sentence. */
void settings_write_yaml(struct buf *ret);

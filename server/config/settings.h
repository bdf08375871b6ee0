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
#include "base/alloc.h"
#include "base/buf.h"
#include "base/platform.h"

struct settings_list {
    char **items;
    size_t count;
};

/* A number from 0 to 1. */
struct settings_fraction {
    bool given; /* else the setting is empty */
    double value;
};

/* So many in so long, and so many at once. */
struct settings_limit {
    bool given;      /* else the setting is empty */
    uint64_t count;  /* 0: off */
    uint64_t per_ms; /* whole seconds */
    uint64_t burst;
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
#define SETTING_C_FRACTION struct settings_fraction
#define SETTING_C_LIMIT    struct settings_limit
#define SETTING_C_LIST     struct settings_list
#define SETTING_C_WORD     unsigned
#define SETTING_C_WORDS    unsigned

/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): the table's order is for its readers */
struct settings {
#define SETTING(type, member, key, value, min, max, words, sentence) SETTING_C_##type member;
#include "config/settings_table.h"
#undef SETTING
    /* The files that secrets came from; NULL: from elsewhere. */
    char *upstream_key_file;
    char *upstream_key2_file;
    char *upstream_entra_client_secret_file;
};

/* Indexes and bits of the WORD and WORDS settings, in the order of the table's words. */
enum { STORE_SQLITE, STORE_REDIS };
enum { AUTH_ANONYMOUS = 1, AUTH_APP_TOKEN = 2, AUTH_JWT = 4 };
enum { CORRELATION_PSEUDONYM, CORRELATION_PASSTHROUGH };
enum { STORE_DOWN_LOCAL, STORE_DOWN_REFUSE };
/* In the order of their words, too: enum face_version of upstream/face_version.h
 * (upstream.api_version), enum digest_policy of domain/verdict.h (verdict.digest), and of
 * domain/policy.h the bits of enum policy_modes (policy.modes), enum policy_image
 * (policy.session_image) and enum policy_verify_image (policy.verify_image). */

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
 * upstream.endpoint or on listeners that are not loopback, endpoint and either a key or a whole
 * Entra application present unless the emulator is on, policies that the version of the Face API
 * cannot keep, app tokens' form, issuers' form and what is in their files. */
int settings_load(const struct settings_source *source, struct settings *ret,
                  struct buf *ret_errors) MUST_CHECK;
/* The digest policy of verdict.digest_by_platform for the platform, as verdict_digest has it; -1:
 * verdict.digest holds for it. */
int settings_digest_of(const struct settings *settings, enum platform platform);
/* Wipes secrets and frees. Accepts a zeroed struct. */
void settings_done(struct settings *settings);

/* Reads the file of a secret as settings_load does, but only a regular file: it never waits. 0 and
 * *ret is the caller's (secret_free); or -EINVAL and ret_why says what is wrong, without a byte of
 * the content. */
enum { SETTINGS_WHY_SIZE = 320 };
int settings_read_secret_file(const char *file, char **ret,
                              char ret_why[SETTINGS_WHY_SIZE]) MUST_CHECK;

/* Appends the content of a file that is no secret, a regular one only. 0 or -EINVAL, as above. */
int settings_read_document(const char *file, struct buf *ret,
                           char ret_why[SETTINGS_WHY_SIZE]) MUST_CHECK;

/* The table for people: key, type, default, environment variable, sentence. */
void settings_write_table(struct buf *ret);
/* config/livenessd.yaml: every setting, its default, one sentence. */
void settings_write_yaml(struct buf *ret);

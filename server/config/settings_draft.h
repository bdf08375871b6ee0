/*
 * Settings while they are read: the values so far, where each came from, and the errors. Private to
 * config/.
 */
#pragma once

#include "config/settings_value.h"

/* A later source replaces what an earlier one gave. */
enum setting_rank { RANK_DEFAULT, RANK_FILE, RANK_ENVIRONMENT, RANK_SET };

struct setting_state {
    enum setting_rank rank;
    bool broken;  /* the last text was refused, and that was reported */
    char *origin; /* "livenessd.yaml:3:11: http.listen", "LIVENESSD_HTTP_LISTEN"; NULL: default */
    char *secret_file; /* to be read when all sources are known; NULL: none */
};

struct settings_draft {
    struct settings settings;
    struct setting_state states[SETTING_COUNT];
    struct buf *errors;
    unsigned error_count;
};

/* All settings at their defaults. */
void draft_init(struct settings_draft *draft, struct buf *errors);
void draft_done(struct settings_draft *draft);

/* One line, "origin: what is wrong"; control characters become '?'. */
void draft_error(struct settings_draft *draft, const char *origin, const char *format, ...)
    PRINTF_LIKE(3, 4);
/* Enough errors to look at: readers stop. */
bool draft_full(const struct settings_draft *draft);

/* Takes the value, or reports why not. */
void draft_put(struct settings_draft *draft, enum setting_rank rank, const char *origin,
               struct setting_name name, const struct setting_text *text);
/* Where the value stands, for errors about it: its origin, or the key of a default. */
const char *draft_origin(const struct settings_draft *draft, int index);

/* The sources, in this order. */
void settings_read_yaml(struct settings_draft *draft, const char *file);
void settings_read_environment(struct settings_draft *draft, char *const *environment);
void settings_read_sets(struct settings_draft *draft, const char *const *sets);
/* FACE_ENDPOINT, FACE_APIKEY and FACE_KEY, where nothing of ours in environment or --set is; and
 * when there is no key, AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET and
 * AZURE_AUTHORITY_HOST likewise. */
void settings_read_face(struct settings_draft *draft, char *const *environment);
/* The files of secrets; their names are kept with the settings. */
void settings_read_secrets(struct settings_draft *draft);

/* What must hold between settings. */
void settings_check(struct settings_draft *draft);
/* Parts of it: what the upstream needs, what the store needs, what frontends may choose under the
 * upstream's version, and identity providers. */
void settings_check_upstream(struct settings_draft *draft);
void settings_check_store(struct settings_draft *draft);
void settings_check_policy(struct settings_draft *draft);
void settings_check_platforms(struct settings_draft *draft);
void settings_check_issuers(struct settings_draft *draft);
/* Also makes of every entry of cors.origins what browsers send. */
void settings_check_origins(struct settings_draft *draft);

/* Whether the last text of a setting was refused: rules about it say nothing then. */
static inline bool draft_is_broken(const struct settings_draft *draft, int index)
{
    return draft->states[index].broken;
}

/* Whether any source says something of a setting. */
static inline bool draft_is_set(const struct settings_draft *draft, int index)
{
    return draft->states[index].rank != RANK_DEFAULT;
}

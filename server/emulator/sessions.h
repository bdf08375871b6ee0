/*
 * The emulated service's sessions: the state machine of one, and the bounded table of all.
 *
 *     NotStarted --start--> Running --decision--> Succeeded
 *                             |  ^---error, attempts left
 *                             +------error, last attempt--> Failed
 *                             +------UserCanceledSession--> Canceled
 *
 * Succeeded means that there is a decision, not that the face is live. An attempt is visible, and
 * the status moves, when the camera's sight is recorded; the end of the attempt that the device
 * announces afterwards changes neither. A token that dies unused leaves the status as it is.
 *
 * A session lives 48 hours from its creation on the emulator's clock, or until it is removed. Time
 * and randomness are passed in; nothing here does I/O.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/random.h"
#include "base/slice.h"
#include "emulator/camera.h"

enum {
    EMU_SESSIONS_MAX = 200000,
    EMU_SESSION_LIFETIME_MS = 48 * 3600 * 1000,
    EMU_ATTEMPTS_MAX = 3,
    EMU_DIGEST_BYTES = 32,
};

enum emu_kind { EMU_LIVENESS, EMU_KIND_COUNT };
enum emu_mode { EMU_PASSIVE, EMU_PASSIVE_ACTIVE, EMU_MODE_COUNT };

enum emu_status {
    EMU_NOT_STARTED,
    EMU_RUNNING,
    EMU_SUCCEEDED,
    EMU_FAILED,
    EMU_CANCELED,
    EMU_STATUS_COUNT
};

/* What a create asked for. */
struct emu_session_settings {
    enum emu_kind kind;
    enum emu_mode mode;
    char *device_correlation_id; /* owned; NULL while there is none */
    bool correlation_id_set_in_client;
    bool enable_session_image;
    char *model_version; /* owned */
    uint32_t token_lifetime_s;
    unsigned attempts_allowed; /* at most EMU_ATTEMPTS_MAX */
};

/* Frees the texts; accepts a zeroed struct. */
void emu_session_settings_done(struct emu_session_settings *settings);

struct emu_rectangle {
    unsigned top, left, width, height;
};

struct emu_attempt {
    enum emu_status status;
    struct emu_sight sight;
    struct emu_rectangle face;
    char result_id[UUID_SIZE];
    uint8_t digest[EMU_DIGEST_BYTES]; /* when there is no error */
};

struct emu_session {
    char id[UUID_SIZE];
    struct emu_session_settings settings;
    enum emu_status status;
    int64_t created_ms;
    bool attempt_open; /* the device has begun an attempt and not said that it is over */
    unsigned attempt_count;
    struct emu_attempt attempts[EMU_ATTEMPTS_MAX]; /* oldest first; the id is the index + 1 */
    struct emu_session *older, *newer;             /* by creation */
    struct emu_session *next_in_bucket;
};

const char *emu_kind_word(enum emu_kind kind);
const char *emu_mode_word(enum emu_mode mode);
const char *emu_status_word(enum emu_status status);

/* The device begins: NotStarted becomes Running. Repeating it while Running is fine (a reloaded
 * page, the next attempt with the same token). False: the session is over. */
bool emu_session_start(struct emu_session *session);
/* Records one attempt and moves the status. NULL: not started, or over. */
const struct emu_attempt *emu_session_record(struct emu_session *session,
                                             const struct emu_sight *sight,
                                             const struct random *random);
/* The device says that the attempt is over. False: none is open. An attempt without a sight costs
 * nothing and leaves no trace. */
bool emu_session_end_attempt(struct emu_session *session);
unsigned emu_session_attempts_left(const struct emu_session *session);

struct emu_sessions {
    struct emu_session **buckets; /* owned */
    struct emu_session *oldest, *newest;
    size_t count;
    size_t max;
};

/* Holds at most `max` sessions: the oldest are forgotten first. */
void emu_sessions_init(struct emu_sessions *sessions, size_t max);
void emu_sessions_done(struct emu_sessions *sessions);

/* Takes over the settings' texts. The session is the table's: valid until the next call of
 * _add, _find, _sweep or _remove. */
struct emu_session *emu_sessions_add(struct emu_sessions *sessions,
                                     struct emu_session_settings *settings,
                                     const struct random *random, int64_t now_ms);
/* Any case of the id; NULL when unknown, removed or expired. */
struct emu_session *emu_sessions_find(struct emu_sessions *sessions, struct slice id,
                                      int64_t now_ms);
void emu_sessions_remove(struct emu_sessions *sessions, struct emu_session *session);
/* Forgets what has expired. */
void emu_sessions_sweep(struct emu_sessions *sessions, int64_t now_ms);

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
 * announces afterwards changes neither. A token that dies unused leaves the status as it is; one
 * that dies while the session is Running makes it Failed, since nothing can come any more.
 *
 * A session lives 48 hours from its creation on the emulator's clock, or until it is removed. Time
 * and randomness are passed in; nothing here does I/O.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/address.h"
#include "base/crypto.h"
#include "base/random.h"
#include "base/slice.h"
#include "emulator/camera.h"
#include "emulator/emu_version.h"

enum {
    EMU_SESSIONS_MAX = 200000,
    EMU_SESSION_LIFETIME_MS = 48 * 3600 * 1000,
    EMU_ATTEMPTS_MAX = 3,
    EMU_DIGEST_BYTES = 32,
    EMU_GUID_BYTES = 16,
    EMU_OTHER_ATTEMPTS_MAX = 16,
    EMU_FRAME_WIDTH = 800, /* of the camera's picture, within which faces are */
    EMU_FRAME_HEIGHT = 1280,
};

enum emu_kind { EMU_LIVENESS, EMU_LIVENESS_WITH_VERIFY, EMU_KIND_COUNT };
enum emu_mode { EMU_PASSIVE, EMU_PASSIVE_ACTIVE, EMU_MODE_COUNT };

enum emu_status {
    EMU_NOT_STARTED,
    EMU_RUNNING,
    EMU_SUCCEEDED,
    EMU_FAILED,
    EMU_CANCELED,
    EMU_STATUS_COUNT
};

struct emu_rectangle {
    unsigned top, left, width, height;
};

/* What only verify sessions have. */
struct emu_verify {
    bool has_image; /* else the device brings one */
    bool return_image_hash;
    double confidence_threshold;
    uint8_t image_hash[SHA256_BYTES];
};

/* What v1.3 lets a create say about the user. */
struct emu_user {
    char *correlation_id; /* owned, or NULL */
    bool correlation_id_set_in_client;
    char *expected_address; /* owned, or NULL: an address or a network */
};

/* What a create asked for. */
struct emu_session_settings {
    enum emu_kind kind;
    enum emu_mode mode;
    char *device_correlation_id; /* owned; NULL while there is none */
    bool correlation_id_set_in_client;
    bool enable_session_image;
    bool send_results_to_client; /* previews */
    char *model_version;         /* owned */
    uint32_t token_lifetime_s;
    unsigned attempts_allowed; /* at most EMU_ATTEMPTS_MAX */
    struct emu_verify *verify; /* owned; of verify sessions, else NULL */
    struct emu_user *user;     /* owned, or NULL */
};

/* Frees what is owned; accepts a zeroed struct. */
void emu_session_settings_done(struct emu_session_settings *settings);

/* The device's call that brought the sight: what audit entries and client information are made of.
 */
struct emu_device_request {
    enum emu_version version; /* of the address it was sent to */
    int64_t received_ms;
    size_t content_length;
    char request_id[UUID_SIZE];
    char *client_request_id, *content_type, *user_agent; /* owned, or NULL */
    struct address client;
};

/* An attempt in another session that shows the same face. */
struct emu_other_attempt {
    char session_id[UUID_SIZE];
    unsigned attempt_id;
    bool has_image;
    uint8_t image_guid[EMU_GUID_BYTES];
};

struct emu_attempt {
    enum emu_status status;
    bool abuse_detected;
    struct emu_sight sight;
    struct emu_rectangle face;
    char result_id[UUID_SIZE];
    uint8_t digest[EMU_DIGEST_BYTES]; /* when there is no error */
    uint8_t image_guid[EMU_GUID_BYTES];
    struct emu_device_request request;
    struct emu_other_attempt *others; /* owned; at most EMU_OTHER_ATTEMPTS_MAX */
    size_t other_count;
};

struct emu_session {
    char id[UUID_SIZE];
    struct emu_session_settings settings;
    enum emu_status status;
    int64_t created_ms;
    int64_t started_ms;          /* 0: not yet */
    struct address started_from; /* the device's address at its last start */
    bool abuse_monitored;
    bool attempt_open; /* the device has begun an attempt and not said that it is over */
    unsigned attempt_count;
    struct emu_attempt *attempts[EMU_ATTEMPTS_MAX]; /* owned, oldest first; id is the index + 1 */
    struct emu_session *older, *newer;              /* by creation */
    struct emu_session *next_in_bucket;
};

const char *emu_kind_word(enum emu_kind kind);
const char *emu_mode_word(enum emu_mode mode);
const char *emu_status_word(enum emu_status status);

/* What time alone does. The table's look-ups have done it. */
void emu_session_age(struct emu_session *session, int64_t now_ms);
/* The device begins: NotStarted becomes Running. Repeating it while Running is fine (a reloaded
 * page, the next attempt with the same token). False: the session is over. */
bool emu_session_start(struct emu_session *session);
/*
 * Records one attempt and moves the status. NULL: not started, or over. An attempt with verify
 * fails with VerifyImageNotProvided when neither the create nor the device brought an image, with
 * SetVerifyImageNotAllowed when both did, and with what is wrong with the device's. The request and
 * the abuse are the caller's to fill in.
 */
struct emu_attempt *emu_session_record(struct emu_session *session, const struct emu_sight *sight,
                                       const struct random *random);
/* The device says that the attempt is over. False: none is open. An attempt without a sight costs
 * nothing and leaves no trace. */
bool emu_session_end_attempt(struct emu_session *session);
unsigned emu_session_attempts_left(const struct emu_session *session);
/* Whether there is a session image of the attempt. */
bool emu_attempt_has_image(const struct emu_session *session, const struct emu_attempt *attempt);

struct emu_flagged_ids;

struct emu_sessions {
    struct emu_session **buckets; /* owned */
    struct emu_session *oldest, *newest;
    size_t count;
    size_t max;
    struct emu_flagged_ids *flagged; /* owned, or NULL: abuse.c's */
};

/* Holds at most `max` sessions: the oldest are forgotten first. */
void emu_sessions_init(struct emu_sessions *sessions, size_t max);
void emu_sessions_done(struct emu_sessions *sessions);

/* Takes over what the settings own. The session is the table's: valid until the next call of
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

/*
 * Finds and remembers abuse. Flagged ids outlive their sessions; only hashes are kept, in a ring.
 */
#include "emulator/abuse.h"

#include "base/alloc.h"

struct emu_flagged_ids {
    uint8_t hashes[EMU_FLAGGED_IDS_MAX][SHA256_BYTES];
    size_t count; /* ever flagged: the next one goes to count % EMU_FLAGGED_IDS_MAX */
};

bool emu_abuse_is_flagged(const struct emu_sessions *sessions, const char *id)
{
    const struct emu_flagged_ids *flagged = sessions->flagged;
    uint8_t hash[SHA256_BYTES];

    if (!flagged || !id)
        return false;
    sha256(id, strlen(id), hash);
    for (size_t i = 0; i < flagged->count && i < EMU_FLAGGED_IDS_MAX; i++)
        if (memcmp(flagged->hashes[i], hash, sizeof hash) == 0)
            return true;
    return false;
}

static void flag_id(struct emu_sessions *sessions, const char *id)
{
    if (!id || emu_abuse_is_flagged(sessions, id))
        return;
    if (!sessions->flagged)
        sessions->flagged = xcalloc(1, sizeof *sessions->flagged);
    struct emu_flagged_ids *flagged = sessions->flagged;
    sha256(id, strlen(id), flagged->hashes[flagged->count++ % EMU_FLAGGED_IDS_MAX]);
}

static bool is_same_text(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static bool is_same_person(const struct emu_session *a, const struct emu_session *b)
{
    return a == b ||
           is_same_text(a->settings.device_correlation_id, b->settings.device_correlation_id) ||
           (a->settings.user && b->settings.user &&
            is_same_text(a->settings.user->correlation_id, b->settings.user->correlation_id));
}

static void add_other(struct emu_attempt *attempt, const struct emu_session *other,
                      unsigned other_index)
{
    const struct emu_attempt *seen = other->attempts[other_index];

    attempt->abuse_detected = true;
    if (attempt->other_count == EMU_OTHER_ATTEMPTS_MAX)
        return;
    attempt->others =
        xrealloc(attempt->others, (attempt->other_count + 1) * sizeof *attempt->others);
    struct emu_other_attempt *entry = &attempt->others[attempt->other_count++];
    *entry = (struct emu_other_attempt){
        .attempt_id = other_index + 1,
        .has_image = emu_attempt_has_image(other, seen),
    };
    memcpy(entry->session_id, other->id, sizeof entry->session_id);
    memcpy(entry->image_guid, seen->image_guid, sizeof entry->image_guid);
}

static void compare_with(struct emu_sessions *sessions, const struct emu_session *session,
                         struct emu_attempt *attempt, struct emu_session *other)
{
    for (unsigned i = 0; i < other->attempt_count; i++) {
        struct emu_attempt *seen = other->attempts[i];
        if (!seen->sight.has_face ||
            memcmp(seen->sight.face_hash, attempt->sight.face_hash, SHA256_BYTES) != 0)
            continue;
        add_other(attempt, other, i);
        add_other(seen, session, session->attempt_count - 1);
        flag_id(sessions, other->settings.device_correlation_id);
    }
}

void emu_abuse_judge(struct emu_sessions *sessions, const struct emu_session *session,
                     struct emu_attempt *attempt)
{
    if (!session->abuse_monitored)
        return;
    attempt->abuse_detected = attempt->sight.abuse;
    if (attempt->sight.has_face)
        for (struct emu_session *other = sessions->oldest; other; other = other->newer)
            if (!is_same_person(session, other))
                compare_with(sessions, session, attempt, other);
    if (attempt->abuse_detected)
        flag_id(sessions, session->settings.device_correlation_id);
}

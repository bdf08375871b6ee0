/*
 * The table of sessions: a hash by id and a list by creation. Ids are random and ours, so nobody
 * can choose keys that collide. All live equally long, so what expires stands at the old end of the
 * list; the clock may be set back, therefore each look-up checks as well.
 */
#include "emulator/sessions.h"

#include "base/alloc.h"

#include <stdlib.h>

enum { BUCKETS = 1 << 16 };

void emu_sessions_init(struct emu_sessions *sessions, size_t max)
{
    *sessions = (struct emu_sessions){
        .buckets = xcalloc(BUCKETS, sizeof(struct emu_session *)),
        .max = max,
    };
}

static void attempt_free(struct emu_attempt *attempt)
{
    free(attempt->request.client_request_id);
    free(attempt->request.content_type);
    free(attempt->request.user_agent);
    free(attempt->others);
    free(attempt);
}

static struct emu_session *session_free(struct emu_session *session)
{
    for (unsigned i = 0; i < session->attempt_count; i++)
        attempt_free(session->attempts[i]);
    emu_session_settings_done(&session->settings);
    free(session);
    return NULL;
}

void emu_sessions_done(struct emu_sessions *sessions)
{
    struct emu_session *session = sessions->oldest;

    while (session) {
        struct emu_session *newer = session->newer;
        session_free(session);
        session = newer;
    }
    free(sessions->buckets);
    free(sessions->flagged);
    *sessions = (struct emu_sessions){0};
}

/* FNV-1a over the lower-case text. */
static size_t bucket_of(struct slice id)
{
    uint32_t hash = 2166136261U;

    for (size_t i = 0; i < id.len; i++) {
        unsigned char c = (unsigned char)id.data[i];
        if (c >= 'A' && c <= 'Z')
            c = (unsigned char)(c | 0x20);
        hash = (hash ^ c) * 16777619U;
    }
    return (hash ^ hash >> 16) % BUCKETS;
}

static void unlink_from_bucket(struct emu_sessions *sessions, struct emu_session *session)
{
    struct emu_session **link = &sessions->buckets[bucket_of(slice_of(session->id))];

    while (*link != session)
        link = &(*link)->next_in_bucket;
    *link = session->next_in_bucket;
}

void emu_sessions_remove(struct emu_sessions *sessions, struct emu_session *session)
{
    unlink_from_bucket(sessions, session);
    *(session->older ? &session->older->newer : &sessions->oldest) = session->newer;
    *(session->newer ? &session->newer->older : &sessions->newest) = session->older;
    sessions->count--;
    session_free(session);
}

static bool has_expired(const struct emu_session *session, int64_t now_ms)
{
    return now_ms - session->created_ms >= EMU_SESSION_LIFETIME_MS;
}

void emu_sessions_sweep(struct emu_sessions *sessions, int64_t now_ms)
{
    while (sessions->oldest && has_expired(sessions->oldest, now_ms))
        emu_sessions_remove(sessions, sessions->oldest);
}

struct emu_session *emu_sessions_add(struct emu_sessions *sessions,
                                     struct emu_session_settings *settings,
                                     const struct random *random, int64_t now_ms)
{
    emu_sessions_sweep(sessions, now_ms);
    while (sessions->oldest && sessions->count >= sessions->max)
        emu_sessions_remove(sessions, sessions->oldest);

    struct emu_session *session = xcalloc(1, sizeof *session);
    uuid4(random, session->id);
    session->settings = *settings;
    *settings = (struct emu_session_settings){0};
    session->created_ms = now_ms;

    struct emu_session **bucket = &sessions->buckets[bucket_of(slice_of(session->id))];
    session->next_in_bucket = *bucket;
    *bucket = session;
    session->older = sessions->newest;
    *(sessions->newest ? &sessions->newest->newer : &sessions->oldest) = session;
    sessions->newest = session;
    sessions->count++;
    return session;
}

struct emu_session *emu_sessions_find(struct emu_sessions *sessions, struct slice id,
                                      int64_t now_ms)
{
    struct emu_session *session = sessions->buckets[bucket_of(id)];

    while (session && !slice_equal_nocase(slice_of(session->id), id))
        session = session->next_in_bucket;
    if (session && has_expired(session, now_ms)) {
        emu_sessions_remove(sessions, session);
        return NULL;
    }
    if (session)
        emu_session_age(session, now_ms);
    return session;
}

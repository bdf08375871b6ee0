/*
 * What the files of the asker share. One `asking` a session that is or was just looked at. Its
 * tickets are of two generations: those the look under way covers, and those that asked after it
 * was sent and wait for the next one, or for the claim to it where processes share the store.
 */
#pragma once

#include "base/table.h"
#include "lifecycle/asker.h"
#include "lifecycle/claim.h"

struct asking {
    UT_hash_handle hh;
    struct asker *asker;
    char id[UUID_SIZE];
    char upstream_id[UUID_SIZE];
    enum face_kind kind;
    char request_id[RECORD_TEXT_SIZE]; /* of whoever asked last, */
    struct session_record *record;     /* and with what */
    struct ask_ticket *current;        /* covered by the look under way */
    struct ask_ticket *later;          /* wait for the next, */
    enum ask_urgency urgency;          /* as urgent as this */
    struct ask_ticket *answering;      /* being told the outcome of the last one */
    uint64_t last_look_at;             /* 0: never */
    bool patient;                      /* looked at so often that it can wait */
    struct claim claim;                /* to the look, */
    struct face_call *call;            /* looking upstream, or */
    struct change *settling;           /* storing what it says */
    struct face_session *face;         /* the look's answer; NULL: upstream has no such session */
    uv_timer_t timer;                  /* the next look, or the end of this struct */
};

enum { EAGER_LOOKS = 5, PATIENT_INTERVALS = 5, EAGER_SLOTS = 8192 };

/* How many looks that could not wait a session has had; the place follows from a keyed hash of its
 * id, and a newcomer takes it. */
struct eagerness {
    uint64_t key;
    unsigned looks;
    bool completed; /* that was worth new ones, once */
};

struct asker {
    struct sessions *sessions;
    struct asking *askings;
    struct eagerness eagerness[EAGER_SLOTS];
};

/* NULL: nobody looks or has just looked. */
struct asking *asking_find(const struct asker *asker, const char *id);
/* The next look, or the end, unless something is under way. */
void asking_schedule(struct asking *asking);
/* Looks now, for all in `later`. */
void asking_look(struct asking *asking);
/* The look is over, or is not made: the other processes may look when this one may again. */
void asking_release(struct asking *asking, const char *status_word);
/* Nobody waits for the next look any more. */
void asking_calm(struct asking *asking);
/* Tells those in `answering`. */
void asking_answer(struct asking *asking, enum problem problem, unsigned retry_after_s,
                   const struct session_record *record, const struct face_session *face);

/* asker_shared.c: what a claim that was asked for ended with. */
void asking_claimed(struct claim *claim, enum store_result result);

/*
 * The inside of the emulator, for its own routes: what all requests share.
 */
#pragma once

#include <stdbool.h>

#include "base/jwt.h"
#include "emulator/emu_clock.h"
#include "emulator/emulator.h"
#include "emulator/faults.h"
#include "emulator/request_log.h"
#include "emulator/sessions.h"
#include "http/listener.h"

struct emu_rate {
    unsigned limit; /* calls a second; 0: none */
    unsigned used;  /* in this window */
    uint64_t began_ms;
};

struct emu_entra {
    struct jwt_key *key;
    uint32_t lifetime_s; /* of the tokens it gives out */
};

struct emulator {
    struct loop *loop;
    struct listener *listener;
    char *key, *key2;                            /* owned secrets; both NULL: any non-empty key */
    char *client_secret;                         /* owned, or NULL: any non-empty one */
    bool strict, tutorial_paths, gateway_errors; /* as struct emulator_options says */
    bool abuse_monitoring;                       /* PATCH /settings (v1.3) */
    const struct random *random;
    struct emu_clock clock;
    struct jwt_key *token_key;
    struct emu_entra entra;
    struct emu_rate rate;
    struct emu_sessions sessions;
    struct emu_faults faults;
    struct emu_request_log requests;
};

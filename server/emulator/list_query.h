/*
 * Paging of lists: `start` and `top` of the query.
 */
#pragma once

#include "emulator/error.h"
#include "emulator/sessions.h"
#include "http/request.h"

enum { EMU_LIST_TOP_MAX = 1000, EMU_LIST_START_CHARACTERS = 64 };

struct emu_list_query {
    struct slice start; /* ids greater than this; empty: from the beginning */
    size_t top;
};

/* EMU_BAD_ARGUMENT when `start` is too long or `top` no number from 1 to EMU_LIST_TOP_MAX. */
enum emu_error emu_list_query_read(struct request *request, struct emu_list_query *ret) MUST_CHECK;
/* Whether the id stands behind `start`. Compared as text; ids are lower case, `start` in any. */
bool emu_list_is_behind(const char *id, struct slice start);

/* The first `query->top` sessions of this kind behind `query->start`, ascending by id, into
 * ret_found, which has room for EMU_LIST_TOP_MAX. One pass over all sessions. */
size_t emu_list_select(const struct emu_sessions *sessions, enum emu_kind kind,
                       const struct emu_list_query *query, const struct emu_session **ret_found);

/*
 * The one table of all routes.
 */
#pragma once

#include "http/router.h"

extern const struct route routes_public[]; /* context: struct services */
/* How many of their first rows are left out where there is no demo page. */
enum { ROUTES_OF_DEMO = 5 };
extern const struct route routes_admin[]; /* the same */

/*
 * The one table of all routes.
 */
#pragma once

#include "http/router.h"

extern const struct route routes_public[]; /* context: struct services */
extern const struct route routes_admin[];  /* the same */

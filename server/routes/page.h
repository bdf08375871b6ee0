/*
 * Pages for people: what browsers are told to let them do, which is nothing but what they need.
 */
#pragma once

#include "http/request.h"

/* Sends an HTML page that nobody may frame or embed. `policy`: what its Content-Security-Policy
 * allows besides, as "style-src 'self'"; `permissions`: its Permissions-Policy, NULL for none at
 * all. */
void page_reply(struct request *request, const char *policy, const char *permissions,
                struct slice html);
/* As page_reply, for one that pages of ours may frame. */
void page_reply_framed(struct request *request, const char *policy, const char *permissions,
                       struct slice html);

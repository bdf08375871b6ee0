/*
 * One credential: the header line that says who we are, shared by all requests under way with it
 * and wiped when the last of them is over. libcurl reads the line again when it repeats a request,
 * so it must not change or go before.
 */
#pragma once

#include "base/slice.h"

struct credential;

/* `name` with its separator: "Ocp-Apim-Subscription-Key: ", "Authorization: Bearer ". The caller
 * is its first user. */
struct credential *credential_new(const char *name, struct slice secret);
struct credential *credential_ref(struct credential *credential);
/* Accepts NULL; returns NULL. */
struct credential *credential_unref(struct credential *credential);
/* Writable for libcurl's sake only. */
char *credential_line(struct credential *credential);

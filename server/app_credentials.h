/*
 * Who the server is to the upstream, from the settings; and keys that are renewed while it runs:
 * files that hold secrets are looked at every few seconds and read again when they change, also
 * when a symbolic link on their way does (as Kubernetes swaps them), and on SIGHUP.
 *
 * New credentials apply whole or not at all: when one of the files cannot be read, all stay as they
 * are, and the log says why.
 */
#pragma once

#include "config/settings.h"
#include "upstream/face.h"

/* Texts are the settings'. */
struct face_credentials credentials_of(const struct settings *settings);

struct app_credentials;

/* NULL when no secret came from a file: there is nothing to watch then. `settings`, `client` and
 * `log` outlive it. */
struct app_credentials *credentials_watch(uv_loop_t *uv, const struct settings *settings,
                                          struct face_client *client, struct log *log);
/* uv handles need turns of the loop to go. Accepts NULL; returns NULL. */
struct app_credentials *credentials_unwatch(struct app_credentials *credentials);

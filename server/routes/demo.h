/*
 * The demo page: what it is told about this server, and what its browser may do.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct web_folder;

struct demo_config {
    const char *emulator;             /* where the browser plays the camera; NULL: nowhere */
    const char *upstream;             /* where the vendor's component asks, an origin */
    const struct web_folder *face_ui; /* the component; NULL: none. Outlives the demo */
    const char *version;              /* of the upstream's Face API: "v1.2" */
    bool anonymous;                   /* devices need no credential */
    const char *issuer;               /* of receipts */
    const char *audience;
    uint64_t image_max_bytes; /* of a reference image */
};

/* Part of the services; NULL there: there is no demo. */
struct demo;

struct demo *demo_new(const struct demo_config *config);
/* Accepts NULL; returns NULL. */
struct demo *demo_free(struct demo *demo);

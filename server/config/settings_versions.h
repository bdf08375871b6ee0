/*
 * The little that settings must know of the versions of the Face API: which fields a policy can
 * rely on. A unit test holds it equal to what the upstream client knows, which this folder may not
 * include. Private to config/.
 */
#pragma once

#include <stdbool.h>

enum { SETTINGS_VERSIONS = 4 };

struct settings_version {
    const char *name;
    bool session_image;        /* enableSessionImage */
    bool model;                /* livenessModelVersion, by whatever name */
    bool threshold_alone;      /* the next one also in a create without a reference image */
    bool threshold;            /* verifyConfidenceThreshold */
    bool attempts;             /* numberOfClientAttemptsAllowed */
    unsigned attempts_allowed; /* when nothing is asked for */
};

/* In the order of the words of upstream.api_version. */
extern const struct settings_version settings_versions[SETTINGS_VERSIONS];

/*
 * The little that settings must know of the versions of the Face API: which fields a policy can
 * rely on. A unit test holds it equal to what the upstream client knows, which this folder may not
 * include. Private to config/.
 */
#pragma once

enum { SETTINGS_VERSIONS = 4 };

enum settings_version_field {
    VERSION_SESSION_IMAGE = 1 << 0,   /* enableSessionImage */
    VERSION_MODEL = 1 << 1,           /* livenessModelVersion, by whatever name */
    VERSION_THRESHOLD = 1 << 2,       /* verifyConfidenceThreshold */
    VERSION_THRESHOLD_ALONE = 1 << 3, /* the same in a create without a reference image */
    VERSION_ATTEMPTS = 1 << 4,        /* numberOfClientAttemptsAllowed */
    VERSION_CLIENT_ADDRESS = 1 << 5,  /* expectedClientIpAddress */
};

struct settings_version {
    const char *name;
    unsigned fields;           /* bits of enum settings_version_field */
    unsigned attempts_allowed; /* when nothing is asked for */
};

/* In the order of the words of upstream.api_version. */
extern const struct settings_version settings_versions[SETTINGS_VERSIONS];

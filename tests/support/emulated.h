/*
 * The emulator alone, for tests of the Face API as it emulates it.
 */
#pragma once

#include "support/daemon.h"
#include "support/http.h"

#define FACE_V1_2         "/face/v1.2"
#define FACE_SESSIONS     FACE_V1_2 "/detectLiveness-sessions"
#define FACE_PLAIN        "{\"livenessOperationMode\":\"Passive\",\"deviceCorrelationId\":\"d1\"}"
#define EMULATED_KEY      "k3y-one"
#define EMULATED_KEY2     "k3y-two"
#define KEY_HEADER        "Ocp-Apim-Subscription-Key: " EMULATED_KEY
#define SECOND_KEY_HEADER "Ocp-Apim-Subscription-Key: " EMULATED_KEY2
#define CLIENT_SECRET     "s3cret+/of the app"
#define UNKNOWN_SESSION   FACE_SESSIONS "/5f0c7c1e-9a42-4d0b-8a53-6d2f0b6f7a10"

/* With these further arguments, both keys and the client secret configured. */
struct daemon *emulate_words(struct place place, const char *const *arguments);
#define emulate(...)    emulate_words(HERE, (const char *const[]){__VA_ARGS__, NULL})
#define emulate_plain() emulate_words(HERE, NULL)

const char *emulated_url(const struct daemon *emulator, const char *path);
/* One call with the first key. */
const struct http_answer *face_call(const struct daemon *emulator, const char *method,
                                    const char *path, const char *body);
/* POST to /emulator/…; has to be answered 200. */
const struct http_answer *control_at(struct place place, const struct daemon *emulator,
                                     const char *path, const char *body);
#define control(emulator, path, body) control_at(HERE, emulator, path, body)

/* The status, the code in body and header, and a sentence. */
const struct http_answer *expect_face_error_at(struct place place, const struct http_answer *answer,
                                               int status, const char *code);
#define expect_face_error(answer, status, code) expect_face_error_at(HERE, answer, status, code)

/*
 * Calls of the emulator and what every refusal of it looks like.
 */
#include "support/emulated.h"

#include <string.h>

struct daemon *emulate_words(struct place place, const char *const *arguments)
{
    const char *const secrets[] = {"LIVENESSD_EMULATOR_KEY=" EMULATED_KEY,
                                   "LIVENESSD_EMULATOR_KEY2=" EMULATED_KEY2,
                                   "LIVENESSD_EMULATOR_CLIENT_SECRET=" CLIENT_SECRET, NULL};
    return daemon_start_at(place, "emulate", arguments, secrets);
}

const char *emulated_url(const struct daemon *emulator, const char *path)
{
    return daemon_url(emulator, "emulator", path);
}

const struct http_answer *face_call(const struct daemon *emulator, const char *method,
                                    const char *path, const char *body)
{
    return http_do(method, emulated_url(emulator, path), body, KEY_HEADER);
}

const struct http_answer *control_at(struct place place, const struct daemon *emulator,
                                     const char *path, const char *body)
{
    return expect_status_at(place, http_do("POST", emulated_url(emulator, path), body), 200);
}

const struct http_answer *expect_face_error_at(struct place place, const struct http_answer *answer,
                                               int status, const char *code)
{
    expect_status_at(place, answer, status);
    const char *header = answer_header(answer, "x-ms-error-code");
    if (!header || strcmp(header, code) != 0)
        fail_at(place, "x-ms-error-code is %s, expected %s", header ? header : "missing", code);
    const char *said = json_text_at_place(place, answer->json, "error.code");
    if (strcmp(said, code) != 0)
        fail_at(place, "error.code is %s, expected %s", said, code);
    if (!json_text_at_place(place, answer->json, "error.message")[0])
        fail_at(place, "no sentence: %s", answer->body);
    return answer;
}

/*
 * What clients get wrong when they send a picture: too much, too little, something else. Nothing of
 * it gets upstream, memory stays within its limit, and the process keeps serving.
 */
#include "support/form.h"
#include "support/raw.h"
#include "support/rig.h"

#include <criterion/criterion.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

static const struct form_field usual[] = {{"livenessOperationMode", "Passive"}, {NULL, NULL}};

static const char *verify_url(const struct rig *rig)
{
    return daemon_url(rig->server, "http", VERIFY_PATH);
}

static const struct http_answer *upload(const struct rig *rig, struct slice image)
{
    return form_send(verify_url(rig), form_plain, usual, image, NULL);
}

static const struct http_answer *post(const struct rig *rig, const char *content_type,
                                      const char *body)
{
    return http_do("POST", verify_url(rig), body, text_of("Content-Type: %s", content_type));
}

/* The process lives and serves, and nothing went upstream. */
static void expect_unharmed(const struct rig *rig)
{
    cr_assert_eq(emulator_calls(rig, "POST", "/face"), 0);
    expect_status(upload(rig, picture(2000, 1)), 200);
}

/* ---- too much ---- */

Test(bad_uploads, a_declared_gigabyte_is_refused_before_it_is_sent)
{
    struct rig rig = rig_open();
    int fd = raw_connect(daemon_address(rig.server, "http"));
    raw_send(fd, "POST " VERIFY_PATH " HTTP/1.1\r\nHost: a\r\n"
                 "Content-Type: multipart/form-data; boundary=x\r\n"
                 "Content-Length: 1073741824\r\n\r\n--x\r\n");
    bool closed = false;
    const char *said = raw_read_all(fd, &closed);
    cr_assert(closed);
    cr_assert_eq(strncmp(said, "HTTP/1.1 413 ", 13), 0, "%s", said);
    cr_assert_not_null(strstr(said, "BodyTooLarge"));
    expect_unharmed(&rig);
}

Test(bad_uploads, seven_megabytes_are_too_large_however_they_come)
{
    struct rig rig = rig_open();
    struct slice image = picture((size_t)7 * 1024 * 1024, 1);
    for (const struct form_style *style = form_styles; style->name; style++)
        expect_error(form_send(verify_url(&rig), style, usual, image, NULL), 413, "BodyTooLarge");
    expect_error(upload(&rig, picture((size_t)6 * 1024 * 1024 + 1, 1)), 400, "InvalidImageSize");
    expect_unharmed(&rig);
}

Test(bad_uploads, plain_sessions_take_no_upload)
{
    struct rig rig = rig_open();
    const char *plain = daemon_url(rig.server, "http", SESSIONS_PATH);
    expect_error(form_send(plain, form_plain, usual, picture(2000, 1), NULL), 415, "BadArgument");
    expect_unharmed(&rig);
}

static int hold_upload(const struct rig *rig, const char *megabytes)
{
    int fd = raw_connect(daemon_address(rig->server, "http"));
    raw_send(fd, "POST " VERIFY_PATH " HTTP/1.1\r\nHost: a\r\n"
                 "Content-Type: multipart/form-data; boundary=x\r\n"
                 "Content-Length: 6000000\r\n\r\n--x\r\n");
    raw_send(fd, megabytes);
    return fd;
}

Test(bad_uploads, held_up_uploads_share_one_limit_and_the_one_too_many_is_answered)
{
    struct rig rig = rig_open_set("http.body_memory=16MB");
    enum { HELD = 2, SENT = 4 * 1024 * 1024 };
    static const char refused[] =
        "livenessd_http_refused_total{listener=\"http\",reason=\"body_memory\"}";
    char *megabytes = keep(xcalloc(1, SENT + 1), free);
    int held[HELD];
    memset(megabytes, 'x', SENT);
    for (int i = 0; i < HELD; i++)
        held[i] = hold_upload(&rig, megabytes);
    struct slice image = picture((size_t)5 * 1024 * 1024, 1);
    const struct http_answer *answer = upload(&rig, image);
    expect_error(answer, 503, "ServerBusy");
    cr_expect_str_eq(answer_header(answer, "retry-after"), "1");
    cr_expect(metric_value(&rig, refused) == 1);
    expect_unharmed(&rig);
    (void)close(held[0]);
    expect_soon(upload(&rig, image)->status == 200);
    (void)close(held[1]);
}

Test(bad_uploads, held_up_chunks_share_the_limit)
{
    struct rig rig = rig_open_set("http.body_memory=16MB");
    enum { HELD = 6, SENT = 4 * 1024 * 1024 };
    char *megabytes = keep(xcalloc(1, SENT + 1), free);
    int held[HELD];
    memset(megabytes, 'x', SENT);
    for (int i = 0; i < HELD; i++) {
        held[i] = raw_connect(daemon_address(rig.server, "http"));
        raw_send(held[i], "POST " VERIFY_PATH " HTTP/1.1\r\nHost: a\r\n"
                          "Content-Type: multipart/form-data; boundary=x\r\n"
                          "Transfer-Encoding: chunked\r\n\r\n500000\r\n");
        raw_send(held[i], megabytes);
    }
    expect_soon(metric_value(&rig, "livenessd_http_refused_total"
                                   "{listener=\"http\",reason=\"body_memory\"}") >= 3);
    expect_unharmed(&rig);
    for (int i = 0; i < HELD; i++)
        (void)close(held[i]);
}

Test(bad_uploads, the_emulator_too_answers_the_one_too_many)
{
    struct rig rig = rig_open();
    enum { HELD = 14 }; /* of its 128 MB */
    static const char head[] = "POST /face/v1.2/detectLivenessWithVerify-sessions HTTP/1.1\r\n"
                               "Host: a\r\nContent-Type: multipart/form-data; boundary=x\r\n"
                               "Content-Length: 9000000\r\n\r\n";
    struct pollfd held[HELD + 1];
    for (int i = 0; i <= HELD; i++) {
        held[i] = (struct pollfd){raw_connect(daemon_address(rig.emulator, "emulator")), POLLIN, 0};
        raw_send(held[i].fd, head);
    }
    cr_assert_eq(poll(held, HELD + 1, SOON_MS), 1);
    int which = 0;
    while (!held[which].revents)
        which++;
    const char *said = raw_read_all(held[which].fd, NULL);
    cr_assert_eq(strncmp(said, "HTTP/1.1 503 ", 13), 0, "%s", said);
    cr_expect_not_null(strcasestr(said, "\r\nretry-after: 1\r\n"), "%s", said);
    cr_expect_not_null(strstr(said, "{\"error\":{\"code\":\"503\""), "%s", said);
    for (int i = 0; i <= HELD; i++)
        (void)close(held[i].fd);
}

/* ---- too little ---- */

static const struct {
    const char *content_type;
    const char *body;
    int status;
    const char *code;
} forms[] = {
    {"multipart/form-data", "--x--\r\n", 400, "InvalidRequestBody"},
    {"multipart/form-data; boundary=", "--x--\r\n", 400, "InvalidRequestBody"},
    {"multipart/form-data; boundary=x", "", 400, "InvalidRequestBody"},
    {"multipart/form-data; boundary=x", "garbage", 400, "InvalidRequestBody"},
    {"multipart/form-data; boundary=x", "--y\r\n\r\n--y--\r\n", 400, "InvalidRequestBody"},
    /* cut off */
    {"multipart/form-data; boundary=x", "--x\r\n", 400, "InvalidRequestBody"},
    {"multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"", 400,
     "InvalidRequestBody"},
    {"multipart/form-data; boundary=x",
     "--x\r\nContent-Disposition: form-data; name=\"livenessOperationMode\"\r\n\r\nPassive\r\n--x",
     400, "InvalidRequestBody"},
    /* no fields, no name, twice the same */
    {"multipart/form-data; boundary=x", "--x--\r\n", 400, NULL},
    {"multipart/form-data; boundary=x",
     "--x\r\nContent-Disposition: form-data\r\n\r\nPassive\r\n--x--\r\n", 400,
     "InvalidRequestBody"},
    {"multipart/form-data; boundary=x",
     "--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n"
     "--x\r\nContent-Disposition: form-data; name=A\r\n\r\n2\r\n--x--\r\n",
     400, "InvalidRequestBody"},
    {"multipart/form-data; boundary=x",
     "--x\r\nContent-Disposition: form-data; name=Parameters\r\n\r\n{\r\n--x--\r\n", 400,
     "InvalidRequestBody"},
    {"multipart/form-data; boundary=x",
     "--x\r\nContent-Disposition: form-data; name=livenessOperationMode\r\n\r\nActive\r\n--x--\r\n",
     400, "InvalidLivenessOperationMode"},
    {"multipart/form-data; boundary=x",
     "--x\r\nContent-Disposition: form-data; "
     "name=livenessOperationMode\r\n\r\nPassive\r\n--x--\r\n",
     400, "NotAllowedByPolicy"},
    /* no forms */
    {"application/x-www-form-urlencoded", "livenessOperationMode=Passive", 415, "BadArgument"},
    {"multipart/mixed; boundary=x", "--x--\r\n", 415, "BadArgument"},
    {"image/jpeg", "\xFF\xD8\xFF", 415, "BadArgument"},
    {"application/json", "--x--\r\n", 400, "InvalidRequestBody"},
};

Test(bad_uploads, forms_that_are_none_are_told_what_is_wrong)
{
    struct rig rig = rig_open();
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        const struct http_answer *answer = post(&rig, forms[i].content_type, forms[i].body);
        cr_assert_eq(answer->status, forms[i].status, "%zu: %d %s", i, answer->status,
                     answer->body);
        if (forms[i].code)
            expect_error(answer, forms[i].status, forms[i].code);
    }
    expect_unharmed(&rig);
}

Test(bad_uploads, fields_of_a_form_are_checked_like_members)
{
    struct rig rig = rig_open();
    static const struct {
        const char *name, *value, *code;
    } wrong[] = {
        {"authTokenTimeToLiveInSeconds", "59", "InvalidTokenLifetime"},
        {"authTokenTimeToLiveInSeconds", "86401", "InvalidTokenLifetime"},
        {"authTokenTimeToLiveInSeconds", "1e3x", "InvalidRequestBody"},
        {"enableSessionImage", "perhaps", "InvalidRequestBody"},
        {"verifyConfidenceThreshold", "1.1", "InvalidRequestBody"},
        {"verifyConfidenceThreshold", "nan", "InvalidRequestBody"},
        {"numberOfClientAttemptsAllowed", "4", "InvalidRequestBody"},
        {"transactionId", "a b", "InvalidRequestBody"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const struct form_field fields[] = {
            {"livenessOperationMode", "Passive"}, {wrong[i].name, wrong[i].value}, {NULL, NULL}};
        const struct http_answer *answer =
            form_send(verify_url(&rig), form_plain, fields, picture(2000, 1), NULL);
        cr_assert_eq(answer->status, 400, "%s=%s: %d %s", wrong[i].name, wrong[i].value,
                     answer->status, answer->body);
        cr_assert_str_eq(answer_header(answer, "x-ms-error-code"), wrong[i].code, "%s=%s: %s",
                         wrong[i].name, wrong[i].value, answer->body);
    }
    expect_unharmed(&rig);
}

Test(bad_uploads, bytes_in_fields_go_nowhere)
{
    struct rig rig = rig_open();
    const struct form_field fields[] = {{"livenessOperationMode", "Passive"},
                                        {"deviceCorrelationId", "a\r\nX-Injected: 1"},
                                        {"livenessModelVersion", "2025\r\nX: 1"},
                                        {NULL, NULL}};
    expect_error(form_send(verify_url(&rig), form_plain, fields, picture(2000, 1), NULL), 400,
                 "InvalidRequestBody");
    expect_unharmed(&rig);
}

/* ---- something else ---- */

Test(bad_uploads, pictures_are_known_by_their_first_bytes)
{
    struct rig rig = rig_open();
    static const struct {
        const char *name;
        struct slice magic;
        bool good;
    } kinds[] = {
        {"JPEG", SLICE_INIT("\xFF\xD8\xFF\xE1"), true},
        {"PNG", SLICE_INIT("\x89PNG\r\n\x1A\n"), true},
        {"GIF", SLICE_INIT("GIF89a"), true},
        {"BMP", SLICE_INIT("BM"), true},
        {"WebP", SLICE_INIT("RIFF\x10\x10\x00\x00WEBPVP8 "), false},
        {"PDF", SLICE_INIT("%PDF-1.7"), false},
        {"HTML", SLICE_INIT("<html>"), false},
        {"nothing", SLICE_INIT("\x00\x00\x00\x00"), false},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        char bytes[2000] = {0};
        memcpy(bytes, kinds[i].magic.data, kinds[i].magic.len);
        const struct http_answer *answer = upload(&rig, (struct slice){bytes, sizeof bytes});
        cr_assert_eq(answer->status, kinds[i].good ? 200 : 400, "%s: %s", kinds[i].name,
                     answer->body);
        if (!kinds[i].good)
            expect_error(answer, 400, "InvalidImage");
    }
}

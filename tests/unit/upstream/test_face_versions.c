/*
 * The Face API client in each version: request lines, and what each version's answers become.
 */
#include "face_world.h"

#define PLAIN     "/detectLiveness-sessions"
#define VERIFY    "/detectLivenessWithVerify-sessions"
#define OLD(kind) "/" kind "/singleModal/sessions"

static const struct path_row {
    enum face_version version;
    enum face_kind kind;
    const char *path;
} paths[] = {
    {FACE_V1_1_PREVIEW_1, FACE_LIVENESS, "/face/v1.1-preview.1" OLD("detectLiveness")},
    {FACE_V1_1_PREVIEW_1, FACE_LIVENESS_WITH_VERIFY,
     "/face/v1.1-preview.1" OLD("detectLivenessWithVerify")},
    {FACE_V1_2_PREVIEW_1, FACE_LIVENESS, "/face/v1.2-preview.1" OLD("detectLiveness")},
    {FACE_V1_2_PREVIEW_1, FACE_LIVENESS_WITH_VERIFY,
     "/face/v1.2-preview.1" OLD("detectLivenessWithVerify")},
    {FACE_V1_2, FACE_LIVENESS, "/face/v1.2" PLAIN},
    {FACE_V1_2, FACE_LIVENESS_WITH_VERIFY, "/face/v1.2" VERIFY},
    {FACE_V1_3_PREVIEW_1, FACE_LIVENESS, "/face/v1.3-preview.1" PLAIN},
    {FACE_V1_3_PREVIEW_1, FACE_LIVENESS_WITH_VERIFY, "/face/v1.3-preview.1" VERIFY},
};

static const char *created(const struct path_row *row)
{
    return face_versions[row->version].preview ? "{\"sessionId\":\"" ID "\",\"authToken\":\"" TOKEN
                                                 "\"}"
                                               : SESSION(ID, TOKEN);
}

static const char *got(const struct path_row *row)
{
    return face_versions[row->version].preview ? "{\"id\":\"" ID "\",\"status\":\"Started\"}"
                                               : SESSION(ID, "");
}

static void expect_line(struct world *it, size_t request, const char *method, const char *path,
                        const char *rest)
{
    char line[256];
    (void)snprintf(line, sizeof line, "%s %s%s HTTP/1.1\r\n", method, path, rest);
    cr_expect_eq(strncmp(it->server.requests[request], line, strlen(line)), 0, "%s not %.120s",
                 line, it->server.requests[request]);
}

Test(face_versions, every_operation_has_its_path_and_success)
{
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        const struct path_row *row = &paths[i];
        bool preview = face_versions[row->version].preview;
        static struct world it;
        setup(&it);
        it.config.version = row->version;
        reopen(&it);
        server_script(&it.server, reply(&it, HEAD("200 OK"), created(row)), THEN_KEEP);
        server_script(&it.server, reply(&it, HEAD("200 OK"), got(row)), THEN_KEEP);
        server_script(&it.server, reply(&it, preview ? HEAD("200 OK") : HEAD("204 No Content"), ""),
                      THEN_KEEP);
        struct face_create create = plain_create;
        create.kind = row->kind;
        struct told made = {0}, read = {0}, gone = {0};
        face_create_session(it.client, &create, "req-1", on_done, &made);
        await(&it, &made.count);
        (void)face_get_session(it.client, row->kind, ID, "req-1", on_done, &read);
        await(&it, &read.count);
        (void)face_delete_session(it.client, row->kind, ID, "req-1", on_done, &gone);
        await(&it, &gone.count);
        cr_expect_eq(made.problem, PROBLEM_NONE, "row %zu: %d", i, made.problem);
        cr_expect_str_eq(made.token, TOKEN);
        cr_expect_str_eq(made.status_word, "NotStarted");
        cr_expect_eq(read.problem, PROBLEM_NONE, "row %zu: %d", i, read.problem);
        cr_expect_str_eq(read.status_word, preview ? "Running" : "NotStarted");
        cr_expect_eq(gone.problem, PROBLEM_NONE, "row %zu: %d", i, gone.problem);
        expect_line(&it, 0, "POST", row->path, "");
        expect_line(&it, 1, "GET", row->path, "/" ID);
        expect_line(&it, 2, "DELETE", row->path, "/" ID);
        teardown(&it);
    }
}

Test(face_versions, a_verify_session_goes_out_as_multipart_with_the_usual_headers)
{
    static struct world it;
    setup(&it);
    server_script(&it.server, reply(&it, HEAD("200 OK"), SESSION(ID, TOKEN)), THEN_KEEP);
    struct face_create create = plain_create;
    create.kind = FACE_LIVENESS_WITH_VERIFY;
    create.verify_image = SLICE("\xFF\xD8\xFFpicture");
    struct told told = {0};
    face_create_session(it.client, &create, "req-7", on_done, &told);
    await(&it, &told.count);
    cr_assert_eq(told.problem, PROBLEM_NONE);
    const char *request = it.server.requests[0];
    static const char *const parts[] = {
        "POST /face/v1.2/detectLivenessWithVerify-sessions HTTP/1.1\r\n",
        "\r\nOcp-Apim-Subscription-Key: " KEY "\r\n",
        "\r\nContent-Type: multipart/form-data; boundary=livenessd-",
        "\r\nAccept: application/json\r\n",
        "\r\nx-ms-client-request-id: req-7\r\n",
        ("name=\"verifyImage\"; filename=\"verifyImage\"\r\nContent-Type: image/jpeg\r\n\r\n"
         "\xFF\xD8\xFFpicture\r\n--livenessd-"),
        "name=\"deviceCorrelationId\"\r\n\r\ndevice-1\r\n",
        "name=\"returnVerifyImageHash\"\r\n\r\ntrue\r\n",
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        cr_expect_not_null(strstr(request, parts[i]), "%s in %s", parts[i], request);
    }
    cr_expect_null(strcasestr(request, "expect"));
    cr_expect_null(strstr(request, "Content-Type: application/json\r\n"));
    /* the line of a multipart body does not stay with the pooled handle */
    server_script(&it.server, reply(&it, HEAD("200 OK"), SESSION(ID, TOKEN)), THEN_KEEP);
    (void)run(&it, CREATE);
    cr_expect_not_null(strstr(it.server.requests[1], "\r\nContent-Type: application/json\r\n"));
    cr_expect_null(strstr(it.server.requests[1], "multipart"));
    teardown(&it);
}

Test(face_versions, previews_name_reference_and_result)
{
    static struct world it;
    setup(&it);
    it.config.version = FACE_V1_1_PREVIEW_1;
    reopen(&it);
    server_script(&it.server,
                  reply(&it, HEAD("200 OK"),
                        "{\"sessionId\":\"" ID "\",\"authToken\":\"" TOKEN
                        "\",\"verifyImage\":{\"qualityForRecognition\":\"high\"}}"),
                  THEN_KEEP);
    server_script(&it.server,
                  reply(&it, HEAD("200 OK"),
                        "{\"id\":\"" ID "\",\"status\":\"ResultAvailable\",\"result\":{\"id\":1,"
                        "\"response\":{\"body\":{\"livenessDecision\":\"realface\"},"
                        "\"statusCode\":200},\"digest\":\"D\"}}"),
                  THEN_KEEP);
    struct told made = run(&it, CREATE);
    cr_expect_eq(made.reference_count, 1);
    struct told read = run(&it, GET);
    cr_expect_eq(read.attempt_count, 1);
    cr_expect_str_eq(read.status_word, "Succeeded");
    teardown(&it);
}

/* ---- answers that are none ---- */

struct row {
    enum face_version version;
    enum operation operation;
    const char *head, *body;
    enum problem problem;
    bool maybe_performed;
};

#define BAD(code) "{\"error\":{\"code\":\"" code "\",\"message\":\"m\"}}"

/* of creates with a reference image */
static const struct row image_rows[] = {
    {FACE_V1_2, CREATE, HEAD("400 Bad"), BAD("InvalidImage"), PROBLEM_INVALID_IMAGE, false},
    {FACE_V1_2, CREATE, HEAD("400 Bad"), BAD("InvalidImageSize"), PROBLEM_INVALID_IMAGE_SIZE,
     false},
    {FACE_V1_2, CREATE, HEAD("400 Bad") "x-ms-error-code: InvalidImageSize\r\n", "",
     PROBLEM_INVALID_IMAGE_SIZE, false},
    {FACE_V1_2, CREATE, HEAD("400 Bad") "x-ms-error-code: InvalidImage\r\n", BAD("Other"),
     PROBLEM_UPSTREAM_BROKEN, false},
};

static const struct row rows[] = {
    /* of an image that was not sent */
    {FACE_V1_2, CREATE, HEAD("400 Bad"), BAD("InvalidImage"), PROBLEM_UPSTREAM_BROKEN, false},
    {FACE_V1_2, CREATE, HEAD("400 Bad"), BAD("InvalidImageSize"), PROBLEM_UPSTREAM_BROKEN, false},
    {FACE_V1_2, CREATE, HEAD("400 Bad"), BAD("InvalidRequestBody"), PROBLEM_UPSTREAM_BROKEN, false},
    {FACE_V1_2, CREATE, HEAD("400 Bad"), "{\"error\":{\"code\":5}}", PROBLEM_UPSTREAM_BROKEN,
     false},
    {FACE_V1_2, GET, HEAD("400 Bad"), BAD("InvalidImage"), PROBLEM_UPSTREAM_BROKEN, false},
    {FACE_V1_2, CREATE, HEAD("413 Large"), "", PROBLEM_UPSTREAM_BROKEN, false},
    {FACE_V1_2, CREATE, HEAD("415 Type"), BAD("BadArgument"), PROBLEM_UPSTREAM_BROKEN, false},
    /* a preview's answer to a stable version, and the other way round */
    {FACE_V1_2, CREATE, HEAD("200 OK"), "{\"sessionId\":\"" ID "\",\"authToken\":\"t\"}",
     PROBLEM_UPSTREAM_BROKEN, true},
    {FACE_V1_2, GET, HEAD("200 OK"), "{\"id\":\"" ID "\",\"status\":\"Started\"}",
     PROBLEM_UPSTREAM_BROKEN, false},
    {FACE_V1_1_PREVIEW_1, GET, HEAD("200 OK"), "{\"id\":\"" OTHER_ID "\",\"status\":\"Started\"}",
     PROBLEM_UPSTREAM_BROKEN, false},
    {FACE_V1_1_PREVIEW_1, CREATE, HEAD("200 OK"), "{\"sessionId\":\"" ID "\"}",
     PROBLEM_UPSTREAM_BROKEN, true},
    {FACE_V1_1_PREVIEW_1, CREATE, HEAD("201 Created"),
     "{\"sessionId\":\"" ID "\",\"authToken\":\"t\"}", PROBLEM_UPSTREAM_BROKEN, true},
    /* members of another type */
    {FACE_V1_3_PREVIEW_1, GET, HEAD("200 OK"),
     "{\"sessionId\":\"" ID "\",\"status\":\"Running\",\"results\":{\"attempts\":[{\"attemptId\":"
     "1,\"attemptStatus\":\"Succeeded\",\"abuseMonitoringResult\":[]}]}}",
     PROBLEM_UPSTREAM_BROKEN, false},
    {FACE_V1_3_PREVIEW_1, GET, HEAD("200 OK"),
     "{\"sessionId\":\"" ID "\",\"status\":\"Running\",\"results\":{\"attempts\":[{\"attemptId\":"
     "1,\"attemptStatus\":\"Succeeded\",\"abuseMonitoringResult\":{\"isAbuseDetected\":{}}}]}}",
     PROBLEM_NONE, false},
};

static struct told create_with_image(struct world *it)
{
    struct told told = {0};
    struct face_create create = plain_create;
    create.kind = FACE_LIVENESS_WITH_VERIFY;
    create.verify_image = SLICE("\xFF\xD8\xFFpicture");
    face_create_session(it->client, &create, "req-1", on_done, &told);
    await(it, &told.count);
    return told;
}

static void expect_row(const struct row *row, bool with_image)
{
    static struct world it;
    setup(&it);
    it.config.version = row->version;
    reopen(&it);
    server_script(&it.server, reply(&it, row->head, row->body), THEN_KEEP);
    struct told told = with_image ? create_with_image(&it) : run(&it, row->operation);
    cr_expect_eq(told.problem, row->problem, "%s%s: %d", row->head, row->body, told.problem);
    cr_expect_eq(told.maybe_performed, row->maybe_performed, "%s%s", row->head, row->body);
    cr_expect_eq(server_requests(&it.server), 1, "%s%s", row->head, row->body);
    teardown(&it);
}

Test(face_versions, other_answers_become_what_the_table_says)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        expect_row(&rows[i], false);
    }
}

Test(face_versions, a_reference_image_may_be_refused)
{
    for (size_t i = 0; i < sizeof image_rows / sizeof *image_rows; i++) {
        expect_row(&image_rows[i], true);
    }
}

Test(face_versions, a_preview_create_of_no_use_still_names_its_session)
{
    static struct world it;
    setup(&it);
    it.config.version = FACE_V1_2_PREVIEW_1;
    reopen(&it);
    server_script(&it.server, reply(&it, HEAD("200 OK"), "{\"sessionId\":\"" ID "\"}"), THEN_KEEP);
    struct told told = run(&it, CREATE);
    cr_expect_eq(told.problem, PROBLEM_UPSTREAM_BROKEN);
    cr_expect(told.maybe_performed);
    cr_expect_str_eq(told.session_id, ID);
    teardown(&it);
}

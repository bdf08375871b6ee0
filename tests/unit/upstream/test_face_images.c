/*
 * Session images, detection, and reference images on their way: what is asked, what comes of it,
 * and that memory stays bounded and is wiped.
 */
#include "face_world.h"
#include "wipe_watch.h"

#include <string.h>

#define JPEG     "\xFF\xD8\xFF"
#define IMAGE_ID "AaTWscL3A2hLnw5_PVweKpBc5FCdHhdEQ7hRzNe7sgYo"

static struct told get_image(struct world *it)
{
    struct told told = {0};
    (void)face_get_image(it->client, IMAGE_ID, "req-1", on_done, &told);
    cr_assert_eq(told.count, 0);
    await(it, &told.count);
    return told;
}

static struct told detect(struct world *it)
{
    struct told told = {0};
    const struct face_detect asked = {.recognition_model = "recognition_04"};
    (void)face_detect_image(it->client, IMAGE_ID, &asked, "req-1", on_done, &told);
    cr_assert_eq(told.count, 0);
    await(it, &told.count);
    return told;
}

Test(face_images, an_image_comes_whole_and_is_wiped)
{
    static struct world it;
    setup(&it);
    static const char image[] = "\xFF\xD8\xFF\0binary\0\r\n\r\n\xFF\xD9";
    static char text[256];
    int head = snprintf(text, sizeof text,
                        "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
                        "Content-Length: %zu\r\n\r\n",
                        sizeof image - 1);
    memcpy(text + head, image, sizeof image - 1);
    it.server.steps[0] = (struct step){text, (size_t)head + sizeof image - 1, THEN_KEEP};
    it.server.step_count = 1;
    watch_for(image, sizeof image - 1);
    struct told told = get_image(&it);
    cr_assert_eq(told.problem, PROBLEM_NONE);
    cr_assert_eq(told.content_size, sizeof image - 1);
    cr_assert_eq(memcmp(told.content, image, sizeof image - 1), 0);
    cr_assert_geq(wiped.count, 1);
    static const char *const lines[] = {
        "GET /face/v1.2/sessionImages/" IMAGE_ID " HTTP/1.1\r\n",
        "\r\nAccept: */*\r\n",
        "\r\nOcp-Apim-Subscription-Key: " KEY "\r\n",
        "\r\nx-ms-client-request-id: req-1\r\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        cr_expect_not_null(strstr(it.server.requests[0], lines[i]), "%s", lines[i]);
    }
    cr_expect_null(strstr(it.server.requests[0], "Content-Type"));
    /* and is not there any more for the next call */
    server_script(&it.server, reply(&it, HEAD("200 OK"), SESSION(ID, TOKEN)), THEN_KEEP);
    told = run(&it, CREATE);
    cr_assert_eq(told.problem, PROBLEM_NONE);
    cr_assert_eq(told.content_size, 0);
    cr_assert_not_null(strstr(it.server.requests[1], "\r\nAccept: application/json\r\n"));
    teardown(&it);
}

Test(face_images, detection_sends_id_and_query)
{
    static struct world it;
    setup(&it);
    static const char faces[] =
        "[{\"faceRectangle\":{\"top\":3,\"left\":2,\"width\":4,\"height\":5}}]";
    server_script(&it.server, reply(&it, HEAD("200 OK"), faces), THEN_KEEP);
    server_script(&it.server, reply(&it, HEAD("200 OK"), "[]"), THEN_KEEP);
    struct told told = detect(&it);
    cr_assert_eq(told.problem, PROBLEM_NONE);
    cr_assert_eq(told.content_size, sizeof faces - 1);
    cr_assert_eq(memcmp(told.content, faces, sizeof faces - 1), 0);
    static const char line[] = "POST /face/v1.2/detect?recognitionModel=recognition_04 HTTP/1.1";
    cr_expect_eq(strncmp(it.server.requests[0], line, sizeof line - 1), 0);
    cr_expect_not_null(
        strstr(it.server.requests[0], "\r\n\r\n{\"sessionImageId\":\"" IMAGE_ID "\"}"));
    cr_expect_not_null(strstr(it.server.requests[0], "\r\nContent-Type: application/json\r\n"));
    cr_expect_eq(detect(&it).problem, PROBLEM_NONE);
    teardown(&it);
}

Test(face_images, previews_have_them_elsewhere_or_not_at_all)
{
    static struct world it;
    setup(&it);
    it.config.version = FACE_V1_1_PREVIEW_1;
    reopen(&it);
    cr_expect_eq(get_image(&it).problem, PROBLEM_ROUTE_NOT_FOUND);
    cr_expect_eq(detect(&it).problem, PROBLEM_ROUTE_NOT_FOUND);
    cr_expect_eq(server_requests(&it.server), 0);
    it.config.version = FACE_V1_2_PREVIEW_1;
    reopen(&it);
    server_script(&it.server, reply(&it, HEAD("200 OK"), JPEG "image"), THEN_KEEP);
    cr_expect_eq(get_image(&it).problem, PROBLEM_NONE);
    static const char line[] = "GET /face/v1.2-preview.1/session/sessionImages/" IMAGE_ID " ";
    cr_expect_eq(strncmp(it.server.requests[0], line, sizeof line - 1), 0);
    teardown(&it);
}

Test(face_images, ids_that_are_none_do_not_go_out)
{
    static struct world it;
    setup(&it);
    static const char *const ids[] = {"", "../settings", "a/b", "a?b", "a%2fb", "a b", NULL};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        struct told image = {0}, faces = {0};
        (void)face_get_image(it.client, ids[i], "r", on_done, &image);
        (void)face_detect_image(it.client, ids[i], &(struct face_detect){0}, "r", on_done, &faces);
        await(&it, &image.count);
        await(&it, &faces.count);
        cr_expect_eq(image.problem, PROBLEM_INTERNAL);
        cr_expect_eq(faces.problem, PROBLEM_INTERNAL);
    }
    cr_expect_eq(server_requests(&it.server), 0);
    teardown(&it);
}

Test(face_images, other_answers_are_problems)
{
    static const struct {
        bool detects;
        const char *head, *body;
        enum problem problem;
    } rows[] = {
        {false, HEAD("404 Gone"), "{}", PROBLEM_SESSION_NOT_FOUND},
        {true, HEAD("404 Gone"), "{}", PROBLEM_SESSION_NOT_FOUND},
        {false, HEAD("200 OK"), "", PROBLEM_UPSTREAM_BROKEN},
        {false, HEAD("204 None"), "", PROBLEM_UPSTREAM_BROKEN},
        {false, HEAD("200 OK"), "<html>Please log in</html>", PROBLEM_UPSTREAM_BROKEN},
        {false, HEAD("200 OK"), "{\"error\":{}}", PROBLEM_UPSTREAM_BROKEN},
        {false, HEAD("206 Part"), JPEG "image", PROBLEM_UPSTREAM_BROKEN},
        {false, HEAD("302 Found") "Location: /x\r\n", "", PROBLEM_UPSTREAM_BROKEN},
        {false, HEAD("403 No"), "{}", PROBLEM_UPSTREAM_DENIED},
        {false, HEAD("429 Slow") "Retry-After: 3\r\n", "{}", PROBLEM_UPSTREAM_BUSY},
        {true, HEAD("400 Bad"), "{\"error\":{\"code\":\"InvalidImage\"}}", PROBLEM_UPSTREAM_BROKEN},
        {true, HEAD("200 OK"), "{}", PROBLEM_UPSTREAM_BROKEN},
        {true, HEAD("200 OK"), "[", PROBLEM_UPSTREAM_BROKEN},
        {true, HEAD("200 OK"), "[{\"a\":1,\"a\":2}]", PROBLEM_UPSTREAM_BROKEN},
        {true, HEAD("200 OK"), "", PROBLEM_UPSTREAM_BROKEN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static struct world it;
        setup(&it);
        server_script(&it.server, reply(&it, rows[i].head, rows[i].body), THEN_KEEP);
        struct told told = rows[i].detects ? detect(&it) : get_image(&it);
        cr_expect_eq(told.problem, rows[i].problem, "row %zu: %d", i, told.problem);
        cr_expect_eq(told.not_found, rows[i].problem == PROBLEM_SESSION_NOT_FOUND, "row %zu", i);
        cr_expect_eq(told.content_size, 0, "row %zu", i);
        cr_expect_not(told.maybe_performed, "row %zu", i);
        teardown(&it);
    }
}

/* A hundred megabytes, as declared or as they come, are cut at the cap. */
static enum problem hundred_megabytes(bool declared, bool image)
{
    enum { BODY = 100 * 1024 * 1024 };
    static struct world it;
    setup(&it);
    char *text = calloc(1, BODY + 128);
    int head = declared ? snprintf(text, 128, HEAD("200 OK") "Content-Length: %d\r\n\r\n", BODY)
                        : snprintf(text, 128, HEAD("200 OK") "\r\n");
    it.server.steps[0] = (struct step){text, (size_t)head + BODY, THEN_CLOSE};
    it.server.step_count = 1;
    enum problem problem = image ? get_image(&it).problem : run(&it, GET).problem;
    teardown(&it);
    free(text);
    return problem;
}

Test(face_images, a_hundred_megabytes_are_broken)
{
    cr_expect_eq(hundred_megabytes(true, true), PROBLEM_UPSTREAM_BROKEN);
    cr_expect_eq(hundred_megabytes(false, true), PROBLEM_UPSTREAM_BROKEN);
    cr_expect_eq(hundred_megabytes(false, false), PROBLEM_UPSTREAM_BROKEN);
}

Test(face_images, an_image_may_be_larger_than_other_answers)
{
    enum { BODY = 100 * 1024 }; /* above max_answer_bytes */
    static struct world it;
    setup(&it);
    static char text[BODY + 128];
    int head = snprintf(text, 128, HEAD("200 OK") "Content-Length: %d\r\n\r\n", BODY);
    memset(text + head, 'x', BODY);
    memcpy(text + head, JPEG, sizeof JPEG - 1);
    it.server.steps[0] = (struct step){text, (size_t)head + BODY, THEN_KEEP};
    it.server.steps[1] = (struct step){text, (size_t)head + BODY, THEN_KEEP};
    it.server.step_count = 2;
    struct told told = get_image(&it);
    cr_expect_eq(told.problem, PROBLEM_NONE);
    cr_expect_eq(told.content_size, BODY);
    cr_expect_eq(detect(&it).problem, PROBLEM_UPSTREAM_BROKEN);
    teardown(&it);
}

Test(face_images, a_dripping_answer_is_a_timeout)
{
    static struct world it;
    setup(&it);
    it.config.timeout_ms = 150;
    reopen(&it);
    server_script(&it.server, HEAD("200 OK") "Content-Length: 9999\r\n\r\n", THEN_DRIP);
    server_script(&it.server, HEAD("200 OK") "Content-Length: 9999\r\n\r\n", THEN_DRIP);
    server_script(&it.server, "HTTP/1.1 200 OK\r\nX: ", THEN_DRIP);
    cr_expect_eq(get_image(&it).problem, PROBLEM_UPSTREAM_TIMEOUT);
    cr_expect_eq(detect(&it).problem, PROBLEM_UPSTREAM_TIMEOUT);
    cr_expect_eq(run(&it, GET).problem, PROBLEM_UPSTREAM_TIMEOUT);
    teardown(&it);
}

Test(face_images, may_be_cancelled_waiting_and_under_way)
{
    static struct world it;
    setup(&it);
    struct told told = {0};
    server_script(&it.server, HEAD("200 OK") "Content-Length: 99\r\n\r\nhalf", THEN_HOLD);
    struct face_call *image = face_get_image(it.client, IMAGE_ID, "r", on_done, &told);
    await_requests(&it, 1);
    struct face_call *faces =
        face_detect_image(it.client, IMAGE_ID, &(struct face_detect){0}, "r", on_done, &told);
    struct face_call *none = face_get_image(it.client, "../x", "r", on_done, &told);
    face_cancel(faces);
    face_cancel(image);
    face_cancel(none);
    cr_assert_eq(face_client_busy(it.client), 0);
    server_script(&it.server, reply(&it, HEAD("200 OK"), JPEG "image"), THEN_KEEP);
    cr_assert_eq(get_image(&it).problem, PROBLEM_NONE);
    cr_assert_eq(told.count, 0);
    const char *log = log_text(&it);
    cr_expect_not_null(strstr(log, "\"operation\":\"image\",\"outcome\":\"cancelled\""), "%s", log);
    cr_expect_null(strstr(log, IMAGE_ID));
    teardown(&it);
}

/* ---- reference images ---- */

static void start_verify(struct world *it, struct slice image, struct told *told)
{
    struct face_create create = plain_create;
    create.kind = FACE_LIVENESS_WITH_VERIFY;
    create.verify_image = image;
    face_create_session(it->client, &create, "req-1", on_done, told);
}

Test(face_images, images_of_all_creates_under_way_are_bounded)
{
    enum { HALF = 32 * 1024 }; /* of image_memory_bytes */
    static struct world it;
    setup(&it);
    it.config.rate = 1; /* nothing is sent but the first */
    it.config.queue_wait_ms = 60000;
    reopen(&it);
    static char bytes[3 * HALF];
    struct told first = {0}, second = {0}, third = {0}, small = {0}, plain = {0}, huge = {0};
    server_script(&it.server, NULL, THEN_HOLD);
    start(&it, GET, &plain);
    start_verify(&it, (struct slice){bytes, HALF}, &first);
    start_verify(&it, (struct slice){bytes, HALF}, &second);
    start_verify(&it, (struct slice){bytes, 1}, &third);
    start_verify(&it, (struct slice){NULL, 0}, &small);
    start_verify(&it, (struct slice){bytes, sizeof bytes}, &huge);
    cr_assert_eq(third.count, 0, "not from within");
    await(&it, &third.count);
    await(&it, &huge.count);
    cr_expect_eq(third.problem, PROBLEM_UPSTREAM_BUSY);
    cr_expect_eq(third.retry_after_s, 1);
    cr_expect_not(third.maybe_performed);
    cr_expect_eq(huge.problem, PROBLEM_UPSTREAM_BUSY);
    cr_expect_eq(first.count + second.count + small.count, 0, "these wait");
    teardown(&it);
}

Test(face_images, memory_is_given_back_when_a_create_ends)
{
    static struct world it;
    setup(&it);
    static char bytes[48 * 1024];
    memcpy(bytes, "\xFF\xD8\xFF", 3);
    memset(bytes + 3, 'p', 100);
    for (unsigned i = 0; i < 4; i++) {
        struct told told = {0};
        watch_for(bytes, 103);
        start_verify(&it, (struct slice){bytes, sizeof bytes}, &told);
        await(&it, &told.count);
        cr_expect_eq(told.problem, PROBLEM_UPSTREAM_BROKEN, "more than this server reads");
        cr_expect_geq(wiped.count, 1, "the body is a secret");
    }
    teardown(&it);
}

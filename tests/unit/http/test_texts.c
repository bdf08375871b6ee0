/* Small texts of requests and answers: forms, secret bodies. */
#include "seam.h"

static struct seam seam;

static void start(void)
{
    struct listener_config config = seam_config();
    seam = seam_start(&config);
}

TestSuite(texts, .init = start);

static void expect_post(const char *path, const char *type, const char *body, int status)
{
    char request[512];
    (void)snprintf(
        request, sizeof request,
        "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", path,
        type, strlen(body), body);
    struct answer answer = client_ask(&seam, request);
    cr_expect_eq(answer.status, status, "%s %s: %d", path, type, answer.status);
    if (status == 200)
        cr_expect_str_eq(answer.body, body);
    answer_done(&answer);
}

Test(texts, forms_are_taken_by_the_routes_that_want_them)
{
    static const char form[] = "application/x-www-form-urlencoded";
    expect_post("/form", form, "a=b&c=d", 200);
    expect_post("/form", "Application/X-WWW-Form-Urlencoded; charset=utf-8", "a=b", 200);
    expect_post("/form", "application/json", "{}", 415);
    expect_post("/form", "multipart/form-data; boundary=B", "--B--", 415);
    expect_post("/echo", form, "a=b", 415);
    expect_post("/parts", form, "a=b", 415);
    expect_post("/echo", "multipart/form-data; boundary=B", "--B--", 200);
    expect_post("/echo", "application/json", "{}", 200);
    seam_stop(&seam);
}

Test(texts, secret_bodies_have_the_type_they_are_given)
{
    struct answer answer = client_ask(&seam, "GET /secret HTTP/1.1\r\nHost: x\r\n\r\n");
    cr_expect_eq(answer.status, 200);
    cr_expect(answer_says(&answer, "content-type", "image/png"));
    cr_expect(answer_says(&answer, "content-length", "7"));
    cr_expect_eq(memcmp(answer.body, "\x89PNG\0\r\n", 7), 0);
    answer_done(&answer);
    answer = client_ask(&seam, "HEAD /secret HTTP/1.1\r\nHost: x\r\n\r\n");
    cr_expect(answer_says(&answer, "content-length", "7"));
    cr_expect_str_eq(answer.body, "");
    answer_done(&answer);
    seam_stop(&seam);
}

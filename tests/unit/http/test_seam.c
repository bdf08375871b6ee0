/* What a route may rely on, whatever HTTP library serves: answers, headers, bodies, routing. */
#include "seam.h"

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

Test(seam, answers_with_the_standard_headers)
{
    struct listener_config config = seam_config();
    struct seam seam = seam_start(&config);
    struct answer answer = client_ask(&seam, GET("/hello"));
    cr_expect_eq(answer.status, 200);
    cr_expect_str_eq(answer.body, "hello\n");
    cr_expect(answer_says(&answer, "content-length", "6"));
    cr_expect(answer_says(&answer, "content-type", "text/plain"));
    cr_expect(answer_says(&answer, "cache-control", "no-store"));
    cr_expect(answer_says(&answer, "x-content-type-options", "nosniff"));
    cr_expect(answer_says(&answer, "server", NULL));
    char *id = answer_header(&answer, "x-request-id");
    cr_assert_not_null(id);
    cr_expect_eq(strlen(id), 36);
    free(id);
    answer_done(&answer);
    seam_stop(&seam);
}

/* Multipart bodies: larger than others, and in any pieces. */
#include "../base/multipart_samples.h"
#include "uploads.h"

TestSuite(uploads, .init = start_uploads);

Test(uploads, have_a_cap_of_their_own)
{
    static const size_t sizes[] = {1,          CAP + 1,    UPLOAD / 2,    UPLOAD - 1, UPLOAD,
                                   UPLOAD + 1, UPLOAD + 9, UPLOAD + 5000, 10 * UPLOAD};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int chunked = 0; chunked < 2; chunked++)
            expect_answer("/upload", MULTIPART, sizes[i], chunked, sizes[i] <= UPLOAD ? 200 : 413);
    SEAM_EXPECT(&seam.shared->connections, 0);
    seam_stop(&seam);
}

Test(uploads, leave_the_cap_of_other_bodies_and_routes_alone)
{
    for (int chunked = 0; chunked < 2; chunked++) {
        expect_answer("/upload", JSON, CAP, chunked, 200);
        expect_answer("/upload", JSON, CAP + 1, chunked, 413);
        expect_answer("/plain", MULTIPART, CAP + 1, chunked, 413);
        expect_answer("/plain", MULTIPART, CAP, chunked, 415);
        expect_answer("/nowhere", MULTIPART, CAP, chunked, 404);
        expect_answer("/nowhere", MULTIPART, CAP * 2, chunked, 413);
        expect_answer("/upload", "multipart/mixed; boundary=B", CAP, chunked, 415);
    }
    seam_stop(&seam);
}

Test(uploads, have_the_cap_of_other_bodies_unless_told_otherwise)
{
    seam_stop(&seam);
    struct listener_config config = seam_config();
    seam = seam_start(&config);
    for (int chunked = 0; chunked < 2; chunked++) {
        expect_answer("/upload", MULTIPART, CAP, chunked, 200);
        expect_answer("/upload", MULTIPART, CAP + 1, chunked, 413);
    }
    seam_stop(&seam);
}

/* Nothing of the body is ever sent. */
Test(uploads, a_body_announced_too_large_is_refused_at_the_head)
{
    static const struct {
        const char *path, *type, *framing;
    } cases[] = {
        {"/upload", MULTIPART, "Content-Length: 1073741824"},
        {"/upload", MULTIPART, "Content-Length: 1073741824\r\nExpect: 100-continue"},
        {"/upload", MULTIPART, "Content-Length: 99999999999999999999999999999999"},
        {"/upload", JSON, "Content-Length: 500000"},
        {"/plain", JSON, "Content-Length: 500000"},
        {"/plain", MULTIPART, "Content-Length: 500000\r\nExpect: 100-continue"},
        {"/upload/nowhere", MULTIPART, "Content-Length: 500000"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int fd = client_connect(&seam);
        send_head(fd, cases[i].path, cases[i].type, cases[i].framing);
        struct answer answer = client_receive(fd, false);
        /* the library cannot read the number with 32 digits */
        cr_expect(answer.status == (i == 2 ? 400 : 413), "%zu: %d", i, answer.status);
        cr_expect(answer_says(&answer, "connection", "close"));
        answer_done(&answer);
        cr_expect(client_sees_close(fd));
        (void)close(fd);
    }
    SEAM_EXPECT(&seam.shared->connections, 0);
    seam_stop(&seam);
}

/* Its end is never sent. */
Test(uploads, a_chunked_body_is_cut_at_the_cap_of_its_route)
{
    static const struct {
        const char *path, *type, *framing;
        size_t size;
    } cases[] = {
        {"/upload", MULTIPART, "Transfer-Encoding: chunked", UPLOAD + 5000},
        {"/upload", JSON, "Transfer-Encoding: chunked", CAP + 5000},
        {"/plain", MULTIPART, "Transfer-Encoding: chunked", CAP + 5000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int fd = client_connect(&seam);
        char *body = marked(cases[i].size);
        send_head(fd, cases[i].path, cases[i].type, cases[i].framing);
        send_chunks(fd, body, cases[i].size, 30011);
        expect_status(fd, 413);
        free(body);
        (void)close(fd);
    }
    seam_stop(&seam);
}

Test(uploads, are_asked_for_after_expect_100_continue)
{
    static const char *const framings[] = {"Content-Length: 500000\r\nExpect: 100-continue",
                                           "Transfer-Encoding: chunked\r\nExpect: 100-continue"};
    for (int chunked = 0; chunked < 2; chunked++) {
        int fd = client_connect(&seam);
        char *body = marked(500000);
        send_head(fd, "/upload", MULTIPART, framings[chunked]);
        expect_status(fd, 100);
        if (chunked) {
            send_chunks(fd, body, 500000, 70000);
            client_send(fd, "0\r\n\r\n");
        } else {
            client_send_bytes(fd, body, 500000);
        }
        expect_status(fd, 200);
        free(body);
        (void)close(fd);
    }
    /* the cap of the route holds after it, too */
    int fd = client_connect(&seam);
    char *body = marked(CAP + 5000);
    send_head(fd, "/plain", JSON, framings[1]);
    expect_status(fd, 100);
    send_chunks(fd, body, CAP + 5000, 30011);
    expect_status(fd, 413);
    free(body);
    (void)close(fd);
    seam_stop(&seam);
}

Test(uploads, follow_other_requests_on_the_same_connection)
{
    int fd = client_connect(&seam);
    for (int i = 0; i < 3; i++) {
        client_send(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
        expect_status(fd, 200);
        send_body(fd, "/upload", MULTIPART, UPLOAD, i % 2);
        expect_status(fd, 200);
        send_body(fd, "/plain", JSON, CAP, i % 2);
        expect_status(fd, 200);
    }
    (void)close(fd);
    seam_stop(&seam);
}

/* All of it is sent before the first answer is read. */
Test(uploads, may_be_pipelined)
{
    int fd = client_connect(&seam);
    for (int i = 0; i < 3; i++) {
        client_send(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
        send_body(fd, "/upload", MULTIPART, 300000, i % 2);
        send_body(fd, "/plain", JSON, 1000, i % 2);
    }
    for (int i = 0; i < 9; i++)
        expect_status(fd, 200);
    client_send(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n"
                    "POST /plain HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                    "Content-Length: 500000\r\n\r\n");
    expect_status(fd, 200);
    expect_status(fd, 413);
    (void)close(fd);
    SEAM_EXPECT(&seam.shared->connections, 0);
    seam_stop(&seam);
}

static void send_request_split(int fd, const char *request, size_t size, size_t split)
{
    client_send_bytes(fd, request, split);
    if (split > 0)
        wait_until_read();
    client_send_bytes(fd, request + split, size - split);
}

static void expect_parts(int fd, size_t split)
{
    struct answer answer = client_receive(fd, false);
    cr_assert_eq(answer.status, 200, "%zu: %s", split, answer.text);
    cr_assert_str_eq(answer.body, "a=1\nverifyImage=\r\n--B\r\n-\n", "%zu", split);
    answer_done(&answer);
}

static const char parts[] =
    "--BB\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n"
    "--BB\r\nContent-Disposition: form-data; name=\"verifyImage\"; "
    "filename=\"f\"\r\nContent-Type: image/png\r\n\r\n\r\n--B\r\n-\r\n--BB--";

Test(uploads, the_parts_are_the_same_wherever_the_request_is_split, .timeout = 120)
{
    char request[1024];
    int fd = client_connect(&seam);
    int size = snprintf(request, sizeof request,
                        "POST /parts HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n"
                        "Content-Type: multipart/form-data; boundary=BB\r\n\r\n%s",
                        sizeof parts - 1, parts);
    for (size_t split = 0; split < (size_t)size; split++) {
        send_request_split(fd, request, (size_t)size, split);
        expect_parts(fd, split);
    }
    (void)close(fd);
    seam_stop(&seam);
}

Test(uploads, the_parts_are_the_same_wherever_a_chunk_ends, .timeout = 120)
{
    int fd = client_connect(&seam);
    for (size_t split = 1; split < sizeof parts - 1; split++) {
        send_head(fd, "/parts", "multipart/form-data; boundary=\"BB\"",
                  "Transfer-Encoding: chunked");
        send_chunks(fd, parts, split, split);
        wait_until_read();
        send_chunks(fd, parts + split, sizeof parts - 1 - split, sizeof parts);
        client_send(fd, "0\r\n\r\n");
        expect_parts(fd, split);
    }
    (void)close(fd);
    seam_stop(&seam);
}

Test(uploads, of_every_known_client_arrive_as_they_were_sent)
{
    for (size_t i = 0; i < MULTIPART_SAMPLES; i++) {
        const struct multipart_sample *sample = &multipart_samples[i];
        int fd = client_connect(&seam);
        send_length(fd, "/parts", sample->content_type.data, sample->body.len);
        client_send_bytes(fd, sample->body.data, sample->body.len);
        expect_status(fd, 200);
        (void)close(fd);
    }
    seam_stop(&seam);
}

/* Multipart bodies: larger than others, in any pieces, and gone when they have been used. */
#include "../base/multipart_samples.h"
#include "seam.h"

#include <fcntl.h>

enum { CAP = 100000, UPLOAD = 1000000 };

#define JSON      "application/json"
#define MULTIPART "multipart/form-data; boundary=B"

static struct seam seam;

static void start(void)
{
    struct listener_config config = seam_config();
    config.max_upload_bytes = UPLOAD;
    seam = seam_start(&config);
}

TestSuite(uploads, .init = start);

static void send_head(int fd, const char *path, const char *type, const char *framing)
{
    char head[512];
    (void)snprintf(head, sizeof head,
                   "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\n%s\r\n\r\n", path, type,
                   framing);
    client_send(fd, head);
}

static void send_length(int fd, const char *path, const char *type, size_t size)
{
    char framing[64];
    (void)snprintf(framing, sizeof framing, "Content-Length: %zu", size);
    send_head(fd, path, type, framing);
}

/* A body that is nothing but marks. */
static char *marked(size_t size)
{
    char mark[SEAM_MARK], *body = xcalloc(1, size + SEAM_MARK);
    seam_mark(mark);
    for (size_t at = 0; at < size; at += SEAM_MARK)
        memcpy(body + at, mark, SEAM_MARK);
    return body;
}

static void send_chunks(int fd, const char *body, size_t size, size_t chunk)
{
    char line[32];
    for (size_t at = 0; at < size; at += chunk) {
        size_t length = size - at < chunk ? size - at : chunk;
        (void)snprintf(line, sizeof line, "%zx\r\n", length);
        client_send(fd, line);
        client_send_bytes(fd, body + at, length);
        client_send(fd, "\r\n");
    }
}

static void send_body(int fd, const char *path, const char *type, size_t size, bool chunked)
{
    char *body = marked(size);
    if (chunked) {
        send_head(fd, path, type, "Transfer-Encoding: chunked");
        send_chunks(fd, body, size, 9973);
        client_send(fd, "0\r\n\r\n");
    } else {
        send_length(fd, path, type, size);
        client_send_bytes(fd, body, size);
    }
    free(body);
}

static void expect_status(int fd, int status)
{
    struct answer answer = client_receive(fd, false);
    cr_assert_eq(answer.status, status, "%d, %s: %s", answer.status, strerror(answer.error),
                 answer.text ? answer.text : "");
    if (status == 413)
        cr_expect(answer_says(&answer, "x-ms-error-code", "BodyTooLarge"));
    answer_done(&answer);
}

static void expect_answer(const char *path, const char *type, size_t size, bool chunked, int status)
{
    int fd = client_connect(&seam);
    send_body(fd, path, type, size, chunked);
    expect_status(fd, status);
    (void)close(fd);
}

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

/* Returns when the server has read what was sent: two turns of its loop have passed. */
static void wait_until_read(void)
{
    seam_command(&seam, 'f');
    seam_command(&seam, 'f');
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

/* ---- what is left of them ---- */

static void expect_no_marks(const char *when)
{
    seam_command(&seam, 's');
    cr_expect_eq(atomic_load(&seam.shared->marks), 0, "%s: %llu", when,
                 (unsigned long long)atomic_load(&seam.shared->marks));
}

Test(uploads, leave_no_trace_in_memory)
{
    static const size_t sizes[] = {100, 5000, 50000, UPLOAD};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int chunked = 0; chunked < 2; chunked++) {
            int fd = client_connect(&seam);
            send_body(fd, "/upload", MULTIPART, sizes[i], chunked);
            expect_status(fd, 200);
            expect_no_marks("kept alive");
            send_body(fd, "/upload", MULTIPART, sizes[i], chunked);
            client_send(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
            expect_status(fd, 200);
            expect_status(fd, 200);
            expect_no_marks("followed by another");
            (void)close(fd);
        }
    seam_stop(&seam);
}

/* The scan is worth nothing if it does not see bodies that are kept. */
Test(uploads, are_seen_by_the_scan_while_they_arrive)
{
    int fd = client_connect(&seam);
    char *body = marked(UPLOAD / 2);
    send_length(fd, "/upload", MULTIPART, UPLOAD);
    client_send_bytes(fd, body, UPLOAD / 2);
    wait_until_read();
    seam_command(&seam, 's');
    cr_expect_gt(atomic_load(&seam.shared->marks), 100);
    (void)close(fd);
    free(body);
    seam_stop(&seam);
}

Test(uploads, that_never_arrive_whole_leave_no_trace)
{
    static const char *const framings[] = {"Content-Length: 1000000", "Transfer-Encoding: chunked"};
    for (int chunked = 0; chunked < 2; chunked++) {
        int fd = client_connect(&seam);
        char *body = marked(UPLOAD / 2);
        send_head(fd, "/upload", MULTIPART, framings[chunked]);
        if (chunked)
            send_chunks(fd, body, UPLOAD / 2, 8000);
        else
            client_send_bytes(fd, body, UPLOAD / 2);
        wait_until_read();
        (void)close(fd);
        SEAM_EXPECT(&seam.shared->connections, 0);
        expect_no_marks("client gone");
        free(body);
    }
    seam_stop(&seam);
}

Test(uploads, refused_or_too_slow_leave_no_trace)
{
    seam_stop(&seam);
    struct listener_config config = seam_config();
    config.max_upload_bytes = UPLOAD;
    config.request_timeout_ms = 300;
    seam = seam_start(&config);
    char *body = marked(UPLOAD);
    int fd = client_connect(&seam);
    send_length(fd, "/upload", MULTIPART, UPLOAD);
    client_send_bytes(fd, body, UPLOAD - 1);
    cr_expect(client_sees_close(fd), "the rest never came");
    (void)close(fd);
    SEAM_EXPECT(&seam.shared->connections, 0);
    expect_no_marks("timed out");
    fd = client_connect(&seam);
    send_body(fd, "/parts", MULTIPART, UPLOAD, true);
    expect_status(fd, 400);
    (void)close(fd);
    expect_no_marks("not multipart");
    fd = client_connect(&seam);
    send_head(fd, "/upload", MULTIPART, "Transfer-Encoding: chunked");
    send_chunks(fd, body, 500000, 10000);
    client_send(fd, "zz\r\n");
    expect_status(fd, 400);
    (void)close(fd);
    SEAM_EXPECT(&seam.shared->connections, 0);
    expect_no_marks("broken");
    free(body);
    seam_stop(&seam);
}

Test(uploads, a_listener_that_closes_takes_them_with_it)
{
    int fd = client_connect(&seam), other = client_connect(&seam);
    char *body = marked(UPLOAD / 2);
    send_length(fd, "/upload", MULTIPART, UPLOAD);
    client_send_bytes(fd, body, UPLOAD / 2);
    send_head(other, "/upload", MULTIPART, "Transfer-Encoding: chunked\r\nExpect: 100-continue");
    wait_until_read();
    seam_command(&seam, 'c');
    cr_expect(client_sees_close(fd));
    seam_stop(&seam);
    (void)close(fd);
    (void)close(other);
    free(body);
}

Test(uploads, bodies_are_overwritten_when_a_route_asks)
{
    static const char *const types[] = {JSON, MULTIPART};
    for (size_t i = 0; i < 2; i++)
        for (int chunked = 0; chunked < 2; chunked++) {
            int fd = client_connect(&seam);
            send_body(fd, "/wipe", types[i], 90000, chunked);
            client_send(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
            struct answer answer = client_receive(fd, false);
            cr_expect_str_eq(answer.body, "wiped");
            answer_done(&answer);
            expect_status(fd, 200);
            (void)close(fd);
        }
    seam_stop(&seam);
}

/* ---- how much they may hold ---- */

static long resident_pages(void)
{
    char path[64], text[128] = "";
    (void)snprintf(path, sizeof path, "/proc/%d/statm", (int)seam.child);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    cr_assert_gt(read(fd, text, sizeof text - 1), 0);
    (void)close(fd);
    char *end = text;
    (void)strtol(text, &end, 10);
    return strtol(end, NULL, 10);
}

/* 50 times 100 MB are announced: nobody is cut for it, and nothing is allocated. */
Test(uploads, announcing_a_body_costs_the_server_nothing)
{
    enum { CLIENTS = 50 };
    int clients[CLIENTS];
    seam_stop(&seam);
    struct listener_config config = seam_config();
    config.max_upload_bytes = 100 << 20;
    seam = seam_start(&config);
    int fd = client_connect(&seam);
    client_send(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    expect_status(fd, 200);
    long before = resident_pages();
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = client_connect(&seam);
        send_length(clients[i], "/upload", MULTIPART, 100 << 20);
    }
    send_body(fd, "/upload", MULTIPART, 10 << 20, false);
    expect_status(fd, 200);
    SEAM_EXPECT(&seam.shared->connections, CLIENTS + 1);
    cr_expect_lt(resident_pages() - before, (20 << 20) / sysconf(_SC_PAGESIZE));
    for (int i = 0; i < CLIENTS; i++)
        (void)close(clients[i]);
    (void)close(fd);
    seam_stop(&seam);
}

Test(uploads, together_stay_within_the_memory_for_bodies)
{
    enum { CLIENTS = 8, PART = 900000 };
    int clients[CLIENTS], cut = 0;
    seam_stop(&seam);
    struct listener_config config = seam_config();
    config.max_upload_bytes = UPLOAD;
    config.body_memory_bytes = 4 * UPLOAD;
    seam = seam_start(&config);
    char *body = marked(PART);
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = client_connect(&seam);
        send_length(clients[i], "/upload", MULTIPART, UPLOAD);
        client_send_bytes(clients[i], body, PART);
        wait_until_read();
    }
    for (int waited = 0; atomic_load(&seam.shared->connections) > 4 && waited < SEAM_PATIENCE_MS;
         waited += 10) {
        seam_pause_ms(10);
        wait_until_read();
    }
    cr_expect_leq(atomic_load(&seam.shared->connections), 4);
    for (int i = 0; i < CLIENTS; i++) {
        char byte;
        cut += recv(clients[i], &byte, 1, MSG_DONTWAIT) < 0 && errno == ECONNRESET;
        (void)close(clients[i]);
    }
    cr_expect_geq(cut, 4);
    free(body);
    seam_stop(&seam);
}

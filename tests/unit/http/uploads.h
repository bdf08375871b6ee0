/*
 * Sending multipart bodies, whole or not. A test file has one server at a time.
 */
#pragma once

#include "seam.h"

#include <fcntl.h>

enum { CAP = 100000, UPLOAD = 1000000 };

#define JSON      "application/json"
#define MULTIPART "multipart/form-data; boundary=B"

static struct seam seam;

static inline void start_uploads(void)
{
    struct listener_config config = seam_config();
    config.max_upload_bytes = UPLOAD;
    seam = seam_start(&config);
}

static inline void send_head(int fd, const char *path, const char *type, const char *framing)
{
    char head[512];
    (void)snprintf(head, sizeof head,
                   "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\n%s\r\n\r\n", path, type,
                   framing);
    client_send(fd, head);
}

static inline void send_length(int fd, const char *path, const char *type, size_t size)
{
    char framing[64];
    (void)snprintf(framing, sizeof framing, "Content-Length: %zu", size);
    send_head(fd, path, type, framing);
}

/* A body that is nothing but marks. */
static inline char *marked(size_t size)
{
    char mark[SEAM_MARK], *body = xcalloc(1, size + SEAM_MARK);
    seam_mark(mark);
    for (size_t at = 0; at < size; at += SEAM_MARK)
        memcpy(body + at, mark, SEAM_MARK);
    return body;
}

static inline void send_chunks(int fd, const char *body, size_t size, size_t chunk)
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

static inline void send_body(int fd, const char *path, const char *type, size_t size, bool chunked)
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

static inline void expect_status(int fd, int status)
{
    struct answer answer = client_receive(fd, false);
    cr_assert_eq(answer.status, status, "%d, %s: %s", answer.status, strerror(answer.error),
                 answer.text ? answer.text : "");
    if (status == 413)
        cr_expect(answer_says(&answer, "x-ms-error-code", "BodyTooLarge"));
    answer_done(&answer);
}

static inline void expect_answer(const char *path, const char *type, size_t size, bool chunked,
                                 int status)
{
    int fd = client_connect(&seam);
    send_body(fd, path, type, size, chunked);
    expect_status(fd, status);
    (void)close(fd);
}

/* Returns when the server has read what was sent: two turns of its loop have passed. */
static inline void wait_until_read(void)
{
    seam_command(&seam, 'f');
    seam_command(&seam, 'f');
}

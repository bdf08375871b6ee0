/*
 * One GET /readyz over a blocking socket. No loop, no library: it must work when all else fails.
 * Invariant: it ends within the deadline, whatever the other side does.
 */
#include "probe.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

enum { DEADLINE_MS = 3000, ANSWER_LIMIT = 16384, CHUNK_BYTES = 1024, REASON_MAX = 200 };

/* A listener on every address is asked on the loopback one. */
static struct address reachable(const struct address *admin)
{
    static const uint8_t any[16];
    struct address address = *admin;
    if (memcmp(address.bytes, any, address.v6 ? 16 : 4) == 0) {
        address.bytes[address.v6 ? 15 : 3] = 1;
        address.bytes[0] = address.v6 ? 0 : 127;
    }
    return address;
}

static int connect_to(const struct address *address)
{
    struct sockaddr_storage storage;
    socklen_t len = address_to_sockaddr(address, &storage);
    int fd = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -errno;
    }
    const struct timeval timeout = {.tv_sec = DEADLINE_MS / 1000};
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    if (connect(fd, (const struct sockaddr *)&storage, len) != 0) {
        int error = errno == EINPROGRESS ? -ETIMEDOUT : -errno;
        (void)close(fd);
        return error;
    }
    return fd;
}

/* 0 when there is something to read. */
static int wait_readable(int fd, uint64_t deadline)
{
    uint64_t now = clock_monotonic_ms(clock_system());
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    int count = now < deadline ? poll(&readable, 1, (int)(deadline - now)) : 0;
    if (count < 0) {
        return errno == EINTR ? 0 : -errno;
    }
    return count > 0 ? 0 : -ETIMEDOUT;
}

/* Until the other side closes. 0 or -errno. */
static int receive(int fd, uint64_t deadline, struct buf *ret)
{
    while (!buf_failed(ret)) {
        int error = wait_readable(fd, deadline);
        if (error != 0) {
            return error;
        }
        char chunk[CHUNK_BYTES];
        ssize_t size = recv(fd, chunk, sizeof chunk, MSG_DONTWAIT);
        if (size == 0) {
            return 0;
        }
        if (size > 0) {
            buf_append(ret, chunk, (size_t)size);
        } else if (errno != EINTR && errno != EAGAIN) {
            return -errno;
        }
    }
    return -EMSGSIZE;
}

static int exchange(const struct address *address, struct buf *ret)
{
    uint64_t deadline = clock_monotonic_ms(clock_system()) + DEADLINE_MS;
    char host[ADDRESS_TEXT_SIZE];
    address_format(address, true, host);
    CLEANUP(buf) struct buf request;
    buf_init(&request, CHUNK_BYTES);
    buf_printf(&request, "GET /readyz HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", host);
    CLEANUP(fd) int fd = connect_to(address);
    if (fd < 0) {
        return fd;
    }
    if (send(fd, request.data, request.len, MSG_NOSIGNAL) != (ssize_t)request.len) {
        return -errno;
    }
    return receive(fd, deadline, ret);
}

/* The status line, and the first line of the body, which names what is not ready. */
static void put_answer(const struct buf *answer, struct buf *ret)
{
    const char *status = answer->data ? answer->data : "";
    const char *body = strstr(status, "\r\n\r\n");
    buf_printf(ret, "%.*s", (int)strcspn(status, "\r\n"), status);
    if (body && body[4] != '\0') {
        size_t len = strcspn(body + 4, "\r\n");
        buf_printf(ret, ": %.*s", (int)(len < REASON_MAX ? len : REASON_MAX), body + 4);
    }
}

bool probe_ready(const struct address *admin, struct buf *ret_reason)
{
    if (admin->port == 0) {
        buf_puts(ret_reason, "admin.listen has port 0, which stands for any port");
        return false;
    }
    struct address address = reachable(admin);
    CLEANUP(buf) struct buf answer;
    buf_init(&answer, ANSWER_LIMIT);
    int error = exchange(&address, &answer);
    if (error != 0) {
        char host[ADDRESS_TEXT_SIZE];
        address_format(&address, true, host);
        buf_printf(ret_reason, "%s: %s", host, strerrordesc_np(-error));
        return false;
    }
    if (answer.data && strncmp(answer.data, "HTTP/1.1 200 ", 13) == 0) {
        return true;
    }
    put_answer(&answer, ret_reason);
    return false;
}

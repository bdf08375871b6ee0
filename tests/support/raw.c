/*
 * Bare connections for tests.
 */
#include "support/raw.h"

#include "support/unlogged.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int raw_connect(const char *address)
{
    const char *colon = strrchr(address, ':');
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10))};
    const char *host = text_of("%.*s", (int)(colon - address), address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (inet_pton(AF_INET, host, &to.sin_addr) != 1 ||
        connect(fd, (const struct sockaddr *)&to, sizeof to) != 0)
        fail_at(HERE, "connect to %s: %s", address, strerrorname_np(errno));
    return fd;
}

void raw_send(int fd, const char *text)
{
    size_t left = strlen(text);
    unlogged_add_head(text);
    while (left > 0) {
        ssize_t sent = send(fd, text, left, MSG_NOSIGNAL);
        if (sent < 0)
            return; /* the other side has closed: what it said can still be read */
        text += sent;
        left -= (size_t)sent;
    }
}

void raw_half_close(int fd)
{
    (void)shutdown(fd, SHUT_WR);
}

void raw_reset(int fd)
{
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    (void)close(fd);
}

const char *raw_read_all(int fd, bool *ret_closed)
{
    char *text = xcalloc(1, 1);
    size_t size = 0;
    bool closed = false;
    int64_t end = now_ms() + SOON_MS;
    while (!closed && now_ms() < end) {
        char chunk[4096];
        struct pollfd waiting = {.fd = fd, .events = POLLIN};
        if (poll(&waiting, 1, 100) <= 0)
            continue;
        ssize_t got = read(fd, chunk, sizeof chunk);
        closed = got <= 0;
        if (closed)
            break;
        text = xrealloc(text, size + (size_t)got + 1);
        memcpy(text + size, chunk, (size_t)got);
        size += (size_t)got;
        text[size] = '\0';
    }
    (void)close(fd);
    if (ret_closed)
        *ret_closed = closed;
    return keep(text, free);
}

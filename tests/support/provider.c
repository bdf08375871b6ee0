/*
 * The provider's little server: one thread, a few connections at a time, each closed after its
 * answer.
 */
#include "support/provider.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 32, REQUEST_MAX = 2048, HUGE_BYTES = 200 * 1024 };

struct connection {
    int fd; /* -1: none */
    char request[REQUEST_MAX];
    size_t size;
};

struct provider {
    pthread_t thread;
    pthread_mutex_t lock; /* of the next three */
    enum provider_mode mode;
    char *document;
    unsigned requests;
    int listener;
    int wake[2];
    struct connection connections[CONNECTIONS];
    char url[64];
};

/* ---- answers ---- */

static void send_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return;
        bytes += sent;
        size -= (size_t)sent;
    }
}

static void answer(int fd, const char *status, const char *headers, const char *body, size_t size)
{
    char head[512];
    int length = snprintf(head, sizeof head,
                          "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n%s\r\n",
                          status, size, headers);
    send_all(fd, head, (size_t)length);
    send_all(fd, body, size);
}

static void answer_huge(int fd)
{
    char *body = xcalloc(1, HUGE_BYTES);
    memset(body, ' ', HUGE_BYTES);
    answer(fd, "200 OK", "", body, HUGE_BYTES);
    free(body);
}

static void reset(int fd)
{
    const struct linger linger = {1, 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

/* False: the connection stays open. */
static bool serve(struct provider *provider, const struct connection *connection)
{
    static const char page[] = "<html>Sign in</html>";
    enum provider_mode mode = provider->mode;
    if (mode == PROVIDER_REDIRECTS && strncmp(connection->request, "GET /keys ", 10) != 0)
        mode = PROVIDER_SERVES;
    switch (mode) {
    case PROVIDER_SILENT:
        return false;
    case PROVIDER_FAILS:
        answer(connection->fd, "500 Broken", "", "", 0);
        break;
    case PROVIDER_GARBAGE:
        answer(connection->fd, "200 OK", "", page, sizeof page - 1);
        break;
    case PROVIDER_HUGE:
        answer_huge(connection->fd);
        break;
    case PROVIDER_REDIRECTS:
        answer(connection->fd, "302 Found", "Location: /elsewhere\r\n", "", 0);
        break;
    case PROVIDER_RESETS:
        reset(connection->fd);
        break;
    case PROVIDER_SERVES:
        answer(connection->fd, "200 OK", "Cache-Control: max-age=3600\r\n", provider->document,
               strlen(provider->document));
        break;
    }
    return true;
}

/* ---- connections ---- */

static void drop(struct connection *connection)
{
    (void)close(connection->fd);
    connection->fd = -1;
}

static void read_request(struct provider *provider, struct connection *connection)
{
    ssize_t got = recv(connection->fd, connection->request + connection->size,
                       sizeof connection->request - 1 - connection->size, 0);
    if (got <= 0) {
        drop(connection);
        return;
    }
    connection->size += (size_t)got;
    connection->request[connection->size] = '\0';
    if (!strstr(connection->request, "\r\n\r\n"))
        return;
    (void)pthread_mutex_lock(&provider->lock);
    provider->requests++;
    bool done = serve(provider, connection);
    (void)pthread_mutex_unlock(&provider->lock);
    if (done)
        drop(connection);
}

static void accept_one(struct provider *provider)
{
    int fd = accept4(provider->listener, NULL, NULL, SOCK_CLOEXEC);
    for (size_t i = 0; i < CONNECTIONS && fd >= 0; i++) {
        if (provider->connections[i].fd < 0) {
            provider->connections[i] = (struct connection){.fd = fd};
            fd = -1;
        }
    }
    if (fd >= 0)
        (void)close(fd);
}

static void *run(void *context)
{
    struct provider *provider = context;
    struct pollfd polls[CONNECTIONS + 2];
    for (;;) {
        polls[0] = (struct pollfd){.fd = provider->wake[0], .events = POLLIN};
        polls[1] = (struct pollfd){.fd = provider->listener, .events = POLLIN};
        for (size_t i = 0; i < CONNECTIONS; i++)
            polls[i + 2] = (struct pollfd){.fd = provider->connections[i].fd, .events = POLLIN};
        (void)poll(polls, CONNECTIONS + 2, -1);
        if (polls[0].revents)
            return NULL;
        for (size_t i = 0; i < CONNECTIONS; i++)
            if (polls[i + 2].revents)
                read_request(provider, &provider->connections[i]);
        if (polls[1].revents)
            accept_one(provider);
    }
}

/* ---- life ---- */

static void provider_stop(void *object)
{
    struct provider *provider = object;
    (void)!write(provider->wake[1], "", 1);
    (void)pthread_join(provider->thread, NULL);
    for (size_t i = 0; i < CONNECTIONS; i++)
        if (provider->connections[i].fd >= 0)
            drop(&provider->connections[i]);
    (void)close(provider->listener);
    (void)close(provider->wake[0]);
    (void)close(provider->wake[1]);
    (void)pthread_mutex_destroy(&provider->lock);
    free(provider->document);
    free(provider);
}

struct provider *provider_start(void)
{
    struct provider *provider = xcalloc(1, sizeof *provider);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    provider->document = xstrdup("{\"keys\":[]}");
    for (size_t i = 0; i < CONNECTIONS; i++)
        provider->connections[i].fd = -1;
    provider->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(provider->listener, (struct sockaddr *)&address, size) != 0 ||
        listen(provider->listener, 64) != 0 ||
        getsockname(provider->listener, (struct sockaddr *)&address, &size) != 0 ||
        pipe2(provider->wake, O_CLOEXEC) != 0 || pthread_mutex_init(&provider->lock, NULL) != 0 ||
        pthread_create(&provider->thread, NULL, run, provider) != 0)
        abort();
    (void)snprintf(provider->url, sizeof provider->url, "http://127.0.0.1:%d/keys",
                   ntohs(address.sin_port));
    return keep(provider, provider_stop);
}

void provider_publish(struct provider *provider, const char *document)
{
    char *copy = xstrdup(document);
    (void)pthread_mutex_lock(&provider->lock);
    free(provider->document);
    provider->document = copy;
    (void)pthread_mutex_unlock(&provider->lock);
}

void provider_behave(struct provider *provider, enum provider_mode mode)
{
    (void)pthread_mutex_lock(&provider->lock);
    provider->mode = mode;
    (void)pthread_mutex_unlock(&provider->lock);
}

unsigned provider_requests(struct provider *provider)
{
    (void)pthread_mutex_lock(&provider->lock);
    unsigned requests = provider->requests;
    (void)pthread_mutex_unlock(&provider->lock);
    return requests;
}

const char *provider_url(const struct provider *provider)
{
    return provider->url;
}

/* ---- keys and tokens ---- */

static void key_free(void *object)
{
    signer_done(object);
    free(object);
}

const struct signer *key_new(const char *kind)
{
    struct signer *signer = xcalloc(1, sizeof *signer);
    *signer = strcmp(kind, "RSA") == 0 ? signer_rsa(2048) : signer_ec(kind);
    return keep(signer, key_free);
}

/* A buffer's text until the test ends. */
static const char *keep_text(struct buf *text)
{
    const char *kept = text_of("%s", text->data);
    buf_done(text);
    return kept;
}

const char *document_of(const struct signer *one, const char *kid, const struct signer *two,
                        const char *other_kid)
{
    struct buf text;
    buf_init(&text, 1 << 16);
    buf_puts(&text, "{\"keys\":[");
    signer_put_jwk(one, kid, ",\"use\":\"sig\"", &text);
    if (two) {
        buf_putc(&text, ',');
        signer_put_jwk(two, other_kid, ",\"use\":\"sig\"", &text);
    }
    buf_puts(&text, "]}");
    return keep_text(&text);
}

const char *token_of(const struct signer *signer, const char *algorithm, const char *header,
                     const char *payload)
{
    struct buf text;
    buf_init(&text, 1 << 20);
    signer_put_token(signer, algorithm, header, payload, &text);
    return keep_text(&text);
}

const char *header_of(const char *algorithm, const char *kid)
{
    return text_of("{\"alg\":\"%s\",\"kid\":\"%s\"}", algorithm, kid);
}

long long wall_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (long long)now.tv_sec;
}

const char *claims_of(const char *issuer, const char *subject, const char *more)
{
    long long now = wall_s();
    return text_of("{\"iss\":\"%s\",\"aud\":\"liveness\",\"sub\":\"%s\",\"iat\":%lld,\"exp\":%lld"
                   "%s}",
                   issuer, subject, now, now + 300, more);
}

const char *bearer_of(const char *token)
{
    return text_of("Authorization: Bearer %s", token);
}

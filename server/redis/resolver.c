/*
 * Each look-up of a name has a thread, which is left to itself when nobody wants its result any
 * more. Addresses need none. What loop and thread share is a look-up, guarded by its lock and freed
 * by whoever comes last.
 */
#include "redis/resolver.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PORT_SIZE = 8 };

struct look_up {
    pthread_mutex_t lock;
    struct redis_resolver *asker; /* NULL: has gone */
    bool done;
    struct addrinfo *found;
    const char *trouble; /* NULL: none */
    char port[PORT_SIZE];
    char host[];
};

struct redis_resolver {
    uv_async_t done;
    struct look_up *under_way; /* NULL: none */
    redis_resolved *resolved;  /* NULL: nobody waits */
    void *context;
    uint16_t port;
    char *host;
};

static struct look_up *look_up_new(struct redis_resolver *asker)
{
    size_t size = strlen(asker->host) + 1;
    struct look_up *look_up = xcalloc(1, sizeof *look_up + size);
    if (pthread_mutex_init(&look_up->lock, NULL) != 0) {
        abort();
    }
    look_up->asker = asker;
    memcpy(look_up->host, asker->host, size);
    (void)snprintf(look_up->port, sizeof look_up->port, "%u", (unsigned)asker->port);
    return look_up;
}

static void free_found(struct addrinfo *found)
{
    if (found) {
        freeaddrinfo(found);
    }
}

static void look_up_free(struct look_up *look_up)
{
    free_found(look_up->found);
    (void)pthread_mutex_destroy(&look_up->lock);
    free(look_up);
}

/* ---- looking up ---- */

/* Found, or why not. */
static void find(struct look_up *look_up, int flags)
{
    struct addrinfo wanted = {.ai_family = AF_UNSPEC,
                              .ai_socktype = SOCK_STREAM,
                              .ai_protocol = IPPROTO_TCP,
                              .ai_flags = AI_NUMERICSERV | flags};
    struct addrinfo *found = NULL;
    int error = getaddrinfo(look_up->host, look_up->port, &wanted, &found);
    look_up->found = error == 0 ? found : NULL;
    look_up->trouble = NULL;
    if (error == EAI_SYSTEM) {
        look_up->trouble = strerrordesc_np(errno);
    } else if (error != 0) {
        look_up->trouble = gai_strerror(error);
    }
}

static void *run(void *context)
{
    struct look_up *look_up = context;
    find(look_up, 0);
    (void)pthread_mutex_lock(&look_up->lock);
    look_up->done = true;
    bool wanted = look_up->asker != NULL;
    if (wanted) {
        (void)uv_async_send(&look_up->asker->done); /* it is not closed while we have the lock */
    }
    (void)pthread_mutex_unlock(&look_up->lock);
    if (!wanted) {
        look_up_free(look_up);
    }
    return NULL;
}

/* 0 or an errno. Signals are for the thread of the loop. */
static int start_thread(struct look_up *look_up)
{
    sigset_t all;
    sigset_t before;
    pthread_t thread;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&thread, NULL, run, look_up);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error == 0) {
        (void)pthread_detach(thread);
    }
    return error;
}

/* ---- for others ---- */

static void on_done(uv_async_t *async)
{
    struct redis_resolver *resolver = async->data;
    struct look_up *look_up = resolver->under_way;
    if (!look_up) {
        return;
    }
    (void)pthread_mutex_lock(&look_up->lock);
    bool done = look_up->done;
    (void)pthread_mutex_unlock(&look_up->lock);
    if (!done) {
        return;
    }
    struct addrinfo *found = look_up->found;
    const char *trouble = look_up->trouble;
    redis_resolved *resolved = resolver->resolved;
    look_up->found = NULL;
    look_up_free(look_up);
    resolver->under_way = NULL;
    resolver->resolved = NULL;
    if (resolved) {
        resolved(resolver->context, found, trouble);
    } else {
        free_found(found);
    }
}

void redis_resolver_ask(struct redis_resolver *resolver, redis_resolved *resolved, void *context)
{
    resolver->resolved = resolved;
    resolver->context = context;
    if (resolver->under_way) {
        return;
    }
    struct look_up *look_up = look_up_new(resolver);
    resolver->under_way = look_up;
    find(look_up, AI_NUMERICHOST); /* asks nobody */
    if (look_up->found) {
        look_up->done = true;
        (void)uv_async_send(&resolver->done);
        return;
    }
    int error = start_thread(look_up);
    if (error != 0) {
        look_up->trouble = strerrordesc_np(error);
        look_up->done = true;
        (void)uv_async_send(&resolver->done);
    }
}

void redis_resolver_forget(struct redis_resolver *resolver)
{
    resolver->resolved = NULL;
}

struct redis_resolver *redis_resolver_new(uv_loop_t *uv, const char *host, uint16_t port)
{
    struct redis_resolver *resolver = xcalloc(1, sizeof *resolver);
    if (uv_async_init(uv, &resolver->done, on_done) != 0) {
        abort(); /* no descriptor for the loop's first one, which has others already */
    }
    resolver->done.data = resolver;
    resolver->port = port;
    resolver->host = xstrdup(host);
    return resolver;
}

static void on_closed(uv_handle_t *handle)
{
    struct redis_resolver *resolver = handle->data;
    free(resolver->host);
    free(resolver);
}

struct redis_resolver *redis_resolver_free(struct redis_resolver *resolver)
{
    if (!resolver) {
        return NULL;
    }
    struct look_up *look_up = resolver->under_way;
    if (look_up) {
        (void)pthread_mutex_lock(&look_up->lock);
        look_up->asker = NULL;
        bool done = look_up->done;
        (void)pthread_mutex_unlock(&look_up->lock);
        if (done) {
            look_up_free(look_up);
        }
    }
    resolver->under_way = NULL;
    resolver->resolved = NULL;
    uv_close((uv_handle_t *)&resolver->done, on_closed);
    return NULL;
}

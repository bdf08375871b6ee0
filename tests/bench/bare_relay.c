/*
 * Passes every request's body to one URL by POST and the answer's body back: libh2o and libcurl on
 * the joined loop, and nothing else.
 */
#include "bare.h"

#include "http/loop_private.h"
#include "upstream/curl_loop.h"

enum { ANSWER_MAX = 16 * 1024, URL_MAX = 512 };

struct relay {
    struct curl_transfer transfer;
    struct relay *next; /* free ones */
    h2o_req_t *request;
    size_t answer_size;
    char answer[ANSWER_MAX];
};

static char url[URL_MAX];
static struct curl_loop *curls;
static struct relay *free_relays;

static size_t take(char *bytes, size_t one, size_t count, void *context)
{
    struct relay *relay = context;
    (void)one;
    if (relay->answer_size + count > sizeof relay->answer)
        return 0;
    memcpy(relay->answer + relay->answer_size, bytes, count);
    relay->answer_size += count;
    return count;
}

static void finished(struct curl_transfer *transfer, CURLcode result)
{
    struct relay *relay = (struct relay *)transfer;
    (void)result;
    char *copy = h2o_mem_alloc_pool(&relay->request->pool, relay->answer_size + 1);
    memcpy(copy, relay->answer, relay->answer_size);
    bare_answer(relay->request, copy, relay->answer_size);
    relay->next = free_relays;
    free_relays = relay;
}

static struct relay *relay_new(void)
{
    struct relay *relay = calloc(1, sizeof *relay);
    static struct curl_slist *headers;
    if (!headers) {
        headers = curl_slist_append(headers, "Content-Type: application/json");
        headers = curl_slist_append(headers, "Ocp-Apim-Subscription-Key: bench");
        headers = curl_slist_append(headers, "Expect:");
    }
    CURL *easy = curl_easy_init();
    if (!relay || !easy)
        abort();
    relay->transfer.easy = easy;
    relay->transfer.finished = finished;
    curl_loop_adopt(curls, &relay->transfer);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, relay);
    return relay;
}

static int on_request(h2o_handler_t *handler, h2o_req_t *request)
{
    (void)handler;
    struct relay *relay = free_relays;
    if (relay)
        free_relays = relay->next;
    else
        relay = relay_new();
    relay->request = request;
    relay->answer_size = 0;
    curl_easy_setopt(relay->transfer.easy, CURLOPT_POSTFIELDS, request->entity.base);
    curl_easy_setopt(relay->transfer.easy, CURLOPT_POSTFIELDSIZE, (long)request->entity.len);
    curl_loop_start(&relay->transfer);
    return 0;
}

int main(int argc, char **argv)
{
    static struct bare bare;
    if (argc != 2)
        return 64;
    (void)snprintf(url, sizeof url, "%s", argv[1]);
    struct loop *loop = loop_new();
    if (!loop)
        return 1;
    curls = curl_loop_new(loop_uv(loop), 64);
    bare_listen(&bare, loop_h2o(loop), on_request);
    loop_run(loop);
    return 1;
}

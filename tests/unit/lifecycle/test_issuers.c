/*
 * Promises of lifecycle/issuers.h: keys come into use, are exchanged, and are said; tokens that may
 * be right with newer keys get a second look.
 */
#include "../../support/signer.h"
#include "../upstream/scripted_server.h"
#include "lifecycle/issuers.h"

#include <fcntl.h>
#include <sys/mman.h>

enum { NOW_S = 1800000000, DOCUMENT_MAX = 4096 };

static const uint8_t owner_key[SHA256_BYTES] = {2};

/* Two that are fetched, one from a file, one with a secret. */
enum { CORP, SHOP, FROM_FILE, SECRET, ISSUERS };

struct world {
    uv_loop_t uv;
    struct server server;
    struct signer signer;
    struct jwks_times times;
    struct issuer_entry entries[ISSUERS];
    struct issuers_config config;
    struct issuers *issuers;
    struct metrics *metrics;
    struct log *log;
    int log_fd;
    unsigned started;
    unsigned told;
    char replies[8][DOCUMENT_MAX];
    size_t reply_count;
    struct buf token;
};

static struct world it;

static void on_started(void *context)
{
    (void)context;
    it.started++;
}

static void on_told(struct jwks_ticket *ticket)
{
    (void)ticket;
    it.told++;
}

static void entry(size_t index, const char *name, const char *source)
{
    char text[300];
    char why[ISSUER_WHY_SIZE];
    (void)snprintf(text, sizeof text, "issuer=%s audience=a name=%s %s", name, name, source);
    cr_assert(issuer_entry_read(slice_of(text), index + 1, &it.entries[index], why), "%s", why);
}

static void entry_fetched(size_t index, const char *name)
{
    char source[100];
    (void)snprintf(source, sizeof source, "jwks=http://127.0.0.1:%d/%s", it.server.port, name);
    entry(index, name, source);
}

static void begin(void)
{
    memset(&it, 0, sizeof it);
    cr_assert_eq(uv_loop_init(&it.uv), 0);
    server_start(&it.server);
    it.signer = signer_ec("P-256");
    it.times = jwks_times_usual;
    it.times.retry_min = it.times.retry_max = 5;
    it.metrics = metrics_new();
    it.log_fd = memfd_create("log", MFD_CLOEXEC);
    it.log = log_new(it.log_fd, LOG_INFO, clock_system());
    entry_fetched(CORP, "corp");
    entry_fetched(SHOP, "shop");
    entry(FROM_FILE, "file", "jwks=/keys");
    entry(SECRET, "hmac", "secret_file=/secret");
    it.config = (struct issuers_config){.uv = &it.uv,
                                        .entries = it.entries,
                                        .count = ISSUERS,
                                        .owner_key = owner_key,
                                        .leeway_s = 60,
                                        .cache_entries = 16,
                                        .times = &it.times,
                                        .clock = clock_system(),
                                        .log = it.log,
                                        .metrics = it.metrics,
                                        .started = on_started};
    buf_init(&it.token, 1 << 14);
}

static void end(void)
{
    it.issuers = issuers_free(it.issuers);
    uv_run(&it.uv, UV_RUN_DEFAULT);
    cr_expect_eq(uv_loop_close(&it.uv), 0, "handles are left on the loop");
    server_stop(&it.server);
    for (size_t i = 0; i < ISSUERS; i++) {
        issuer_entry_done(&it.entries[i]);
    }
    signer_done(&it.signer);
    metrics_free(it.metrics);
    log_free(it.log);
    close(it.log_fd);
    buf_done(&it.token);
}

TestSuite(issuers, .init = begin, .fini = end, .timeout = 60);

#define TURN_UNTIL(condition)                                                                      \
    while (!(condition)) {                                                                         \
        uv_run(&it.uv, UV_RUN_ONCE);                                                               \
    }

static void put_document(const char *kid, struct buf *ret)
{
    buf_init(ret, DOCUMENT_MAX);
    buf_puts(ret, "{\"keys\":[");
    signer_put_jwk(&it.signer, kid, "", ret);
    buf_puts(ret, ",{\"kty\":\"OKP\",\"kid\":\"o\"}]}");
}

/* The next document that is fetched has the signer's key under this name. */
static void publish(const char *kid)
{
    CLEANUP(buf) struct buf document;
    char *reply = it.replies[it.reply_count++];
    put_document(kid, &document);
    (void)snprintf(reply, DOCUMENT_MAX, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
                   document.len, document.data);
    server_script(&it.server, reply, THEN_CLOSE);
}

static bool take_document(size_t index, const char *kid)
{
    const char *why = NULL;
    CLEANUP(buf) struct buf document;
    put_document(kid, &document);
    return issuers_take(it.issuers, index, buf_slice(&document), &why);
}

static enum bearer_verdict judge(const char *issuer, const char *kid, struct bearer_refusal *ret)
{
    char header[100];
    char claims[200];
    struct bearer_identity identity = {0};
    (void)snprintf(header, sizeof header, "{\"alg\":\"ES256\",\"kid\":\"%s\"}", kid);
    (void)snprintf(claims, sizeof claims,
                   "{\"iss\":\"%s\",\"aud\":\"a\",\"sub\":\"x\",\"exp\":1800000100}", issuer);
    buf_reset(&it.token);
    signer_put_token(&it.signer, "ES256", header, claims, &it.token);
    ret->verdict =
        bearer_verify(issuers_bearers(it.issuers), buf_slice(&it.token), NOW_S, &identity);
    ret->issuer = identity.issuer;
    return ret->verdict;
}

static double metric(const char *series)
{
    CLEANUP(buf) struct buf text;
    char line[200];
    buf_init(&text, 1 << 20);
    metrics_write(it.metrics, &text);
    (void)snprintf(line, sizeof line, "\n%s ", series);
    const char *found = strstr(text.data, line);
    return found ? strtod(found + strlen(line), NULL) : -1;
}

static bool logged(const char *text)
{
    static char content[8192];
    log_flush(it.log);
    ssize_t size = pread(it.log_fd, content, sizeof content, 0);
    return size > 0 && memmem(content, (size_t)size, text, strlen(text));
}

static void start_with_all_keys(void)
{
    publish("k");
    publish("k");
    it.issuers = issuers_new(&it.config);
    cr_assert(take_document(FROM_FILE, "k"));
    const char *why = NULL;
    cr_assert(issuers_take(it.issuers, SECRET, SLICE("0123456789abcdef0123456789abcdef"), &why));
    TURN_UNTIL(it.started == 1);
}

Test(issuers, start_is_over_when_every_fetch_was_tried)
{
    struct bearer_refusal refusal;
    publish("k");
    server_script(&it.server, "HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n", THEN_CLOSE);
    publish("k");
    it.issuers = issuers_new(&it.config);
    cr_expect(issuers_starting(it.issuers));
    TURN_UNTIL(it.started == 1);
    cr_expect_not(issuers_starting(it.issuers));
    cr_expect_not_null(issuers_lacking(it.issuers));
    cr_assert(take_document(FROM_FILE, "k"));
    const char *why = NULL;
    cr_assert(issuers_take(it.issuers, SECRET, SLICE("0123456789abcdef0123456789abcdef"), &why));
    TURN_UNTIL(!issuers_lacking(it.issuers)); /* what failed is tried again */
    cr_expect_eq(it.started, 1U);
    cr_expect_eq(judge("corp", "k", &refusal), BEARER_VALID);
    cr_expect_eq(judge("shop", "k", &refusal), BEARER_VALID);
    cr_expect_eq(judge("file", "k", &refusal), BEARER_VALID);
    cr_expect_eq(judge("hmac", "k", &refusal), BEARER_UNKNOWN_KEY);
    cr_expect_eq(judge("nobody", "k", &refusal), BEARER_UNKNOWN_ISSUER);
}

Test(issuers, without_urls_there_is_nothing_to_wait_for)
{
    it.config.entries = &it.entries[FROM_FILE];
    it.config.count = 1;
    it.issuers = issuers_new(&it.config);
    cr_expect_not(issuers_starting(it.issuers));
    cr_expect_str_eq(issuers_lacking(it.issuers), "file");
    cr_expect(take_document(0, "k"));
    cr_expect_null(issuers_lacking(it.issuers));
    issuers_fetch_now(it.issuers);
}

Test(issuers, a_file_that_gives_no_keys_keeps_the_old_ones)
{
    struct bearer_refusal refusal;
    const char *why = NULL;
    start_with_all_keys();
    cr_expect_not(issuers_take(it.issuers, FROM_FILE, SLICE("{"), &why));
    cr_expect_not_null(why);
    cr_expect_not(issuers_take(it.issuers, FROM_FILE, SLICE("{\"keys\":[]}"), &why));
    cr_expect_not(issuers_take(it.issuers, SECRET, SLICE("short"), &why));
    cr_expect_str_eq(why, "the secret is too short");
    cr_expect_eq(judge("file", "k", &refusal), BEARER_VALID);
    cr_expect(take_document(FROM_FILE, "k2"));
    cr_expect_eq(judge("file", "k", &refusal), BEARER_UNKNOWN_KEY);
    cr_expect_eq(judge("file", "k2", &refusal), BEARER_VALID);
    cr_expect_eq(metric("livenessd_issuer_loads_total{issuer=\"file\",outcome=\"failed\"}"), 2);
    cr_expect_eq(metric("livenessd_issuer_loads_total{issuer=\"file\",outcome=\"ok\"}"), 2);
    cr_expect_eq(metric("livenessd_issuer_keys{issuer=\"file\"}"), 1);
    cr_expect_gt(metric("livenessd_issuer_loaded_timestamp_seconds{issuer=\"file\"}"), 1.7e9);
}

Test(issuers, the_same_document_again_changes_nothing)
{
    start_with_all_keys();
    cr_expect(logged("\"event\":\"keys loaded\",\"issuer\":\"file\",\"count\":1,\"refused\":1,"
                     "\"reason\":\"kty is neither RSA nor EC\""));
    cr_assert_eq(ftruncate(it.log_fd, 0), 0);
    cr_expect(take_document(FROM_FILE, "k"));
    cr_expect_not(logged("keys loaded"));
    cr_expect(take_document(FROM_FILE, "k2"));
    cr_expect(logged("keys loaded"));
}

Test(issuers, an_unknown_key_is_worth_a_second_look_at_those_that_are_fetched)
{
    struct jwks_ticket ticket = {.done = on_told};
    struct bearer_refusal refusal;
    start_with_all_keys();
    publish("k2");
    cr_assert_eq(judge("corp", "k2", &refusal), BEARER_UNKNOWN_KEY);
    cr_assert(issuers_refresh(it.issuers, &refusal, &ticket));
    TURN_UNTIL(it.told == 1);
    cr_expect_eq(judge("corp", "k2", &refusal), BEARER_VALID);
    cr_expect_eq(judge("shop", "k2", &refusal), BEARER_UNKNOWN_KEY, "it is its own issuer's");
    cr_expect_eq(judge("corp", "k3", &refusal), BEARER_UNKNOWN_KEY);
    cr_expect_not(issuers_refresh(it.issuers, &refusal, &ticket), "not again within a minute");
    cr_expect_eq(judge("file", "k2", &refusal), BEARER_UNKNOWN_KEY);
    cr_expect_not(issuers_refresh(it.issuers, &refusal, &ticket));
    cr_expect_eq(judge("hmac", "k2", &refusal), BEARER_UNKNOWN_KEY);
    cr_expect_not(issuers_refresh(it.issuers, &refusal, &ticket));
}

Test(issuers, other_refusals_are_final)
{
    struct jwks_ticket ticket = {.done = on_told};
    start_with_all_keys();
    for (int verdict = BEARER_VALID; verdict < BEARER_VERDICT_COUNT; verdict++) {
        const struct bearer_refusal refusal = {(enum bearer_verdict)verdict, CORP};
        bool helps = verdict == BEARER_UNKNOWN_KEY || verdict == BEARER_NO_KEYS;
        if (!helps) {
            cr_expect_not(issuers_refresh(it.issuers, &refusal, &ticket), "%d", verdict);
        }
    }
}

Test(issuers, refusals_are_counted_and_told_by_their_class)
{
    start_with_all_keys();
    const struct bearer_refusal expired = {BEARER_EXPIRED, SHOP};
    const struct bearer_refusal foreign = {BEARER_UNKNOWN_ISSUER, 0};
    issuers_report(it.issuers, &expired, "r1");
    issuers_report(it.issuers, &foreign, "r2");
    cr_expect(logged("\"event\":\"token refused\",\"reason\":\"expired\",\"issuer\":\"shop\","
                     "\"request_id\":\"r1\""));
    cr_expect(logged("\"reason\":\"unknown_issuer\",\"request_id\":\"r2\""));
    cr_expect_eq(metric("livenessd_tokens_refused_total{issuer=\"shop\",reason=\"expired\"}"), 1);
    cr_expect_eq(
        metric("livenessd_tokens_refused_total{issuer=\"unknown\",reason=\"unknown_issuer\"}"), 1);
}

/*
 * The example configuration of nginx, in a real nginx in front of the real daemon: what frontends
 * see through it is what livenessd says, and what livenessd sees is the client.
 */
#include "base/address.h"
#include "support/form.h"
#include "support/log_lines.h"
#include "support/nginx.h"
#include "support/raw.h"
#include "support/rig.h"

#include <criterion/criterion.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Loopback clients are in it too: a client that could add to X-Forwarded-For would be believed. */
#define TRUSTED "http.trusted_proxies=127.0.0.0/8"

/* A client that is not the proxy, and its network. */
#define STRANGER         "127.9.8.7"
#define STRANGER_NETWORK "127.9.8.0/24"

enum { REQUEST_ID_SIZE = 32 };

/* livenessd's line about the request that got this answer. */
static const cJSON *line_of(const struct rig *rig, const char *request_id)
{
    const cJSON *line = NULL;
    expect_soon(lines_with(requests_logged(rig->server), "request_id", request_id) == 1);
    cJSON_ArrayForEach (line, requests_logged(rig->server)) {
        if (strcmp(json_text_at(line, "request_id"), request_id) == 0)
            return line;
    }
    return NULL;
}

/* Connects from this address of the machine ("127.9.8.7:0"). */
static int connect_from(const char *source, const char *to)
{
    struct address address;
    struct sockaddr_storage from, peer;
    cr_assert_eq(address_parse_listen(slice_of(source), &address), 0);
    socklen_t from_size = address_to_sockaddr(&address, &from);
    cr_assert_eq(address_parse_listen(slice_of(to), &address), 0);
    socklen_t peer_size = address_to_sockaddr(&address, &peer);
    int fd = socket(from.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    cr_assert_eq(bind(fd, (const struct sockaddr *)&from, from_size), 0, "%s",
                 strerrorname_np(errno));
    cr_assert_eq(connect(fd, (const struct sockaddr *)&peer, peer_size), 0, "%s",
                 strerrorname_np(errno));
    return fd;
}

/* What livenessd takes for the network of a client there that adds these header lines. */
static const char *network_seen(const struct rig *rig, const char *source, const char *to,
                                const char *headers)
{
    int fd = connect_from(source, to);
    raw_send(fd,
             text_of("GET /nothing HTTP/1.1\r\nHost: a\r\n%sConnection: close\r\n\r\n", headers));
    struct http_answer answer = {.head = raw_read_all(fd, NULL)};
    const char *id = answer_header(&answer, "x-request-id");
    cr_assert_not_null(id, "%s", answer.head);
    return json_text_at(line_of(rig, id), "client");
}

/* Create, check, complete, read, delete at this mount. */
static void whole_story(const struct rig *rig, const struct nginx *nginx, const char *mount)
{
    const char *all = nginx_url(nginx, mount);
    const struct http_answer *created = expect_status(http_do("POST", all, PLAIN_CREATE), 200);
    const char *one = text_of("%s/%s", all, json_text_at(created->json, "sessionId"));
    const char *owner = text_of("X-Device-Token: %s", answer_header(created, "x-device-token"));
    expect_verdict(http_do("GET", one, NULL, owner), "pending", false);
    const char *digest = play_device(rig, json_text_at(created->json, "authToken"), SAW_REAL);
    expect_verdict(http_do("POST", text_of("%s/completion", one), digest_body(digest), owner),
                   "live", true);
    expect_verdict(http_do("GET", one, NULL, owner), "live", true);
    expect_status(http_do("DELETE", one, NULL, owner), 204);
    expect_error(http_do("GET", one, NULL, owner), 404, "SessionNotFound");
    expect_soon(emulator_sessions(rig) == 0);
}

Test(nginx, the_example_is_valid_as_it_stands)
{
    if (geteuid() != 0)
        cr_skip_test("nginx -t opens port 443 and /var/log/nginx: only root may");
    struct finished check = nginx_check_example();
    cr_assert_eq(check.code, 0, "%s", check.errors);
    cr_assert_null(strstr(check.errors, "[warn]"), "%s", check.errors);
}

Test(nginx, a_session_goes_the_whole_way)
{
    struct rig rig = rig_open_set(TRUSTED);
    struct nginx *nginx = nginx_start(rig.server);
    whole_story(&rig, nginx, SESSIONS_PATH);
    whole_story(&rig, nginx, FACE_SESSIONS_PATH);
    expect_soon(cJSON_GetArraySize(nginx_requests(nginx)) == 12);
    nginx_stop(nginx);
    daemon_stop(rig.server);
    cr_assert_eq(cJSON_GetArraySize(requests_logged(rig.server)), 12);
    cr_assert_str_eq(nginx_error_log(nginx), "");
}

/* Every path a verify session may be created at; pictures of the largest size Face takes. */
Test(nginx, reference_images_pass_and_touch_no_disk)
{
    static const char *const paths[] = {
        VERIFY_PATH,
        "//api//detectLivenessWithVerify-sessions/",
        "/face/v1.2/detectlivenesswithverify-sessions",
        "/face/v1.1-preview.1/detectLivenessWithVerify/singleModal/sessions",
    };
    static const struct form_field usual[] = {
        {"livenessOperationMode", "Passive"}, {"deviceCorrelationId", "a"}, {NULL, NULL}};
    struct rig rig = rig_open_set(TRUSTED);
    struct nginx *nginx = nginx_start(rig.server);
    struct slice image = picture((size_t)6 * 1024 * 1024, 1);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        expect_status(form_send(nginx_url(nginx, paths[i]), form_plain, usual, image, NULL), 200);
    for (const struct form_style *style = form_styles; style->name; style++)
        expect_status(form_send(nginx_url(nginx, VERIFY_PATH), style, usual, image, NULL), 200);
    static const struct form_field sample[] = {
        {"Action", "detectLivenessWithVerify"},
        {"parameters", "{\"livenessOperationMode\":\"Passive\"}"},
        {NULL, NULL}};
    const char *ours = nginx_url(nginx, "/api//generateaccesstoken");
    expect_status(form_send(ours, form_plain, sample, image, NULL), 200);
    cr_assert_null(strstr(nginx_error_log(nginx), "temporary file"), "a picture was on disk: %s",
                   nginx_error_log(nginx));
}

static size_t receive(char *data, size_t size, size_t count, void *context)
{
    char **text = context;
    *text = text_of("%s%.*s", *text, (int)(size * count), data);
    return size * count;
}

/* POST over TLS and what the server offers above it; head and body. */
static const char *post_over_tls(const struct nginx *nginx, const char *path, const char *body,
                                 long *ret_version)
{
    const char *port = strrchr(nginx_address(nginx), ':') + 1;
    char *text = text_of("%s", "");
    struct curl_slist *type = curl_slist_append(NULL, "Content-Type: application/json");
    struct curl_slist *names =
        curl_slist_append(NULL, text_of(NGINX_SERVER_NAME ":%s:127.0.0.1", port));
    CURL *curl = curl_easy_init();
    curl_easy_setopt(curl, CURLOPT_URL, text_of("https://" NGINX_SERVER_NAME ":%s%s", port, path));
    curl_easy_setopt(curl, CURLOPT_RESOLVE, names);
    curl_easy_setopt(curl, CURLOPT_CAINFO, nginx_certificate(nginx));
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)SOON_MS);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, type);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &text);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &text);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_HTTP_VERSION, ret_version);
    curl_easy_cleanup(curl);
    curl_slist_free_all(names);
    curl_slist_free_all(type);
    cr_assert_eq(code, CURLE_OK, "%s", curl_easy_strerror(code));
    return text;
}

Test(nginx, browsers_speak_http2_over_tls)
{
    struct rig rig = rig_open_set(TRUSTED, "http.public_url=https://" NGINX_SERVER_NAME);
    struct nginx *nginx = nginx_start_with(rig.server, .tls = true);
    long version = 0;
    const char *said = post_over_tls(nginx, SESSIONS_PATH, PLAIN_CREATE, &version);
    struct http_answer answer = {.head = said};
    cr_assert_eq(version, CURL_HTTP_VERSION_2_0);
    cr_assert_eq(strncmp(said, "HTTP/2 200", 10), 0, "%s", said);
    cr_assert_not_null(strstr(said, "\"authToken\""));
    cr_assert_not_null(answer_header(&answer, "strict-transport-security"));
    cr_assert_not_null(strstr(answer_header(&answer, "set-cookie"), "__Host-"));
    cr_assert_str_eq(json_text_at(line_of(&rig, answer_header(&answer, "x-request-id")), "client"),
                     "127.0.0.0/24");
}

Test(nginx, livenessd_sees_the_clients_address)
{
    struct rig rig = rig_open_set(TRUSTED);
    struct nginx *nginx = nginx_start(rig.server);
    const char *address = nginx_address(nginx);
    cr_assert_str_eq(network_seen(&rig, STRANGER ":0", address, ""), STRANGER_NETWORK);
    cr_assert_str_eq(network_seen(&rig, "127.0.0.1:0", address, ""), "127.0.0.0/24");
    cr_assert_not(daemon_log_contains(rig.server, STRANGER), "a full address is in the log");
    if (nginx_address6(nginx))
        cr_assert_str_eq(network_seen(&rig, "[::1]:0", nginx_address6(nginx), ""), "::/48");
}

Test(nginx, a_client_cannot_choose_its_address_or_request_id)
{
    struct rig rig = rig_open_set(TRUSTED);
    struct nginx *nginx = nginx_start(rig.server);
    const char *const forged[] = {
        "X-Forwarded-For: 203.0.113.9\r\n",
        "x-forwarded-for: 203.0.113.9\r\nX-FORWARDED-FOR: 203.0.113.10\r\n",
        "X-Forwarded-For: 203.0.113.9, 127.0.0.1\r\n",
        "X_Forwarded_For: 203.0.113.9\r\n",
        "Forwarded: for=203.0.113.9\r\n",
        "X-Real-IP: 203.0.113.9\r\n",
        "X-Request-Id: chosen-by-a-stranger\r\n",
        "X_Request_Id: chosen-by-a-stranger\r\n",
        "Connection: X-Forwarded-For, X-Request-Id\r\nX-Forwarded-For: 203.0.113.9\r\n",
    };
    for (size_t i = 0; i < sizeof forged / sizeof *forged; i++) {
        const char *seen = network_seen(&rig, STRANGER ":0", nginx_address(nginx), forged[i]);
        cr_assert_str_eq(seen, STRANGER_NETWORK, "%s as %s", seen, forged[i]);
    }
    cr_assert_not(daemon_log_contains(rig.server, "chosen-by-a-stranger"));
    cr_assert_not(daemon_log_contains(rig.server, "203.0.113"));
}

Test(nginx, one_request_id_stands_in_the_answer_and_in_both_logs)
{
    struct rig rig = rig_open_set(TRUSTED);
    struct nginx *nginx = nginx_start(rig.server);
    const struct http_answer *first = http_do("GET", nginx_url(nginx, "/nothing?secret=1"));
    expect_error(first, 404, "RouteNotFound");
    const char *id = answer_header(first, "x-request-id");
    cr_assert_eq(strlen(id), REQUEST_ID_SIZE, "%s is not nginx's", id);
    cr_assert_eq(json_number_at(line_of(&rig, id), "status"), 404);
    expect_soon(lines_with(nginx_requests(nginx), "request_id", id) == 1);
    cr_assert_null(strstr(nginx_access_log(nginx), "secret"), "a query string is logged");
    const struct http_answer *second = http_do("GET", nginx_url(nginx, "/nothing"));
    cr_assert_str_neq(answer_header(second, "x-request-id"), id);
}

Test(nginx, livenessds_own_errors_pass_as_they_are)
{
    struct rig rig = rig_open_set(TRUSTED);
    struct nginx *nginx = nginx_start(rig.server);
    const char *all = nginx_url(nginx, SESSIONS_PATH);
    const struct http_answer *answer = http_do("PUT", all, PLAIN_CREATE);
    expect_error(answer, 405, "MethodNotAllowed");
    cr_assert_str_eq(answer_header(answer, "server"), "nginx");
    cr_assert_str_eq(answer_header(answer, "allow"), "POST, GET, HEAD");
    emulator_fault(&rig, "{\"route\":\"create\",\"status\":500,\"count\":1}");
    expect_error(http_do("POST", all, PLAIN_CREATE), 502, "UpstreamBroken");
    const struct http_answer *problem =
        http_do("GET", nginx_url(nginx, "/x"), NULL, "Accept: application/problem+json");
    expect_status(problem, 404);
    cr_assert_eq(strncmp(answer_header(problem, "content-type"), "application/problem+json", 24),
                 0);
    expect_status(http_do("GET", nginx_url(nginx, "/errors")), 200);
}

Test(nginx, the_target_reaches_livenessd_as_it_was_sent)
{
    struct rig rig = rig_open_set(TRUSTED);
    struct nginx *nginx = nginx_start(rig.server);
    expect_status(
        http_do("POST", nginx_url(nginx, "//API//detectliveness-SESSIONS/?x=%2f"), PLAIN_CREATE),
        200);
    expect_error(http_do("GET", nginx_url(nginx, SESSIONS_PATH "/a%2fb")), 400, "BadArgument");
    expect_error(http_do("GET", nginx_url(nginx, "/api/x/../devices")), 400, "BadArgument");
    expect_soon(cJSON_GetArraySize(requests_logged(rig.server)) == 3);
}

Test(nginx, the_admin_listener_is_not_reachable)
{
    struct rig rig = rig_open_set(TRUSTED);
    struct nginx *nginx = nginx_start(rig.server);
    const char *const paths[] = {"/metrics",           "/status",      "/livez", "/readyz",
                                 "/emulator/sessions", "/nginx_status"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        expect_error(http_do("GET", nginx_url(nginx, paths[i])), 404, "RouteNotFound");
}

/* Connections to or from this port that the kernel knows, also those just closed. */
static unsigned connections_of(const char *address)
{
    const char *port = text_of(":%04lX ", strtoul(strrchr(address, ':') + 1, NULL, 10));
    unsigned count = 0;
    FILE *table = fopen("/proc/net/tcp", "r");
    char line[512];
    cr_assert_not_null(table);
    while (fgets(line, sizeof line, table)) {
        const char *listening = " 00000000:0000 0A ";
        count += strstr(line, port) && !strstr(line, listening);
    }
    (void)fclose(table);
    return count;
}

Test(nginx, connections_to_livenessd_are_used_again)
{
    struct rig rig = rig_open_set(TRUSTED);
    struct nginx *nginx = nginx_start(rig.server);
    unsigned before = connections_of(daemon_address(rig.server, "http"));
    for (int i = 0; i < 50; i++)
        expect_error(http_do("GET", nginx_url(nginx, "/nothing")), 404, "RouteNotFound");
    cr_assert_leq(metric_value(&rig, "livenessd_http_connections{listener=\"http\"}"), 2);
    cr_assert_gt(metric_value(&rig, "livenessd_http_connections{listener=\"http\"}"), 0);
    /* both ends of each are in the table */
    cr_assert_leq(connections_of(daemon_address(rig.server, "http")), before + 4);
}

/* The bounds of a listener: connections, connections of one address, memory of bodies, slow or
 * greedy clients; and whom it believes about the client's address. */
#include "seam.h"

#include <sys/resource.h>

#define GET(path) "GET " path " HTTP/1.1\r\nHost: x\r\n\r\n"

static unsigned long long cpu_us(const struct seam *seam)
{
    seam_command(seam, 'f');
    return atomic_load(&seam->shared->cpu_us);
}

static void expect_hello(int fd)
{
    client_send(fd, GET("/hello"));
    struct answer answer = client_receive(fd, false);
    cr_expect_eq(answer.status, 200);
    answer_done(&answer);
}

static bool is_readable(int fd, int ms)
{
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    return poll(&readable, 1, ms) > 0;
}

Test(limits, pause_accepting_at_the_connection_cap_without_spinning)
{
    struct listener_config config = seam_config();
    config.max_connections = 3;
    struct seam seam = seam_start(&config);
    int fds[5];
    for (int i = 0; i < 3; i++) {
        fds[i] = client_connect(&seam);
        expect_hello(fds[i]);
    }
    fds[3] = client_connect(&seam); /* by the kernel's queue */
    fds[4] = client_connect(&seam);
    client_send(fds[3], GET("/hello"));
    client_send(fds[4], GET("/hello"));
    unsigned long long before = cpu_us(&seam);
    cr_expect_not(is_readable(fds[3], 500));
    cr_expect_lt(cpu_us(&seam) - before, 20000);
    cr_expect_eq(atomic_load(&seam.shared->connections), 3);
    for (int i = 0; i < 2; i++) {
        (void)close(fds[i]);
        struct answer answer = client_receive(fds[3 + i], false);
        cr_expect_eq(answer.status, 200);
        answer_done(&answer);
    }
    for (int i = 2; i < 5; i++)
        (void)close(fds[i]);
    SEAM_EXPECT(&seam.shared->connections, 0);
    seam_stop(&seam);
}

Test(limits, refuse_what_one_address_has_too_much)
{
    struct listener_config config = seam_config();
    config.max_connections_per_address = 2;
    struct seam seam = seam_start(&config);
    int first = client_connect(&seam), second = client_connect(&seam);
    expect_hello(first);
    expect_hello(second);
    int third = client_connect(&seam);
    cr_expect(client_sees_close(third));
    (void)close(third);
    expect_hello(first);
    (void)close(first);
    SEAM_EXPECT(&seam.shared->connections, 1);
    third = client_connect(&seam);
    expect_hello(third);
    (void)close(second), (void)close(third);
    seam_command(&seam, 'm');
    cr_expect(strstr(seam.shared->text,
                     "livenessd_http_refused_total{listener=\"test\",reason=\"per_address\"} 1"));
    seam_stop(&seam);
}

static struct cidr cidr(const char *text)
{
    struct cidr parsed;
    cr_assert_eq(cidr_parse(slice_of(text), &parsed), 0);
    return parsed;
}

Test(limits, exempt_trusted_proxies_from_the_cap_per_address)
{
    struct listener_config config = seam_config();
    const struct cidr proxies[] = {cidr("127.0.0.0/8")};
    config.max_connections_per_address = 1;
    config.trusted_proxies = proxies;
    config.trusted_proxy_count = 1;
    struct seam seam = seam_start(&config);
    int fds[5];
    for (int i = 0; i < 5; i++) {
        fds[i] = client_connect(&seam);
        expect_hello(fds[i]);
    }
    for (int i = 0; i < 5; i++)
        (void)close(fds[i]);
    seam_stop(&seam);
}

static void expect_who(const struct seam *seam, const char *headers, const char *line)
{
    char request[512];
    (void)snprintf(request, sizeof request, "GET /who HTTP/1.1\r\nHost: x\r\n%s\r\n", headers);
    struct answer answer = client_ask(seam, request);
    cr_expect(strstr(answer.body, line), "%s of %s not in %s", line, headers, answer.body);
    answer_done(&answer);
}

Test(limits, believe_trusted_proxies_about_the_client)
{
    struct listener_config config = seam_config();
    const struct cidr proxies[] = {cidr("127.0.0.1"), cidr("10.0.0.0/8")};
    config.trusted_proxies = proxies;
    config.trusted_proxy_count = 2;
    struct seam seam = seam_start(&config);
    expect_who(&seam, "", "client=127.0.0.1\ntrusted=yes\n");
    expect_who(&seam, "X-Forwarded-For: 192.0.2.1\r\n", "client=192.0.2.1\n");
    expect_who(&seam, "X-Forwarded-For: 198.51.100.9, 192.0.2.1, 10.1.1.1\r\n",
               "client=192.0.2.1\n");
    expect_who(&seam, "X-Forwarded-For: 198.51.100.9\r\nX-Forwarded-For: 10.1.1.1\r\n",
               "client=198.51.100.9\n");
    expect_who(&seam, "X-Forwarded-For: junk, 192.0.2.1\r\n", "client=192.0.2.1\n");
    expect_who(&seam, "X-Forwarded-For: 192.0.2.1, junk\r\n", "client=127.0.0.1\n");
    expect_who(&seam, "X-Forwarded-For: 10.0.0.1, 10.0.0.2\r\n", "client=10.0.0.1\n");
    expect_who(&seam, "X-Forwarded-For:\r\n", "client=127.0.0.1\n");
    expect_who(&seam, "Forwarded: for=192.0.2.7;proto=https, for=\"10.1.1.1:80\"\r\n",
               "client=192.0.2.7\n");
    expect_who(&seam, "Forwarded: for=192.0.2.7\r\nX-Forwarded-For: 192.0.2.8\r\n",
               "client=192.0.2.8\n");
    expect_who(&seam, "X-Request-Id: from_proxy-01\r\n", "id=from_proxy-01\n");
    struct answer answer = client_ask(&seam, "GET /who HTTP/1.1\r\nHost: x\r\n"
                                             "X-Request-Id: has space\r\n\r\n");
    cr_expect_null(strstr(answer.text, "has space"));
    answer_done(&answer);
    seam_stop(&seam);
}

Test(limits, cut_the_fattest_reader_when_bodies_outgrow_their_memory)
{
    struct listener_config config = seam_config();
    config.max_body_bytes = 8 << 20;
    config.body_memory_bytes = 4 << 20;
    struct seam seam = seam_start(&config);
    int thin = client_connect(&seam), fat = client_connect(&seam);
    static const char head[] =
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        "Content-Length: 8000000\r\n\r\n";
    size_t half = 100000;
    char *bytes = xcalloc(1, 7000000);
    client_send(thin, head);
    client_send_bytes(thin, bytes, half);
    client_send(fat, head);
    client_send_bytes(fat, bytes, 7000000);
    struct answer answer = {0};
    while (!answer.closed) /* a byte from time to time keeps the turns coming */
        if (!is_readable(fat, 20))
            client_send_bytes(thin, bytes, 1);
        else
            (void)client_more(fat, &answer, 100);
    cr_expect_eq(answer.len, 0, "%s", answer.text);
    answer_done(&answer);
    SEAM_EXPECT(&seam.shared->connections, 1);
    free(bytes);
    (void)close(thin), (void)close(fat);
    seam_command(&seam, 'm');
    cr_expect(strstr(seam.shared->text,
                     "livenessd_http_refused_total{listener=\"test\",reason=\"body_memory\"} 1"));
    seam_stop(&seam);
}

Test(limits, end_requests_that_do_not_come)
{
    struct listener_config config = seam_config();
    config.request_timeout_ms = 200;
    struct seam seam = seam_start(&config);
    int idle = client_connect(&seam), head = client_connect(&seam), body = client_connect(&seam);
    client_send(head, "GET /hello HT");
    client_send(body, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
    cr_expect(client_sees_close(idle));
    cr_expect(client_sees_close(head));
    cr_expect(client_sees_close(body));
    (void)close(idle), (void)close(head), (void)close(body);
    SEAM_EXPECT(&seam.shared->connections, 0);
    seam_stop(&seam);
}

Test(limits, end_readers_that_take_nothing)
{
    struct listener_config config = seam_config();
    config.write_timeout_ms = 300;
    config.request_timeout_ms = 60000;
    struct seam seam = seam_start(&config);
    int fd = client_connect(&seam);
    client_send(fd, GET("/big?bytes=60000000"));
    SEAM_EXPECT(&seam.shared->in_flight, 1);
    SEAM_EXPECT(&seam.shared->in_flight, 0);
    SEAM_EXPECT(&seam.shared->connections, 0);
    (void)close(fd);
    seam_stop(&seam);
}

Test(limits, survive_running_out_of_descriptors)
{
    struct listener_config config = seam_config();
    struct rlimit limit, before;
    (void)getrlimit(RLIMIT_NOFILE, &before);
    struct seam seam = seam_start(&config);
    int fds[60];
    limit = (struct rlimit){40, before.rlim_max};
    cr_assert_eq(prlimit(seam.child, RLIMIT_NOFILE, &limit, NULL), 0);
    for (int i = 0; i < 60; i++)
        fds[i] = client_connect(&seam);
    unsigned long long start = cpu_us(&seam);
    seam_pause_ms(500);
    cr_expect_lt(cpu_us(&seam) - start, 50000);
    for (int i = 0; i < 40; i++)
        (void)close(fds[i]);
    for (int i = 40; i < 60; i++) {
        expect_hello(fds[i]);
        (void)close(fds[i]);
    }
    (void)prlimit(seam.child, RLIMIT_NOFILE, &before, NULL);
    SEAM_EXPECT(&seam.shared->connections, 0);
    seam_stop(&seam);
}

Test(limits, say_what_is_wrong_with_the_address)
{
    struct listener_config config = seam_config();
    struct seam seam = seam_start(&config);
    struct loop *loop = loop_new();
    struct address address = {.bytes = {127, 0, 0, 1}, .port = seam.port};
    char error[256], expected[64];
    cr_expect_null(listener_open(loop, &address, &config, error, sizeof error));
    (void)snprintf(expected, sizeof expected, "test: cannot listen on 127.0.0.1:%u: ", seam.port);
    cr_expect_eq(strncmp(error, expected, strlen(expected)), 0, "%s", error);
    cr_expect(strstr(error, "Address already in use; another process"), "%s", error);
    loop = loop_free(loop);
    seam_stop(&seam);
}

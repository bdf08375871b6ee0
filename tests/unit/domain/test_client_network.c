/* Promises of domain/client_network.h, and of domain/verdict.h and domain/session.h about it. */
#include "domain/client_network.h"
#include "domain/session.h"

#include <criterion/criterion.h>
#include <string.h>

static const uint8_t key[SHA256_BYTES] = {1, 2, 3};
static const uint8_t other_key[SHA256_BYTES] = {3, 2, 1};

static struct address address_of(const char *text)
{
    struct address address = {0};
    cr_assert_eq(address_parse(slice_of(text), &address), 0, "%s", text);
    return address;
}

Test(client_network, is_an_address_or_the_64_of_one)
{
    static const char *const rows[][2] = {
        {"192.0.2.7", "192.0.2.7"},
        {"::ffff:192.0.2.7", "192.0.2.7"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
        {"2001:db8::1", "2001:db8::/64"},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff::/64"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct address address = address_of(rows[i][0]);
        char text[CLIENT_NETWORK_SIZE];
        client_network_write(&address, text);
        cr_expect_str_eq(text, rows[i][1]);
    }
}

/* With these addresses ("" ends them; "?": one that cannot be read). */
static enum client_seen compare(const char *expected, const char *const *seen)
{
    struct face_attempt attempt = {0};
    struct address network = address_of(expected);
    uint8_t hash[SHA256_BYTES];
    client_network_hash(key, &network, hash);
    for (; **seen; seen++) {
        if (strcmp(*seen, "?") == 0)
            attempt.client_unreadable = true;
        else
            attempt.clients[attempt.client_count++] = address_of(*seen);
    }
    return client_network_compare(key, hash, &attempt);
}

#define SEEN(...) ((const char *const[]){__VA_ARGS__, ""})

Test(client_network, wants_every_address_in_it)
{
    cr_expect_eq(compare("192.0.2.7", SEEN("192.0.2.7")), CLIENT_EXPECTED);
    cr_expect_eq(compare("192.0.2.7", SEEN("192.0.2.7", "192.0.2.7")), CLIENT_EXPECTED);
    cr_expect_eq(compare("192.0.2.7", SEEN("192.0.2.8")), CLIENT_ELSEWHERE);
    cr_expect_eq(compare("192.0.2.7", SEEN("192.0.2.7", "192.0.2.8")), CLIENT_ELSEWHERE);
    cr_expect_eq(compare("192.0.2.7", SEEN("192.0.2.7", "?")), CLIENT_ELSEWHERE);
    cr_expect_eq(compare("192.0.2.7", SEEN("?")), CLIENT_ELSEWHERE);
    cr_expect_eq(compare("2001:db8::1", SEEN("2001:db8::2")), CLIENT_EXPECTED);
    cr_expect_eq(compare("2001:db8::1", SEEN("2001:db8:0:1::1")), CLIENT_ELSEWHERE);
    cr_expect_eq(compare("192.0.2.7", SEEN("2001:db8::1")), CLIENT_ELSEWHERE);
    cr_expect_eq(compare("192.0.2.7", SEEN("")), CLIENT_UNSEEN);
}

Test(client_network, is_not_known_without_the_key)
{
    struct address address = address_of("192.0.2.7");
    uint8_t one[SHA256_BYTES], two[SHA256_BYTES], plain[SHA256_BYTES];
    client_network_hash(key, &address, one);
    client_network_hash(other_key, &address, two);
    sha256("192.0.2.7", strlen("192.0.2.7"), plain);
    cr_expect_neq(memcmp(one, two, sizeof one), 0);
    cr_expect_neq(memcmp(one, plain, sizeof one), 0);
}

/* ---- what upstream says ---- */

static struct face_session *read_attempt(const char *clients)
{
    static struct face_session session;
    static char text[1024];
    const char *why = NULL;
    (void)snprintf(text, sizeof text,
                   "{\"sessionId\":\"5f0c7c1e-9a42-4d0b-8a53-6d2f0b6f7a10\",\"status\":"
                   "\"Succeeded\",\"results\":{\"attempts\":[{\"attemptId\":1,\"attemptStatus\":"
                   "\"Succeeded\",\"result\":{\"livenessDecision\":\"realface\"}%s}]}}",
                   clients);
    cr_assert_eq(face_session_parse(slice_of(text), &session, &why), 0, "%s: %s", text, why);
    return &session;
}

Test(client_network, of_an_attempt_is_read_leniently)
{
    static const struct {
        const char *text;
        size_t count;
        bool unreadable;
    } rows[] = {
        {"", 0, false},
        {",\"clientInformation\":null", 0, false},
        {",\"clientInformation\":[]", 0, false},
        {",\"clientInformation\":[{\"ip\":\"203.0.113.27\"}]", 1, false},
        {",\"clientInformation\":[{\"ip\":\"203.0.113.27:1234\"},{\"ip\":\"2001:db8::1\"}]", 2,
         false},
        {",\"clientInformation\":[{\"ip\":\"somewhere\"}]", 0, true},
        {",\"clientInformation\":[{\"ip\":\"203.0.113.27\"},{}]", 1, true},
        {",\"clientInformation\":[{\"ip\":7}]", 0, true},
        {",\"clientInformation\":[\"203.0.113.27\"]", 0, true},
        {",\"clientInformation\":{\"ip\":\"203.0.113.27\"}", 0, true},
        {",\"clientInformation\":[{\"ip\":\"1.1.1.1\"},{\"ip\":\"1.1.1.2\"},{\"ip\":\"1.1.1.3\"},"
         "{\"ip\":\"1.1.1.4\"},{\"ip\":\"1.1.1.5\"}]",
         4, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct face_session *session = read_attempt(rows[i].text);
        cr_expect_eq(session->attempts[0].client_count, rows[i].count, "%s", rows[i].text);
        cr_expect_eq(session->attempts[0].client_unreadable, rows[i].unreadable, "%s",
                     rows[i].text);
        face_session_done(session);
    }
}

/* ---- what it does to a verdict ---- */

static struct session_record settled(const char *expected, const char *clients)
{
    const struct session_rules rules = {.digest = DIGEST_WHEN_GIVEN, .seal_key = key};
    struct session_record record = {.id = "0190163d-8694-739b-aea5-966c26f8ad91",
                                    .attempts_allowed = 3,
                                    .token_expires_at = 100000};
    if (expected) {
        struct address address = address_of(expected);
        client_network_hash(key, &address, record.client_network);
    }
    struct face_session *session = read_attempt(clients);
    cr_assert_eq(session_settle(&record, session, &rules, 1), SESSION_CHANGED);
    face_session_done(session);
    return record;
}

static void drop(struct session_record *record)
{
    free(record->results_json);
    free(record->details_json);
    free(record->flagged_json);
}

Test(client_network, elsewhere_denies_a_live_face_and_lets_it_try_again)
{
    static const struct {
        const char *expected, *clients;
        bool accepted, checked;
        const char *written;
    } rows[] = {
        {NULL, ",\"clientInformation\":[{\"ip\":\"203.0.113.27\"}]", true, false, NULL},
        {"203.0.113.27", ",\"clientInformation\":[{\"ip\":\"203.0.113.27\"}]", true, true,
         "\"clientAddressChecked\":true"},
        {"203.0.113.27", ",\"clientInformation\":[{\"ip\":\"203.0.113.28\"}]", false, false,
         "\"clientAddressChecked\":false"},
        {"203.0.113.27", "", true, false, NULL}, /* upstream says nothing of it */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct session_record record = settled(rows[i].expected, rows[i].clients);
        const struct session_verdict *verdict = &record.verdict;
        CLEANUP(buf) struct buf text;
        buf_init(&text, 1024);
        cr_expect_eq(verdict->decision, DECISION_LIVE);
        cr_expect_eq(verdict->accepted, rows[i].accepted);
        cr_expect_eq(verdict->client_checked, rows[i].checked);
        cr_expect_eq(verdict->reasons, rows[i].accepted ? 0 : 1U << REASON_CLIENT_ADDRESS_MISMATCH);
        cr_expect_eq(verdict->retry, rows[i].accepted ? RETRY_STOP : RETRY_NEW_SESSION);
        verdict_write(verdict, REFERENCE_NONE, 1, (struct slice){0}, &text);
        cr_expect(rows[i].written ? strstr(text.data, rows[i].written) != NULL
                                  : strstr(text.data, "clientAddress") == NULL,
                  "%s", text.data);
        drop(&record);
    }
}

/*
 * Server-sent events: the status whenever it changes, the verdict once, and an end that a client
 * understands.
 */
#include "support/events.h"
#include "support/leaving.h"

#include <criterion/criterion.h>
#include <string.h>

#define STATUS(word) "event: status\ndata: {\"status\":\"" word "\"}\n\n"

static const char *events_path(const struct story *story)
{
    return text_of(SESSIONS_PATH "/%s/events", story->id);
}

Test(events, tell_each_status_and_the_verdict_once)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    struct events *events = events_open(&rig, &story);
    expect_soon(events_has(events, STATUS("NotStarted")));
    expect_soon(waiters(&rig) == 1);
    device_call(&rig, story.auth_token, "session/start", "{}");
    expect_verdict(story_get(&rig, &story), "pending", false);
    expect_soon(events_has(events, STATUS("Running")));
    expect_verdict(story_get(&rig, &story), "pending", false); /* nothing new */
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);
    expect_events(events, "HTTP/1.1 200 OK\r\n", "retry: ", STATUS("NotStarted"), STATUS("Running"),
                  STATUS("Succeeded"), "event: verdict\nid: verdict-", "\ndata: {",
                  "\"decision\":\"live\"", "\n\n");
    expect_soon(waiters(&rig) == 0);
}

Test(events, have_the_headers_that_proxies_and_browsers_need)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    struct events *events = events_open(&rig, &story);
    expect_soon(events_has(events, "\r\n\r\n"));
    cr_assert(events_has(events, "content-type: text/event-stream\r\n"));
    cr_assert(events_has(events, "x-accel-buffering: no\r\n"));
    cr_assert(events_has(events, "cache-control: no-store\r\n"));
    cr_assert(events_has(events, "connection: close\r\n") ||
                  events_has(events, "Connection: close\r\n"),
              "%s", events_text(events));
}

/* The id of the verdict in a stream that has ended. */
static const char *verdict_id(struct events *events)
{
    const char *id = strstr(events_text(events), "\nid: verdict-");
    cr_assert_not_null(id, "%s", events_text(events));
    id += strlen("\nid: ");
    return text_of("%.*s", (int)strcspn(id, "\n"), id);
}

Test(events, rest_once_the_verdict_is_known)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);
    struct events *events = events_open(&rig, &story);
    expect_events(events, STATUS("Succeeded"), "event: verdict\n", "\"accepted\":true");
    const char *url = story_url(&rig, &story, "/events");
    const struct http_answer *again =
        http_do("GET", url, NULL, story.owner, text_of("Last-Event-ID: %s", verdict_id(events)));
    expect_status(again, 204);
    const struct http_answer *other = http_do("GET", url, NULL, story.owner, "Last-Event-ID: 1");
    expect_status(other, 200);
    cr_assert_not_null(strstr(other->body, "event: verdict\n"));
}

Test(events, come_by_themselves_after_a_completion_that_came_too_early)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    struct events *events = events_open(&rig, &story);
    expect_soon(waiters(&rig) == 1);
    expect_verdict(story_complete(&rig, &story, "{}"), "pending", false);
    play_device(&rig, story.auth_token, SAW_SPOOF);
    expect_events(events, "event: verdict\n", "\"decision\":\"spoof\"");
}

Test(events, are_for_the_owner_only)
{
    struct rig rig = rig_open();
    struct story mine = story_begin(&rig), other = story_begin(&rig);
    const char *url = story_url(&rig, &mine, "/events");
    expect_error(http_do("GET", url, NULL, other.owner), 404, "SessionNotFound");
    expect_error(http_do("GET", url, NULL), 401, "NotAuthenticated");
    const char *unknown = daemon_url(rig.server, "http", SESSIONS_PATH "/no-id/events");
    expect_error(http_do("GET", unknown, NULL, mine.owner), 404, "SessionNotFound");
}

static struct events *open_behind_proxy(const struct rig *rig, const struct story *story,
                                        const char *client)
{
    return events_open_at(daemon_address(rig->server, "http"),
                          text_of(SESSIONS_PATH "/%s/events", story->id),
                          text_of("%s\r\nX-Forwarded-For: %s\r\n", story->owner, client));
}

/* A proxy's own connections are not counted. */
Test(events, leave_connections_to_others_behind_a_proxy)
{
    struct rig rig =
        rig_open_set("http.trusted_proxies=127.0.0.1/32", "http.max_connections_per_address=2");
    struct story story = story_begin(&rig);
    struct events *first = open_behind_proxy(&rig, &story, "192.0.2.1");
    expect_soon(waiters(&rig) == 1);
    open_behind_proxy(&rig, &story, "192.0.2.1");
    expect_soon(waiters(&rig) == 2);
    const char *here = "X-Forwarded-For: 192.0.2.1", *there = "X-Forwarded-For: 192.0.2.2";
    const char *wait = story_url(&rig, &story, "?wait=1");
    const struct http_answer *refused =
        http_do("GET", story_url(&rig, &story, "/events"), NULL, story.owner, here);
    expect_error(refused, 429, "RateLimited");
    cr_assert_str_eq(answer_header(refused, "retry-after"), "5");
    expect_error(http_do("GET", wait, NULL, story.owner, here), 429, "RateLimited");
    expect_status(http_do("GET", story_url(&rig, &story, ""), NULL, story.owner, here), 200);
    expect_status(http_do("GET", wait, NULL, story.owner, there), 200);
    expect_status(http_do("GET", wait, NULL, story.owner), 200);
    events_leave(first);
    expect_soon(http_do("GET", wait, NULL, story.owner, here)->status == 200);
}

Test(events, end_when_the_session_is_deleted)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    struct events *events = events_open(&rig, &story);
    expect_soon(waiters(&rig) == 1);
    expect_status(story_delete(&rig, &story), 204);
    expect_events(events, "event: end\ndata: {\"reason\":\"removed\"}\n\n");
}

Test(events, end_well_when_the_server_does)
{
    enum { CROWD = 20 };
    struct rig rig = rig_open();
    struct events *events[CROWD];
    for (int i = 0; i < CROWD; i++) {
        struct story story = story_begin(&rig);
        events[i] = events_open(&rig, &story);
    }
    expect_soon(waiters(&rig) == CROWD);
    daemon_stop(rig.server);
    for (int i = 0; i < CROWD; i++)
        expect_events(events[i], "retry: ", "event: end\ndata: {\"reason\":\"shutdown\"}\n\n");
}

Test(events, outlast_trouble_upstream)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    emulator_fault(&rig, "{\"route\":\"get\",\"status\":500,\"count\":1}");
    struct events *events = events_open(&rig, &story);
    expect_soon(waiters(&rig) == 1);
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);
    expect_events(events, "event: verdict\n", "\"decision\":\"live\"");
}

Test(events, speak_the_previews_words_there)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    struct events *events = events_open_at(
        daemon_address(rig.server, "http"),
        text_of("/face/v1.1-preview.1/detectLiveness/singleModal/sessions/%s/events", story.id),
        text_of("%s\r\n", story.owner));
    expect_soon(waiters(&rig) == 1);
    device_call(&rig, story.auth_token, "session/start", "{}");
    expect_verdict(story_get(&rig, &story), "pending", false);
    const char *digest = play_device(&rig, story.auth_token, SAW_REAL);
    expect_verdict(story_complete(&rig, &story, digest_body(digest)), "live", true);
    expect_events(events, STATUS("NotStarted"), STATUS("Started"), STATUS("ResultAvailable"),
                  "event: verdict\n");
}

Test(events, have_a_head_for_whoever_asks_for_that)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    const struct http_answer *head =
        http_do("HEAD", story_url(&rig, &story, "/events"), NULL, story.owner);
    expect_status(head, 200);
    cr_assert_str_eq(answer_header(head, "content-type"), "text/event-stream");
    cr_assert_eq(waiters(&rig), 0);
}

Test(events, leave_nothing_of_clients_that_leave)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    for (unsigned way = 0; way < LEAVE_WAYS; way++) {
        int fd = client_ask(&rig, "GET", events_path(&story), story.owner, NULL);
        expect_soon(waiters(&rig) == 1);
        client_leave(fd, (enum leaving)way);
        expect_soon(waiters(&rig) == 0);
        expect_soon(requests_in_flight(&rig) == 0);
    }
    expect_soon(nothing_left(&rig));
}

/*
 * nginx in front of two replicas, each request at the next one in turn: it does not matter where a
 * client waits and where the verdict comes in, and when a replica goes, nginx and its clients go on
 * with the other, which knows every session.
 */
#include "support/events.h"
#include "support/log_lines.h"
#include "support/nginx.h"
#include "support/replicas.h"

#include <criterion/criterion.h>

#define STATUS(word) "event: status\ndata: {\"status\":\"" word "\"}\n\n"

enum { STORIES = 6 };

/* The example with a line for each replica. */
static struct nginx *nginx_before(const struct replicas *replicas)
{
    const char *other = daemon_address(replicas->other.server, "http");
    return nginx_start_with(replicas->one.server, .replace = "keepalive 32;",
                            .by = text_of("server %s;\nkeepalive 32;", other));
}

static struct story begin_through(const struct nginx *nginx)
{
    const struct http_answer *created =
        expect_status(http_do("POST", nginx_url(nginx, SESSIONS_PATH), PLAIN_CREATE), 200);
    const char *device = answer_header(created, "x-device-token");
    return (struct story){.id = json_text_at(created->json, "sessionId"),
                          .auth_token = json_text_at(created->json, "authToken"),
                          .owner = text_of("X-Device-Token: %s", device)};
}

static const char *url_through(const struct nginx *nginx, const struct story *story,
                               const char *below)
{
    return nginx_url(nginx, text_of(SESSIONS_PATH "/%s%s", story->id, below));
}

static struct http_pending *wait_through(const struct nginx *nginx, const struct story *story)
{
    return http_begin_do("GET", url_through(nginx, story, "?wait=15"), NULL, story->owner);
}

static struct events *open_through(const struct nginx *nginx, const struct story *story)
{
    return events_open_at(nginx_address(nginx), text_of(SESSIONS_PATH "/%s/events", story->id),
                          text_of("%s\r\n", story->owner));
}

static void complete_through(const struct nginx *nginx, const struct rig *rig,
                             const struct story *story)
{
    const char *digest = play_device(rig, story->auth_token, SAW_REAL);
    expect_verdict(http_do("POST", url_through(nginx, story, "/completion"), digest_body(digest),
                           story->owner),
                   "live", true);
}

static bool one_waits_at_each(const struct replicas *replicas)
{
    return waiters(&replicas->one) == 1 && waiters(&replicas->other) == 1;
}

Test(nginx_replicas, the_verdict_reaches_who_waits_at_either)
{
    struct replicas replicas = replicas_open();
    struct nginx *nginx = nginx_before(&replicas);
    struct story story = begin_through(nginx);
    struct http_pending *waiting = wait_through(nginx, &story);
    expect_soon(waiters(&replicas.one) + waiters(&replicas.other) == 1);
    struct events *events = open_through(nginx, &story);
    expect_soon(one_waits_at_each(&replicas));
    complete_through(nginx, &replicas.one, &story);
    expect_verdict(http_end(waiting), "live", true);
    expect_events(events, "text/event-stream", STATUS("Succeeded"), "event: verdict\n");
}

Test(nginx_replicas, who_waits_at_one_that_dies_waits_on_at_the_other)
{
    struct replicas replicas = replicas_open();
    struct nginx *nginx = nginx_before(&replicas);
    struct story story = begin_through(nginx);
    struct http_pending *waiting[] = {wait_through(nginx, &story), wait_through(nginx, &story)};
    expect_soon(one_waits_at_each(&replicas));
    daemon_kill(replicas.one.server);
    expect_soon(waiters(&replicas.other) == 2);
    complete_through(nginx, &replicas.other, &story);
    expect_verdict(http_end(waiting[0]), "live", true);
    expect_verdict(http_end(waiting[1]), "live", true);
}

Test(nginx_replicas, events_of_one_that_dies_are_taken_up_at_the_other)
{
    struct replicas replicas = replicas_open();
    struct nginx *nginx = nginx_before(&replicas);
    struct story story = begin_through(nginx);
    struct events *first = open_through(nginx, &story);
    expect_soon(events_has(first, STATUS("NotStarted")));
    struct events *second = open_through(nginx, &story);
    expect_soon(one_waits_at_each(&replicas));
    daemon_kill(replicas.one.server);
    expect_soon(events_ended(first) || events_ended(second));
    struct events *cut = events_ended(first) ? first : second;
    struct events *left = cut == first ? second : first;
    struct events *again = open_through(nginx, &story);
    expect_soon(waiters(&replicas.other) == 2);
    complete_through(nginx, &replicas.other, &story);
    expect_events(left, STATUS("NotStarted"), STATUS("Succeeded"), "event: verdict\n");
    expect_events(again, STATUS("NotStarted"), STATUS("Succeeded"), "event: verdict\n");
    cr_assert_not(events_has(cut, "event: verdict\n"));
}

/* Sessions of both replicas, one of which then goes. */
static void expect_nothing_lost(void (*end)(struct daemon *server))
{
    struct replicas replicas = replicas_open();
    struct nginx *nginx = nginx_before(&replicas);
    struct story stories[STORIES];
    for (int i = 0; i < STORIES; i++)
        stories[i] = begin_through(nginx);
    const char *gone = daemon_address(replicas.one.server, "http");
    expect_soon(lines_with(nginx_requests(nginx), "upstream", gone) == STORIES / 2);
    end(replicas.one.server);
    for (int i = 0; i < STORIES; i++) {
        const char *url = url_through(nginx, &stories[i], "");
        expect_verdict(http_do("GET", url, NULL, stories[i].owner), "pending", false);
        complete_through(nginx, &replicas.other, &stories[i]);
        expect_verdict(http_do("GET", url, NULL, stories[i].owner), "live", true);
    }
    struct story later = begin_through(nginx);
    complete_through(nginx, &replicas.other, &later);
}

static void stop(struct daemon *server)
{
    daemon_stop(server);
}

Test(nginx_replicas, no_session_is_lost_with_one_that_is_killed)
{
    expect_nothing_lost(daemon_kill);
}

Test(nginx_replicas, no_session_is_lost_with_one_that_is_stopped)
{
    expect_nothing_lost(stop);
}

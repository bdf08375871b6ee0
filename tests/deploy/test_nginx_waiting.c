/*
 * Who waits through nginx is served as without it: answers when they come, events one by one, and a
 * client that leaves is seen to have left.
 */
#include "support/events.h"
#include "support/nginx.h"

#include <criterion/criterion.h>

#define STATUS(word) "event: status\ndata: {\"status\":\"" word "\"}\n\n"

static struct events *open_through(const struct nginx *nginx, const struct story *story)
{
    return events_open_at(nginx_address(nginx), text_of(SESSIONS_PATH "/%s/events", story->id),
                          text_of("%s\r\n", story->owner));
}

static void complete(const struct rig *rig, const struct story *story)
{
    const char *digest = play_device(rig, story->auth_token, SAW_REAL);
    expect_verdict(story_complete(rig, story, digest_body(digest)), "live", true);
}

static void expect_events_unbuffered(const struct nginx_options *options)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    struct nginx *nginx = nginx_start_at(HERE, rig.server, options);
    struct events *events = open_through(nginx, &story);
    expect_soon(events_has(events, STATUS("NotStarted")));
    device_call(&rig, story.auth_token, "session/start", "{}");
    expect_verdict(story_get(&rig, &story), "pending", false);
    expect_soon(events_has(events, STATUS("Running")));
    complete(&rig, &story);
    expect_events(events, "text/event-stream", STATUS("Succeeded"), "event: verdict\n");
}

Test(nginx_waiting, events_come_one_by_one)
{
    expect_events_unbuffered(&(struct nginx_options){0});
}

Test(nginx_waiting, events_come_one_by_one_though_nginx_was_told_to_buffer)
{
    expect_events_unbuffered(
        &(struct nginx_options){.replace = "proxy_buffering off;", .by = "proxy_buffering on;"});
}

Test(nginx_waiting, a_long_poll_is_answered_when_the_verdict_is_there)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    struct nginx *nginx = nginx_start(rig.server);
    const char *url = nginx_url(nginx, text_of(SESSIONS_PATH "/%s?wait=15", story.id));
    struct http_pending *waiting = http_begin_do("GET", url, NULL, story.owner);
    expect_soon(waiters(&rig) == 1);
    complete(&rig, &story);
    expect_verdict(http_end(waiting), "live", true);
}

Test(nginx_waiting, a_client_that_leaves_has_left)
{
    struct rig rig = rig_open();
    struct story story = story_begin(&rig);
    struct nginx *nginx = nginx_start(rig.server);
    const char *url = nginx_url(nginx, text_of(SESSIONS_PATH "/%s?wait=15", story.id));
    struct http_pending *waiting = http_begin_do("GET", url, NULL, story.owner);
    struct events *events = open_through(nginx, &story);
    expect_soon(waiters(&rig) == 2);
    events_leave(events);
    expect_soon(waiters(&rig) == 1);
    http_leave(waiting);
    expect_soon(waiters(&rig) == 0);
}

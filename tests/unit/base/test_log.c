/* Promises of base/log.h, seen through a pipe. */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OUTPUT_BYTES = 1 << 20 };

struct fixture {
    int in;
    int out;
    struct fake_clock clock;
    struct log *log;
    char *output;
};

static void begin(struct fixture *fixture, enum log_level level)
{
    int fds[2];
    cr_assert_eq(pipe2(fds, O_NONBLOCK), 0);
    fixture->in = fds[0];
    fixture->out = fds[1];
    fake_clock_init(&fixture->clock, 1767323045678);
    fixture->log = log_new(fixture->out, level, &fixture->clock.clock);
    fixture->output = xcalloc(1, OUTPUT_BYTES);
}

static void end(struct fixture *fixture)
{
    fixture->log = log_free(fixture->log);
    close(fixture->in);
    close(fixture->out);
    free(fixture->output);
}

/* What has been written since the last call. */
static const char *written(struct fixture *fixture)
{
    size_t size = 0;
    ssize_t got;
    while ((got = read(fixture->in, fixture->output + size, OUTPUT_BYTES - 1 - size)) > 0) {
        size += (size_t)got;
    }
    fixture->output[size] = '\0';
    return fixture->output;
}

Test(log, writes_one_line_an_event_with_time_level_and_fields)
{
    struct fixture fixture;
    begin(&fixture, LOG_INFO);
    LOG_EVENT(fixture.log, LOG_INFO, "session created", LOG_TEXT(METHOD, "POST"),
              LOG_INT(STATUS, 200), LOG_NUM(DURATION_MS, 1.5), LOG_SLICE(SESSION, SLICE("0190-a")));
    log_flush(fixture.log);
    cr_expect_str_eq(written(&fixture),
                     "{\"ts\":\"2026-01-02T03:04:05.678Z\",\"level\":\"info\","
                     "\"event\":\"session created\",\"method\":\"POST\",\"status\":200,"
                     "\"dur_ms\":1.5,\"session\":\"0190-a\"}\n");
    end(&fixture);
}

Test(log, leaves_out_texts_that_are_null_and_numbers_that_are_none)
{
    struct fixture fixture;
    begin(&fixture, LOG_INFO);
    LOG_EVENT(fixture.log, LOG_WARN, "x", LOG_TEXT(CODE, NULL), LOG_NUM(WAITED_MS, NAN),
              LOG_TEXT(REASON, ""));
    log_flush(fixture.log);
    cr_expect_str_eq(written(&fixture), "{\"ts\":\"2026-01-02T03:04:05.678Z\",\"level\":\"warn\","
                                        "\"event\":\"x\",\"reason\":\"\"}\n");
    end(&fixture);
}

Test(log, writes_nothing_below_its_level)
{
    struct fixture fixture;
    begin(&fixture, LOG_WARN);
    cr_expect_not(log_enabled(fixture.log, LOG_INFO));
    cr_expect(log_enabled(fixture.log, LOG_WARN));
    LOG_EVENT(fixture.log, LOG_INFO, "x", LOG_INT(COUNT, 1));
    log_write(fixture.log, LOG_DEBUG, "x", NULL, 0);
    log_flush(fixture.log);
    cr_expect_str_empty(written(&fixture));
    end(&fixture);
}

Test(log, a_missing_log_is_fine)
{
    cr_expect_not(log_enabled(NULL, LOG_ERROR));
    log_write(NULL, LOG_ERROR, "x", NULL, 0);
    log_flush(NULL);
    cr_expect_null(log_free(NULL));
}

Test(log, gathers_lines_until_it_is_flushed)
{
    struct fixture fixture;
    begin(&fixture, LOG_INFO);
    log_write(fixture.log, LOG_INFO, "one", NULL, 0);
    log_write(fixture.log, LOG_INFO, "two", NULL, 0);
    cr_expect_str_empty(written(&fixture));
    log_flush(fixture.log);
    const char *lines = written(&fixture);
    cr_expect_not_null(strstr(lines, "\"one\"}\n{"));
    cr_expect_not_null(strstr(lines, "\"two\"}\n"));
    log_flush(fixture.log);
    cr_expect_str_empty(written(&fixture));
    end(&fixture);
}

Test(log, writes_errors_at_once)
{
    struct fixture fixture;
    begin(&fixture, LOG_INFO);
    log_write(fixture.log, LOG_INFO, "before", NULL, 0);
    log_write(fixture.log, LOG_ERROR, "broken", NULL, 0);
    const char *lines = written(&fixture);
    cr_expect_not_null(strstr(lines, "\"before\""));
    cr_expect_not_null(strstr(lines, "\"level\":\"error\",\"event\":\"broken\""));
    end(&fixture);
}

Test(log, writes_at_16_kilobytes_by_itself)
{
    struct fixture fixture;
    begin(&fixture, LOG_INFO);
    size_t lines = 0;
    while (*written(&fixture) == '\0' && lines < 1000) {
        log_write(fixture.log, LOG_INFO, "something happened", NULL, 0);
        lines++;
    }
    cr_expect_gt(strlen(fixture.output), 16000);
    cr_expect_lt(strlen(fixture.output), 17000);
    end(&fixture);
}

Test(log, writes_what_is_left_when_freed)
{
    struct fixture fixture;
    begin(&fixture, LOG_INFO);
    log_write(fixture.log, LOG_INFO, "last", NULL, 0);
    fixture.log = log_free(fixture.log);
    cr_expect_not_null(strstr(written(&fixture), "\"last\""));
    end(&fixture);
}

Test(log, nobody_can_forge_a_line_or_move_the_cursor)
{
    struct fixture fixture;
    begin(&fixture, LOG_INFO);
    LOG_EVENT(fixture.log, LOG_INFO, "x", LOG_TEXT(SDK, "a\n{\"ts\":\"\x1B[2J\xC2\x9B\xFF\x7F"));
    log_flush(fixture.log);
    cr_expect_not_null(strstr(written(&fixture), "\"sdk\":\"a\\n{\\\"ts\\\":\\\"\\u001b[2J\\u009b"
                                                 "\xEF\xBF\xBD\\u007f\"}\n"));
    end(&fixture);
}

Test(log, cuts_long_texts_between_characters)
{
    struct fixture fixture;
    begin(&fixture, LOG_INFO);
    char text[400];
    memset(text, 'a', sizeof text);
    memcpy(text + 199, "\xE2\x82\xAC", 3);
    LOG_EVENT(fixture.log, LOG_INFO, "x", LOG_SLICE(REASON, ((struct slice){text, sizeof text})));
    log_flush(fixture.log);
    const char *start = strstr(written(&fixture), "\"reason\":\"");
    cr_assert_not_null(start);
    start += strlen("\"reason\":\"");
    cr_expect_eq(strspn(start, "a"), 199);
    cr_expect_str_eq(start + 199, "\"}\n");
    end(&fixture);
}

Test(log, every_field_has_a_name_of_its_own)
{
    struct fixture fixture;
    begin(&fixture, LOG_INFO);
    struct log_field fields[LOG_FIELD_COUNT];
    for (int i = 0; i < LOG_FIELD_COUNT; i++) {
        fields[i] = (struct log_field){.name = (enum log_field_name)i, .type = LOG_TYPE_INTEGER};
    }
    log_write(fixture.log, LOG_INFO, "x", fields, LOG_FIELD_COUNT);
    log_flush(fixture.log);
    CLEANUP(json) cJSON *json = NULL;
    const char *why = "";
    cr_expect_eq(json_parse(slice_of(written(&fixture)), &json_limits_request, &json, &why), 0,
                 "%s", why); /* which refuses a name that stands twice */
    cr_expect_eq(cJSON_GetArraySize(json), LOG_FIELD_COUNT + 3);
    end(&fixture);
}

Test(log, a_reader_that_stops_reading_costs_lines_but_no_memory)
{
    struct fixture fixture;
    begin(&fixture, LOG_INFO);
    for (int i = 0; i < 20000; i++) {
        log_write(fixture.log, LOG_INFO, "something happened", NULL, 0);
    }
    /* the reader comes back: whole lines, first of all those of the beginning */
    CLEANUP(buf) struct buf all;
    buf_init(&all, OUTPUT_BYTES);
    for (int i = 0; i < 100; i++) {
        buf_puts(&all, written(&fixture));
        log_flush(fixture.log);
    }
    log_write(fixture.log, LOG_INFO, "back again", NULL, 0);
    log_flush(fixture.log);
    buf_puts(&all, written(&fixture));
    cr_assert_not(buf_failed(&all));
    cr_expect_lt(all.len, 400000);
    cr_expect_not_null(strstr(all.data, "\"event\":\"log lines lost\",\"count\":"));
    cr_expect_not_null(strstr(all.data, "\"back again\""));
    size_t lines = 0;
    for (char *line = all.data, *next; *line; line = next) {
        next = strchr(line, '\n');
        cr_assert_not_null(next, "the last line is whole");
        next++;
        cr_assert_eq(*line, '{');
        cr_assert_eq(next[-2], '}');
        lines++;
    }
    cr_expect_gt(lines, 1000);
    end(&fixture);
}

Test(log, survives_a_descriptor_that_cannot_be_written)
{
    struct fake_clock clock;
    fake_clock_init(&clock, 0);
    int fd = open("/dev/null", O_RDONLY);
    struct log *log = log_new(fd, LOG_INFO, &clock.clock);
    for (int i = 0; i < 1000; i++) {
        log_write(log, LOG_ERROR, "x", NULL, 0);
    }
    cr_expect_null(log_free(log));
    close(fd);
}

/*
 * What gets into the audit trail, and how often: in the order in which it was told, strangers'
 * doings in bounded number, and not for ever.
 */
#include "lifecycle/audit.h"
#include "lifecycle_world.h"

static struct world it;

static void open_world(void)
{
    world_open(&it);
}

static void close_world(void)
{
    world_close(&it);
}

TestSuite(audit, .init = open_world, .fini = close_world, .timeout = 60);

static char found[65536]; /* the actions of the last list, and their counts */
static unsigned found_count;

static void on_audited(void *context, enum store_result result, const struct audit_entry *entries)
{
    found[0] = '\0';
    found_count = 0;
    for (; entries; entries = entries->next, found_count++) {
        const char *action = strstr(entries->text, "\"action\":\"") + strlen("\"action\":\"");
        const char *count = strstr(entries->text, "\"count\":");
        size_t used = strlen(found);
        (void)snprintf(found + used, sizeof found - used, "%s%.*s%.*s", used > 0 ? " " : "",
                       (int)strcspn(action, "\""), action, count ? (int)strcspn(count + 8, "}") : 0,
                       count ? count + 8 : "");
    }
    on_done(context, result, NULL);
}

/* Once all that was told is stored. */
static const char *trail(void)
{
    unsigned answers = it.files.answers;
    turn_until(&it, !audit_busy(it.sessions->audit));
    (void)store_audit_list(it.files.store, local_tenant, "", "", 10000, on_audited, &it.files);
    turn_until(&it, it.files.answers == answers + 1);
    cr_assert_eq(it.files.result, STORE_OK);
    return found;
}

static struct principal owner_of(const struct session_record *record)
{
    struct principal principal = {.kind = PRINCIPAL_ANONYMOUS};
    memcpy(principal.owner, record->owner, sizeof principal.owner);
    return principal;
}

static void say(enum audit_action action)
{
    audit_say(it.sessions->audit, &(struct audit_event){.action = action});
}

static void refuse(uint8_t who)
{
    const struct principal principal = {.owner = {who, 1}};
    audit_say_seldom(it.sessions->audit,
                     &(struct audit_event){.action = AUDIT_REFUSED,
                                           .principal = &principal,
                                           .problem = PROBLEM_SESSION_NOT_FOUND});
}

/* ---- order ---- */

/* Time does not pass here. */
Test(audit, keeps_the_order_within_a_millisecond)
{
    for (int i = 0; i < 3; i++) {
        say(AUDIT_LISTED);
        say(AUDIT_RESET);
    }
    cr_assert_str_eq(trail(), "listed reset listed reset listed reset");
}

Test(audit, keeps_the_order_of_very_many)
{
    enum { MANY = 5000, AT_ONCE = 500 };
    for (int i = 0; i < MANY; i++) {
        say(i == 0 ? AUDIT_RESET : AUDIT_LISTED);
        if (i % AT_ONCE == 0)
            turn_until(&it, !audit_busy(it.sessions->audit));
    }
    say(AUDIT_TRAIL_READ);
    (void)trail();
    cr_expect_eq(found_count, MANY + 1);
    cr_expect_eq(strncmp(found, "reset listed ", 13), 0);
    cr_expect_not_null(strstr(found, "listed trail_read"));
}

Test(audit, keeps_the_order_when_the_clock_is_put_back)
{
    say(AUDIT_LISTED);
    it.files.clock.wall_ms -= 3600000;
    say(AUDIT_RESET);
    cr_assert_str_eq(trail(), "listed reset");
}

/* ---- changes ---- */

Test(audit, notes_what_becomes_of_a_session_with_it)
{
    struct session_record record = open_session(&it);
    audit_note_settled(it.sessions->audit, &record);
    cr_expect_str_eq(trail(), "", "it is not stored yet");
    cr_assert_eq(save(&it.files, &record), STORE_OK);
    cr_expect_str_eq(trail(), "settled");
    record.notes = audit_entries_free(record.notes);
    record.deletion = DELETION_DONE;
    record.revision++;
    audit_note_settled(it.sessions->audit, &record);
    cr_assert_eq(save(&it.files, &record), STORE_OK);
    cr_expect_str_eq(trail(), "settled settled deletion_recorded");
    record.notes = audit_entries_free(record.notes);
}

Test(audit, notes_no_more_with_a_record_than_the_store_takes)
{
    struct session_record record = open_session(&it);
    for (int i = 0; i < STORE_NOTES_MAX + 2; i++)
        audit_note(it.sessions->audit, &record, &(struct audit_event){.action = AUDIT_COMPLETED});
    cr_assert_eq(save(&it.files, &record), STORE_OK);
    cr_expect_str_eq(trail(), "completed completed completed completed");
    cr_expect_eq(metric_value(&it.files, "livenessd_audit_lost_total"), 2);
    record.notes = audit_entries_free(record.notes);
}

/* ---- readings ---- */

Test(audit, notes_an_owner_once_and_others_always)
{
    struct session_record record = open_session(&it);
    struct principal owner = owner_of(&record);
    struct principal other = {.owner = {9}, .scopes = SCOPE_OPERATE};
    audit_say_read(it.sessions->audit, AUDIT_READ, &owner, &record);
    cr_expect_str_eq(trail(), "", "there is no verdict yet");
    record.state = SESSION_SETTLED;
    for (int i = 0; i < 3; i++)
        audit_say_read(it.sessions->audit, AUDIT_READ, &owner, &record);
    cr_expect_str_eq(trail(), "read");
    for (int i = 0; i < 3; i++)
        audit_say_read(it.sessions->audit, AUDIT_READ, &other, &record);
    cr_expect_str_eq(trail(), "read read read read");
}

Test(audit, notes_others_who_poll_an_open_session_seldom)
{
    struct session_record record = open_session(&it);
    struct session_record second = open_session(&it);
    struct principal other = {.owner = {9}, .scopes = SCOPE_DELEGATE};
    for (int i = 0; i < 3; i++)
        audit_say_read(it.sessions->audit, AUDIT_READ, &other, &record);
    audit_say_read(it.sessions->audit, AUDIT_READ, &other, &second);
    cr_expect_str_eq(trail(), "read read");
}

/* ---- what strangers do ---- */

Test(audit, counts_what_is_repeated)
{
    for (int i = 0; i < 5; i++)
        refuse(1);
    refuse(2);
    cr_expect_str_eq(trail(), "refused refused");
    cr_expect_eq(metric_value(&it.files, "livenessd_audit_suppressed_total"), 4);
    pass(&it, AUDIT_SELDOM_MS);
    refuse(1);
    refuse(2);
    cr_expect_str_eq(trail(), "refused refused refused5 refused");
}

Test(audit, is_not_filled_by_many_strangers)
{
    enum { STRANGERS = 250, BURST = 2 * AUDIT_SELDOM_PER_MIN };
    for (int i = 0; i < STRANGERS; i++)
        refuse((uint8_t)i);
    (void)trail();
    cr_expect_eq(found_count, BURST);
    cr_expect_eq(metric_value(&it.files, "livenessd_audit_suppressed_total"), STRANGERS - BURST);
    pass(&it, 60000);
    for (int i = 0; i < STRANGERS; i++)
        refuse((uint8_t)i);
    (void)trail();
    cr_expect_eq(found_count, BURST + AUDIT_SELDOM_PER_MIN);
    say(AUDIT_LISTED); /* which is not theirs to hinder */
    cr_expect_not_null(strstr(trail(), "listed"));
}

Test(audit, is_not_hidden_by_many_refusals)
{
    struct session_record record = open_session(&it);
    struct principal operator= {.owner = {9}, .scopes = SCOPE_OPERATE};
    for (int i = 0; i < 2 * AUDIT_SELDOM_PER_MIN + 1; i++)
        refuse((uint8_t)i);
    audit_say_read(it.sessions->audit, AUDIT_READ, &operator, & record);
    audit_say_seldom(it.sessions->audit,
                     &(struct audit_event){.action = AUDIT_TRAIL_READ, .principal = &operator});
    cr_expect_not_null(strstr(trail(), "read trail_read"), "%s", trail());
}

/* ---- retention ---- */

Test(audit, forgets_after_its_time)
{
    it.sessions->config.retention_audit_ms = 3600000;
    for (int i = 0; i < 250; i++)
        say(AUDIT_LISTED);
    (void)trail();
    cr_expect_eq(found_count, 250);
    pass(&it, 3600000 - 10000);
    say(AUDIT_RESET);
    (void)trail();
    cr_expect_eq(found_count, 251);
    pass(&it, 20000);
    turn_until(&it, strcmp(trail(), "reset") == 0);
}

Test(audit, lasts_for_ever_without_one)
{
    say(AUDIT_LISTED);
    (void)trail();
    pass(&it, 1000 * UINT64_C(86400000));
    cr_expect_str_eq(trail(), "listed");
}

/*
 * What audit entries say: words, pseudonyms that hold, and nothing of what they stand for.
 */
#include "domain/audit_event.h"

#include "domain/bodies.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const uint8_t key[SHA256_BYTES] = {7};
static const uint8_t other_key[SHA256_BYTES] = {8};
static const char id[UUID_SIZE] = "01234567-89ab-7cde-8fab-0123456789ab";
static const int64_t at = 1767352645678;

#define SESSION_ID "11234567-89ab-7cde-8fab-0123456789ab"

static char *text_with(const uint8_t *with, const struct audit_event *event)
{
    struct audit_entry *entry = audit_entry_make(with, id, at, event);
    cr_assert_not_null(entry);
    char *text = xstrdup(entry->text);
    (void)audit_entries_free(entry);
    return text;
}

static void expect_text(const struct audit_event *event, const char *form)
{
    char *text = text_with(key, event);
    cr_expect_str_eq(text, form);
    free(text);
}

static void expect_part(const struct audit_event *event, const char *part, bool there)
{
    char *text = text_with(key, event);
    cr_expect_eq(strstr(text, part) != NULL, there, "%s in %s", part, text);
    free(text);
}

static struct session_record a_record(void)
{
    struct session_record record = {.id = SESSION_ID, .owner = {1}, .tenant = {9}};
    (void)snprintf(record.device_correlation_id, sizeof record.device_correlation_id, "device-x");
    return record;
}

Test(audit_event, of_the_server_names_no_caller)
{
    struct session_record record = a_record();
    record.verdict.accepted = true;
    expect_text(
        &(struct audit_event){.action = AUDIT_SETTLED, .record = &record, .outcome = "live"},
        "{\"id\":\"01234567-89ab-7cde-8fab-0123456789ab\","
        "\"at\":\"2026-01-02T11:17:25.678Z\",\"action\":\"settled\",\"caller\":\"server\","
        "\"session\":\"" SESSION_ID "\",\"kind\":\"detectLiveness\",\"outcome\":\"live\","
        "\"accepted\":true}");
}

Test(audit_event, is_found_by_session_and_tenant)
{
    struct session_record record = a_record();
    const struct principal stranger = {.owner = {2}, .tenant = {5}};
    struct audit_entry *entry = audit_entry_make(
        key, id, at,
        &(struct audit_event){.action = AUDIT_REFUSED, .record = &record, .principal = &stranger});
    cr_expect_str_eq(entry->id, id);
    cr_expect_str_eq(entry->session, SESSION_ID);
    cr_expect_arr_eq(entry->tenant, record.tenant, sizeof entry->tenant);
    (void)audit_entries_free(entry);
    entry = audit_entry_make(key, id, at,
                             &(struct audit_event){.action = AUDIT_LISTED, .principal = &stranger});
    cr_expect_str_empty(entry->session);
    cr_expect_arr_eq(entry->tenant, stranger.tenant, sizeof entry->tenant);
    (void)audit_entries_free(entry);
}

Test(audit_event, tells_owners_operators_and_delegates_apart)
{
    struct session_record record = a_record();
    struct principal principal = {
        .owner = {1}, .kind = PRINCIPAL_APP, .scopes = SCOPE_OPERATE | SCOPE_DELEGATE};
    const struct audit_event event = {
        .action = AUDIT_READ, .principal = &principal, .record = &record};
    expect_part(&event, "\"caller\":\"app_token\"", true);
    principal.owner[0] = 2;
    expect_part(&event, "\"caller\":\"operator\"", true);
    principal.scopes = SCOPE_DELEGATE;
    expect_part(&event, "\"caller\":\"delegate\"", true);
    principal.scopes = 0;
    principal.kind = PRINCIPAL_JWT;
    expect_part(&event, "\"caller\":\"jwt\"", true);
    principal.kind = PRINCIPAL_ANONYMOUS;
    expect_part(&event, "\"caller\":\"device\"", true);
}

Test(audit_event, has_one_pseudonym_for_one_name)
{
    char one[AUDIT_PSEUDONYM_SIZE], same[AUDIT_PSEUDONYM_SIZE], other[AUDIT_PSEUDONYM_SIZE];
    audit_pseudonym(key, "device", slice_of("d"), one);
    audit_pseudonym(key, "device", slice_of("d"), same);
    cr_expect_str_eq(one, same);
    cr_expect_eq(strlen(one), 16);
    audit_pseudonym(key, "device", slice_of("e"), other);
    cr_expect_str_neq(one, other);
    audit_pseudonym(key, "network", slice_of("d"), other);
    cr_expect_str_neq(one, other);
    audit_pseudonym(other_key, "device", slice_of("d"), other);
    cr_expect_str_neq(one, other);
}

static void subject_of(const char *address, char ret[AUDIT_PSEUDONYM_SIZE])
{
    struct address client;
    cr_assert_eq(address_parse(slice_of(address), &client), 0);
    audit_subject(key, &(struct audit_event){.client = &client}, ret);
}

static void expect_subjects(const char *first, const char *second, bool same)
{
    char one[AUDIT_PSEUDONYM_SIZE], two[AUDIT_PSEUDONYM_SIZE];
    subject_of(first, one);
    subject_of(second, two);
    cr_expect_eq(strcmp(one, two) == 0, same, "%s, %s", first, second);
}

Test(audit_event, knows_strangers_by_their_network)
{
    expect_subjects("192.0.2.1", "192.0.2.200", true);
    expect_subjects("192.0.2.1", "192.0.3.1", false);
    expect_subjects("2001:db8:1:2:3::1", "2001:db8:1:2:4::2", true);
    expect_subjects("2001:db8:1:2::1", "2001:db8:1:3::1", false);
    struct address client = {.bytes = {192, 0, 2, 1}};
    expect_part(&(struct audit_event){.action = AUDIT_REFUSED,
                                      .client = &client,
                                      .problem = PROBLEM_NOT_AUTHENTICATED},
                "\"caller\":\"unknown\"", true);
}

Test(audit_event, names_the_device_of_a_create_alone)
{
    struct session_record record = a_record();
    char device[AUDIT_PSEUDONYM_SIZE], part[64];
    audit_pseudonym(key, "device", slice_of("device-x"), device);
    (void)snprintf(part, sizeof part, "\"device\":\"%s\"", device);
    expect_part(&(struct audit_event){.action = AUDIT_CREATED, .record = &record}, part, true);
    expect_part(&(struct audit_event){.action = AUDIT_CREATED, .record = &record}, "device-x",
                false);
    expect_part(&(struct audit_event){.action = AUDIT_READ, .record = &record}, "\"device\"",
                false);
    expect_part(&(struct audit_event){.action = AUDIT_RESET, .device = "device-x"}, part, true);
}

Test(audit_event, says_for_whom_a_delegate_creates)
{
    struct session_record record = a_record();
    struct audit_event event = {.action = AUDIT_CREATED, .record = &record};
    expect_part(&event, "\"owner\":", false);
    record.delegate[0] = 2;
    expect_part(&event, "\"owner\":", true);
    event.action = AUDIT_READ;
    expect_part(&event, "\"owner\":", false);
}

Test(audit_event, says_what_is_known_only)
{
    const struct audit_event event = {
        .action = AUDIT_LIMITED, .problem = PROBLEM_FORBIDDEN, .limit = "create", .count = 3};
    expect_part(&event, "\"code\":\"Forbidden\",\"limit\":\"create\",\"count\":3}", true);
    expect_part(&(struct audit_event){.count = 1}, "count", false);
    expect_part(&(struct audit_event){.receipt = "a.b.c"}, "\"receipt\":\"a.b.c\"", true);
}

Test(audit_event, cuts_a_reason_between_two_characters)
{
    char reason[RESET_REASON_SIZE + 10];
    memset(reason, 'r', sizeof reason);
    reason[RESET_REASON_SIZE - 2] = '\xC3'; /* ä: its second byte is one too many */
    reason[RESET_REASON_SIZE - 1] = '\xA4';
    const struct audit_event event = {.action = AUDIT_RESET, .reason = {reason, sizeof reason}};
    char *text = text_with(key, &event);
    const char *found = strstr(text, "\"reason\":\"");
    cr_assert_not_null(found);
    cr_expect_eq(strcspn(found + strlen("\"reason\":\""), "\""), RESET_REASON_SIZE - 2);
    free(text);
    expect_part(&(struct audit_event){.action = AUDIT_RESET, .reason = SLICE("\"},{\"")},
                "\"reason\":\"\\\"},{\\\"\"", true);
}

Test(audit_event, is_none_when_it_would_be_too_long)
{
    char *receipt = xcalloc(AUDIT_TEXT_MAX + 1, 1);
    memset(receipt, 'r', AUDIT_TEXT_MAX);
    cr_expect_null(audit_entry_make(
        key, id, at, &(struct audit_event){.action = AUDIT_DELETION, .receipt = receipt}));
    free(receipt);
}

/*
 * What a request is charged under which limits, whose keys, and what answers say of it.
 */
#include "domain/limiter.h"
#include "domain/limits.h"
#include "domain/verdict.h"

#include <criterion/criterion.h>
#include <string.h>

enum { SECOND = 1000000 };

static const uint8_t secret[SHA256_BYTES] = {1, 2, 3};

static struct limit_book book_of(const uint8_t key[SHA256_BYTES])
{
    struct limit_book book = {
        .policies = {[LIMIT_CREATE_DEVICE] = {6, 600, 3},
                     [LIMIT_CREATE_PRINCIPAL] = {60, 3600, 20},
                     [LIMIT_CREATE_ADDRESS] = {60, 60, 30},
                     [LIMIT_CREATE_TOTAL] = {10, 3, 10},
                     [LIMIT_READ] = {10, 1, 20},
                     [LIMIT_FAILED_AUTH] = {10, 60, 10}},
        .spoof_cost = 3,
    };
    limit_book_close(&book, key);
    return book;
}

static struct address address_of(const char *text)
{
    struct address address;
    cr_assert_eq(address_parse(slice_of(text), &address), 0, "%s", text);
    return address;
}

static struct session_record record_of(uint8_t owner, const char *device)
{
    struct session_record record = {.owner = {owner}};
    (void)snprintf(record.device_correlation_id, sizeof record.device_correlation_id, "%s", device);
    return record;
}

static struct limit_bill create_bill(const struct limit_book *book, const struct limit_create *how)
{
    struct limit_bill bill;
    limit_bill_create(book, how, &bill);
    return bill;
}

/* The charge under this limit, or NULL. */
static const struct limit_charge *find(const struct limit_bill *bill, enum limit_name name)
{
    for (size_t i = 0; i < bill->count; i++)
        if (bill->names[i] == name)
            return &bill->charges[i];
    return NULL;
}

static const struct limit_charge *expect_charge(const struct limit_bill *bill, enum limit_name name)
{
    static const struct limit_charge none;
    const struct limit_charge *charge = find(bill, name);
    cr_assert_not_null(charge, "%s is not charged", limit_word(name));
    return charge ? charge : &none;
}

static uint64_t key_under(const struct limit_bill *bill, enum limit_name name)
{
    return expect_charge(bill, name)->key;
}

/* ---- creates ---- */

Test(limits, a_create_is_charged_to_device_owner_address_and_total)
{
    const struct limit_book book = book_of(secret);
    const struct address address = address_of("192.0.2.1");
    const struct session_record draft = record_of(1, "device-one");
    const struct limit_bill bill = create_bill(
        &book,
        &(struct limit_create){.draft = &draft, .owner = PRINCIPAL_ANONYMOUS, .address = &address});
    cr_assert_eq(bill.count, 4);
    for (size_t i = 0; i < bill.count; i++) {
        cr_expect_eq(bill.charges[i].cost, 1);
        for (size_t j = 0; j < i; j++)
            cr_expect_neq(bill.charges[i].key, bill.charges[j].key);
    }
    cr_expect_eq(expect_charge(&bill, LIMIT_CREATE_DEVICE)->rule.interval_us, 100ULL * SECOND);
    cr_expect_eq(expect_charge(&bill, LIMIT_CREATE_DEVICE)->rule.burst, 3);
    cr_expect_eq(expect_charge(&bill, LIMIT_CREATE_TOTAL)->rule.interval_us, 300000);
}

Test(limits, a_device_made_for_the_request_costs_its_address_one_more)
{
    struct limit_book book = book_of(secret);
    const struct address address = address_of("192.0.2.1");
    const struct session_record draft = record_of(1, "device-one");
    const struct limit_create how = {.draft = &draft, .address = &address, .new_device = true};
    struct limit_bill bill = create_bill(&book, &how);
    cr_expect_eq(expect_charge(&bill, LIMIT_CREATE_ADDRESS)->cost, 2);
    cr_expect_eq(expect_charge(&bill, LIMIT_CREATE_DEVICE)->cost, 1);
    limit_bill_device(&book, &address, &bill);
    cr_assert_eq(bill.count, 1);
    cr_expect_eq(bill.names[0], LIMIT_CREATE_ADDRESS);
    cr_expect_eq(bill.charges[0].cost, 1);
    book.policies[LIMIT_CREATE_ADDRESS].burst = 1;
    bill = create_bill(&book, &how);
    cr_expect_eq(expect_charge(&bill, LIMIT_CREATE_ADDRESS)->cost, 1, "nobody could ever pay more");
}

Test(limits, an_app_has_no_limit_of_a_principal)
{
    const struct limit_book book = book_of(secret);
    const struct address address = address_of("192.0.2.1");
    const struct session_record draft = record_of(1, "device-one");
    const struct limit_bill bill = create_bill(
        &book,
        &(struct limit_create){.draft = &draft, .owner = PRINCIPAL_APP, .address = &address});
    cr_expect_null(find(&bill, LIMIT_CREATE_PRINCIPAL));
    cr_expect_eq(bill.count, 3);
}

Test(limits, a_backends_address_is_nobodys)
{
    const struct limit_book book = book_of(secret);
    const struct session_record draft = record_of(1, "device-one");
    const struct limit_bill bill =
        create_bill(&book, &(struct limit_create){.draft = &draft, .owner = PRINCIPAL_JWT});
    cr_expect_null(find(&bill, LIMIT_CREATE_ADDRESS));
    cr_expect_eq(bill.count, 3);
}

Test(limits, limits_that_are_off_are_not_charged)
{
    struct limit_book book = book_of(secret);
    const struct address address = address_of("192.0.2.1");
    const struct session_record draft = record_of(1, "device-one");
    memset(book.policies, 0, sizeof book.policies);
    struct limit_bill bill =
        create_bill(&book, &(struct limit_create){.draft = &draft, .address = &address});
    cr_expect_eq(bill.count, 0);
    limit_bill_failure(&book, &address, &bill);
    cr_expect_eq(bill.count, 0);
    limit_bill_device(&book, &address, &bill);
    cr_expect_eq(bill.count, 0);
}

/* ---- whose keys ---- */

static uint64_t device_key(const struct limit_book *book, uint8_t owner, const char *device)
{
    const struct session_record draft = record_of(owner, device);
    const struct limit_bill bill = create_bill(book, &(struct limit_create){.draft = &draft});
    return key_under(&bill, LIMIT_CREATE_DEVICE);
}

Test(limits, a_device_is_its_correlation_id)
{
    struct limit_book book = book_of(secret);
    cr_expect_eq(device_key(&book, 1, "one"), device_key(&book, 2, "one"));
    cr_expect_neq(device_key(&book, 1, "one"), device_key(&book, 1, "two"));
    cr_expect_neq(device_key(&book, 1, ""), device_key(&book, 2, ""), "the owner, without an id");
}

Test(limits, no_id_that_a_client_chose_is_a_device)
{
    struct limit_book book = book_of(secret);
    book.passthrough = true;
    cr_expect_eq(device_key(&book, 1, "one"), device_key(&book, 1, "two"));
    cr_expect_neq(device_key(&book, 1, "one"), device_key(&book, 2, "one"));
}

static struct limit_bill install_bill(const struct limit_book *book, const char *id)
{
    const struct session_record draft = record_of(1, id);
    return create_bill(book, &(struct limit_create){.draft = &draft, .owner = PRINCIPAL_APP});
}

Test(limits, one_install_of_an_app_does_not_stop_all)
{
    struct limit_book book = book_of(secret);
    book.passthrough = true;
    const struct limit_bill one = install_bill(&book, "one"), two = install_bill(&book, "two");
    const uint64_t key = key_under(&one, LIMIT_CREATE_DEVICE);
    cr_expect_neq(key, key_under(&two, LIMIT_CREATE_DEVICE));
    const struct limit_bill nameless = install_bill(&book, "");
    cr_expect_null(find(&nameless, LIMIT_CREATE_DEVICE));
    struct session_record spoof = record_of(1, "one");
    spoof.verdict.decision = DECISION_SPOOF;
    struct limit_bill outcome;
    cr_assert_eq(limit_bill_outcome(&book, &spoof, &outcome), LIMIT_OUTCOME_DEBIT);
    bool found = false;
    for (size_t i = 0; i < outcome.count; i++)
        found = found || outcome.charges[i].key == key;
    cr_expect(found, "a spoof costs the install");
}

static uint64_t address_key(const struct limit_book *book, const char *text)
{
    const struct address address = address_of(text);
    struct limit_bill bill;
    limit_bill_device(book, &address, &bill);
    return key_under(&bill, LIMIT_CREATE_ADDRESS);
}

Test(limits, an_ipv6_network_is_one_address)
{
    const struct limit_book book = book_of(secret);
    cr_expect_eq(address_key(&book, "2001:db8:1:2::1"),
                 address_key(&book, "2001:db8:1:2:ffff:ffff:ffff:ffff"));
    cr_expect_neq(address_key(&book, "2001:db8:1:2::1"), address_key(&book, "2001:db8:1:3::1"));
    cr_expect_neq(address_key(&book, "192.0.2.1"), address_key(&book, "192.0.2.2"));
    cr_expect_eq(address_key(&book, "192.0.2.1"), address_key(&book, "::ffff:192.0.2.1"));
}

/* c000:0201 begins with the bytes of 192.0.2.1. */
Test(limits, addresses_of_both_kinds_do_not_meet)
{
    const struct limit_book book = book_of(secret);
    cr_expect_neq(address_key(&book, "192.0.2.1"), address_key(&book, "c000:201::"));
}

Test(limits, the_same_subject_has_another_key_under_each_limit)
{
    const struct limit_book book = book_of(secret);
    const struct address address = address_of("192.0.2.1");
    struct limit_bill bill;
    limit_bill_failure(&book, &address, &bill);
    cr_expect_neq(key_under(&bill, LIMIT_FAILED_AUTH), address_key(&book, "192.0.2.1"));
}

Test(limits, keys_are_the_same_wherever_the_secret_is)
{
    static const uint8_t other[SHA256_BYTES] = {1, 2, 4};
    const struct limit_book book = book_of(secret);
    const struct limit_book replica = book_of(secret);
    const struct limit_book stranger = book_of(other);
    cr_expect_eq(address_key(&book, "192.0.2.1"), address_key(&replica, "192.0.2.1"));
    cr_expect_neq(address_key(&book, "192.0.2.1"), address_key(&stranger, "192.0.2.1"));
}

/* ---- reads ---- */

static uint64_t read_key(const struct limit_book *book, enum principal_kind kind, uint8_t owner,
                         const char *session_id)
{
    const struct principal principal = {.kind = kind, .owner = {owner}};
    struct limit_bill bill;
    limit_bill_read(book, &principal, session_id, &bill);
    return bill.count > 0 ? key_under(&bill, LIMIT_READ) : 0;
}

Test(limits, reads_are_the_callers_whatever_is_read)
{
    const struct limit_book book = book_of(secret);
    cr_expect_eq(read_key(&book, PRINCIPAL_ANONYMOUS, 1, "a"),
                 read_key(&book, PRINCIPAL_ANONYMOUS, 1, "b"));
    cr_expect_neq(read_key(&book, PRINCIPAL_JWT, 1, "a"), read_key(&book, PRINCIPAL_JWT, 2, "a"));
    cr_expect_neq(read_key(&book, PRINCIPAL_JWT, 1, NULL), 0);
}

Test(limits, an_app_reads_each_session_by_itself)
{
    const struct limit_book book = book_of(secret);
    cr_expect_neq(read_key(&book, PRINCIPAL_APP, 1, "a"), read_key(&book, PRINCIPAL_APP, 1, "b"));
    cr_expect_neq(read_key(&book, PRINCIPAL_APP, 1, "a"), read_key(&book, PRINCIPAL_APP, 2, "a"));
    cr_expect_eq(read_key(&book, PRINCIPAL_APP, 1, NULL), 0, "its lists are not limited");
}

/* ---- outcomes ---- */

Test(limits, a_spoof_costs_more_and_an_accepted_session_nothing)
{
    const struct limit_book book = book_of(secret);
    struct session_record record = record_of(1, "device-one");
    const struct limit_bill created = create_bill(&book, &(struct limit_create){.draft = &record});
    struct limit_bill bill;
    record.verdict.decision = DECISION_SPOOF;
    cr_expect_eq(limit_bill_outcome(&book, &record, &bill), LIMIT_OUTCOME_DEBIT);
    cr_assert_eq(bill.count, 2);
    cr_expect_eq(expect_charge(&bill, LIMIT_CREATE_DEVICE)->cost, 2);
    cr_expect_eq(expect_charge(&bill, LIMIT_CREATE_PRINCIPAL)->cost, 2);
    record.verdict.decision = DECISION_LIVE;
    record.verdict.accepted = true;
    cr_expect_eq(limit_bill_outcome(&book, &record, &bill), LIMIT_OUTCOME_REFUND);
    cr_assert_eq(bill.count, 2);
    cr_expect_eq(expect_charge(&bill, LIMIT_CREATE_DEVICE)->cost, 1);
    cr_expect_eq(key_under(&bill, LIMIT_CREATE_DEVICE), key_under(&created, LIMIT_CREATE_DEVICE));
    cr_expect_eq(key_under(&bill, LIMIT_CREATE_PRINCIPAL),
                 key_under(&created, LIMIT_CREATE_PRINCIPAL));
}

Test(limits, other_outcomes_change_nothing)
{
    struct limit_book book = book_of(secret);
    struct session_record record = record_of(1, "device-one");
    struct limit_bill bill;
    for (int decision = 0; decision < DECISION_COUNT; decision++) {
        record.verdict.decision = (uint8_t)decision;
        if (decision != DECISION_SPOOF)
            cr_expect_eq(limit_bill_outcome(&book, &record, &bill), LIMIT_OUTCOME_NONE);
    }
    record.verdict.decision = DECISION_SPOOF;
    book.spoof_cost = 1;
    cr_expect_eq(limit_bill_outcome(&book, &record, &bill), LIMIT_OUTCOME_NONE);
}

/* ---- what is said ---- */

static void expect_headers(const struct limit_book *book, const struct limit_bill *bill,
                           uint64_t elapsed_us, const char *policies, const char *standings)
{
    CLEANUP(buf) struct buf text;
    buf_init(&text, 1024);
    limit_write_policies(book, bill, &text);
    cr_expect_str_eq(text.len > 0 ? text.data : "", policies);
    buf_reset(&text);
    limit_write_standings(bill, elapsed_us, &text);
    cr_expect_str_eq(text.len > 0 ? text.data : "", standings);
}

Test(limits, headers_are_right_to_the_second)
{
    const struct limit_book book = book_of(secret);
    const struct address address = address_of("192.0.2.1");
    const struct session_record draft = record_of(1, "device-one");
    struct limit_bill bill =
        create_bill(&book, &(struct limit_create){.draft = &draft, .address = &address});
    struct limiter *limiter = limiter_new(100);
    cr_assert(limiter_charge(limiter, SECOND, bill.charges, bill.count, bill.standings));
    const char *policies = "\"create-device\";q=6;w=600, \"create-principal\";q=60;w=3600, "
                           "\"create-address\";q=60;w=60";
    expect_headers(&book, &bill, 0, policies,
                   "\"create-device\";r=2;t=100, \"create-principal\";r=19;t=60, "
                   "\"create-address\";r=29;t=1");
    expect_headers(&book, &bill, 1, policies,
                   "\"create-device\";r=2;t=100, \"create-principal\";r=19;t=60, "
                   "\"create-address\";r=29;t=1");
    expect_headers(&book, &bill, 40ULL * SECOND, policies,
                   "\"create-device\";r=2;t=60, \"create-principal\";r=19;t=20, "
                   "\"create-address\";r=30;t=0");
    expect_headers(&book, &bill, 100ULL * SECOND, policies,
                   "\"create-device\";r=3;t=0, \"create-principal\";r=20;t=0, "
                   "\"create-address\";r=30;t=0");
    limit_bill_forgive(&bill);
    expect_headers(&book, &bill, 0, policies,
                   "\"create-device\";r=3;t=0, \"create-principal\";r=20;t=0, "
                   "\"create-address\";r=30;t=0");
    limiter_free(limiter);
}

Test(limits, nothing_is_said_of_the_total)
{
    struct limit_book book = book_of(secret);
    const struct session_record draft = record_of(1, "device-one");
    book.policies[LIMIT_CREATE_DEVICE].count = 0;
    struct limit_bill bill =
        create_bill(&book, &(struct limit_create){.draft = &draft, .owner = PRINCIPAL_APP});
    cr_assert_eq(bill.count, 1);
    expect_headers(&book, &bill, 0, "", "");
}

Test(limits, the_longest_wait_is_the_refusal)
{
    const struct limit_book book = book_of(secret);
    const struct address address = address_of("192.0.2.1");
    const struct session_record draft = record_of(1, "device-one");
    struct limit_bill bill =
        create_bill(&book, &(struct limit_create){.draft = &draft, .address = &address});
    struct limit_refusal refusal;
    cr_expect_not(limit_bill_refusal(&bill, &refusal));
    bill.standings[0].retry_us = 7ULL * SECOND + 1;
    bill.standings[2].retry_us = 3ULL * SECOND;
    cr_assert(limit_bill_refusal(&bill, &refusal));
    cr_expect_eq(refusal.name, LIMIT_CREATE_DEVICE);
    cr_expect_eq(refusal.retry_after_s, 8, "rounded up");
    bill.standings[3].retry_us = 7ULL * SECOND + 2;
    cr_assert(limit_bill_refusal(&bill, &refusal));
    cr_expect_eq(refusal.name, LIMIT_CREATE_TOTAL);
}

Test(limits, sentences_say_what_to_do)
{
    CLEANUP(buf) struct buf text;
    buf_init(&text, 1024);
    for (int name = 0; name < LIMIT_NAME_COUNT; name++) {
        const struct limit_refusal refusal = {.name = (enum limit_name)name, .retry_after_s = 61};
        buf_reset(&text);
        limit_write_sentence(&refusal, &text);
        cr_expect_not_null(strstr(text.data, "Try again in 61 seconds"), "%s", text.data);
        cr_expect_eq(text.data[text.len - 1], '.');
    }
    buf_reset(&text);
    limit_write_sentence(&(struct limit_refusal){.name = LIMIT_READ, .retry_after_s = 1}, &text);
    cr_expect_not_null(strstr(text.data, "in 1 second."), "%s", text.data);
}

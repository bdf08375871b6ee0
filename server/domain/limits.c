/*
 * From requests and records to charges. Invariants: a bill holds no limit that is off, and nothing
 * that costs more than the limit ever allows at once.
 */
#include "domain/limits.h"

#include "base/siphash.h"
#include "domain/limiter.h"
#include "domain/verdict.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { US_PER_S = 1000000, V6_NETWORK_BYTES = 8, V4_BYTES = 4, SUBJECT_MAX = 160 };

/* In the order of enum limit_name. `told`: as RateLimit calls it; NULL: it does not. */
static const struct limit_words {
    const char *word;
    const char *told;
    const char *sentence;
} words[LIMIT_NAME_COUNT] = {
    [LIMIT_CREATE_DEVICE] = {"create_device", "create-device",
                             "This device has started too many checks"},
    [LIMIT_CREATE_PRINCIPAL] = {"create_principal", "create-principal",
                                "Too many checks were started for this user"},
    [LIMIT_CREATE_ADDRESS] = {"create_address", "create-address",
                              "Too many checks were started from this network"},
    [LIMIT_CREATE_TOTAL] = {"create_total", NULL,
                            "Too many checks are being started at the moment"},
    [LIMIT_READ] = {"read", "read", "This was asked too often"},
    [LIMIT_FAILED_AUTH] = {"failed_auth", "failed-auth",
                           "Too many wrong credentials came from this network"},
};

const char *limit_word(enum limit_name name)
{
    return words[name].word;
}

/* ---- keys ---- */

/* An item of a list (RFC 9651): a text with parameters. */
static void book_tell(struct limit_book *book, enum limit_name name)
{
    const struct limit_policy *policy = &book->policies[name];
    if (words[name].told)
        (void)snprintf(book->told[name], LIMIT_TOLD_SIZE, "\"%s\";q=%" PRIu64 ";w=%" PRIu64,
                       words[name].told, policy->count, policy->window_s);
}

void limit_book_close(struct limit_book *book, const uint8_t key[SHA256_BYTES])
{
    const struct slice purpose = SLICE("limits");
    uint8_t derived[SHA256_BYTES];
    hmac_sha256(key, &purpose, 1, derived);
    memcpy(book->key, derived, sizeof book->key);
    for (int name = 0; name < LIMIT_NAME_COUNT; name++)
        book_tell(book, (enum limit_name)name);
}

/* Parts with their lengths, so that two lists of parts are never the same text. */
struct subject {
    size_t size;
    uint8_t bytes[SUBJECT_MAX];
};

static void subject_add(struct subject *subject, const void *bytes, size_t size)
{
    assert(subject->size + 1 + size <= sizeof subject->bytes && size <= UINT8_MAX);
    subject->bytes[subject->size++] = (uint8_t)size;
    memcpy(subject->bytes + subject->size, bytes, size);
    subject->size += size;
}

static struct subject subject_of(const void *bytes, size_t size)
{
    struct subject subject = {0};
    subject_add(&subject, bytes, size);
    return subject;
}

/* Whoever has an IPv6 network has all of its addresses. */
static struct subject subject_of_address(const struct address *address)
{
    return subject_of(address->bytes, address->v6 ? V6_NETWORK_BYTES : V4_BYTES);
}

static bool is_chosen_by_client(const struct limit_book *book, const struct session_record *record)
{
    return book->passthrough || record->device_correlation_id[0] == '\0';
}

/* An id that the client chose is no device. */
static struct subject subject_of_device(const struct limit_book *book,
                                        const struct session_record *record)
{
    const char *id = record->device_correlation_id;
    if (is_chosen_by_client(book, record))
        return subject_of(record->owner, sizeof record->owner);
    return subject_of(id, strlen(id));
}

/* But of an app's installs nothing else is known, and one of them is not to stop all. */
static struct subject subject_of_install(const struct session_record *record)
{
    const char *id = record->device_correlation_id;
    struct subject subject = subject_of(record->owner, sizeof record->owner);
    subject_add(&subject, id, strlen(id));
    return subject;
}

static void bill_add(const struct limit_book *book, enum limit_name name,
                     const struct subject *subject, uint64_t cost, struct limit_bill *ret)
{
    const struct limit_policy *policy = &book->policies[name];
    if (policy->count == 0 || cost == 0)
        return;
    assert(ret->count < LIMIT_CHARGES_MAX);
    const uint8_t limit = (uint8_t)name;
    struct subject whole = *subject;
    subject_add(&whole, &limit, sizeof limit);
    ret->names[ret->count] = name;
    ret->charges[ret->count++] = (struct limit_charge){
        .rule = limit_rule_of(policy->count, policy->window_s * US_PER_S, policy->burst),
        .key = siphash(book->key, whole.bytes, whole.size),
        .cost = cost < policy->burst ? cost : policy->burst,
    };
}

/* ---- bills ---- */

void limit_bill_create(const struct limit_book *book, const struct limit_create *create,
                       struct limit_bill *ret)
{
    const struct session_record *draft = create->draft;
    const bool is_install = create->owner == PRINCIPAL_APP && is_chosen_by_client(book, draft);
    const struct subject device =
        is_install ? subject_of_install(draft) : subject_of_device(book, draft);
    const struct subject owner = subject_of(draft->owner, sizeof draft->owner);
    const struct subject everybody = {0};
    *ret = (struct limit_bill){0};
    if (!is_install || draft->device_correlation_id[0] != '\0')
        bill_add(book, LIMIT_CREATE_DEVICE, &device, 1, ret);
    if (create->owner != PRINCIPAL_APP)
        bill_add(book, LIMIT_CREATE_PRINCIPAL, &owner, 1, ret);
    if (create->address) {
        const struct subject address = subject_of_address(create->address);
        bill_add(book, LIMIT_CREATE_ADDRESS, &address, create->new_device ? 2 : 1, ret);
    }
    bill_add(book, LIMIT_CREATE_TOTAL, &everybody, 1, ret);
}

void limit_bill_device(const struct limit_book *book, const struct address *address,
                       struct limit_bill *ret)
{
    const struct subject subject = subject_of_address(address);
    *ret = (struct limit_bill){0};
    bill_add(book, LIMIT_CREATE_ADDRESS, &subject, 1, ret);
}

void limit_bill_read(const struct limit_book *book, const struct principal *principal,
                     const char *session_id, struct limit_bill *ret)
{
    struct subject subject = subject_of(principal->owner, sizeof principal->owner);
    *ret = (struct limit_bill){0};
    if (principal->kind == PRINCIPAL_APP && !session_id)
        return;
    if (principal->kind == PRINCIPAL_APP)
        subject_add(&subject, session_id, strlen(session_id));
    bill_add(book, LIMIT_READ, &subject, 1, ret);
}

void limit_bill_failure(const struct limit_book *book, const struct address *address,
                        struct limit_bill *ret)
{
    const struct subject subject = subject_of_address(address);
    *ret = (struct limit_bill){0};
    bill_add(book, LIMIT_FAILED_AUTH, &subject, 1, ret);
}

enum limit_outcome limit_bill_outcome(const struct limit_book *book,
                                      const struct session_record *record, struct limit_bill *ret)
{
    const bool spoof = record->verdict.decision == DECISION_SPOOF;
    const uint64_t cost = spoof ? book->spoof_cost - 1 : 1;
    const struct subject device = subject_of_device(book, record);
    const struct subject owner = subject_of(record->owner, sizeof record->owner);
    *ret = (struct limit_bill){0};
    if (!spoof && !record->verdict.accepted)
        return LIMIT_OUTCOME_NONE;
    bill_add(book, LIMIT_CREATE_DEVICE, &device, cost, ret);
    if (is_chosen_by_client(book, record)) { /* whoever it was: the other key is nobody's */
        const struct subject install = subject_of_install(record);
        bill_add(book, LIMIT_CREATE_DEVICE, &install, cost, ret);
    }
    bill_add(book, LIMIT_CREATE_PRINCIPAL, &owner, cost, ret);
    if (ret->count == 0)
        return LIMIT_OUTCOME_NONE;
    return spoof ? LIMIT_OUTCOME_DEBIT : LIMIT_OUTCOME_REFUND;
}

void limit_bill_forgive(struct limit_bill *bill)
{
    for (size_t i = 0; i < bill->count; i++) {
        const struct limit_charge *charge = &bill->charges[i];
        uint64_t back_us = charge->cost * charge->rule.interval_us;
        uint64_t full_us = bill->standings[i].full_us;
        bill->standings[i].full_us = full_us > back_us ? full_us - back_us : 0;
    }
}

/* ---- words ---- */

static uint64_t seconds_up(uint64_t us)
{
    return us / US_PER_S + (us % US_PER_S != 0);
}

bool limit_bill_refusal(const struct limit_bill *bill, struct limit_refusal *ret)
{
    uint64_t longest_us = 0;
    for (size_t i = 0; i < bill->count; i++) {
        if (bill->standings[i].retry_us > longest_us) {
            longest_us = bill->standings[i].retry_us;
            ret->name = bill->names[i];
        }
    }
    uint64_t wait_s = seconds_up(longest_us);
    ret->retry_after_s = wait_s < UINT32_MAX ? (unsigned)wait_s : UINT32_MAX;
    return longest_us > 0;
}

void limit_write_sentence(const struct limit_refusal *refusal, struct buf *ret)
{
    unsigned seconds = refusal->retry_after_s;
    buf_printf(ret, "%s. Try again in %u second%s%s.", words[refusal->name].sentence, seconds,
               seconds == 1 ? "" : "s",
               refusal->name == LIMIT_FAILED_AUTH ? ", with a valid credential" : "");
}

/* printf takes as long as all the rest of a limit does. */
static void put_number(struct buf *ret, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    buf_append(ret, digits + at, sizeof digits - at);
}

void limit_write_policies(const struct limit_book *book, const struct limit_bill *bill,
                          struct buf *ret)
{
    for (size_t i = 0; i < bill->count; i++) {
        const char *told = book->told[bill->names[i]];
        if (told[0] == '\0')
            continue;
        buf_puts(ret, ret->len > 0 ? ", " : "");
        buf_puts(ret, told);
    }
}

static void write_standing(const char *told, const struct limit_standing *standing, struct buf *ret)
{
    buf_puts(ret, ret->len > 0 ? ", \"" : "\"");
    buf_puts(ret, told);
    buf_puts(ret, "\";r=");
    put_number(ret, standing->remaining);
    buf_puts(ret, ";t=");
    put_number(ret, seconds_up(standing->full_us));
}

void limit_write_standings(const struct limit_bill *bill, uint64_t elapsed_us, struct buf *ret)
{
    for (size_t i = 0; i < bill->count; i++) {
        const struct limit_charge look = {.rule = bill->charges[i].rule};
        const struct limit_standing now =
            limit_stand(&look, elapsed_us, bill->standings[i].full_us);
        const char *told = words[bill->names[i]].told;
        if (told)
            write_standing(told, &now, ret);
    }
}

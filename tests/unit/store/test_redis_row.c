/*
 * Records as members of a hash: what is written is read again, and what cannot have been written is
 * refused.
 */
#include "store/redis_row.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(redis_row, .timeout = 60);

/* What a script answers: revision, the columns in their order, id. */
struct row {
    struct redisReply reply;
    struct redisReply elements[ROW_ELEMENTS + 1];
    struct redisReply *pointers[ROW_ELEMENTS + 1];
};

#define COLUMN_NAME(column, member) #column,

static const char *const columns[] = {
    SESSION_COLUMNS(COLUMN_NAME, COLUMN_NAME, COLUMN_NAME, COLUMN_NAME, COLUMN_NAME)};

static void set_element(struct row *row, size_t at, struct slice text)
{
    row->elements[at].type = REDIS_REPLY_STRING;
    row->elements[at].str = (char *)(uintptr_t)text.data;
    row->elements[at].len = text.len;
}

static void set_column(struct row *row, const char *name, struct slice text)
{
    size_t at = 0;
    while (at < ROW_COLUMNS && strcmp(columns[at], name) != 0) {
        at++;
    }
    cr_assert_lt(at, ROW_COLUMNS, "no column %s", name);
    set_element(row, at + 1, text);
}

static const char id[] = "01234567-89ab-7def-8123-456789abcdef";

/* Of a record without any member. */
static void row_init(struct row *row)
{
    memset(row, 0, sizeof *row);
    row->reply.type = REDIS_REPLY_ARRAY;
    row->reply.elements = ROW_ELEMENTS + 1;
    row->reply.element = row->pointers;
    for (size_t i = 0; i <= ROW_ELEMENTS; i++) {
        row->elements[i].type = REDIS_REPLY_NIL;
        row->pointers[i] = &row->elements[i];
    }
    set_element(row, 0, SLICE("7"));
    set_element(row, ROW_ELEMENTS, slice_of(id));
}

/* As a server would store it and give it back. */
static void row_fill(struct row *row, const struct redis_arguments *arguments)
{
    row_init(row);
    for (size_t i = 0; i < arguments->count; i += 2) {
        char name[64] = {0};
        memcpy(name, arguments->list[i].data, arguments->list[i].len);
        set_column(row, name, arguments->list[i + 1]);
    }
}

#define FILL_INTEGER(column, member) record->member = 1;
#define FILL_TEXT(column, member)                                                                  \
    memset(record->member, 'x', sizeof record->member);                                            \
    record->member[sizeof record->member - 1] = '\0';
#define FILL_HASH(column, member)  memset(record->member, 200, RECORD_HASH_BYTES);
#define FILL_OWNED(column, member) record->member = xstrdup("{\"" #column "\": 1}");

static struct session_record *full_record(void)
{
    struct session_record *record = xcalloc(1, sizeof *record);
    SESSION_COLUMNS(FILL_INTEGER, FILL_TEXT, FILL_HASH, FILL_TEXT, FILL_OWNED)
    memcpy(record->id, id, sizeof id);
    record->revision = 7;
    record->created_at = INT64_MAX;
    record->settled_at = INT64_MIN;
    record->verdict.attempt_id = INT32_MIN;
    record->verdict.reasons = UINT32_MAX;
    record->verdict.decision = UINT8_MAX;
    record->owner[4] = 0;
    return record;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

#define SAME_INTEGER(column, member) cr_expect_eq(a->member, b->member, #column);
#define SAME_TEXT(column, member)    cr_expect_str_eq(a->member, b->member, #column);
#define SAME_HASH(column, member)                                                                  \
    cr_expect_eq(memcmp(a->member, b->member, RECORD_HASH_BYTES), 0, #column);
#define SAME_OWNED(column, member) cr_expect(same_text(a->member, b->member), #column);

static void expect_same(const struct session_record *a, const struct session_record *b)
{
    SESSION_COLUMNS(SAME_INTEGER, SAME_TEXT, SAME_HASH, SAME_TEXT, SAME_OWNED)
    cr_expect_str_eq(a->id, b->id);
    cr_expect_eq(a->revision, b->revision);
}

Test(redis_row, gives_a_record_back)
{
    static struct row row;
    static struct redis_arguments arguments;
    struct session_record *record = full_record();
    redis_row_write(&arguments, record);
    cr_expect_eq(arguments.count, 2 * ROW_COLUMNS);
    row_fill(&row, &arguments);
    struct session_record *read = redis_row_read(&row.reply, NULL);
    cr_assert_not_null(read);
    expect_same(read, record);
    (void)session_record_free(read);
    (void)session_record_free(record);
}

Test(redis_row, leaves_out_what_is_zero)
{
    static struct row row;
    static struct redis_arguments arguments;
    struct session_record record = {.revision = 7};
    memcpy(record.id, id, sizeof id);
    redis_row_write(&arguments, &record);
    cr_expect_eq(arguments.count, 0);
    row_fill(&row, &arguments);
    struct session_record *read = redis_row_read(&row.reply, NULL);
    cr_assert_not_null(read);
    expect_same(read, &record);
    (void)session_record_free(read);
}

Test(redis_row, tells_an_empty_text_from_none)
{
    static struct row row;
    static struct redis_arguments arguments;
    static char empty[] = "";
    struct session_record record = {.revision = 7, .results_json = empty};
    memcpy(record.id, id, sizeof id);
    redis_row_write(&arguments, &record);
    row_fill(&row, &arguments);
    struct session_record *read = redis_row_read(&row.reply, NULL);
    cr_assert_not_null(read);
    expect_same(read, &record);
    (void)session_record_free(read);
}

static bool reads_with(const char *column, struct slice value)
{
    static struct row row;
    row_init(&row);
    set_column(&row, column, value);
    struct session_record *record = redis_row_read(&row.reply, NULL);
    bool reads = record != NULL;
    (void)session_record_free(record);
    return reads;
}

Test(redis_row, takes_a_number_for_what_it_is)
{
    static const char *const bad[] = {"x",
                                      "1x",
                                      " 1",
                                      "1 ",
                                      "-",
                                      "--1",
                                      "1.5",
                                      "+1",
                                      "",
                                      "0x1",
                                      "1e3",
                                      "9223372036854775808",
                                      "-9223372036854775809",
                                      "99999999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        bool empty = *bad[i] == '\0';
        cr_expect_eq(reads_with("created_at", slice_of(bad[i])), empty, "\"%s\"", bad[i]);
    }
    cr_expect(reads_with("created_at", SLICE("9223372036854775807")));
    cr_expect(reads_with("created_at", SLICE("-9223372036854775808")));
    cr_expect_not(reads_with("created_at", SLICE("1\0")), "a byte too many");
}

Test(redis_row, refuses_a_number_its_member_cannot_hold)
{
    cr_expect(reads_with("attempts_allowed", SLICE("2147483647")));
    cr_expect_not(reads_with("attempts_allowed", SLICE("2147483648")));
    cr_expect(reads_with("verdict_reasons", SLICE("4294967295")));
    cr_expect_not(reads_with("verdict_reasons", SLICE("4294967296")));
    cr_expect_not(reads_with("verdict_reasons", SLICE("-1")));
    cr_expect_not(reads_with("verdict_decision", SLICE("256")));
    cr_expect_not(reads_with("verdict_accepted", SLICE("2")));
    cr_expect(reads_with("state", SLICE("3")));
    cr_expect_not(reads_with("state", SLICE("4")));
    cr_expect_not(reads_with("state", SLICE("-1")));
    cr_expect_not(reads_with("kind", SLICE("2")));
    cr_expect_not(reads_with("deletion", SLICE("3")));
    cr_expect_not(reads_with("reference", SLICE("4")));
}

Test(redis_row, refuses_a_text_that_is_too_long)
{
    char text[RECORD_ENDPOINT_SIZE];
    memset(text, 'x', sizeof text);
    cr_expect(reads_with("upstream_endpoint", (struct slice){text, sizeof text - 1}));
    cr_expect_not(reads_with("upstream_endpoint", (struct slice){text, sizeof text}));
    cr_expect(reads_with("upstream_id", (struct slice){text, UUID_SIZE - 1}));
    cr_expect_not(reads_with("upstream_id", (struct slice){text, UUID_SIZE}));
    cr_expect_not(reads_with("platform", SLICE("io\0s")));
    char *big = xcalloc(1, ROW_OWNED_MAX + 1);
    memset(big, 'x', ROW_OWNED_MAX + 1);
    cr_expect(reads_with("results_json", (struct slice){big, ROW_OWNED_MAX}));
    cr_expect_not(reads_with("results_json", (struct slice){big, ROW_OWNED_MAX + 1}));
    cr_expect_not(reads_with("results_json", SLICE("a\0b")));
    free(big);
}

Test(redis_row, refuses_a_hash_of_another_size)
{
    char bytes[RECORD_HASH_BYTES + 1] = {0};
    cr_expect(reads_with("owner", (struct slice){bytes, RECORD_HASH_BYTES}));
    cr_expect(reads_with("owner", SLICE("")));
    cr_expect_not(reads_with("owner", (struct slice){bytes, RECORD_HASH_BYTES + 1}));
    cr_expect_not(reads_with("owner", (struct slice){bytes, RECORD_HASH_BYTES - 1}));
}

static bool reads(const struct row *row)
{
    struct session_record *record = redis_row_read(&row->reply, NULL);
    bool is_read = record != NULL;
    (void)session_record_free(record);
    return is_read;
}

Test(redis_row, refuses_what_is_no_row)
{
    static struct row row;
    row_init(&row);
    cr_expect(reads(&row));
    row.reply.elements = ROW_ELEMENTS;
    cr_expect_not(reads(&row));
    row.reply.elements = 0;
    cr_expect_not(reads(&row));
    row_init(&row);
    row.reply.type = REDIS_REPLY_STRING;
    cr_expect_not(reads(&row));
    for (size_t i = 0; i <= ROW_ELEMENTS; i++) {
        row_init(&row);
        row.elements[i] = (struct redisReply){.type = REDIS_REPLY_ARRAY};
        cr_expect_not(reads(&row), "element %zu", i);
        row.elements[i] = (struct redisReply){.type = REDIS_REPLY_INTEGER, .integer = 1};
        cr_expect_not(reads(&row), "element %zu", i);
    }
    row_init(&row);
    set_element(&row, 0, SLICE("0"));
    cr_expect_not(reads(&row), "revisions begin with 1");
    row_init(&row);
    set_element(&row, ROW_ELEMENTS, SLICE(""));
    cr_expect_not(reads(&row), "without an id");
}

/* As HMGET answers, where the id is what was asked for. */
Test(redis_row, takes_the_id_it_is_told)
{
    static struct row row;
    row_init(&row);
    cr_expect_null(redis_row_read(&row.reply, id), "one element too many");
    row.reply.elements = ROW_ELEMENTS;
    struct session_record *record = redis_row_read(&row.reply, id);
    cr_assert_not_null(record);
    cr_expect_str_eq(record->id, id);
    (void)session_record_free(record);
}

Test(redis_row, asks_for_what_it_reads_in_that_order)
{
    static struct redis_arguments arguments;
    redis_row_ask(&arguments);
    cr_assert_eq(arguments.count, ROW_ELEMENTS);
    cr_expect(slice_equal(arguments.list[0], SLICE("revision")));
    for (size_t i = 0; i < ROW_COLUMNS; i++) {
        cr_expect(slice_equal(arguments.list[i + 1], slice_of(columns[i])));
    }
}

/*
 * A file of any earlier version becomes today's and keeps its rows; a later one and another
 * program's are refused; the statements go by the indexes.
 */
#include "store/sqlite_schema.h"
#include "store/sqlite_statements.h"
#include "store_fixture.h"

#include <sqlite3.h>

static struct fixture it;
static char error_buffer[512];
static const struct error_text error = {error_buffer, sizeof error_buffer};

static void make_fixture(void)
{
    fixture_init(&it);
}

static void drop_fixture(void)
{
    fixture_done(&it);
}

TestSuite(schema, .init = make_fixture, .fini = drop_fixture, .timeout = 60);

static sqlite3 *open_file(void)
{
    sqlite3 *db = NULL;
    cr_assert_eq(sqlite3_open(it.path, &db), SQLITE_OK);
    return db;
}

static void execute(sqlite3 *db, const char *sql)
{
    char *message = NULL;
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, &message), SQLITE_OK, "%s: %s", sql, message);
}

static int64_t number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_step(statement), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    return value;
}

/* A row as version 1 wrote it; later versions have to keep it. */
static const char version_1_row[] =
    "INSERT INTO session VALUES (x'01234567123471238123456789abcdef', 3, 1, 0, x'', "
    "x'89abcdef123441238123456789abcdef', 'https://face.example', 'device', 'transaction', 'web', "
    "3, 1000, 2000, 1500, 0, 0, x'', 1600, 1, 0, 1, 0, 0, 1, 0, x'', 'Succeeded', 'model', '{}', "
    "1, 1700, 0, 90000)";

static void expect_version_1_row(void)
{
    cr_assert_eq(load(&it, "01234567-1234-7123-8123-456789abcdef"), STORE_OK);
    cr_expect_eq(it.record->revision, 3);
    cr_expect_eq(it.record->state, SESSION_SETTLED);
    cr_expect_str_eq(it.record->upstream_id, "89abcdef-1234-4123-8123-456789abcdef");
    cr_expect_str_eq(it.record->transaction_id, "transaction");
    cr_expect_eq(it.record->completion.completed_at, 1500);
    cr_expect(it.record->verdict.accepted);
    cr_expect_str_eq(it.record->results_json, "{}");
    cr_expect_eq(it.record->deletion, DELETION_OWED);
    cr_expect_eq(it.record->forget_at, 90000);
    cr_expect_eq(it.record->reference, REFERENCE_NONE);
    cr_expect_null(it.record->details_json);
    cr_expect_str_empty(it.record->session_image_id);
    cr_expect_eq(due(&it, 1700, 10), 1);
    it.record->deletion = DELETION_DONE;
    it.record->revision = 3;
    cr_expect_eq(save(&it, it.record), STORE_OK, "it can be changed");
}

Test(schema, makes_a_new_file)
{
    fixture_open(&it);
    fixture_close(&it);
    sqlite3 *db = open_file();
    cr_expect_eq(number(db, "PRAGMA user_version"), schema_version());
    cr_expect_eq(number(db, "PRAGMA application_id"), SCHEMA_APPLICATION_ID);
    (void)sqlite3_close(db);
}

Test(schema, fills_an_empty_file)
{
    FILE *file = fopen(it.path, "w");
    cr_assert_not_null(file);
    (void)fclose(file);
    fixture_open(&it);
    cr_expect_eq(count(&it)->open, 0);
}

Test(schema, brings_every_earlier_version_up_to_date)
{
    for (int version = 1; version <= schema_version(); version++) {
        sqlite3 *db = open_file();
        cr_assert(schema_migrate(db, it.path, 1, &error), "%s", error_buffer);
        execute(db, version_1_row);
        cr_assert(schema_migrate(db, it.path, version, &error), "%s", error_buffer);
        cr_expect_eq(number(db, "PRAGMA user_version"), version);
        (void)sqlite3_close(db);
        fixture_open(&it);
        expect_version_1_row();
        fixture_close(&it);
        cr_assert_eq(unlink(it.path), 0);
    }
}

/* Rows of version 2, one of a verify session; neither has an idempotency key. */
static const char version_2_rows[] =
    "INSERT INTO session VALUES (x'01234567123471238123456789abcde0', 2, 0, 1, x'', "
    "x'89abcdef123441238123456789abcde0', 'https://face.example', 'device', '', 'ios', "
    "3, 1000, 2000, 0, 0, 0, x'', 0, 0, 0, 0, 0, 0, 0, 0, x'', 'NotStarted', 'model', NULL, "
    "0, 0, 0, 90000, x'', 2, zeroblob(32), 1, 1, 900000, 1, '{1}', '[]', 'image'), "
    "(x'01234567123471238123456789abcde1', 1, 0, 0, x'', "
    "x'89abcdef123441238123456789abcde1', 'https://face.example', 'device', '', 'ios', "
    "3, 1000, 2000, 0, 0, 0, x'', 0, 0, 0, 0, 0, 0, 0, 0, x'', 'NotStarted', 'model', NULL, "
    "0, 0, 0, 90000, x'', 0, x'', 0, 0, 0, 0, NULL, NULL, '')";

Test(schema, keeps_what_version_2_knew)
{
    static const uint8_t none[RECORD_HASH_BYTES];
    sqlite3 *db = open_file();
    cr_assert(schema_migrate(db, it.path, 2, &error), "%s", error_buffer);
    execute(db, version_2_rows);
    (void)sqlite3_close(db);
    fixture_open(&it);
    cr_assert_eq(load(&it, "01234567-1234-7123-8123-456789abcde0"), STORE_OK);
    cr_expect_eq(it.record->revision, 2);
    cr_expect_eq(it.record->reference, REFERENCE_OWNER);
    cr_expect_eq(it.record->verdict.confidence_ppm, 900000);
    cr_expect_str_eq(it.record->details_json, "{1}");
    cr_expect_str_eq(it.record->session_image_id, "image");
    cr_expect_eq(memcmp(it.record->idempotency_key, none, sizeof none), 0);
    cr_expect_null(it.record->sealed_answer);
    cr_assert_eq(load(&it, "01234567-1234-7123-8123-456789abcde1"), STORE_OK);
    cr_expect_eq(count(&it)->open, 2);
}

Test(schema, refuses_a_file_of_a_newer_version)
{
    sqlite3 *db = open_file();
    cr_assert(schema_migrate(db, it.path, schema_version(), &error));
    execute(db, "PRAGMA user_version = 1000");
    (void)sqlite3_close(db);
    cr_assert_null(fixture_try_open(&it));
    cr_expect(strstr(it.error, "newer livenessd"), "%s", it.error);
    cr_expect(strstr(it.error, it.path), "%s", it.error);
    db = open_file();
    cr_expect_eq(number(db, "PRAGMA user_version"), 1000, "it is left as it was");
    (void)sqlite3_close(db);
}

Test(schema, refuses_the_database_of_another_program)
{
    sqlite3 *db = open_file();
    execute(db, "CREATE TABLE bookmarks (url TEXT)");
    (void)sqlite3_close(db);
    cr_assert_null(fixture_try_open(&it));
    cr_expect(strstr(it.error, "another program"), "%s", it.error);
    db = open_file();
    cr_expect_eq(number(db, "SELECT count(*) FROM sqlite_schema"), 1, "it is left as it was");
    (void)sqlite3_close(db);
}

Test(schema, is_left_at_the_former_version_by_a_migration_that_fails)
{
    sqlite3 *db = open_file();
    cr_assert(schema_migrate(db, it.path, 0, &error));
    execute(
        db,
        "CREATE TABLE session (other TEXT); PRAGMA application_id = " SCHEMA_APPLICATION_ID_SQL);
    cr_expect_not(schema_migrate(db, it.path, schema_version(), &error));
    cr_expect(strstr(error_buffer, "session"), "%s", error_buffer);
    cr_expect_eq(number(db, "PRAGMA user_version"), 0);
    cr_expect_eq(sqlite3_get_autocommit(db), 1);
    (void)sqlite3_close(db);
}

/* Nothing the store asks may read the whole table, but for the one question that says so. */
static void expect_no_scan(sqlite3 *db, const char *name, const char *sql)
{
    char explained[4096];
    (void)snprintf(explained, sizeof explained, "EXPLAIN QUERY PLAN %s", sql);
    sqlite3_stmt *statement = NULL;
    cr_assert_eq(sqlite3_prepare_v2(db, explained, -1, &statement, NULL), SQLITE_OK, "%s", sql);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        const char *step = (const char *)sqlite3_column_text(statement, 3);
        cr_expect(strcmp(name, "FIND_UPSTREAM") == 0 || !strstr(step, "SCAN session"), "%s: %s",
                  name, step);
        cr_expect(strncmp(name, "COUNT", 5) != 0 || strstr(step, "COVERING"), "%s: %s", name, step);
        cr_expect_not(strstr(step, "TEMP B-TREE"), "%s: %s", name, step);
    }
    (void)sqlite3_finalize(statement);
}

Test(schema, has_an_index_for_whatever_is_asked)
{
    sqlite3 *db = open_file();
    cr_assert(schema_migrate(db, it.path, schema_version(), &error));
#define EXPECT_NO_SCAN(name, sql) expect_no_scan(db, #name, sql);
    SQLITE_STATEMENTS(EXPECT_NO_SCAN)
    (void)sqlite3_close(db);
}

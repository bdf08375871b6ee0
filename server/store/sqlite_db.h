/*
 * The SQLite file and what is asked of it, without threads and without callbacks. Used by one
 * thread at a time. An operation that returns false met a failure after which the whole transaction
 * has to be rolled back; its results are then undefined but for pointers, which are NULL.
 */
#pragma once

#include "base/alloc.h"
#include "store/error_text.h"
#include "store/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sqlite_audit;
struct sqlite_db;
struct sqlite_resets;

/* Opens and migrates; the file has to exist. NULL with the error said. */
struct sqlite_db *sqlite_db_open(const char *path, const struct error_text *error) MUST_CHECK;
/* Moves the log into the file. */
struct sqlite_db *sqlite_db_close(struct sqlite_db *db);

/* What SQLite said of the last failure; a text that stays. */
const char *sqlite_db_trouble(const struct sqlite_db *db);
/* The last failure was of damaged pages: what does not read them goes on. */
bool sqlite_db_damaged(const struct sqlite_db *db);

bool sqlite_db_begin(struct sqlite_db *db, bool writes) MUST_CHECK;
/* True: what was written is synced to the disk. */
bool sqlite_db_commit(struct sqlite_db *db) MUST_CHECK;
/* Also when no transaction is open any more. */
void sqlite_db_rollback(struct sqlite_db *db);
/* Rows changed since the file was opened; what was rolled back counts too. */
int64_t sqlite_db_changes(const struct sqlite_db *db);

/* The trail in the same file, for operations within the transaction. */
struct sqlite_audit *sqlite_db_audit(const struct sqlite_db *db);
/* So are resets of devices. */
struct sqlite_resets *sqlite_db_resets(const struct sqlite_db *db);

/* Insert and save append the record's notes to it when they succeed. */
bool sqlite_db_insert(struct sqlite_db *db, const struct session_record *record,
                      enum store_result *ret_result) MUST_CHECK;
bool sqlite_db_load(struct sqlite_db *db, const char *id, enum store_result *ret_result,
                    struct session_record **ret_record) MUST_CHECK;
bool sqlite_db_save(struct sqlite_db *db, const struct session_record *record,
                    enum store_result *ret_result) MUST_CHECK;
/* The array and the records are the caller's to free. Damaged rows are left out. */
bool sqlite_db_due(struct sqlite_db *db, int64_t now, size_t limit,
                   struct session_record ***ret_records, size_t *ret_count) MUST_CHECK;
/* As sqlite_db_due: open sessions with a token that has expired, from behind a position. */
bool sqlite_db_expired(struct sqlite_db *db, int64_t until, const struct store_position *after,
                       size_t limit, struct session_record ***ret_records,
                       size_t *ret_count) MUST_CHECK;
/* As sqlite_db_due: what can be shown of a kind and a tenant, ascending by id from the first after
 * the text. */
bool sqlite_db_list(struct sqlite_db *db, enum session_kind kind,
                    const uint8_t tenant[RECORD_HASH_BYTES], const char *after, size_t limit,
                    struct session_record ***ret_records, size_t *ret_count) MUST_CHECK;
/* As sqlite_db_due: the records of at most STORE_FIND_MAX upstream ids. */
bool sqlite_db_find_upstream(struct sqlite_db *db, const char (*upstream_ids)[UUID_SIZE],
                             size_t count, struct session_record ***ret_records,
                             size_t *ret_count) MUST_CHECK;
/* As sqlite_db_load, of the record that has the key and a token that expires after `now`. */
bool sqlite_db_find_key(struct sqlite_db *db, const uint8_t key[RECORD_HASH_BYTES], int64_t now,
                        enum store_result *ret_result,
                        struct session_record **ret_record) MUST_CHECK;
bool sqlite_db_release_keys(struct sqlite_db *db, int64_t now, size_t limit,
                            enum store_result *ret_result) MUST_CHECK;
bool sqlite_db_forget(struct sqlite_db *db, int64_t now, size_t limit,
                      enum store_result *ret_result) MUST_CHECK;
bool sqlite_db_count(struct sqlite_db *db, int64_t now, struct store_counts *ret_counts) MUST_CHECK;
/* Writes something that changes nothing, to see whether writing works. */
bool sqlite_db_probe(struct sqlite_db *db) MUST_CHECK;

/*
 * Every statement the SQLite store runs, as SQLITE_STATEMENTS(X) with X(NAME, sql); each is
 * prepared once. The WHERE clauses repeat those of the partial indexes (sqlite_schema.c) word for
 * word: SQLite uses such an index only then.
 */
#pragma once

#include "store/session_columns.h"
#include "store/sqlite_schema.h"

#define COLUMN_NAME(column, member) #column ", "
#define COLUMN_MARK(column, member) "?, "
#define COLUMN_SET(column, member)  #column " = ?, "
#define ALL_COLUMNS(PART)           SESSION_COLUMNS(PART, PART, PART, PART, PART)

#define SELECT_RECORD "SELECT " ALL_COLUMNS(COLUMN_NAME) "id, revision FROM session "

/* STORE_FIND_MAX */
#define SIXTEEN_MARKS "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"

#define RELEASE_KEY                                                                                \
    "UPDATE session SET idempotency_key = x'', idempotency_request = x'', sealed_answer = NULL, "  \
    "revision = revision + 1 "

/* clang-format off */
#define SQLITE_STATEMENTS(X) \
    X(BEGIN_READ, "BEGIN") \
    X(BEGIN_WRITE, "BEGIN IMMEDIATE") \
    X(COMMIT, "COMMIT") \
    X(ROLLBACK, "ROLLBACK") \
    X(INSERT, "INSERT INTO session (" ALL_COLUMNS(COLUMN_NAME) "id, revision) " \
              "VALUES (" ALL_COLUMNS(COLUMN_MARK) "?, 1)") \
    X(LOAD, SELECT_RECORD "WHERE id = ?") \
    X(EXISTS, "SELECT 1 FROM session WHERE id = ?") \
    X(SAVE, "UPDATE session SET " ALL_COLUMNS(COLUMN_SET) "revision = revision + 1 " \
            "WHERE id = ? AND revision = ?") \
    X(DUE, SELECT_RECORD "WHERE deletion = 1 AND deletion_at <= ? " \
           "ORDER BY deletion_at, created_at LIMIT ?") \
    X(EXPIRED, SELECT_RECORD "WHERE state = 0 AND token_expires_at <= ? AND " \
               "(token_expires_at, rowid) > (?, (SELECT rowid FROM session WHERE id = ?)) " \
               "ORDER BY token_expires_at, rowid LIMIT ?") \
    X(FORGET, "DELETE FROM session WHERE id IN (SELECT id FROM session " \
              "WHERE forget_at > 0 AND deletion <> 1 AND forget_at <= ? " \
              "ORDER BY forget_at LIMIT ?)") \
    X(LIST_PLAIN, SELECT_RECORD "WHERE id >= ? AND kind = 0 AND state IN (0, 1) " \
                  "AND tenant = x'' ORDER BY id LIMIT ?") \
    X(LIST_VERIFY, SELECT_RECORD "WHERE kind = 1 AND id >= ? AND state IN (0, 1) " \
                   "AND tenant = x'' ORDER BY id LIMIT ?") \
    X(LIST_TENANT, SELECT_RECORD "WHERE tenant <> x'' AND tenant = ? AND kind = ? AND id >= ? " \
                   "AND state IN (0, 1) ORDER BY id LIMIT ?") \
    X(FIND_UPSTREAM, SELECT_RECORD "WHERE upstream_id IN (" SIXTEEN_MARKS ")") \
    X(FIND_KEY, SELECT_RECORD "WHERE idempotency_key <> x'' AND idempotency_key = ? " \
                "AND token_expires_at > ?") \
    X(RELEASE_ONE_KEY, RELEASE_KEY "WHERE idempotency_key <> x'' AND idempotency_key = ? " \
                       "AND token_expires_at <= ?") \
    X(RELEASE_KEYS, RELEASE_KEY "WHERE id IN (SELECT id FROM session " \
                    "WHERE idempotency_key <> x'' AND token_expires_at <= ? " \
                    "ORDER BY token_expires_at LIMIT ?)") \
    X(COUNT_OPEN, "SELECT count(*) FROM session WHERE state = 0") \
    X(COUNT_OVERDUE, "SELECT count(*) FROM session WHERE state = 0 AND token_expires_at <= ? " \
                     "AND token_expires_at > 0") \
    X(COUNT_OWED, "SELECT count(*), coalesce(min(created_at), 0) FROM session " \
                  "WHERE deletion = 1 AND deletion_at <= ?") \
    X(FAILED, "SELECT count(*), coalesce(min(created_at), 0) FROM session " \
              "WHERE deletion = 1 AND deletion_at > ? AND deletion_at <= ? " \
              "AND deletion_tries > 0") \
    X(COUNT_ORPHANED, "SELECT count(*) FROM session WHERE state = 3") \
    X(PROBE, "PRAGMA application_id = " SCHEMA_APPLICATION_ID_SQL)

/* Those of sqlite_audit.c. */
#define SQLITE_AUDIT_STATEMENTS(X) \
    X(APPEND, "INSERT OR IGNORE INTO audit (id, session, tenant, entry) VALUES (?, ?, ?, ?)") \
    X(LOCAL, "SELECT entry FROM audit WHERE id >= ?1 AND tenant = x'' ORDER BY id LIMIT ?2") \
    X(TENANT, "SELECT entry FROM audit WHERE id >= ?1 AND tenant <> x'' AND tenant = ?3 " \
              "ORDER BY id LIMIT ?2") \
    X(SESSION, "SELECT entry FROM audit WHERE id >= ?1 AND session <> x'' AND session = ?4 " \
               "AND tenant = ?3 ORDER BY id LIMIT ?2") \
    X(DROP, "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE id < ? ORDER BY id LIMIT ?)")

/* Those of sqlite_resets.c. Creates need no index for SEEN, which is asked by hand. */
#define SQLITE_RESET_STATEMENTS(X) \
    X(SEEN, "SELECT 1 FROM session WHERE tenant = ? AND device_correlation_id = ? LIMIT 1") \
    X(ADD, "INSERT OR IGNORE INTO device_reset (tenant, base, epoch, id, at) " \
           "VALUES (?, ?, ?, ?, ?)") \
    X(DROP, "DELETE FROM device_reset WHERE at < ?") \
    X(LIST, "SELECT tenant, base, epoch, id, at FROM device_reset WHERE at >= ? " \
            "ORDER BY at DESC LIMIT ?")
/* clang-format on */

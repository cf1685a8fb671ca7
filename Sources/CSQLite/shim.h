#pragma once
#include <sqlite3.h>
#include <stddef.h>

// Strict tables came with it.
#if SQLITE_VERSION_NUMBER < 3037000
#error "SQLite 3.37 or later is needed"
#endif

// Macros that Swift cannot read.
static const int csqlite_constraint_foreignkey = SQLITE_CONSTRAINT_FOREIGNKEY;
static const int csqlite_ioerr_checkreservedlock = SQLITE_IOERR_CHECKRESERVEDLOCK;
static const int csqlite_ioerr_lock = SQLITE_IOERR_LOCK;
static const int csqlite_ioerr_mmap = SQLITE_IOERR_MMAP;
static const int csqlite_ioerr_rdlock = SQLITE_IOERR_RDLOCK;
static const int csqlite_ioerr_shmlock = SQLITE_IOERR_SHMLOCK;
static const int csqlite_ioerr_shmmap = SQLITE_IOERR_SHMMAP;
static const int csqlite_ioerr_shmopen = SQLITE_IOERR_SHMOPEN;
static const int csqlite_ioerr_unlock = SQLITE_IOERR_UNLOCK;
static const int csqlite_ioerr_write = SQLITE_IOERR_WRITE;

/// Binds a copy of a text, zeros in it and all: `SQLITE_TRANSIENT` is a cast, which Swift cannot read.
static inline int csqlite_bind_text(
    sqlite3_stmt *statement, int index, const char *text, size_t count) {
    return sqlite3_bind_text64(statement, index, text, count, SQLITE_TRANSIENT, SQLITE_UTF8);
}

/// Binds bytes that stay where they are until they are bound no more. Without an address they would be
/// NULL, and none have none.
static inline int csqlite_bind_bytes(
    sqlite3_stmt *statement, int index, const void *bytes, size_t count) {
    return sqlite3_bind_blob64(statement, index, count ? bytes : "", count, SQLITE_STATIC);
}

/// Takes "x" for a name alone, never for a text. It has a function of varying arguments, which Swift
/// cannot call.
static inline void csqlite_refuse_double_quoted_texts(sqlite3 *database) {
    sqlite3_db_config(database, SQLITE_DBCONFIG_DQS_DDL, 0, (int *)0);
    sqlite3_db_config(database, SQLITE_DBCONFIG_DQS_DML, 0, (int *)0);
}

/* warehouse_sqlite.c -- The warehouse in an SQLite file, or in memory shared by name.
 *
 * Writers take their turn at BEGIN IMMEDIATE, so a transaction that has begun does not lose to
 * another one later. Statements are prepared once and kept, the least recently used of them leaving
 * first. Parameters are bound by their name, "$1", which SQLite knows as a variable: no text of a
 * statement is ever rewritten.
 *
 * Decimals are INTEGER in units of the column's scale and timestamps INTEGER microseconds, so sums
 * are exact and comparisons are by number. Nothing here draws a random number or asks for the time.
 */
#include "adapter/warehouse_sqlite.h"

#include <sqlite3.h>
#include <string.h>

#include "warehouse_names.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/limits.h"

#define STATEMENTS_MAX 64
#define RESULT_CELLS_MAX ((size_t)4000000)

struct statement {
    sqlite3_stmt *stmt; /* NULL: a free slot */
    uint64_t hash;      /* of its text */
    uint64_t used;      /* when it was last asked for, by a count of askings */
};

struct warehouse_sqlite {
    struct warehouse warehouse; /* first: a struct warehouse * is one of these */
    sqlite3 *db;                /* NULL once closed */
    struct statement statements[STATEMENTS_MAX];
    uint64_t askings;
    bool open; /* a transaction */
    sqlite3_stmt *bulk;
    size_t bulk_columns;
};

static struct warehouse_sqlite *sqlite_of(struct warehouse *w)
{
    return (struct warehouse_sqlite *)w;
}

/* ---- failures ---- */

/* What a result code is called in SQL, and what the caller does about it. Extended codes first. */
static const struct sqlite_failure {
    int code;
    enum err err;
    const char *sqlstate;
} sqlite_failures[] = {
    {SQLITE_CONSTRAINT_UNIQUE, ERR_CONFLICT, "23505"},
    {SQLITE_CONSTRAINT_PRIMARYKEY, ERR_CONFLICT, "23505"},
    {SQLITE_CONSTRAINT_ROWID, ERR_CONFLICT, "23505"},
    {SQLITE_CONSTRAINT_NOTNULL, ERR_INVALID, "23502"},
    {SQLITE_CONSTRAINT_FOREIGNKEY, ERR_INVALID, "23503"},
    {SQLITE_CONSTRAINT_CHECK, ERR_INVALID, "23514"},
    {SQLITE_CONSTRAINT, ERR_INVALID, "23000"},
    {SQLITE_BUSY, ERR_UNAVAILABLE, "40001"},
    {SQLITE_LOCKED, ERR_UNAVAILABLE, "40001"},
    {SQLITE_INTERRUPT, ERR_UNAVAILABLE, "57014"},
    {SQLITE_FULL, ERR_LIMIT, "53100"},
    {SQLITE_NOMEM, ERR_LIMIT, "53200"},
    {SQLITE_TOOBIG, ERR_LIMIT, "54000"},
    {SQLITE_ERROR, ERR_INVALID, "42000"},
    {SQLITE_MISMATCH, ERR_INVALID, "42804"},
    {SQLITE_RANGE, ERR_INVALID, "42P02"},
    {SQLITE_IOERR, ERR_INTERNAL, "58030"},
    {SQLITE_CORRUPT, ERR_INTERNAL, "XX001"},
    {SQLITE_NOTADB, ERR_INTERNAL, "XX001"},
    {SQLITE_CANTOPEN, ERR_UNAVAILABLE, "08001"},
    {SQLITE_READONLY, ERR_INTERNAL, "25006"},
    {SQLITE_PERM, ERR_DENIED, "42501"},
    {SQLITE_AUTH, ERR_DENIED, "42501"},
};

static const struct sqlite_failure *failure_of(int extended)
{
    static const struct sqlite_failure other = {0, ERR_INTERNAL, "XX000"};
    const struct sqlite_failure *found = &other;
    for (size_t i = 0; i < sizeof(sqlite_failures) / sizeof(sqlite_failures[0]); i++) {
        const struct sqlite_failure *row = &sqlite_failures[i];
        if (row->code == extended) {
            return row;
        }
        if (row->code == (extended & 0xff) && found == &other) {
            found = row;
        }
    }
    return found;
}

static void sqlite_abandon(struct warehouse_sqlite *w)
{
    if (w->bulk != NULL) {
        (void)sqlite3_reset(w->bulk);
        w->bulk = NULL;
    }
    if (w->open) {
        w->open = false;
        /* Fails only where SQLite has rolled back by itself. */
        (void)sqlite3_exec(w->db, "ROLLBACK", NULL, NULL, NULL);
    }
}

/* Tells the last failure of the connection; the open transaction ends with it. */
static enum err sqlite_fail(struct warehouse_sqlite *w, const char *doing, struct diag *d)
{
    const struct sqlite_failure *failure = failure_of(sqlite3_extended_errcode(w->db));
    enum err result =
        fail_named(d, failure->err, failure->sqlstate, "%s: %s", doing, sqlite3_errmsg(w->db));
    sqlite_abandon(w);
    return result;
}

/* The same for a failure that we found. */
static enum err sqlite_refuse(struct warehouse_sqlite *w, const char *sqlstate, const char *doing,
                              const char *why, struct diag *d)
{
    sqlite_abandon(w);
    return fail_named(d, ERR_INVALID, sqlstate, "%s: %s", doing, why);
}

/* ---- statements ---- */

static struct statement *statement_slot(struct warehouse_sqlite *w, struct str sql, uint64_t hash)
{
    struct statement *oldest = &w->statements[0];
    for (size_t i = 0; i < STATEMENTS_MAX; i++) {
        struct statement *s = &w->statements[i];
        if (s->stmt != NULL && s->hash == hash && str_eq(str_of(sqlite3_sql(s->stmt)), sql)) {
            return s;
        }
        if (s->used < oldest->used) {
            oldest = s;
        }
    }
    (void)sqlite3_finalize(oldest->stmt);
    oldest->stmt = NULL;
    return oldest;
}

/* The prepared statement of a text; it stays ours. */
static enum err statement_get(struct warehouse_sqlite *w, struct str text, sqlite3_stmt **ret_stmt,
                              struct diag *d)
{
    struct str sql = str_trim(text);
    uint64_t hash = hash64(0, sql);
    struct statement *s = statement_slot(w, sql, hash);
    s->used = ++w->askings;
    if (s->stmt == NULL) {
        const char *tail = NULL;
        if (sql.len > DEFINITION_BYTES_MAX) {
            return sqlite_refuse(w, "54000", "prepare", "the statement is too long", d);
        }
        if (sqlite3_prepare_v3(w->db, sql.ptr, (int)sql.len, SQLITE_PREPARE_PERSISTENT, &s->stmt,
                               &tail) != SQLITE_OK) {
            return sqlite_fail(w, "prepare", d);
        }
        struct str rest = str_trim(str_from(sql, (size_t)(tail - sql.ptr)));
        if (s->stmt == NULL || rest.len > 0) {
            (void)sqlite3_finalize(s->stmt);
            s->stmt = NULL;
            return sqlite_refuse(w, "42601", "prepare", "it is not exactly one statement", d);
        }
        s->hash = hash;
    }
    *ret_stmt = s->stmt;
    return ERR_OK;
}

/* Parameter `at` (from 1) of a statement. The text is not copied: it outlives the step. */
static int value_bind(sqlite3_stmt *stmt, int at, const struct warehouse_value *value)
{
    switch (value->type) {
    case WAREHOUSE_NULL:
        return sqlite3_bind_null(stmt, at);
    case WAREHOUSE_I64:
    case WAREHOUSE_DECIMAL:
    case WAREHOUSE_TIMESTAMP:
    case WAREHOUSE_BOOL:
        return sqlite3_bind_int64(stmt, at, value->i64);
    case WAREHOUSE_TEXT:
        break;
    }
    return sqlite3_bind_text64(stmt, at, value->text.len > 0 ? value->text.ptr : "",
                               value->text.len, SQLITE_STATIC, SQLITE_UTF8);
}

static enum err value_give(struct warehouse_sqlite *w, sqlite3_stmt *stmt, int at,
                           const struct warehouse_value *value, struct diag *d)
{
    const char *sqlstate = warehouse_value_refused(value);
    if (sqlstate != NULL) {
        return sqlite_refuse(w, sqlstate, "bind", "a value cannot be stored", d);
    }
    if (value_bind(stmt, at, value) != SQLITE_OK) {
        return sqlite_fail(w, "bind", d);
    }
    return ERR_OK;
}

/* SQLite numbers its variables by first appearance, so each is asked for its name: "$2" takes
 * params[1]. */
static enum err params_bind(struct warehouse_sqlite *w, sqlite3_stmt *stmt,
                            const struct warehouse_value *params, size_t param_count,
                            struct diag *d)
{
    int variable_count = sqlite3_bind_parameter_count(stmt);
    for (int at = 1; at <= variable_count; at++) {
        const char *name = sqlite3_bind_parameter_name(stmt, at);
        struct diag ignored = DIAG_INIT;
        uint64_t number = 0;
        if (name == NULL || name[0] != '$' ||
            str_u64(str_of(name + 1), &number, &ignored) != ERR_OK || number < 1 ||
            number > param_count) {
            return sqlite_refuse(w, "42P02", "no such parameter", name == NULL ? "?" : name, d);
        }
        TRY(value_give(w, stmt, at, &params[number - 1], d));
    }
    return ERR_OK;
}

static enum err statement_begin(struct warehouse_sqlite *w, struct str sql,
                                const struct warehouse_value *params, size_t param_count,
                                sqlite3_stmt **ret_stmt, struct diag *d)
{
    ASSERT(w->db != NULL);
    ASSERT(w->bulk == NULL);
    TRY(statement_get(w, sql, ret_stmt, d));
    return params_bind(w, *ret_stmt, params, param_count, d);
}

/* After the last step, whatever it gave. */
static enum err statement_end(struct warehouse_sqlite *w, sqlite3_stmt *stmt, int step,
                              const char *doing, struct diag *d)
{
    enum err result = step == SQLITE_DONE ? ERR_OK : sqlite_fail(w, doing, d);
    (void)sqlite3_reset(stmt);
    (void)sqlite3_clear_bindings(stmt);
    return result;
}

static enum err sqlite_exec(struct warehouse *warehouse, struct str sql,
                            const struct warehouse_value *params, size_t param_count,
                            int64_t *ret_changed, struct diag *d)
{
    struct warehouse_sqlite *w = sqlite_of(warehouse);
    sqlite3_stmt *stmt = NULL;
    TRY(statement_begin(w, sql, params, param_count, &stmt, d));
    int step = SQLITE_ROW;
    int64_t before = sqlite3_total_changes64(w->db);
    while (step == SQLITE_ROW) {
        step = sqlite3_step(stmt);
    }
    TRY(statement_end(w, stmt, step, "exec", d));
    if (ret_changed != NULL) { /* changes64 alone keeps the count of an earlier statement */
        *ret_changed = sqlite3_total_changes64(w->db) > before ? sqlite3_changes64(w->db) : 0;
    }
    return ERR_OK;
}

/* ---- results ---- */

static struct warehouse_value cell_read(sqlite3_stmt *stmt, int column, struct arena *a)
{
    switch (sqlite3_column_type(stmt, column)) {
    case SQLITE_NULL:
        return warehouse_null();
    case SQLITE_INTEGER:
        return warehouse_i64(sqlite3_column_int64(stmt, column));
    default:
        break;
    }
    const char *text = (const char *)sqlite3_column_text(stmt, column);
    size_t len = (size_t)sqlite3_column_bytes(stmt, column);
    return warehouse_text(str_copy(a, str_n(text, len)));
}

static const struct str *names_read(sqlite3_stmt *stmt, size_t count, struct arena *a)
{
    struct str *names = NEW_ARRAY(a, struct str, count);
    for (size_t i = 0; i < count; i++) {
        names[i] = str_copy(a, str_of(sqlite3_column_name(stmt, (int)i)));
    }
    return names;
}

static enum err sqlite_query(struct warehouse *warehouse, struct str sql,
                             const struct warehouse_value *params, size_t param_count,
                             struct arena *a, struct warehouse_result *ret_result, struct diag *d)
{
    struct warehouse_sqlite *w = sqlite_of(warehouse);
    sqlite3_stmt *stmt = NULL;
    TRY(statement_begin(w, sql, params, param_count, &stmt, d));
    size_t column_count = (size_t)sqlite3_column_count(stmt);
    struct warehouse_result result = {.column_count = column_count};
    result.names = names_read(stmt, column_count, a);
    struct buf cells;
    buf_init(&cells, a, RESULT_CELLS_MAX * sizeof(struct warehouse_value));
    int step = sqlite3_step(stmt);
    for (; step == SQLITE_ROW; step = sqlite3_step(stmt)) {
        if ((result.row_count + 1) * column_count > RESULT_CELLS_MAX) {
            (void)statement_end(w, stmt, SQLITE_DONE, "query", d);
            sqlite_abandon(w);
            return fail_named(d, ERR_LIMIT, "54000", "query: over %zu cells", RESULT_CELLS_MAX);
        }
        size_t row_bytes = column_count * sizeof(struct warehouse_value);
        struct warehouse_value *row =
            (struct warehouse_value *)(void *)buf_reserve(&cells, row_bytes);
        for (size_t i = 0; i < column_count; i++) {
            row[i] = cell_read(stmt, (int)i, a);
        }
        buf_commit(&cells, row_bytes);
        result.row_count++;
    }
    TRY(statement_end(w, stmt, step, "query", d));
    result.values = (const struct warehouse_value *)(const void *)cells.ptr;
    *ret_result = result;
    return ERR_OK;
}

/* ---- transactions ---- */

static enum err sqlite_begin(struct warehouse *warehouse, struct diag *d)
{
    struct warehouse_sqlite *w = sqlite_of(warehouse);
    ASSERT(w->db != NULL);
    ASSERT(!w->open);
    if (sqlite3_exec(w->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK) {
        return sqlite_fail(w, "begin", d);
    }
    w->open = true;
    return ERR_OK;
}

static enum err sqlite_commit(struct warehouse *warehouse, struct diag *d)
{
    struct warehouse_sqlite *w = sqlite_of(warehouse);
    ASSERT(w->bulk == NULL);
    if (!w->open) {
        return fail_named(d, ERR_INTERNAL, "25P01", "commit: no transaction is open");
    }
    int code = sqlite3_exec(w->db, "COMMIT", NULL, NULL, NULL);
    if (code == SQLITE_OK) {
        w->open = false;
        return ERR_OK;
    }
    if ((code & 0xff) == SQLITE_IOERR) {
        /* The log may hold the whole transaction although its fsync failed. */
        enum err result = fail_named(d, ERR_UNKNOWN, "58030", "commit: %s", sqlite3_errmsg(w->db));
        sqlite_abandon(w);
        return result;
    }
    return sqlite_fail(w, "commit", d);
}

static void sqlite_rollback(struct warehouse *warehouse)
{
    sqlite_abandon(sqlite_of(warehouse));
}

/* ---- bulk rows ---- */

static enum err sqlite_bulk_begin(struct warehouse *warehouse, struct str table,
                                  const struct warehouse_column *columns, size_t count,
                                  struct diag *d)
{
    struct warehouse_sqlite *w = sqlite_of(warehouse);
    ASSERT(w->open);
    ASSERT(w->bulk == NULL);
    if (!warehouse_names_are_plain(table, columns, count)) {
        return sqlite_refuse(w, "42602", "bulk", "not a plain name", d);
    }
    struct arena *scratch = arena_new("bulk", MIB);
    struct buf sql;
    buf_init(&sql, scratch, 64 * KIB);
    buf_addf(&sql, "INSERT INTO \"%.*s\" (", STR_ARG(table));
    warehouse_names_list(&sql, columns, count);
    buf_add_z(&sql, ") VALUES (");
    for (size_t i = 0; i < count; i++) {
        buf_addf(&sql, "%s$%zu", i > 0 ? ", " : "", i + 1);
    }
    buf_add_char(&sql, ')');
    enum err result = statement_get(w, buf_str(&sql), &w->bulk, d);
    w->bulk_columns = count;
    arena_free(scratch);
    return result;
}

static enum err sqlite_bulk_row(struct warehouse *warehouse, const struct warehouse_value *values,
                                struct diag *d)
{
    struct warehouse_sqlite *w = sqlite_of(warehouse);
    ASSERT(w->bulk != NULL);
    for (size_t i = 0; i < w->bulk_columns;
         i++) { /* $1, $2 ... in order: the number is the place */
        TRY(value_give(w, w->bulk, (int)i + 1, &values[i], d));
    }
    if (sqlite3_step(w->bulk) != SQLITE_DONE) {
        return sqlite_fail(w, "bulk", d);
    }
    (void)sqlite3_reset(w->bulk);
    return ERR_OK;
}

static enum err sqlite_bulk_end(struct warehouse *warehouse, struct diag *d)
{
    (void)d;
    struct warehouse_sqlite *w = sqlite_of(warehouse);
    ASSERT(w->bulk != NULL);
    (void)sqlite3_clear_bindings(w->bulk);
    w->bulk = NULL;
    return ERR_OK;
}

/* ---- opening and closing ---- */

static void sqlite_close(struct warehouse *warehouse)
{
    struct warehouse_sqlite *w = sqlite_of(warehouse);
    if (w->db == NULL) {
        return;
    }
    sqlite_abandon(w);
    for (size_t i = 0; i < STATEMENTS_MAX; i++) {
        (void)sqlite3_finalize(w->statements[i].stmt);
    }
    ASSERT(sqlite3_close(w->db) == SQLITE_OK);
    w->db = NULL;
}

static void sqlite_done(void *handle)
{
    sqlite_close(handle);
}

static const struct warehouse_ops sqlite_ops = {
    .dialect = WAREHOUSE_SQLITE,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .exec = sqlite_exec,
    .bulk_begin = sqlite_bulk_begin,
    .bulk_row = sqlite_bulk_row,
    .bulk_end = sqlite_bulk_end,
    .query = sqlite_query,
    .close = sqlite_close,
};

/* A database in memory keeps its own journal mode and answers the first line with it. */
static enum err sqlite_configure(struct warehouse_sqlite *w,
                                 const struct warehouse_sqlite_options *options, struct diag *d)
{
    (void)sqlite3_extended_result_codes(w->db, 1);
    (void)sqlite3_busy_timeout(w->db, options->busy_ms);
    const char *const settings[] = {
        options->bulk ? "PRAGMA page_size = 32768" : "",
        options->bulk ? "PRAGMA cache_size = -49152" : "",
        options->read_only ? "" : "PRAGMA journal_mode = WAL",
        options->bulk ? "PRAGMA wal_autocheckpoint = 2048" : "",
        options->durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = OFF",
        "PRAGMA foreign_keys = ON",
        options->bulk ? "PRAGMA temp_store = FILE" : "PRAGMA temp_store = MEMORY",
        "PRAGMA trusted_schema = OFF",
    };
    for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        if (sqlite3_exec(w->db, settings[i], NULL, NULL, NULL) != SQLITE_OK) {
            return sqlite_fail(w, "open", d);
        }
    }
    return ERR_OK;
}

enum err warehouse_sqlite_open(struct arena *a, const struct warehouse_sqlite_options *options,
                               struct warehouse **ret_warehouse, struct diag *d)
{
    struct warehouse_sqlite *w = NEW(a, struct warehouse_sqlite);
    w->warehouse.ops = &sqlite_ops;
    int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
    flags |= options->read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    int code = sqlite3_open_v2(options->path, &w->db, flags, NULL);
    if (w->db == NULL) {
        return fail_named(d, ERR_LIMIT, "53200", "open: no memory");
    }
    arena_defer(a, sqlite_done, w);
    enum err result =
        code == SQLITE_OK ? sqlite_configure(w, options, d) : sqlite_fail(w, "open", d);
    if (result != ERR_OK) {
        sqlite_close(&w->warehouse);
        return diag_context(d, "warehouse %s", options->path);
    }
    *ret_warehouse = &w->warehouse;
    return ERR_OK;
}

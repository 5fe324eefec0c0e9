/* warehouse_postgres.c -- The warehouse in PostgreSQL by libpq: sessions, transactions, statements.
 * Reading results and writing parameters: postgres_text.c. Rows go by COPY, in binary where the
 * table has the very types that values are sent in (postgres_binary.c), else in text.
 *
 * Transactions are SERIALIZABLE, so that code which holds on SQLite, where writers take turns,
 * holds here: what would break it is refused with 40001, and the caller tries the whole transaction
 * again.
 *
 * After a failure the transaction is rolled back at once. A lost connection is noticed by its first
 * failing call and opened again by the next one that starts something (begin, or a statement
 * outside a transaction). A statement outside a transaction commits by itself: losing the
 * connection under it is ERR_UNKNOWN too.
 *
 * Left out: prepared statements (bulk rows go by COPY; the other statements are few and large). */
#include "adapter/warehouse_postgres.h"

#include <libpq-fe.h>

#include "postgres_binary.h"
#include "postgres_text.h"
#include "warehouse_names.h"
#include "base/limits.h"

#define COPY_FLUSH_BYTES (64 * KIB)
#define COPY_BYTES_MAX (64 * MIB)

struct warehouse_postgres {
    struct warehouse warehouse; /* first: a struct warehouse * is one of these */
    const char *conninfo;
    PGconn *conn;          /* NULL: to be opened by the next call */
    struct arena *scratch; /* of one call: parameters and results */
    bool open;             /* a transaction */
    bool copying;          /* between bulk_begin and bulk_end */
    bool copy_binary;
    const struct warehouse_column *copy_columns; /* in copy_arena */
    size_t copy_column_count;
    struct arena *copy_arena;
    struct buf copy; /* rows not yet handed over */
};

static struct warehouse_postgres *postgres_of(struct warehouse *w)
{
    return (struct warehouse_postgres *)w;
}

static void result_clear(void *handle)
{
    PQclear(handle);
}

/* The result goes with the scratch arena. */
static PGresult *result_keep(struct warehouse_postgres *w, PGresult *result)
{
    if (result != NULL) {
        arena_defer(w->scratch, result_clear, result);
    }
    return result;
}

/* ---- failures ---- */

static void connection_drop(struct warehouse_postgres *w)
{
    PQfinish(w->conn);
    w->conn = NULL;
}

/* Reads what is left of a COPY or of a failed command, so that the session can take the next one.
 */
static void connection_drain(struct warehouse_postgres *w)
{
    PGresult *rest = PQgetResult(w->conn);
    while (rest != NULL && PQstatus(w->conn) == CONNECTION_OK) {
        PQclear(rest);
        rest = PQgetResult(w->conn);
    }
    PQclear(rest);
}

static void postgres_abandon(struct warehouse_postgres *w)
{
    if (w->copying) {
        w->copying = false;
        arena_reset(w->copy_arena);
        (void)PQputCopyEnd(w->conn, "rolled back");
        connection_drain(w);
    }
    if (w->open) {
        w->open = false;
        PQclear(PQexec(w->conn, "ROLLBACK"));
    }
    if (w->conn != NULL &&
        (PQstatus(w->conn) != CONNECTION_OK || PQtransactionStatus(w->conn) != PQTRANS_IDLE)) {
        connection_drop(w);
    }
}

/* libpq's own words, of which only the first line is a sentence about this failure. */
static struct str failure_words(const PGconn *conn, const PGresult *result)
{
    const char *primary =
        result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    struct str line = str_of(primary != NULL ? primary : PQerrorMessage(conn)), rest;
    (void)str_split(line, '\n', &line, &rest);
    return str_trim(line);
}

/* Tells why a command failed; the open transaction ends with it. `result` may be NULL. */
static enum err postgres_fail(struct warehouse_postgres *w, const PGresult *result,
                              const char *doing, bool committing, struct diag *d)
{
    const char *sqlstate = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_SQLSTATE);
    bool lost = PQstatus(w->conn) != CONNECTION_OK;
    enum err code;
    if (lost && committing) {
        sqlstate = "08007";
        code = ERR_UNKNOWN;
    } else {
        sqlstate = sqlstate != NULL ? sqlstate : (lost ? "08006" : "XX000");
        code = postgres_state_err(sqlstate);
    }
    struct str words = failure_words(w->conn, result);
    (void)fail_named(d, code, sqlstate, "%s: %.*s", doing, STR_ARG(words));
    postgres_abandon(w);
    arena_reset(w->scratch);
    return code;
}

/* The same for a failure that we found. */
static enum err postgres_refuse(struct warehouse_postgres *w, enum err code, const char *sqlstate,
                                const char *doing, const char *why, struct diag *d)
{
    postgres_abandon(w);
    arena_reset(w->scratch);
    return fail_named(d, code, sqlstate, "%s: %s", doing, why);
}

/* ---- the session ---- */

static void notice_ignore(void *arg, const char *message)
{
    (void)arg;
    (void)message;
}

/* What stands before the caller's conninfo can be overridden by it, what stands behind cannot. */
static PGconn *connection_open(const char *conninfo)
{
    const char *const names[] = {"fallback_application_name",
                                 "connect_timeout",
                                 "tcp_user_timeout",
                                 "keepalives_idle",
                                 "keepalives_interval",
                                 "keepalives_count",
                                 "dbname",
                                 "client_encoding",
                                 NULL};
    const char *const values[] = {"aforo", "5", "60000", "30", "10", "3", conninfo, "UTF8", NULL};
    return PQconnectdbParams(names, values, 1);
}

static const char session_settings[] = "SET timezone TO 'UTC';"
                                       "SET datestyle TO 'ISO, YMD';"
                                       "SELECT set_config('statement_timeout', '300000', false)"
                                       " WHERE current_setting('statement_timeout') = '0'";

static enum err session_ready(struct warehouse_postgres *w, struct diag *d)
{
    if (w->conn != NULL && PQstatus(w->conn) == CONNECTION_OK) {
        return ERR_OK;
    }
    connection_drop(w);
    w->conn = connection_open(w->conninfo);
    if (PQstatus(w->conn) != CONNECTION_OK) {
        struct str words = failure_words(w->conn, NULL);
        bool denied = PQconnectionNeedsPassword(w->conn) != 0;
        enum err code = fail_named(d, denied ? ERR_DENIED : ERR_UNAVAILABLE,
                                   denied ? "28P01" : "08001", "connect: %.*s", STR_ARG(words));
        connection_drop(w);
        return code;
    }
    (void)PQsetNoticeProcessor(w->conn, notice_ignore, NULL);
    PGresult *result = result_keep(w, PQexec(w->conn, session_settings));
    if (PQresultStatus(result) != PGRES_TUPLES_OK) {
        (void)postgres_fail(w, result, "connect", false, d);
        connection_drop(w);
        return d->code;
    }
    return ERR_OK;
}

/* ---- statements ---- */

/* Runs one statement; its result lives in the scratch arena, which is empty again after a failure.
 */
static enum err statement_run(struct warehouse_postgres *w, struct str sql,
                              const struct warehouse_value *params, size_t param_count,
                              const char *doing, PGresult **ret_result, struct diag *d)
{
    ASSERT(!w->copying);
    if (!w->open) {
        TRY(session_ready(w, d));
    }
    struct postgres_params sent;
    const char *sqlstate = postgres_params_text(w->scratch, params, param_count, &sent);
    if (sqlstate != NULL) {
        return postgres_refuse(w, ERR_INVALID, sqlstate, doing, "a parameter cannot be stored", d);
    }
    PGresult *result =
        result_keep(w, PQexecParams(w->conn, str_z(w->scratch, sql), (int)param_count, sent.types,
                                    sent.values, NULL, NULL, 0));
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        return postgres_fail(w, result, doing, !w->open && str_eq(str_of(doing), STR("exec")), d);
    }
    *ret_result = result;
    return ERR_OK;
}

static enum err postgres_exec(struct warehouse *warehouse, struct str sql,
                              const struct warehouse_value *params, size_t param_count,
                              int64_t *ret_changed, struct diag *d)
{
    struct warehouse_postgres *w = postgres_of(warehouse);
    PGresult *result = NULL;
    TRY(statement_run(w, sql, params, param_count, "exec", &result, d));
    if (ret_changed != NULL) {
        *ret_changed = postgres_changed(result);
    }
    arena_reset(w->scratch);
    return ERR_OK;
}

static enum err postgres_query(struct warehouse *warehouse, struct str sql,
                               const struct warehouse_value *params, size_t param_count,
                               struct arena *a, struct warehouse_result *ret_result, struct diag *d)
{
    struct warehouse_postgres *w = postgres_of(warehouse);
    PGresult *result = NULL;
    TRY(statement_run(w, sql, params, param_count, "query", &result, d));
    if (!postgres_result_fits(result)) {
        return postgres_refuse(w, ERR_LIMIT, "54000", "query", "the result is too large", d);
    }
    postgres_result_read(result, a, ret_result);
    arena_reset(w->scratch);
    return ERR_OK;
}

/* ---- transactions ---- */

static enum err postgres_begin(struct warehouse *warehouse, struct diag *d)
{
    struct warehouse_postgres *w = postgres_of(warehouse);
    ASSERT(!w->open);
    TRY(session_ready(w, d));
    PGresult *result = result_keep(w, PQexec(w->conn, "BEGIN ISOLATION LEVEL SERIALIZABLE"));
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        return postgres_fail(w, result, "begin", false, d);
    }
    w->open = true;
    arena_reset(w->scratch);
    return ERR_OK;
}

static enum err postgres_commit(struct warehouse *warehouse, struct diag *d)
{
    struct warehouse_postgres *w = postgres_of(warehouse);
    ASSERT(!w->copying);
    if (!w->open) {
        return fail_named(d, ERR_INTERNAL, "25P01", "commit: no transaction is open");
    }
    PGresult *result = result_keep(w, PQexec(w->conn, "COMMIT"));
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        return postgres_fail(w, result, "commit", true, d);
    }
    if (!str_eq(str_of(PQcmdStatus(result)), STR("COMMIT"))) { /* it says ROLLBACK */
        return postgres_refuse(w, ERR_UNAVAILABLE, "40000", "commit", "it was rolled back", d);
    }
    w->open = false;
    arena_reset(w->scratch);
    return ERR_OK;
}

static void postgres_rollback(struct warehouse *warehouse)
{
    postgres_abandon(postgres_of(warehouse));
}

/* ---- bulk rows ---- */

/* Another session may have altered the table since the last time, so that it is asked each time. */
static enum err copy_form(struct warehouse_postgres *w, struct str table,
                          const struct warehouse_column *columns, size_t count, struct diag *d)
{
    PGresult *types = NULL;
    struct warehouse_value name =
        warehouse_text(str_printf(w->scratch, "\"%.*s\"", STR_ARG(table)));
    TRY(statement_run(w, STR(POSTGRES_TYPES_SQL), &name, 1, "bulk", &types, d));
    w->copy_binary = postgres_binary_fits(types, columns, count);
    return ERR_OK;
}

static enum err postgres_bulk_begin(struct warehouse *warehouse, struct str table,
                                    const struct warehouse_column *columns, size_t count,
                                    struct diag *d)
{
    struct warehouse_postgres *w = postgres_of(warehouse);
    ASSERT(w->open);
    ASSERT(!w->copying);
    if (!warehouse_names_are_plain(table, columns, count)) {
        return postgres_refuse(w, ERR_INVALID, "42602", "bulk", "not a plain name", d);
    }
    struct buf sql;
    TRY(copy_form(w, table, columns, count, d));
    buf_init(&sql, w->scratch, 64 * KIB);
    buf_addf(&sql, "COPY \"%.*s\" (", STR_ARG(table));
    warehouse_names_list(&sql, columns, count);
    buf_add_z(&sql, w->copy_binary ? ") FROM STDIN WITH (FORMAT binary)" : ") FROM STDIN");
    PGresult *result = result_keep(w, PQexec(w->conn, str_z(w->scratch, buf_str(&sql))));
    if (PQresultStatus(result) != PGRES_COPY_IN) {
        return postgres_fail(w, result, "bulk", false, d);
    }
    w->copying = true;
    w->copy_columns = arena_copy(w->copy_arena, columns, count * sizeof(*columns));
    w->copy_column_count = count;
    buf_init(&w->copy, w->copy_arena, COPY_BYTES_MAX);
    if (w->copy_binary) {
        postgres_binary_begin(&w->copy);
    }
    arena_reset(w->scratch);
    return ERR_OK;
}

static enum err copy_flush(struct warehouse_postgres *w, struct diag *d)
{
    if (w->copy.len > 0 && PQputCopyData(w->conn, w->copy.ptr, (int)w->copy.len) != 1) {
        return postgres_fail(w, NULL, "bulk", false, d);
    }
    buf_truncate(&w->copy, 0);
    return ERR_OK;
}

static enum err postgres_bulk_row(struct warehouse *warehouse, const struct warehouse_value *values,
                                  struct diag *d)
{
    struct warehouse_postgres *w = postgres_of(warehouse);
    ASSERT(w->copying);
    if (postgres_row_bytes_max(values, w->copy_column_count) > COPY_BYTES_MAX - COPY_FLUSH_BYTES) {
        return postgres_refuse(w, ERR_LIMIT, "54000", "bulk", "the row is too large", d);
    }
    const char *sqlstate =
        w->copy_binary
            ? postgres_binary_row(&w->copy, w->copy_columns, values, w->copy_column_count)
            : postgres_row_text(&w->copy, values, w->copy_column_count);
    if (sqlstate != NULL) {
        return postgres_refuse(w, ERR_INVALID, sqlstate, "bulk", "a value cannot be stored", d);
    }
    return w->copy.len < COPY_FLUSH_BYTES ? ERR_OK : copy_flush(w, d);
}

static enum err postgres_bulk_end(struct warehouse *warehouse, struct diag *d)
{
    struct warehouse_postgres *w = postgres_of(warehouse);
    ASSERT(w->copying);
    if (w->copy_binary) {
        postgres_binary_end(&w->copy);
    }
    TRY(copy_flush(w, d));
    w->copying = false;
    arena_reset(w->copy_arena);
    if (PQputCopyEnd(w->conn, NULL) != 1) {
        return postgres_fail(w, NULL, "bulk", false, d);
    }
    PGresult *result = result_keep(w, PQgetResult(w->conn));
    if (PQresultStatus(result) != PGRES_COMMAND_OK) {
        return postgres_fail(w, result, "bulk", false, d);
    }
    connection_drain(w);
    arena_reset(w->scratch);
    return ERR_OK;
}

/* ---- opening and closing ---- */

static void postgres_close(struct warehouse *warehouse)
{
    struct warehouse_postgres *w = postgres_of(warehouse);
    w->open = false; /* the server rolls back what its session leaves */
    w->copying = false;
    connection_drop(w);
}

/* The child arenas are freed by the parent; results in them do not need the connection. */
static void postgres_done(void *handle)
{
    postgres_close(handle);
}

static const struct warehouse_ops postgres_ops = {
    .dialect = WAREHOUSE_POSTGRES,
    .begin = postgres_begin,
    .commit = postgres_commit,
    .rollback = postgres_rollback,
    .exec = postgres_exec,
    .bulk_begin = postgres_bulk_begin,
    .bulk_row = postgres_bulk_row,
    .bulk_end = postgres_bulk_end,
    .query = postgres_query,
    .close = postgres_close,
};

enum err warehouse_postgres_open(struct arena *a, const char *conninfo,
                                 struct warehouse **ret_warehouse, struct diag *d)
{
    struct warehouse_postgres *w = NEW(a, struct warehouse_postgres);
    w->warehouse.ops = &postgres_ops;
    w->conninfo = str_z(a, str_of(conninfo));
    w->scratch = arena_child(a, "postgres call", ARENA_TASK_BYTES_MAX);
    w->copy_arena = arena_child(a, "postgres copy", 4 * COPY_BYTES_MAX);
    arena_defer(a, postgres_done, w);
    TRY(session_ready(w, d));
    arena_reset(w->scratch);
    *ret_warehouse = &w->warehouse;
    return ERR_OK;
}

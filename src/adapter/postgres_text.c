/* postgres_text.c -- Values to PostgreSQL's text and back. Numbers and moments are exact in it. */
#include "postgres_text.h"

#include <string.h>

#include "warehouse_names.h"
#include "base/decimal.h"
#include "base/instant.h"
#include "base/limits.h"

#define RESULT_CELLS_MAX ((size_t)4000000)
#define VALUE_BYTES_MAX ((size_t)64) /* of anything but a text */

/* Type oids are fixed for ever by PostgreSQL's pg_type.dat. */
enum {
    OID_BOOL = 16,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TIMESTAMP = 1114,
    OID_TIMESTAMPTZ = 1184,
    OID_NUMERIC = 1700
};

/* ---- SQLSTATEs ---- */

/* The first row that the state begins with decides. */
static const struct state_row {
    const char *prefix;
    enum err err;
} state_rows[] = {
    {"23505", ERR_CONFLICT},  {"40003", ERR_UNKNOWN},     {"08007", ERR_UNKNOWN},
    {"08P01", ERR_INVALID},   {"42501", ERR_DENIED},      {"57014", ERR_UNAVAILABLE},
    {"57P", ERR_UNAVAILABLE}, {"55P03", ERR_UNAVAILABLE}, {"55006", ERR_UNAVAILABLE},
    {"08", ERR_UNAVAILABLE},  {"40", ERR_UNAVAILABLE},    {"53", ERR_LIMIT},
    {"54", ERR_LIMIT},        {"28", ERR_DENIED},         {"22", ERR_INVALID},
    {"23", ERR_INVALID},      {"42", ERR_INVALID},        {"0A", ERR_INVALID},
};

enum err postgres_state_err(const char *sqlstate)
{
    for (size_t i = 0; i < sizeof(state_rows) / sizeof(state_rows[0]); i++) {
        if (str_starts(str_of(sqlstate), str_of(state_rows[i].prefix))) {
            return state_rows[i].err;
        }
    }
    return ERR_INTERNAL;
}

/* ---- out: parameters and rows ---- */

/* The letter behind the backslash, or 0: the byte stands for itself. */
static char escape_letter(char c)
{
    switch (c) {
    case '\\':
        return '\\';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

static void text_add_escaped(struct buf *out, struct str text)
{
    size_t clean = 0; /* where the bytes not yet copied begin */
    for (size_t i = 0; i < text.len; i++) {
        char letter = escape_letter(text.ptr[i]);
        if (letter != 0) {
            buf_add(out, str_slice(text, clean, i));
            buf_add_char(out, '\\');
            buf_add_char(out, letter);
            clean = i + 1;
        }
    }
    buf_add(out, str_from(text, clean));
}

/* Anything but NULL and TEXT. */
static void value_add(struct buf *out, const struct warehouse_value *value)
{
    if (value->type == WAREHOUSE_DECIMAL) {
        decimal_text(out, value->i64, value->scale);
    } else if (value->type == WAREHOUSE_TIMESTAMP) {
        instant_iso(out, value->i64);
    } else if (value->type == WAREHOUSE_BOOL) {
        buf_add_char(out, value->i64 != 0 ? 't' : 'f');
    } else {
        buf_add_i64(out, value->i64);
    }
}

/* Typed, so that a number stays one where the statement alone does not tell (SELECT $1 + 1). A text
 * is left to inference: it may be meant for a date or JSON column. */
static Oid value_oid(enum warehouse_type type)
{
    switch (type) {
    case WAREHOUSE_I64:
        return OID_INT8;
    case WAREHOUSE_DECIMAL:
        return OID_NUMERIC;
    case WAREHOUSE_TIMESTAMP:
        return OID_TIMESTAMPTZ;
    case WAREHOUSE_BOOL:
        return OID_BOOL;
    case WAREHOUSE_NULL:
    case WAREHOUSE_TEXT:
        break;
    }
    return 0;
}

static const char *value_z(struct arena *a, const struct warehouse_value *value)
{
    if (value->type == WAREHOUSE_NULL) {
        return NULL;
    }
    if (value->type == WAREHOUSE_TEXT) {
        return str_z(a, value->text);
    }
    struct buf text;
    buf_init(&text, a, VALUE_BYTES_MAX);
    value_add(&text, value);
    buf_add_char(&text, '\0');
    return text.ptr;
}

const char *postgres_params_text(struct arena *a, const struct warehouse_value *params,
                                 size_t count, struct postgres_params *ret_params)
{
    ret_params->types = NEW_ARRAY(a, Oid, count);
    ret_params->values = NEW_ARRAY(a, const char *, count);
    for (size_t i = 0; i < count; i++) {
        const char *sqlstate = warehouse_value_refused(&params[i]);
        if (sqlstate != NULL) {
            return sqlstate;
        }
        ret_params->types[i] = value_oid(params[i].type);
        ret_params->values[i] = value_z(a, &params[i]);
    }
    return NULL;
}

const char *postgres_row_text(struct buf *out, const struct warehouse_value *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *sqlstate = warehouse_value_refused(&values[i]);
        if (sqlstate != NULL) {
            return sqlstate;
        }
        if (i > 0) {
            buf_add_char(out, '\t');
        }
        if (values[i].type == WAREHOUSE_NULL) {
            buf_add_z(out, "\\N");
        } else if (values[i].type == WAREHOUSE_TEXT) {
            text_add_escaped(out, values[i].text);
        } else {
            value_add(out, &values[i]);
        }
    }
    buf_add_char(out, '\n');
    return NULL;
}

size_t postgres_row_bytes_max(const struct warehouse_value *values, size_t count)
{
    size_t sum = 0;
    for (size_t i = 0; i < count; i++) {
        size_t len = values[i].type == WAREHOUSE_TEXT ? values[i].text.len : 0;
        if (len > GIB) {
            return GIB;
        }
        sum += 2 * len + VALUE_BYTES_MAX;
    }
    return sum;
}

/* ---- in: results ---- */

int64_t postgres_changed(PGresult *result)
{
    struct diag none = DIAG_INIT; /* "" for statements that change no rows */
    int64_t count = 0;
    return PQresultStatus(result) == PGRES_COMMAND_OK &&
                   str_i64(str_of(PQcmdTuples(result)), &count, &none) == ERR_OK
               ? count
               : 0;
}

bool postgres_result_fits(const PGresult *result)
{
    size_t columns = (size_t)PQnfields(result), rows = (size_t)PQntuples(result);
    return columns == 0 || rows <= RESULT_CELLS_MAX / columns;
}

static struct warehouse_value cell_read(Oid type, struct str text, struct arena *a)
{
    struct diag none = DIAG_INIT;
    struct warehouse_value value = {.type = WAREHOUSE_TEXT};
    if (type == OID_INT2 || type == OID_INT4 || type == OID_INT8) {
        if (str_i64(text, &value.i64, &none) == ERR_OK) {
            value.type = WAREHOUSE_I64;
            return value;
        }
    } else if (type == OID_TIMESTAMP || type == OID_TIMESTAMPTZ) {
        if (instant_parse(text, &value.i64, &none) == ERR_OK) { /* not "infinity", not BC */
            value.type = WAREHOUSE_TIMESTAMP;
            return value;
        }
    } else if (type == OID_BOOL) {
        value.type = WAREHOUSE_BOOL;
        value.i64 = str_eq(text, STR("t")) ? 1 : 0;
        return value;
    }
    return warehouse_text(str_copy(a, text));
}

void postgres_result_read(const PGresult *result, struct arena *a,
                          struct warehouse_result *ret_result)
{
    size_t columns = (size_t)PQnfields(result), rows = (size_t)PQntuples(result);
    struct str *names = NEW_ARRAY(a, struct str, columns);
    struct warehouse_value *values = NEW_ARRAY(a, struct warehouse_value, rows * columns);
    for (size_t c = 0; c < columns; c++) {
        names[c] = str_copy(a, str_of(PQfname(result, (int)c)));
        Oid type = PQftype(result, (int)c);
        for (size_t r = 0; r < rows; r++) {
            int row = (int)r, column = (int)c;
            if (PQgetisnull(result, row, column) == 0) {
                struct str text = str_n(PQgetvalue(result, row, column),
                                        (size_t)PQgetlength(result, row, column));
                values[r * columns + c] = cell_read(type, text, a);
            }
        }
    }
    *ret_result = (struct warehouse_result){
        .row_count = rows, .column_count = columns, .names = names, .values = values};
}

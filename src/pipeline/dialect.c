/* dialect.c -- The spellings. SQLite keeps decimals as integers in units of their scale and
 * timestamps as integer microseconds; PostgreSQL has numeric and timestamptz. */
#include "dialect.h"

#include <inttypes.h>
#include "base/instant.h"

void dialect_type(struct buf *sql, enum warehouse_dialect dialect, enum warehouse_type type,
                  int scale)
{
    bool postgres = dialect == WAREHOUSE_POSTGRES;
    switch (type) {
    case WAREHOUSE_I64:
        buf_add_z(sql, postgres ? "bigint" : "integer");
        break;
    case WAREHOUSE_DECIMAL:
        if (postgres) {
            buf_addf(sql, "numeric(38,%d)", scale);
        } else {
            buf_add_z(sql, "integer");
        }
        break;
    case WAREHOUSE_TIMESTAMP:
        buf_add_z(sql, postgres ? "timestamptz" : "integer");
        break;
    case WAREHOUSE_BOOL:
        buf_add_z(sql, postgres ? "boolean" : "integer");
        break;
    case WAREHOUSE_TEXT:
    case WAREHOUSE_NULL:
        buf_add_z(sql, "text");
        break;
    }
}

void dialect_day(struct buf *sql, enum warehouse_dialect dialect, struct str column)
{
    if (dialect == WAREHOUSE_POSTGRES) {
        buf_addf(sql, "to_char(%.*s at time zone 'UTC', 'YYYY-MM-DD')", STR_ARG(column));
    } else {
        /* Divides towards minus infinity, so that days before 1970 come out right too. */
        buf_addf(sql,
                 "date((%.*s - (%.*s %% 1000000 + 1000000) %% 1000000) / 1000000, 'unixepoch')",
                 STR_ARG(column), STR_ARG(column));
    }
}

void dialect_hour(struct buf *sql, enum warehouse_dialect dialect, struct str column)
{
    if (dialect == WAREHOUSE_POSTGRES) {
        buf_addf(sql, "extract(hour from %.*s at time zone 'UTC')::integer", STR_ARG(column));
    } else {
        buf_addf(sql, "(((%.*s %% 86400000000) + 86400000000) %% 86400000000 / 3600000000)",
                 STR_ARG(column));
    }
}

void dialect_window(struct buf *sql, enum warehouse_dialect dialect, struct str column,
                    int64_t step_us)
{
    if (dialect == WAREHOUSE_POSTGRES) {
        buf_addf(sql, "(floor(extract(epoch from %.*s) / %" PRId64 ") * %" PRId64 ")::bigint",
                 STR_ARG(column), step_us / US_PER_S, step_us / US_PER_S);
    } else {
        buf_addf(sql, "((%.*s - (%.*s %% %" PRId64 " + %" PRId64 ") %% %" PRId64 ") / 1000000)",
                 STR_ARG(column), STR_ARG(column), step_us, step_us, step_us);
    }
}

static void moment(struct buf *sql, enum warehouse_dialect dialect, int64_t us)
{
    if (dialect == WAREHOUSE_POSTGRES) {
        buf_add_z(sql, "timestamptz '");
        instant_iso(sql, us);
        buf_add_char(sql, '\'');
    } else {
        buf_add_i64(sql, us);
    }
}

void dialect_between(struct buf *sql, enum warehouse_dialect dialect, struct str column,
                     int64_t from_us, int64_t to_us)
{
    buf_addf(sql, "(%.*s >= ", STR_ARG(column));
    moment(sql, dialect, from_us);
    buf_addf(sql, " and %.*s < ", STR_ARG(column));
    moment(sql, dialect, to_us);
    buf_add_char(sql, ')');
}

void dialect_decimal(struct buf *sql, enum warehouse_dialect dialect, struct str expression,
                     int scale)
{
    if (dialect == WAREHOUSE_POSTGRES) {
        buf_addf(sql, "(%.*s)::numeric(38,%d)::text", STR_ARG(expression), scale);
    } else if (scale == 0) {
        buf_addf(sql, "(%.*s)", STR_ARG(expression));
    } else {
        int64_t unit = 1;
        for (int i = 0; i < scale; i++) {
            unit *= 10;
        }
        buf_addf(sql,
                 "(case when %.*s is null then null when %.*s < 0 then '-' else '' end || "
                 "printf('%%d.%%0%dd', abs(%.*s) / %" PRId64 ", abs(%.*s) %% %" PRId64 "))",
                 STR_ARG(expression), STR_ARG(expression), scale, STR_ARG(expression), unit,
                 STR_ARG(expression), unit);
    }
}

enum err dialect_snapshot(struct warehouse *w, struct diag *d)
{
    TRY(warehouse_begin(w, d));
    if (warehouse_dialect(w) != WAREHOUSE_POSTGRES) {
        return ERR_OK;
    }
    return warehouse_exec(w, STR("set transaction isolation level repeatable read"), NULL, 0, NULL,
                          d);
}

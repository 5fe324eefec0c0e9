/* postgres_binary.c -- Everything is big-endian; each value stands behind its length, -1 for null.
 * A numeric is a run of digits to the base of 10,000, the decimal point between two of them. */
#include "postgres_binary.h"

#include "warehouse_names.h"
#include "base/instant.h"

#define SIGNATURE STR("PGCOPY\n\377\r\n\0")
#define EPOCH_US (INT64_C(946684800) * US_PER_S) /* 2000-01-01, where their timestamps begin */
#define NUMERIC_NEGATIVE 0x4000
#define NUMERIC_DIGITS_MAX 6 /* of an int64, wherever the point is */

/* By PostgreSQL's pg_type.dat, fixed for ever. */
static const struct {
    enum warehouse_type type;
    const char *oid;
} sent_as[] = {{WAREHOUSE_I64, "20"},  {WAREHOUSE_DECIMAL, "1700"}, {WAREHOUSE_TIMESTAMP, "1184"},
               {WAREHOUSE_BOOL, "16"}, {WAREHOUSE_TEXT, "25"},      {WAREHOUSE_TEXT, "1043"}};

static bool is_sent_as(enum warehouse_type type, struct str oid)
{
    for (size_t i = 0; i < sizeof(sent_as) / sizeof(sent_as[0]); i++) {
        if (sent_as[i].type == type && str_eq(str_of(sent_as[i].oid), oid)) {
            return true;
        }
    }
    return false;
}

bool postgres_binary_fits(const PGresult *types, const struct warehouse_column *columns,
                          size_t count)
{
    int rows = PQntuples(types);
    for (size_t i = 0; i < count; i++) {
        int at = 0;
        while (at < rows && !str_eq(str_of(PQgetvalue(types, at, 0)), columns[i].name)) {
            at++;
        }
        if (at == rows || !is_sent_as(columns[i].type, str_of(PQgetvalue(types, at, 1)))) {
            return false;
        }
    }
    return true;
}

/* ---- values ---- */

static void add_number(struct buf *out, uint64_t value, size_t bytes)
{
    char big_endian[8];
    for (size_t i = 0; i < bytes; i++) {
        big_endian[i] = (char)(unsigned char)(value >> 8 * (bytes - 1 - i));
    }
    buf_add(out, str_n(big_endian, bytes));
}

/* The digits of `magnitude` / 10^scale from the last on; gives how many there are. */
static size_t base_10000(uint64_t magnitude, int scale, uint16_t digits[NUMERIC_DIGITS_MAX])
{
    static const uint16_t powers[] = {1, 10, 100, 1000, 10000};
    size_t count = 0;
    if (scale % 4 != 0) { /* its last digit is not written to its end */
        unsigned written = powers[scale % 4];
        digits[count++] = (uint16_t)(magnitude % written * powers[4 - scale % 4]);
        magnitude /= written;
    }
    for (; magnitude > 0; magnitude /= 10000) {
        digits[count++] = (uint16_t)(magnitude % 10000);
    }
    return count;
}

static void add_numeric(struct buf *out, int64_t value, int scale)
{
    uint16_t digits[NUMERIC_DIGITS_MAX];
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    size_t count = base_10000(magnitude, scale, digits), zeros = 0;
    int weight = (int)count - 1 - (scale + 3) / 4;
    while (count > 0 && digits[count - 1] == 0) {
        count--;
        weight--;
    }
    while (zeros < count && digits[zeros] == 0) {
        zeros++;
    }
    add_number(out, 8 + 2 * (count - zeros), 4);
    add_number(out, count - zeros, 2);
    add_number(out, count == 0 ? 0 : (uint64_t)(int64_t)weight, 2);
    add_number(out, value < 0 ? NUMERIC_NEGATIVE : 0, 2);
    add_number(out, (uint64_t)scale, 2);
    while (count > zeros) {
        add_number(out, digits[--count], 2);
    }
}

static void add_value(struct buf *out, const struct warehouse_value *value)
{
    switch (value->type) {
    case WAREHOUSE_NULL:
        add_number(out, UINT32_MAX, 4);
        break;
    case WAREHOUSE_I64:
        add_number(out, 8, 4);
        add_number(out, (uint64_t)value->i64, 8);
        break;
    case WAREHOUSE_DECIMAL:
        add_numeric(out, value->i64, value->scale);
        break;
    case WAREHOUSE_TIMESTAMP:
        add_number(out, 8, 4);
        add_number(out, (uint64_t)(value->i64 - EPOCH_US), 8);
        break;
    case WAREHOUSE_BOOL:
        add_number(out, 1, 4);
        add_number(out, value->i64 != 0, 1);
        break;
    case WAREHOUSE_TEXT:
        add_number(out, value->text.len, 4);
        buf_add(out, value->text);
        break;
    }
}

/* ---- rows ---- */

void postgres_binary_begin(struct buf *out)
{
    buf_add(out, SIGNATURE);
    add_number(out, 0, 8); /* no flags, and no more of a header */
}

const char *postgres_binary_row(struct buf *out, const struct warehouse_column *columns,
                                const struct warehouse_value *values, size_t count)
{
    add_number(out, count, 2);
    for (size_t i = 0; i < count; i++) {
        const char *sqlstate = warehouse_value_refused(&values[i]);
        if (sqlstate != NULL) {
            return sqlstate;
        }
        enum warehouse_type type = values[i].type;
        if (type == WAREHOUSE_I64 && columns[i].type == WAREHOUSE_DECIMAL) {
            add_numeric(out, values[i].i64, 0);
        } else if (type == WAREHOUSE_NULL || type == columns[i].type) {
            add_value(out, &values[i]);
        } else {
            return "22P03";
        }
    }
    return NULL;
}

void postgres_binary_end(struct buf *out)
{
    add_number(out, UINT16_MAX, 2);
}

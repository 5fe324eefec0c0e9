#include "diff_parts.h"

#include "base/decimal.h"
#include "base/instant.h"
#include "base/limits.h"

#define NULL_TEXT STR("null")

size_t side_objects(const struct diff_side *side)
{
    return side->source == NULL ? 1 : side->source->count;
}

struct str side_object_name(const struct diff_side *side, size_t index)
{
    return side->source == NULL ? side->def->table : side->source->objects[index].key;
}

/* ---- values in one spelling ---- */

static struct str number_text(struct arena *a, int64_t number, int scale)
{
    struct buf out;
    buf_init(&out, a, 64);
    decimal_text_short(&out, number, scale);
    return buf_str(&out);
}

static struct str moment_text(struct arena *a, int64_t us)
{
    struct buf out;
    buf_init(&out, a, 64);
    instant_iso(&out, us);
    return buf_str(&out);
}

static bool number_of(const struct column *c, const struct warehouse_value *v, int64_t *ret_number)
{
    struct diag ignored = DIAG_INIT;
    if (v->type == WAREHOUSE_DECIMAL || v->type == WAREHOUSE_I64) {
        *ret_number = v->i64;
        return true;
    }
    return v->type == WAREHOUSE_TEXT &&
           warehouse_decimal(v, c->type == COLUMN_DECIMAL ? c->scale : 0, ret_number, &ignored) ==
               ERR_OK;
}

static struct str value_text(struct arena *a, const struct column *c,
                             const struct warehouse_value *v)
{
    int64_t number;
    if (v->type == WAREHOUSE_NULL) {
        return NULL_TEXT;
    }
    switch (c->type) {
    case COLUMN_INTEGER:
    case COLUMN_DECIMAL:
        return number_of(c, v, &number)
                   ? number_text(a, number, c->type == COLUMN_DECIMAL ? c->scale : 0)
                   : v->text;
    case COLUMN_TIMESTAMP:
        return moment_text(a, v->i64);
    case COLUMN_BOOLEAN:
        return v->i64 != 0 ? STR("true") : STR("false");
    case COLUMN_TEXT:
        break;
    }
    return v->text;
}

bool side_number(const struct definition *def, const struct diff_row *row, struct str column,
                 int64_t *ret_number)
{
    for (size_t i = 0; row->values != NULL && i < def->column_count; i++) {
        if (str_eq(def->columns[i].name, column)) {
            return number_of(&def->columns[i], &row->values[i], ret_number);
        }
    }
    return false;
}

static void add_texts(const struct side_reader *r, struct arena *a, struct diff_row *row,
                      struct str fate)
{
    const struct definition *def = r->side->def;
    row->texts = NEW_ARRAY(a, struct str, r->column_count + 1);
    for (size_t i = 0; i < r->column_count; i++) {
        row->texts[i] = row->values == NULL ? STR_EMPTY
                                            : value_text(a, &def->columns[r->columns[i]],
                                                         &row->values[r->columns[i]]);
    }
    row->texts[r->column_count] = fate;
}

/* ---- a source ---- */

static struct row decode(const struct side_reader *r, const struct reader_record *record,
                         struct record_origin origin, struct arena *a)
{
    if (record->problem.len > 0) {
        return (struct row){.fate = RECORD_REJECTED,
                            .event_id = STR_EMPTY,
                            .event_us = INSTANT_NEVER,
                            .reason = record->problem};
    }
    return record->names == NULL ? record_decode(r->decoder, record->data, origin, a)
                                 : record_decode_fields(r->decoder, record->names, record->fields,
                                                        record->field_count, origin, a);
}

static struct str fate_text(const struct row *row)
{
    return row->fate == RECORD_ROW        ? STR("row")
           : row->fate == RECORD_FILTERED ? STR("filtered")
                                          : row->reason;
}

static struct diff_row source_row(const struct side_reader *r, const struct reader_record *record,
                                  struct str object, struct arena *a)
{
    const struct definition *def = r->side->def;
    struct record_origin origin = {.object = object, .ordinal = record->ordinal};
    struct row decoded = decode(r, record, origin, a);
    bool is_row = decoded.fate == RECORD_ROW;
    struct diff_row row = {.fate = decoded.fate,
                           .ordinal = record->ordinal,
                           .event_us =
                               decoded.fate == RECORD_FILTERED ? INSTANT_NEVER : decoded.event_us,
                           .values = is_row ? decoded.values : NULL};
    row.id = is_row ? value_text(a, &def->columns[def->id_column], &decoded.values[def->id_column])
             : decoded.event_id.len > 0
                 ? decoded.event_id
                 : str_printf(a, "%.*s#%llu", STR_ARG(object), (unsigned long long)record->ordinal);
    add_texts(r, a, &row, fate_text(&decoded));
    return row;
}

static enum err source_rows(const struct side_reader *r, struct str object, struct reader *reader,
                            struct arena *scratch, diff_row_fn *fn, void *ctx, struct diag *d)
{
    struct reader_record record;
    for (;;) {
        arena_reset(scratch);
        enum err err = reader_next(reader, scratch, &record, d);
        if (err != ERR_OK) {
            return err == ERR_NOT_FOUND ? ERR_OK : err;
        }
        struct diff_row row = source_row(r, &record, object, scratch);
        if (row.fate == RECORD_ROW || !r->rows_only) {
            TRY(fn(ctx, &row, d));
        }
    }
}

static enum err source_read(const struct side_reader *r, size_t index, struct arena *a,
                            diff_row_fn *fn, void *ctx, struct diag *d)
{
    const struct source *source = r->side->source;
    const struct source_object *object = &source->objects[index];
    struct arena *scratch = arena_child(a, "diff record", ARENA_TASK_BYTES_MAX);
    struct reader *reader;
    struct str bytes;
    enum err err = source_fetch(source, object, a, &bytes, d);
    if (err == ERR_OK) {
        err = reader_open(a, bytes, &r->side->format, &reader, d);
    }
    if (err == ERR_OK) {
        err = source_rows(r, object->key, reader, scratch, fn, ctx, d);
    }
    return err;
}

/* ---- a warehouse ---- */

static enum err table_read(const struct side_reader *r, struct arena *a, diff_row_fn *fn, void *ctx,
                           struct diag *d)
{
    const struct definition *def = r->side->def;
    struct arena *scratch = arena_child(a, "diff row", ARENA_TASK_BYTES_MAX);
    struct warehouse_result result;
    struct buf sql;
    buf_init(&sql, a, 64 * KIB);
    for (size_t i = 0; i < def->column_count; i++) {
        buf_addf(&sql, "%s%.*s", i == 0 ? "select " : ", ", STR_ARG(def->columns[i].name));
    }
    buf_addf(&sql, " from %.*s order by %.*s", STR_ARG(def->table),
             STR_ARG(def->columns[def->id_column].name));
    TRY(warehouse_query(r->side->warehouse, buf_str(&sql), NULL, 0, a, &result, d));
    for (size_t i = 0; i < result.row_count; i++) {
        arena_reset(scratch);
        const struct warehouse_value *values = warehouse_at(&result, i, 0);
        struct diff_row row = {.fate = RECORD_ROW,
                               .ordinal = i,
                               .event_us = values[def->time_column].i64,
                               .values = values};
        row.id = value_text(scratch, &def->columns[def->id_column], &values[def->id_column]);
        add_texts(r, scratch, &row, STR("row"));
        TRY(fn(ctx, &row, d));
    }
    return ERR_OK;
}

enum err side_read(const struct side_reader *r, size_t index, diff_row_fn *fn, void *ctx,
                   struct diag *d)
{
    struct arena *a = arena_new("diff object", ARENA_PROCESS_BYTES_MAX);
    enum err err = r->side->source == NULL ? table_read(r, a, fn, ctx, d)
                                           : source_read(r, index, a, fn, ctx, d);
    arena_free(a);
    return err;
}

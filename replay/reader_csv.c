/* reader_csv.c -- CSV as records: the header once, then a row a record. A row that is not what the
 * header says is a record with a problem, so that it ends in quarantine and is not lost; blank
 * lines are none. */
#include "reader_parts.h"

#include "base/instant.h"

enum err csv_records_open(struct csv_records *c, struct arena *a, struct str text, struct diag *d)
{
    struct str header[READER_FIELDS_MAX];
    csv_reader_init(&c->csv, text, ',');
    enum err err = csv_read(&c->csv, a, header, READER_FIELDS_MAX, &c->name_count, d);
    if (err == ERR_NOT_FOUND) {
        return fail(d, ERR_INVALID, "a CSV without a header: it is empty");
    }
    TRY(err);
    c->names = arena_copy(a, header, c->name_count * sizeof(header[0]));
    c->fields = NEW_ARRAY(a, struct str, c->name_count);
    return ERR_OK;
}

static bool is_blank(const struct csv_records *c, size_t count)
{
    return count == 1 && c->name_count > 1 && c->fields[0].len == 0;
}

static struct str problem_of(enum err err, size_t count, const struct csv_records *c)
{
    if (err == ERR_INVALID) {
        return STR("CSV: quotes that do not fit");
    }
    return err == ERR_LIMIT        ? STR("CSV: more fields than the header has")
           : count < c->name_count ? STR("CSV: fewer fields than the header has")
                                   : STR_EMPTY;
}

enum err csv_records_next(struct csv_records *c, struct arena *a, struct reader_record *ret_record)
{
    size_t from, count;
    enum err err;
    do {
        struct diag bad = DIAG_INIT;
        count = 0;
        from = c->csv.at;
        err = csv_read(&c->csv, a, c->fields, c->name_count, &count, &bad);
        if (err == ERR_NOT_FOUND) {
            return err;
        }
    } while (err == ERR_OK && is_blank(c, count));
    *ret_record = (struct reader_record){
        .data = str_trim(str_slice(c->csv.text, from, c->csv.at)),
        .names = c->names,
        .fields = c->fields,
        .field_count = err == ERR_OK ? count : 0,
        .arrived_us = INSTANT_NEVER,
        .problem = problem_of(err, count, c),
    };
    return ERR_OK;
}

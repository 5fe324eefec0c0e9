/* reader_rows.c -- Formats with a row a record, out of a view that slides: a row that comes to the
 * view's end is read again with more behind it. A view that is full is taken for the end of the
 * text: what does not end in it is too long for a record, and its line is passed over. */
#include "reader_parts.h"

static bool is_csv(const struct reader *r)
{
    return r->format == READER_CSV;
}

/* ---- the head ---- */

/* *ret_cut: with more of the text it may be another one. */
static enum err open_once(struct reader *r, const struct csv_dialect *dialect, bool *ret_cut,
                          struct diag *d)
{
    struct str text = str_from(r->view.text, r->at);
    if (is_csv(r)) {
        enum err err = csv_records_open(&r->csv, r->home, text, dialect, d);
        *ret_cut = r->csv.csv.cut || (dialect->delimiter == 0 && !format_is_settled(text));
        return err;
    }
    field_records_open(&r->fields, r->home, text, r->format);
    *ret_cut = r->format == READER_VPC_FLOW && !format_is_settled(text);
    return ERR_OK;
}

enum err rows_open(struct reader *r, const struct csv_dialect *dialect, struct diag *d)
{
    if (r->format == READER_NDJSON) {
        return ERR_OK;
    }
    for (;;) {
        bool cut;
        struct diag why = DIAG_INIT;
        enum err err = open_once(r, dialect, &cut, &why);
        if (!cut || r->view.ended || view_is_full(&r->view, r->at)) {
            *d = err == ERR_OK ? *d : why;
            r->at += is_csv(r) ? r->csv.csv.at : r->fields.at;
            return err;
        }
        TRY(reader_more(r, r->at, d));
    }
}

/* ---- rows ---- */

static enum err line_read(struct reader *r, struct reader_record *record, size_t *ret_from,
                          bool *ret_cut)
{
    struct str text = r->view.text;
    *ret_cut = true;
    while ((*ret_from = r->at) < text.len) {
        struct str rest = str_from(text, r->at);
        size_t end = str_find(rest, '\n');
        struct str line = str_trim(str_slice(rest, 0, end));
        *ret_cut = end == STR_NONE;
        r->at = *ret_cut ? text.len : r->at + end + 1;
        if (line.len > 0) {
            record->data = line;
            return ERR_OK;
        }
    }
    *ret_cut = true;
    return ERR_NOT_FOUND;
}

static enum err row_read(struct reader *r, struct arena *a, struct reader_record *record,
                         size_t *ret_from, bool *ret_cut)
{
    enum err err;
    if (r->format == READER_NDJSON) {
        return line_read(r, record, ret_from, ret_cut);
    }
    if (is_csv(r)) {
        r->csv.csv.text = r->view.text;
        r->csv.csv.at = r->at;
        err = csv_records_next(&r->csv, a, record);
        r->at = r->csv.csv.at;
        *ret_from = r->csv.row_at;
        *ret_cut = r->csv.csv.cut;
        return err;
    }
    r->fields.text = r->view.text;
    r->fields.at = r->at;
    err = field_records_next(&r->fields, record);
    r->at = r->fields.at;
    *ret_from = r->fields.row_at;
    *ret_cut = r->fields.cut;
    return err;
}

/* What is left of a line whose beginning was given. */
static enum err skip_line(struct reader *r, struct diag *d)
{
    while (r->skips_line) {
        size_t end = str_find(str_from(r->view.text, r->at), '\n');
        r->skips_line = end == STR_NONE && !r->view.ended;
        r->at = end == STR_NONE ? r->view.text.len : r->at + end + 1;
        if (r->skips_line) {
            TRY(reader_more(r, r->at, d));
        }
    }
    return ERR_OK;
}

enum err rows_next(struct reader *r, struct arena *a, struct reader_record *ret_record,
                   struct diag *d)
{
    TRY(skip_line(r, d));
    for (;;) {
        size_t from;
        bool cut;
        enum err err = row_read(r, a, ret_record, &from, &cut);
        if (!cut || r->view.ended) {
            return err;
        }
        if (view_is_full(&r->view, from)) {
            r->skips_line = r->at == r->view.text.len;
            if (r->skips_line) {
                ret_record->field_count = 0;
                ret_record->problem = STR("record: over 10 MiB");
            }
            return err;
        }
        TRY(reader_more(r, from, d));
        r->at = 0;
    }
}

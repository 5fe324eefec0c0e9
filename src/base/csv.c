/* csv.c -- RFC 4180, one row a call. A byte-order mark at the front is passed over; a CR without LF
 * is text. After a bad row the reader stands behind the line where it was found to be bad; after a
 * quoted field that never ends, behind the line on which the row began, so one stray quote does not
 * swallow the rest of a file. */
#include "base/csv.h"
#include <string.h>

#define BOM STR("\xEF\xBB\xBF")

void csv_reader_init(struct csv_reader *r, struct str text, char delimiter)
{
    size_t at = str_starts(text, BOM) ? BOM.len : 0;
    *r = (struct csv_reader){
        .text = text, .at = at, .line = 1, .next_line = 1, .delimiter = delimiter, .quote = '"'};
}

static size_t line_end(const struct csv_reader *r, size_t at)
{
    const char *end = at < r->text.len ? memchr(r->text.ptr + at, '\n', r->text.len - at) : NULL;
    return end == NULL ? r->text.len : (size_t)(end - r->text.ptr);
}

/* Whether the row ends at `at`, and by how many bytes; 0 at the end of the text. */
static bool row_ends(const struct csv_reader *r, size_t at, size_t *ret_len)
{
    const char *p = r->text.ptr + at;
    size_t left = r->text.len - at;
    *ret_len = left == 0 ? 0 : *p == '\n' ? 1 : 2;
    return left == 0 || *p == '\n' || (left > 1 && p[0] == '\r' && p[1] == '\n');
}

static void skip_line(struct csv_reader *r, size_t from)
{
    size_t end = line_end(r, from);
    r->at = end < r->text.len ? end + 1 : end;
    r->next_line++;
}

static bool is_quote(const struct csv_reader *r, char c)
{
    return r->quote != 0 && c == r->quote;
}

static bool is_escape(const struct csv_reader *r, char c)
{
    return r->escape != 0 && c == r->escape;
}

/* Without escapes, and with one of two quotes. */
static struct str plain_text(const struct csv_reader *r, struct arena *a, struct str raw)
{
    char *text = arena_alloc_raw(a, raw.len);
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        bool escape = is_escape(r, raw.ptr[i]) && i + 1 < raw.len;
        i += escape;
        text[len++] = raw.ptr[i];
        i += !escape && is_quote(r, raw.ptr[i]); /* its twin */
    }
    return str_n(text, len);
}

/* Reads from behind the opening quote to behind the closing one. */
static enum err read_quoted(struct csv_reader *r, struct arena *a, struct str *ret_field,
                            struct diag *d)
{
    const char *p = r->text.ptr;
    size_t row_at = r->at;
    size_t from = ++r->at;
    uint64_t lines = 0;
    bool doubled = false;
    for (;; r->at++) {
        if (r->at >= r->text.len) {
            r->cut = true;
            skip_line(r, row_at);
            return fail(d, ERR_INVALID, "line %llu: a quoted field never ends",
                        (unsigned long long)r->line);
        }
        lines += p[r->at] == '\n';
        bool escape = is_escape(r, p[r->at]) && r->at + 1 < r->text.len;
        if (!escape && !is_quote(r, p[r->at])) {
            continue;
        }
        if (!escape && (r->at + 1 >= r->text.len || !is_quote(r, p[r->at + 1]))) {
            break;
        }
        doubled = true;
        r->at++;
        lines += p[r->at] == '\n';
    }
    struct str raw = str_n(p + from, r->at - from);
    *ret_field = doubled ? plain_text(r, a, raw) : raw;
    r->next_line += lines;
    r->at++;
    size_t end_len;
    if (row_ends(r, r->at, &end_len) || p[r->at] == r->delimiter) {
        return ERR_OK;
    }
    skip_line(r, r->at);
    return fail(d, ERR_INVALID, "line %llu: text after the closing quote of a field",
                (unsigned long long)r->line);
}

static enum err read_plain(struct csv_reader *r, struct arena *a, struct str *ret_field,
                           struct diag *d)
{
    const char *p = r->text.ptr;
    size_t from = r->at;
    size_t end_len;
    bool escaped = false;
    while (r->at < r->text.len && p[r->at] != r->delimiter && p[r->at] != '\n' &&
           !is_quote(r, p[r->at]) && (p[r->at] != '\r' || !row_ends(r, r->at, &end_len))) {
        bool escape = is_escape(r, p[r->at]) && r->at + 1 < r->text.len;
        escaped = escaped || escape;
        r->next_line += escape && p[r->at + 1] == '\n';
        r->at += escape ? 2 : 1;
    }
    struct str raw = str_n(p + from, r->at - from);
    *ret_field = escaped ? plain_text(r, a, raw) : raw;
    if (r->at < r->text.len && is_quote(r, p[r->at])) {
        skip_line(r, r->at);
        return fail(d, ERR_INVALID, "line %llu: a quote inside a field without quotes",
                    (unsigned long long)r->line);
    }
    return ERR_OK;
}

static enum err read_row(struct csv_reader *r, struct arena *a, struct str *ret_fields,
                         size_t max_fields, size_t *ret_count, struct diag *d)
{
    size_t count = 0;
    size_t end_len = 0;
    r->line = r->next_line;
    for (;;) {
        struct str field;
        if (r->at < r->text.len && is_quote(r, r->text.ptr[r->at])) {
            TRY(read_quoted(r, a, &field, d));
        } else {
            TRY(read_plain(r, a, &field, d));
        }
        if (count < max_fields) {
            ret_fields[count] = field;
        }
        count++;
        if (row_ends(r, r->at, &end_len)) {
            break;
        }
        r->at++; /* the delimiter */
    }
    r->at += end_len;
    r->next_line++;
    if (count > max_fields) {
        return fail(d, ERR_LIMIT, "line %llu: %zu fields, at most %zu can be read",
                    (unsigned long long)r->line, count, max_fields);
    }
    *ret_count = count;
    return ERR_OK;
}

enum err csv_read(struct csv_reader *r, struct arena *a, struct str *ret_fields, size_t max_fields,
                  size_t *ret_count, struct diag *d)
{
    r->cut = r->at >= r->text.len;
    if (r->cut) {
        return ERR_NOT_FOUND;
    }
    enum err err = read_row(r, a, ret_fields, max_fields, ret_count, d);
    r->cut = r->cut || r->at >= r->text.len;
    return err;
}

static bool needs_quotes(struct str field)
{
    for (size_t i = 0; i < field.len; i++) {
        char c = field.ptr[i];
        if (c == '"' || c == ',' || c == '\n' || c == '\r') {
            return true;
        }
    }
    return str_starts(field, BOM); /* at the front of a file it would be taken for the file's own */
}

void csv_write(struct buf *out, struct str field, bool last_in_row)
{
    if (needs_quotes(field)) {
        buf_add_char(out, '"');
        for (size_t i = 0; i < field.len; i++) {
            if (field.ptr[i] == '"') {
                buf_add_char(out, '"');
            }
            buf_add_char(out, field.ptr[i]);
        }
        buf_add_char(out, '"');
    } else {
        buf_add(out, field);
    }
    buf_add(out, last_in_row ? STR("\r\n") : STR(","));
}

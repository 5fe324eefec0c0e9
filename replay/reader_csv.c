/* reader_csv.c -- CSV of any dialect as records: the header once, then a row a record. A row that
 * is not what the header says is a record with a problem, so that it ends in quarantine and is not
 * lost; blank lines are none. */
#include "reader_parts.h"

#include "base/encode.h"
#include "base/instant.h"

/* ---- dialects ---- */

static bool dialect_char(struct str value, char *ret_char)
{
    static const struct {
        struct str name;
        char c;
    } named[] = {{STR_INIT("tab"), '\t'},
                 {STR_INIT("space"), ' '},
                 {STR_INIT("comma"), ','},
                 {STR_INIT("semicolon"), ';'},
                 {STR_INIT("pipe"), '|'}};
    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
        if (str_eq(value, named[i].name)) {
            *ret_char = named[i].c;
            return true;
        }
    }
    *ret_char = value.len == 1 ? value.ptr[0] : '\n';
    return value.len == 1 && *ret_char != '\n' && *ret_char != '\r' && *ret_char != '\0';
}

static bool dialect_take(struct csv_dialect *x, struct str key, struct str value)
{
    bool none = str_eq(value, STR("none"));
    if (str_eq(key, STR("delimiter"))) {
        return dialect_char(value, &x->delimiter);
    }
    if (str_eq(key, STR("quote"))) {
        x->unquoted = none;
        return none || dialect_char(value, &x->quote);
    }
    if (str_eq(key, STR("escape"))) {
        return none || dialect_char(value, &x->escape);
    }
    x->names = value;
    return str_eq(key, STR("names")) && value.len > 0;
}

enum err csv_dialect_parse(struct str text, struct csv_dialect *ret_dialect, struct diag *d)
{
    struct csv_dialect x = {.names = STR_EMPTY};
    for (struct str rest = text, word, key, value; str_cut(&rest, ' ', &word);) {
        if (word.len > 0 &&
            (!str_split(word, '=', &key, &value) || !dialect_take(&x, key, value))) {
            return fail(d, ERR_INVALID,
                        "'%.*s' is not delimiter=C, quote=C, escape=C (one byte, tab, space or "
                        "none) or names=A,B",
                        STR_ARG(str_slice(word, 0, 60)));
        }
    }
    if (x.delimiter != 0 && (x.delimiter == x.quote || x.delimiter == x.escape)) {
        return fail(d, ERR_INVALID, "the delimiter is a quote or escape too");
    }
    *ret_dialect = x;
    return ERR_OK;
}

static struct csv_reader opened(struct str text, const struct csv_dialect *x, char delimiter)
{
    struct csv_reader csv;
    csv_reader_init(&csv, text, delimiter);
    csv.quote = x->unquoted ? 0 : x->quote != 0 ? x->quote : csv.quote;
    csv.escape = x->escape == csv.quote ? 0 : x->escape; /* doubled quotes are read anyway */
    return csv;
}

/* ---- detection ---- */

static bool is_header_field(struct str field)
{
    for (size_t i = 0; i < field.len; i++) {
        unsigned char c = (unsigned char)field.ptr[i];
        if (c < 0x20 || c == 0x7F) {
            return false;
        }
    }
    return str_trim(field).len > 0 && utf8_is_valid(field);
}

/* How many names the first row has by this delimiter; 0: it has none. */
static size_t header_size(struct str text, const struct csv_dialect *x, char delimiter,
                          struct arena *a)
{
    struct csv_reader csv = opened(text, x, delimiter);
    struct diag ignored = DIAG_INIT;
    struct str fields[READER_FIELDS_MAX];
    size_t count = 0;
    if (csv_read(&csv, a, fields, READER_FIELDS_MAX, &count, &ignored) != ERR_OK || count < 2) {
        return 0;
    }
    for (size_t i = 0; x->names.len == 0 && i < count; i++) {
        if (!is_header_field(fields[i])) {
            return 0;
        }
    }
    return count;
}

char csv_detect(struct str text, const struct csv_dialect *dialect, struct arena *a)
{
    static const char usual[] = {',', ';', '\t', '|'};
    char found = 0;
    size_t most = 0;
    if (dialect->delimiter != 0) {
        return header_size(text, dialect, dialect->delimiter, a) > 0 ? dialect->delimiter : 0;
    }
    for (size_t i = 0; i < sizeof(usual); i++) {
        size_t count = header_size(text, dialect, usual[i], a);
        found = count > most ? usual[i] : found;
        most = count > most ? count : most;
    }
    return found;
}

/* ---- records ---- */

static enum err read_names(struct csv_records *c, struct arena *a, const struct csv_dialect *x,
                           struct diag *d)
{
    struct str names[READER_FIELDS_MAX];
    enum err err = ERR_OK;
    for (struct str rest = x->names, name; str_cut(&rest, ',', &name);) {
        if (c->name_count == READER_FIELDS_MAX) {
            return fail(d, ERR_LIMIT, "more than %d names", READER_FIELDS_MAX);
        }
        names[c->name_count++] = name;
    }
    if (x->names.len == 0) {
        err = csv_read(&c->csv, a, names, READER_FIELDS_MAX, &c->name_count, d);
    }
    if (err == ERR_NOT_FOUND) {
        return fail(d, ERR_INVALID, "a CSV without a header: it is empty");
    }
    TRY(err);
    c->names = NEW_ARRAY(a, struct str, c->name_count);
    for (size_t i = 0; i < c->name_count; i++) {
        c->names[i] = str_copy(a, names[i]);
    }
    c->fields = NEW_ARRAY(a, struct str, c->name_count);
    return ERR_OK;
}

enum err csv_records_open(struct csv_records *c, struct arena *a, struct str text,
                          const struct csv_dialect *dialect, struct diag *d)
{
    char found = dialect->delimiter != 0 ? dialect->delimiter : csv_detect(text, dialect, a);
    *c = (struct csv_records){.csv = opened(text, dialect, found == 0 ? ',' : found)};
    return read_names(c, a, dialect, d);
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
    size_t count;
    enum err err;
    do {
        struct diag bad = DIAG_INIT;
        count = 0;
        c->row_at = c->csv.at;
        err = csv_read(&c->csv, a, c->fields, c->name_count, &count, &bad);
        if (err == ERR_NOT_FOUND) {
            return err;
        }
    } while (err == ERR_OK && is_blank(c, count));
    *ret_record = (struct reader_record){
        .data = str_trim(str_slice(c->csv.text, c->row_at, c->csv.at)),
        .names = c->names,
        .fields = c->fields,
        .field_count = err == ERR_OK ? count : 0,
        .arrived_us = INSTANT_NEVER,
        .problem = problem_of(err, count, c),
    };
    return ERR_OK;
}

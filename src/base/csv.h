/* csv.h -- CSV as RFC 4180 has it: quoted fields, doubled quotes, line breaks inside quotes, LF or
 * CRLF. */
#ifndef AFORO_BASE_CSV_H
#define AFORO_BASE_CSV_H

#include "base/buf.h"

struct csv_reader {
    struct str text;
    size_t at;
    uint64_t line; /* line on which the current row began, from 1 */
    uint64_t next_line;
    char delimiter;
    char quote;  /* 0: none, a quote is text */
    char escape; /* before a byte that is text whatever it is; 0: none */
    bool cut; /* the last row came to the end of the text: with more text it may be another one */
};
/* Quotes are '"', nothing escapes. */
void csv_reader_init(struct csv_reader *r, struct str text, char delimiter);
/* Reads one row; fields without doubled quotes borrow the text. ERR_NOT_FOUND at the end (d stays
 * untouched). ERR_INVALID: "line 17: ...", and the reader stands behind the bad line. ERR_LIMIT:
 * over max_fields. */
MUST_USE enum err csv_read(struct csv_reader *r, struct arena *a, struct str *ret_fields,
                           size_t max_fields, size_t *ret_count, struct diag *d);

/* quotes where needed; "\r\n" after the last */
void csv_write(struct buf *out, struct str field, bool last_in_row);

#endif

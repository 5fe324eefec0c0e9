/* reader_parts.h -- What the reader's files share: telling formats apart, and one format each.
 * Private to replay. */
#ifndef AFORO_REPLAY_READER_PARTS_H
#define AFORO_REPLAY_READER_PARTS_H

#include "base/csv.h"
#include "replay/reader.h"

/* By the first bytes of a text that is not compressed. ERR_INVALID: nothing that we read;
 * ERR_UNSUPPORTED by name. */
MUST_USE enum err format_detect(struct str text, const struct csv_dialect *dialect, struct arena *a,
                                enum reader_format *ret_format, struct diag *d);

struct csv_records {
    struct csv_reader csv;
    struct str *names, *fields; /* name_count each */
    size_t name_count;
};
/* The delimiter of a text's first row: of those that part it into names, the one that makes most.
 * 0: none. */
char csv_detect(struct str text, const struct csv_dialect *dialect, struct arena *a);
/* Reads the header, unless the dialect has names. ERR_INVALID: there is none. */
MUST_USE enum err csv_records_open(struct csv_records *c, struct arena *a, struct str text,
                                   const struct csv_dialect *dialect, struct diag *d);
/* ERR_NOT_FOUND at the end. A bad row has its `problem`. */
MUST_USE enum err csv_records_next(struct csv_records *c, struct arena *a,
                                   struct reader_record *ret_record);

struct field_records { /* VPC_FLOW, ALB, S3_ACCESS */
    struct str text;
    size_t at;
    const struct str *names;
    struct str *fields;          /* name_count */
    size_t name_count, required; /* at least so many fields a line */
    bool exact;                  /* and never more than names */
};
/* One of the three, or READER_DETECT. */
enum reader_format fields_detect(struct str text);
void field_records_open(struct field_records *f, struct arena *a, struct str text,
                        enum reader_format format);
/* ERR_NOT_FOUND at the end. A bad line has its `problem`. */
MUST_USE enum err field_records_next(struct field_records *f, struct reader_record *ret_record);

/* FIREHOSE_FAILED: whether the first object is an envelope; the next one's record. */
bool failed_is(struct str text);
MUST_USE enum err failed_next(struct str text, size_t *at, struct arena *a,
                              struct reader_record *record, struct diag *d);

#endif

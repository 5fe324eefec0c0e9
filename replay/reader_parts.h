/* reader_parts.h -- What the reader's files share: telling formats apart, and one format each.
 * Private to replay. */
#ifndef AFORO_REPLAY_READER_PARTS_H
#define AFORO_REPLAY_READER_PARTS_H

#include "base/csv.h"
#include "base/json.h"
#include "pipeline/capture.h"
#include "replay/reader.h"
#include "view.h"

/* Whether so much of a text tells its format: more of it may tell another one, or the end of its
 * first row. */
bool format_is_settled(struct str text);
/* By the first bytes of a text that is not compressed. ERR_INVALID: nothing that we read;
 * ERR_UNSUPPORTED by name. */
MUST_USE enum err format_detect(struct str text, const struct csv_dialect *dialect, struct arena *a,
                                enum reader_format *ret_format, struct diag *d);

struct csv_records {
    struct csv_reader csv;
    struct str *names, *fields; /* name_count each */
    size_t name_count;
    size_t row_at; /* where the last row began */
};
/* The delimiter of a text's first row: of those that part it into names, the one that makes most.
 * 0: none. */
char csv_detect(struct str text, const struct csv_dialect *dialect, struct arena *a);
/* Reads the header, unless the dialect has names; `csv.cut`: there may be more of it. ERR_INVALID:
 * there is none. */
MUST_USE enum err csv_records_open(struct csv_records *c, struct arena *a, struct str text,
                                   const struct csv_dialect *dialect, struct diag *d);
/* ERR_NOT_FOUND at the end. A bad row has its `problem`. */
MUST_USE enum err csv_records_next(struct csv_records *c, struct arena *a,
                                   struct reader_record *ret_record);

struct field_records { /* VPC_FLOW, ALB, S3_ACCESS */
    struct str text;
    size_t at, row_at;
    bool cut; /* the last line came to the end of the text */
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

/* FIREHOSE_FAILED: whether the first object is an envelope; the record in one. */
bool failed_is(struct str text);
void failed_open(struct str envelope, struct arena *a, struct reader_record *record);

struct reader {
    enum reader_format format;
    struct arena *home; /* of what is opened */
    uint64_t ordinal;
    struct view view; /* all but captures */
    size_t at;        /* in the view, of what comes next; captures and KPL: the record */
    bool skips_line;  /* what is left of a line that was too long */
    struct csv_records csv;
    struct field_records fields; /* VPC_FLOW, ALB, S3_ACCESS */
    struct json_scan scan;       /* CLOUDTRAIL: inside the array */
    struct capture_record *records;
    size_t record_count;
    const struct capture_record *parts; /* of a record that KPL packed: next, and behind the last */
    const struct capture_record *parts_end;
    struct kpl_record *packed; /* KPL */
    size_t packed_count;
};
/* Slides the view to `from`. */
MUST_USE enum err reader_more(struct reader *r, size_t from, struct diag *d);

/* NDJSON, CSV, VPC_FLOW, ALB, S3_ACCESS: a row a record. */
MUST_USE enum err rows_open(struct reader *r, const struct csv_dialect *dialect, struct diag *d);
MUST_USE enum err rows_next(struct reader *r, struct arena *a, struct reader_record *ret_record,
                            struct diag *d);
/* CONCATENATED, FIREHOSE_FAILED: the next value. */
MUST_USE enum err values_next(struct reader *r, struct str *ret_value, struct diag *d);
MUST_USE enum err cloudtrail_open(struct reader *r, struct diag *d);
MUST_USE enum err cloudtrail_next(struct reader *r, struct reader_record *record, struct diag *d);

#endif

/* reader.h -- One captured object, whatever wrote it, as a run of records: our captures, NDJSON,
 * concatenated JSON and failed records (Firehose), CloudTrail's {"Records":[...]}, CSV, the logs of
 * VPCs, load balancers and S3, what KPL aggregated; plain, gzip (several members, FNAME) or zstd
 * (several frames, skippable ones; a dictionary is refused by name). Detected by content; a format
 * can be forced. */
#ifndef AFORO_REPLAY_READER_H
#define AFORO_REPLAY_READER_H

#include "base/diag.h"
#include "base/str.h"

#define READER_FIELDS_MAX 1024 /* columns of a CSV */

enum reader_format {
    READER_DETECT,
    READER_CAPTURE,
    READER_NDJSON,
    READER_CONCATENATED,
    READER_CLOUDTRAIL,
    READER_CSV,
    READER_VPC_FLOW,
    READER_ALB,
    READER_S3_ACCESS,
    READER_FIREHOSE_FAILED,
    READER_KPL,
    READER_FORMAT_COUNT
};
struct csv_dialect {  /* zeros: '"' quotes, nothing escapes, the first row is the header */
    char delimiter;   /* 0: detected among , ; tab | */
    char quote;       /* 0: '"' */
    bool unquoted;    /* a quote is text */
    char escape;      /* 0: none */
    struct str names; /* "id,shop": of a text without a header; empty: it has one */
};
/* "delimiter=tab quote=none escape=\\ names=id,shop"; ERR_INVALID. Borrows the text. */
MUST_USE enum err csv_dialect_parse(struct str text, struct csv_dialect *ret_dialect,
                                    struct diag *d);
struct reader_form { /* zeros: detected */
    enum reader_format kind;
    struct csv_dialect csv;
    bool digest; /* reader_raw_sha256 will be asked for */
};
#define READER_FORMATS_HELP                                                                        \
    "detect (default), capture, ndjson, concatenated, cloudtrail, csv, vpc-flow, alb,\n"           \
    "                       s3-access, firehose-failed or kpl\n"
/* "detect", "capture", ...; ERR_INVALID names the nearest, or all. */
MUST_USE enum err reader_format_parse(struct str name, enum reader_format *ret_format,
                                      struct diag *d);
const char *reader_format_name(enum reader_format format);

struct reader_record {
    uint64_t ordinal; /* in its object, from 0 */
    struct str data;  /* JSON; CSV and logs: the row as it stands; too long: how it begins */
    const struct str *names, *fields;          /* CSV and logs; else NULL */
    size_t field_count;                        /* of both */
    struct str sequence_number, partition_key; /* captures, KPL: the key; else empty */
    int64_t arrived_us;                        /* captures, FIREHOSE_FAILED; else INSTANT_NEVER */
    /* why this record is none, short and stable; empty: it is one. What follows it can be read.
     * Over RECORD_BYTES_MAX is a problem of any format */
    struct str problem;
};
/* An object's stored bytes, one piece after the other. */
struct reader_input {
    /* The next piece, valid until the next call; empty: the end, and again then. */
    enum err (*more)(void *ctx, struct str *ret_piece, struct diag *d);
    void *ctx;
};
/* All bytes at once; *bytes is emptied as they are read. Both are borrowed. */
void reader_input_str(struct reader_input *ret_input, struct str *bytes);

struct reader;
/* `object` is borrowed. A capture of ours is unpacked into `a`; of other formats a part is in
 * memory, at most as long as two records may be, whatever the object's size (at most
 * CAPTURE_BYTES_MAX after decompression). ERR_CORRUPT: a checksum, a cut frame; ERR_INVALID: a
 * format that it is not; ERR_LIMIT; ERR_UNSUPPORTED: a compression or a dictionary that is not
 * read. Messages name the byte, or the line. */
MUST_USE enum err reader_open(struct arena *a, struct str object, const struct reader_form *form,
                              struct reader **ret_reader, struct diag *d);
/* The same, of bytes that are never in memory as a whole; not a capture of ours. */
MUST_USE enum err reader_open_input(struct arena *a, const struct reader_input *input,
                                    const struct reader_form *form, struct reader **ret_reader,
                                    struct diag *d);
enum reader_format reader_format(const struct reader *r);
/* ERR_NOT_FOUND at the end (d untouched). ERR_INVALID: this record cannot be delimited, and nothing
 * after it can be trusted; ERR_LIMIT: so it is with one of more than RECORD_BYTES_MAX that is not a
 * line; what reader_open says of bytes that were not unpacked then: an object is known to be whole
 * at its end only. The record is valid until the next call. */
MUST_USE enum err reader_next(struct reader *r, struct arena *a, struct reader_record *ret_record,
                              struct diag *d);
/* At the end: of the bytes after decompression, as `zstd -dc` or `gzip -dc` give them. */
uint64_t reader_raw_bytes(const struct reader *r);
struct str reader_raw_sha256(const struct reader *r, struct arena *a); /* 64 hex digits */

/* Decompression by itself: gzip, zstd, or bytes as they are (borrowed). */
MUST_USE enum err reader_inflate(struct arena *a, struct str object, struct str *ret_bytes,
                                 struct diag *d);

#endif

/* reader.c -- An opened object and its records.
 *
 * Which side of the line a fault falls on: a record whose end is known and whose content is not
 * what it should be is given (the decoder, or `problem`, says why it is refused), and the next one
 * follows; where the end is not known (JSON one after another, an array that breaks off), the
 * object as a whole is refused. */
#include "reader_parts.h"

#include "base/digest.h"
#include "base/encode.h"
#include "base/instant.h"
#include "base/json.h"
#include "base/limits.h"
#include "pipeline/aggregated.h"
#include "wire/kpl.h"

#define BOM STR("\xEF\xBB\xBF")

struct reader {
    enum reader_format format;
    struct arena *home; /* of what is opened */
    struct str raw;     /* after decompression; captures: unused */
    struct str text;    /* raw without a byte-order mark */
    size_t at;          /* NDJSON, CONCATENATED */
    uint64_t ordinal;
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

enum reader_format reader_format(const struct reader *r)
{
    return r->format;
}

/* ---- lines ---- */

static enum err line_next(struct reader *r, struct reader_record *record)
{
    while (r->at < r->text.len) {
        struct str rest = str_from(r->text, r->at);
        size_t end = str_find(rest, '\n');
        struct str line = str_trim(str_slice(rest, 0, end));
        r->at = end == STR_NONE ? r->text.len : r->at + end + 1;
        if (line.len > 0) {
            record->data = line;
            return ERR_OK;
        }
    }
    return ERR_NOT_FOUND;
}

/* ---- one after another ---- */

/* AWS firehose-records-1: records are delivered one after another, with nothing between them. */

static enum err concatenated_next(struct reader *r, struct reader_record *record, struct diag *d)
{
    enum err err = json_split(r->text, &r->at, &record->data, d);
    if (err == ERR_INVALID) {
        return diag_context(d, "record %llu, which begins behind byte %zu",
                            (unsigned long long)r->ordinal, r->at);
    }
    return err;
}

/* ---- {"Records":[...]} ---- */

/* AWS cloudtrail-object-1: an object is one JSON object, and Records in it the events. */
static enum err cloudtrail_open(struct reader *r, struct diag *d)
{
    struct json_scan *s = &r->scan;
    json_scan_init(s, r->text);
    enum json_token token = json_scan_next(s);
    if (token != JSON_OBJECT) {
        return token == JSON_ERROR ? json_scan_fail(s, d)
                                   : fail(d, ERR_INVALID, "not an object with Records");
    }
    while ((token = json_scan_next(s)) == JSON_KEY) {
        if (!str_eq(s->raw, STR("Records"))) {
            if (json_scan_skip(s, NULL) == JSON_ERROR) {
                return json_scan_fail(s, d);
            }
            continue;
        }
        token = json_scan_next(s);
        if (token == JSON_ARRAY) {
            return ERR_OK;
        }
        return token == JSON_ERROR
                   ? json_scan_fail(s, d)
                   : fail(d, ERR_INVALID, "byte %zu: Records is not an array", s->token_at);
    }
    return token == JSON_ERROR ? json_scan_fail(s, d)
                               : fail(d, ERR_INVALID, "not an object with Records");
}

/* Behind the array: the rest must be JSON too, or the object was cut. */
static enum err cloudtrail_end(struct json_scan *s, struct diag *d)
{
    enum json_token token;
    do {
        token = json_scan_next(s);
    } while (token != JSON_END && token != JSON_ERROR);
    return token == JSON_END ? ERR_NOT_FOUND : json_scan_fail(s, d);
}

static enum err cloudtrail_next(struct reader *r, struct reader_record *record, struct diag *d)
{
    struct json_scan *s = &r->scan;
    enum json_token token = json_scan_next(s);
    size_t from = s->token_at;
    if (token == JSON_ARRAY_END) {
        return cloudtrail_end(s, d);
    }
    if (token == JSON_OBJECT || token == JSON_ARRAY) {
        token = json_scan_skip(s, NULL);
    }
    if (token == JSON_ERROR) {
        (void)json_scan_fail(s, d);
        return diag_context(d, "record %llu", (unsigned long long)r->ordinal);
    }
    record->data = str_slice(r->text, from, s->at);
    return ERR_OK;
}

/* ---- our captures ---- */

static enum err capture_next(struct reader *r, struct reader_record *record)
{
    while (r->parts == r->parts_end) {
        size_t count;
        if (r->at >= r->record_count) {
            return ERR_NOT_FOUND;
        }
        r->parts = aggregated_of(r->home, &r->records[r->at++], &count);
        r->parts_end = r->parts + count;
    }
    const struct capture_record *from = r->parts++;
    record->data = from->data;
    record->sequence_number = from->sequence_number;
    record->partition_key = from->partition_key;
    record->arrived_us = from->arrived_us;
    return ERR_OK;
}

static enum err packed_next(struct reader *r, struct reader_record *record)
{
    if (r->at >= r->packed_count) {
        return ERR_NOT_FOUND;
    }
    const struct kpl_record *from = &r->packed[r->at++];
    record->data = from->data;
    record->partition_key = from->partition_key;
    return ERR_OK;
}

/* ---- the whole ---- */

static enum err text_open(struct reader *r, struct str object, const struct reader_form *form,
                          struct diag *d)
{
    struct arena *a = r->home;
    TRY(reader_inflate(a, object, &r->raw, d));
    r->text = str_starts(r->raw, BOM) ? str_from(r->raw, BOM.len) : r->raw;
    if (r->format == READER_DETECT) {
        TRY(format_detect(r->text, &form->csv, a, &r->format, d));
    }
    switch (r->format) {
    case READER_CLOUDTRAIL:
        return cloudtrail_open(r, d);
    case READER_CSV:
        return csv_records_open(&r->csv, a, r->text, &form->csv, d);
    case READER_VPC_FLOW:
    case READER_ALB:
    case READER_S3_ACCESS:
        field_records_open(&r->fields, a, r->text, r->format);
        return ERR_OK;
    case READER_KPL:
        return kpl_split(a, r->raw, &r->packed, &r->packed_count, d);
    case READER_DETECT:
    case READER_CAPTURE:
    case READER_NDJSON:
    case READER_CONCATENATED:
    case READER_FIREHOSE_FAILED:
    case READER_FORMAT_COUNT:
        break;
    }
    return ERR_OK;
}

enum err reader_open(struct arena *a, struct str object, const struct reader_form *form,
                     struct reader **ret_reader, struct diag *d)
{
    struct reader *r = NEW(a, struct reader);
    r->home = a;
    r->format = form->kind;
    if (r->format == READER_DETECT && capture_was(object)) {
        r->format = READER_CAPTURE;
    }
    if (r->format == READER_CAPTURE) {
        TRY(capture_read(a, object, &r->records, &r->record_count, d));
    } else {
        TRY(text_open(r, object, form, d));
    }
    *ret_reader = r;
    return ERR_OK;
}

enum err reader_next(struct reader *r, struct arena *a, struct reader_record *ret_record,
                     struct diag *d)
{
    struct reader_record record = {.arrived_us = INSTANT_NEVER};
    switch (r->format) {
    case READER_CAPTURE:
        TRY(capture_next(r, &record));
        break;
    case READER_CONCATENATED:
        TRY(concatenated_next(r, &record, d));
        break;
    case READER_CLOUDTRAIL:
        TRY(cloudtrail_next(r, &record, d));
        break;
    case READER_CSV:
        TRY(csv_records_next(&r->csv, a, &record));
        break;
    case READER_VPC_FLOW:
    case READER_ALB:
    case READER_S3_ACCESS:
        TRY(field_records_next(&r->fields, &record));
        break;
    case READER_FIREHOSE_FAILED: {
        enum err err = failed_next(r->text, &r->at, a, &record, d);
        if (err != ERR_OK) {
            return err == ERR_NOT_FOUND
                       ? err
                       : diag_context(d, "record %llu", (unsigned long long)r->ordinal);
        }
        break;
    }
    case READER_KPL:
        TRY(packed_next(r, &record));
        break;
    case READER_NDJSON:
    case READER_DETECT:
    case READER_FORMAT_COUNT:
        TRY(line_next(r, &record));
        break;
    }
    if (record.data.len > RECORD_BYTES_MAX && record.problem.len == 0) {
        record.problem = STR("record: over 10 MiB");
    }
    record.ordinal = r->ordinal++;
    *ret_record = record;
    return ERR_OK;
}

/* ---- the bytes ---- */

uint64_t reader_raw_bytes(const struct reader *r)
{
    uint64_t bytes = r->raw.len;
    for (size_t i = 0; i < r->record_count; i++) {
        bytes += r->records[i].data.len + 1;
    }
    return bytes;
}

struct str reader_raw_sha256(const struct reader *r, struct arena *a)
{
    uint8_t bytes[DIGEST_BYTES_MAX];
    struct digest *g = digest_new(a, DIGEST_SHA256);
    struct buf hex;
    digest_add(g, r->raw);
    for (size_t i = 0; i < r->record_count; i++) {
        digest_add(g, r->records[i].data);
        digest_add(g, STR("\n"));
    }
    digest_end(g, bytes);
    buf_init(&hex, a, (size_t)2 * DIGEST_BYTES_MAX);
    encode_hex(&hex, str_n((const char *)bytes, digest_bytes(DIGEST_SHA256)));
    return buf_str(&hex);
}

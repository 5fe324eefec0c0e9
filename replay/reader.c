/* reader.c -- An opened object and its records.
 *
 * Which side of the line a fault falls on: a record whose end is known and whose content is not
 * what it should be is given (the decoder, or `problem`, says why it is refused), and the next one
 * follows; where the end is not known (JSON one after another, an array that breaks off), the
 * object as a whole is refused. */
#include "reader_parts.h"

#include "base/encode.h"
#include "base/instant.h"
#include "pipeline/aggregated.h"
#include "wire/kpl.h"

#define BOM STR("\xEF\xBB\xBF")

enum reader_format reader_format(const struct reader *r)
{
    return r->format;
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

/* ---- the text ---- */

static enum err bytes_more(void *ctx, struct str *ret_piece, struct diag *d)
{
    struct str *bytes = ctx;
    (void)d;
    *ret_piece = *bytes;
    *bytes = STR_EMPTY;
    return ERR_OK;
}

void reader_input_str(struct reader_input *ret_input, struct str *bytes)
{
    *ret_input = (struct reader_input){.more = bytes_more, .ctx = bytes};
}

enum err reader_more(struct reader *r, size_t from, struct diag *d)
{
    TRY(view_more(&r->view, from, d));
    r->at -= r->at < from ? r->at : from;
    r->scan.text = r->view.text;
    r->scan.at -= r->scan.at < from ? r->scan.at : from;
    r->scan.origin = (size_t)r->view.at;
    return ERR_OK;
}

/* So much of the text that its format can be told. */
static enum err settle(struct reader *r, struct diag *d)
{
    while (!r->view.ended && !view_is_full(&r->view, 0) && !format_is_settled(r->view.text)) {
        TRY(reader_more(r, 0, d));
    }
    return ERR_OK;
}

static enum err packed_open(struct reader *r, struct diag *d)
{
    while (!r->view.ended) {
        TRY(reader_more(r, 0, d));
    }
    r->at = 0;
    return kpl_split(r->home, r->view.text, &r->packed, &r->packed_count, d);
}

/* ---- the whole ---- */

static enum err format_open(struct reader *r, const struct reader_form *form, struct diag *d)
{
    switch (r->format) {
    case READER_CLOUDTRAIL:
        return cloudtrail_open(r, d);
    case READER_NDJSON:
    case READER_CSV:
    case READER_VPC_FLOW:
    case READER_ALB:
    case READER_S3_ACCESS:
        return rows_open(r, &form->csv, d);
    case READER_KPL:
        return packed_open(r, d);
    case READER_DETECT:
    case READER_CAPTURE:
    case READER_CONCATENATED:
    case READER_FIREHOSE_FAILED:
    case READER_FORMAT_COUNT:
        break;
    }
    return ERR_OK;
}

enum err reader_open_input(struct arena *a, const struct reader_input *input,
                           const struct reader_form *form, struct reader **ret_reader,
                           struct diag *d)
{
    struct reader *r = NEW(a, struct reader);
    r->home = a;
    r->format = form->kind;
    TRY(view_open(&r->view, a, input, form, d));
    if (r->format == READER_DETECT) {
        TRY(settle(r, d));
    }
    while (r->view.text.len < BOM.len && !r->view.ended) {
        TRY(reader_more(r, 0, d));
    }
    r->at = str_starts(r->view.text, BOM) ? BOM.len : 0;
    if (r->format == READER_DETECT) {
        TRY(format_detect(str_from(r->view.text, r->at), &form->csv, a, &r->format, d));
    }
    TRY(format_open(r, form, d));
    *ret_reader = r;
    return ERR_OK;
}

static enum err capture_open(struct arena *a, struct str object, const struct reader_form *form,
                             struct reader **ret_reader, struct diag *d)
{
    struct reader *r = NEW(a, struct reader);
    r->home = a;
    r->format = READER_CAPTURE;
    TRY(capture_read(a, object, &r->records, &r->record_count, d));
    if (form->digest) {
        r->view.digest = digest_new(a, DIGEST_SHA256);
    }
    for (size_t i = 0; i < r->record_count; i++) {
        r->view.at += r->records[i].data.len + 1;
        if (form->digest) {
            digest_add(r->view.digest, r->records[i].data);
            digest_add(r->view.digest, STR("\n"));
        }
    }
    *ret_reader = r;
    return ERR_OK;
}

enum err reader_open(struct arena *a, struct str object, const struct reader_form *form,
                     struct reader **ret_reader, struct diag *d)
{
    if (form->kind == READER_CAPTURE || (form->kind == READER_DETECT && capture_was(object))) {
        return capture_open(a, object, form, ret_reader, d);
    }
    struct reader_input input;
    reader_input_str(&input, arena_copy(a, &object, sizeof(object)));
    return reader_open_input(a, &input, form, ret_reader, d);
}

static enum err record_next(struct reader *r, struct arena *a, struct reader_record *record,
                            struct diag *d)
{
    switch (r->format) {
    case READER_CAPTURE:
        return capture_next(r, record);
    case READER_CONCATENATED:
        return values_next(r, &record->data, d);
    case READER_CLOUDTRAIL:
        return cloudtrail_next(r, record, d);
    case READER_FIREHOSE_FAILED: {
        struct str envelope;
        TRY(values_next(r, &envelope, d));
        failed_open(envelope, a, record);
        return ERR_OK;
    }
    case READER_KPL:
        return packed_next(r, record);
    case READER_CSV:
    case READER_VPC_FLOW:
    case READER_ALB:
    case READER_S3_ACCESS:
    case READER_NDJSON:
    case READER_DETECT:
    case READER_FORMAT_COUNT:
        break;
    }
    return rows_next(r, a, record, d);
}

enum err reader_next(struct reader *r, struct arena *a, struct reader_record *ret_record,
                     struct diag *d)
{
    struct reader_record record = {.arrived_us = INSTANT_NEVER};
    TRY(record_next(r, a, &record, d));
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
    return r->view.at + r->view.text.len;
}

struct str reader_raw_sha256(const struct reader *r, struct arena *a)
{
    uint8_t bytes[DIGEST_BYTES_MAX];
    struct buf hex;
    ASSERT(r->view.digest != NULL);
    digest_end(r->view.digest, bytes);
    buf_init(&hex, a, (size_t)2 * DIGEST_BYTES_MAX);
    encode_hex(&hex, str_n((const char *)bytes, digest_bytes(DIGEST_SHA256)));
    return buf_str(&hex);
}

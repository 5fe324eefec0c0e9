/* GetRecords: the hot path of every lander. The answer is read in one pass by the pull scanner;
 * only decoded data and escaped texts are copied. Members that are not known are skipped, as every
 * client must. */
#include "base/decimal.h"
#include "base/encode.h"
#include "base/limits.h"
#include "kinesis_json.h"

struct reader {
    struct json_scan scan;
    struct arena *arena;
    struct diag *d;
};

static enum err bad_answer(const struct reader *r, const char *what)
{
    return fail(r->d, ERR_CORRUPT, "kinesis GetRecords, byte %zu of the answer: %s",
                r->scan.token_at, what);
}

static enum err read_string(struct reader *r, struct str *ret_text)
{
    if (json_scan_next(&r->scan) != JSON_STRING) {
        return bad_answer(r, "a string was expected");
    }
    *ret_text = json_scan_text(&r->scan, r->arena);
    return ERR_OK;
}

static enum err read_data(struct reader *r, struct str *ret_data)
{
    struct str text;
    struct buf data;
    TRY(read_string(r, &text));
    buf_init(&data, r->arena, decode_base64_size(text) + 1);
    struct diag why = DIAG_INIT;
    if (decode_base64(&data, text, &why) != ERR_OK) {
        return bad_answer(r, why.msg);
    }
    *ret_data = buf_str(&data);
    return ERR_OK;
}

/* Seconds since the epoch, with a fraction or as 1.4E9; digits past the microsecond are cut. */
static enum err read_arrival(struct reader *r, int64_t *ret_us)
{
    struct diag why = DIAG_INIT;
    if (json_scan_next(&r->scan) != JSON_NUMBER) {
        return bad_answer(r, "a number of seconds was expected");
    }
    struct str number = r->scan.raw;
    size_t point = str_find(number, '.');
    bool exponent = str_find(number, 'e') != STR_NONE || str_find(number, 'E') != STR_NONE;
    if (point != STR_NONE && !exponent) {
        number = str_slice(number, 0, point + 7);
    }
    return decimal_parse(number, 6, ret_us, &why) == ERR_OK ? ERR_OK : bad_answer(r, why.msg);
}

static enum err read_record(struct reader *r, struct kinesis_record *ret_record)
{
    struct kinesis_record record = {.arrived_us = 0};
    for (;;) {
        enum json_token token = json_scan_next(&r->scan);
        if (token == JSON_OBJECT_END) {
            break;
        }
        if (token != JSON_KEY) {
            return bad_answer(r, "a record was expected");
        }
        struct str key = r->scan.raw;
        if (str_eq(key, STR("Data"))) {
            TRY(read_data(r, &record.data));
        } else if (str_eq(key, STR("SequenceNumber"))) {
            TRY(read_string(r, &record.sequence_number));
        } else if (str_eq(key, STR("PartitionKey"))) {
            TRY(read_string(r, &record.partition_key));
        } else if (str_eq(key, STR("ApproximateArrivalTimestamp"))) {
            TRY(read_arrival(r, &record.arrived_us));
        } else if (json_scan_skip(&r->scan, NULL) == JSON_ERROR) {
            return bad_answer(r, "not JSON");
        }
    }
    if (record.sequence_number.len == 0) {
        return bad_answer(r, "a record without a sequence number");
    }
    *ret_record = record;
    return ERR_OK;
}

static enum err read_records(struct reader *r, struct kinesis_batch *batch)
{
    size_t cap = 0;
    if (json_scan_next(&r->scan) != JSON_ARRAY) {
        return bad_answer(r, "Records is not a list");
    }
    for (;;) {
        enum json_token token = json_scan_next(&r->scan);
        if (token == JSON_ARRAY_END) {
            return ERR_OK;
        }
        if (token != JSON_OBJECT) {
            return bad_answer(r, "a record was expected");
        }
        if (batch->count == cap) {
            size_t more = cap == 0 ? 64 : cap * 2;
            batch->records = arena_grow(r->arena, batch->records, cap * sizeof(*batch->records),
                                        more * sizeof(*batch->records));
            cap = more;
        }
        TRY(read_record(r, &batch->records[batch->count]));
        batch->count++;
    }
}

/* null, or a string */
static enum err read_next_iterator(struct reader *r, struct str *ret_iterator)
{
    enum json_token token = json_scan_next(&r->scan);
    if (token == JSON_NULL) {
        return ERR_OK;
    }
    if (token != JSON_STRING) {
        return bad_answer(r, "NextShardIterator is neither text nor null");
    }
    *ret_iterator = json_scan_text(&r->scan, r->arena);
    return ERR_OK;
}

static enum err read_behind(struct reader *r, int64_t *ret_ms)
{
    struct diag why = DIAG_INIT;
    enum json_token token = json_scan_next(&r->scan);
    if (token == JSON_NULL) {
        return ERR_OK;
    }
    if (token != JSON_NUMBER || str_i64(r->scan.raw, ret_ms, &why) != ERR_OK) {
        return bad_answer(r, "MillisBehindLatest is not a whole number");
    }
    return ERR_OK;
}

static enum err read_answer(struct reader *r, struct kinesis_batch *batch)
{
    bool records = false;
    if (json_scan_next(&r->scan) != JSON_OBJECT) {
        return bad_answer(r, "an object was expected");
    }
    for (;;) {
        enum json_token token = json_scan_next(&r->scan);
        if (token == JSON_OBJECT_END) {
            break;
        }
        if (token != JSON_KEY) {
            return bad_answer(r, "not JSON");
        }
        struct str key = r->scan.raw;
        if (str_eq(key, STR("Records")) && !records) {
            records = true;
            TRY(read_records(r, batch));
        } else if (str_eq(key, STR("NextShardIterator"))) {
            TRY(read_next_iterator(r, &batch->next_iterator));
        } else if (str_eq(key, STR("MillisBehindLatest"))) {
            TRY(read_behind(r, &batch->behind_ms));
        } else if (json_scan_skip(&r->scan, NULL) == JSON_ERROR) {
            return bad_answer(r, "not JSON");
        }
    }
    return records && json_scan_next(&r->scan) == JSON_END
               ? ERR_OK
               : bad_answer(r, "no Records, or text after the answer");
}

/* A damaged answer is asked for again by the same iterator: it names a place and is not used up. */
#define GET_TRIES 3

enum err kinesis_get(struct aws_client *c, struct str iterator, int limit, struct arena *a,
                     struct kinesis_batch *ret_batch, struct diag *d)
{
    struct buf text;
    struct json_out json;
    buf_init(&text, a, 6 * iterator.len + 128);
    json_out_init(&json, &text);
    json_out_object(&json);
    json_out_kstr(&json, "ShardIterator", iterator);
    if (limit > 0) {
        json_out_ki64(&json, "Limit", limit);
    }
    json_out_object_end(&json);
    for (int try = 1;; try++) {
        struct kinesis_call call = {
            .operation = "GetRecords", .body = buf_str(&text), .read_only = true};
        struct kinesis_batch batch = {.count = 0};
        struct diag why = DIAG_INIT;
        struct str answer;
        TRY(kinesis_send(c, &call, a, &answer, d));
        struct reader r = {.arena = a, .d = &why};
        json_scan_init(&r.scan, answer);
        if (read_answer(&r, &batch) == ERR_OK) {
            *ret_batch = batch;
            return ERR_OK;
        }
        if (try == GET_TRIES) {
            *d = why;
            return why.code;
        }
        if (aws_backoff(c, "kinesis.get", try) != ERR_OK) {
            return fail(d, ERR_CANCELLED, "stopped while waiting to get again");
        }
    }
}

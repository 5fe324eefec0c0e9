/* CBOR of either dialect, which differ in moments alone: no request here has one. Data is not
 * copied: it stays in the body. */
#include "base/encode.h"
#include "kinesis_limits.h"
#include "put_request.h"
#include "wire/cbor.h"

struct reader {
    struct cbor_scan scan;
    struct arena *arena;
    struct put_request *request;
    struct put_entry *single; /* NULL: PutRecords */
};

/* null is as good as absent. Text that is no UTF-8 is left to the codec. */
static bool text_next(struct reader *r, struct str *ret_text)
{
    enum cbor_token token = cbor_next(&r->scan);
    if (token != CBOR_TEXT) {
        return token == CBOR_NULL;
    }
    struct str text = cbor_text(&r->scan, r->arena);
    *ret_text = text;
    return utf8_is_valid(text);
}

static bool data_next(struct reader *r, struct put_entry *entry)
{
    if (cbor_next(&r->scan) != CBOR_BYTES) {
        return false;
    }
    entry->data = cbor_text(&r->scan, r->arena);
    entry->has_data = true;
    return true;
}

static bool entry_member(struct reader *r, struct str key, struct put_entry *entry)
{
    if (str_eq(key, STR("Data"))) {
        return data_next(r, entry);
    }
    if (str_eq(key, STR("PartitionKey"))) {
        return text_next(r, &entry->partition_key);
    }
    if (str_eq(key, STR("ExplicitHashKey"))) {
        return text_next(r, &entry->explicit_hash_key);
    }
    return cbor_skip(&r->scan, cbor_next(&r->scan));
}

static bool key_next(struct reader *r, struct str *ret_key)
{
    if (cbor_next(&r->scan) != CBOR_TEXT) {
        return false;
    }
    *ret_key = cbor_text(&r->scan, r->arena);
    return true;
}

static bool entry_next(struct reader *r, struct put_entry *entry)
{
    struct cbor_run run;
    if (cbor_next(&r->scan) != CBOR_MAP || !cbor_enter(&r->scan, true, &run)) {
        return false;
    }
    while (cbor_more(&r->scan, &run)) {
        struct str key;
        if (!key_next(r, &key) || !entry_member(r, key, entry)) {
            return false;
        }
    }
    return r->scan.error == NULL;
}

static bool entries_next(struct reader *r)
{
    struct put_request *request = r->request;
    struct cbor_run run;
    if (cbor_next(&r->scan) != CBOR_ARRAY || !cbor_enter(&r->scan, false, &run)) {
        return false;
    }
    request->entries = NEW_ARRAY(r->arena, struct put_entry, KINESIS_PUT_RECORDS_MAX);
    request->count = 0;
    while (cbor_more(&r->scan, &run)) {
        if (request->count == KINESIS_PUT_RECORDS_MAX ||
            !entry_next(r, &request->entries[request->count++])) {
            return false;
        }
    }
    return r->scan.error == NULL;
}

static bool request_member(struct reader *r, struct str key)
{
    struct put_request *request = r->request;
    if (str_eq(key, STR("StreamName"))) {
        return text_next(r, &request->stream_name);
    }
    if (str_eq(key, STR("StreamARN"))) {
        return text_next(r, &request->stream_arn);
    }
    if (str_eq(key, STR("StreamId"))) {
        return false;
    }
    if (r->single != NULL && str_eq(key, STR("SequenceNumberForOrdering"))) {
        return text_next(r, &request->number_for_ordering);
    }
    if (r->single != NULL) {
        return entry_member(r, key, r->single);
    }
    return str_eq(key, STR("Records")) ? entries_next(r) : cbor_skip(&r->scan, cbor_next(&r->scan));
}

bool put_request_cbor(struct put_request *request, struct str body, struct arena *a, bool single)
{
    struct reader r = {.arena = a, .request = request, .single = single ? request->entries : NULL};
    struct cbor_run run;
    cbor_scan_init(&r.scan, body);
    if (cbor_next(&r.scan) != CBOR_MAP || !cbor_enter(&r.scan, true, &run)) {
        return false;
    }
    while (cbor_more(&r.scan, &run)) {
        struct str key;
        if (!key_next(&r, &key) || !request_member(&r, key)) {
            return false;
        }
    }
    return cbor_at_end(&r.scan);
}

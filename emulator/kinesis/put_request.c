/* One pass over the body; whatever it does not expect goes to kinesis_explain, which reads it by
 * the model and finds AWS's words. */
#include "put_request.h"

#include "base/encode.h"
#include "kinesis_call.h"

/* The text of the value that comes next; null is as good as absent. false: another kind of value.
 */
static bool text_next(struct json_scan *scan, struct arena *a, struct str *ret_text)
{
    enum json_token token = json_scan_next(scan);
    if (token == JSON_NULL) {
        return true;
    }
    if (token != JSON_STRING) {
        return false;
    }
    *ret_text = json_scan_text(scan, a);
    return true;
}

/* "" where the model wants more: not the same as absent. */
static bool is_given_empty(struct str text)
{
    return text.ptr != NULL && text.len == 0;
}

static bool data_next(struct json_scan *scan, struct arena *a, struct put_request *r,
                      struct put_entry *entry)
{
    struct str text = {.ptr = NULL};
    struct diag d = DIAG_INIT;
    if (!text_next(scan, a, &text) || text.ptr == NULL) {
        return false;
    }
    size_t begin = r->bytes.len;
    if (decode_base64_size(text) > r->bytes.cap - begin ||
        decode_base64(&r->bytes, text, &d) != ERR_OK) {
        return false;
    }
    entry->data = str_n(r->bytes.ptr + begin, r->bytes.len - begin);
    entry->has_data = true;
    return true;
}

/* One member of an entry; unknown ones are skipped. */
static bool entry_member(struct json_scan *scan, struct arena *a, struct put_request *r,
                         struct put_entry *entry)
{
    struct str key = json_scan_text(scan, a);
    if (str_eq(key, STR("Data"))) {
        return data_next(scan, a, r, entry);
    }
    if (str_eq(key, STR("PartitionKey"))) {
        return text_next(scan, a, &entry->partition_key);
    }
    if (str_eq(key, STR("ExplicitHashKey"))) {
        return text_next(scan, a, &entry->explicit_hash_key);
    }
    return json_scan_skip(scan, NULL) != JSON_ERROR;
}

static bool entry_next(struct json_scan *scan, struct arena *a, struct put_request *r,
                       struct put_entry *entry)
{
    enum json_token token;
    while ((token = json_scan_next(scan)) == JSON_KEY) {
        if (!entry_member(scan, a, r, entry)) {
            return false;
        }
    }
    return token == JSON_OBJECT_END;
}

static bool entries_next(struct json_scan *scan, struct arena *a, struct put_request *r)
{
    if (json_scan_next(scan) != JSON_ARRAY) {
        return false;
    }
    r->entries = NEW_ARRAY(a, struct put_entry, KINESIS_PUT_RECORDS_MAX);
    r->count = 0;
    enum json_token token;
    while ((token = json_scan_next(scan)) == JSON_OBJECT) {
        if (r->count == KINESIS_PUT_RECORDS_MAX ||
            !entry_next(scan, a, r, &r->entries[r->count++])) {
            return false;
        }
    }
    return token == JSON_ARRAY_END;
}

/* 0|([1-9]\d{0,128}), or not given. */
static bool number_is_plain(struct str number)
{
    bool zero = number.len > 0 && number.ptr[0] == '0';
    bool plain = number.ptr == NULL || (number.len > 0 && number.len <= (zero ? 1 : 129));
    for (size_t i = 0; i < number.len; i++) {
        plain = plain && number.ptr[i] >= '0' && number.ptr[i] <= '9';
    }
    return plain;
}

/* A member of the request itself; `single`: of PutRecord, whose one entry lies among them. */
static bool request_member(struct json_scan *scan, struct arena *a, struct put_request *r,
                           struct put_entry *single)
{
    struct str key = json_scan_text(scan, a);
    if (str_eq(key, STR("StreamName"))) {
        return text_next(scan, a, &r->stream_name);
    }
    if (str_eq(key, STR("StreamARN"))) {
        return text_next(scan, a, &r->stream_arn);
    }
    if (str_eq(key, STR("StreamId"))) {
        return false;
    }
    if (single != NULL && str_eq(key, STR("SequenceNumberForOrdering"))) {
        return text_next(scan, a, &r->number_for_ordering);
    }
    if (single != NULL) {
        return entry_member(scan, a, r, single);
    }
    if (str_eq(key, STR("Records"))) {
        return entries_next(scan, a, r);
    }
    return json_scan_skip(scan, NULL) != JSON_ERROR;
}

static size_t utf8_count(struct str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += ((uint8_t)text.ptr[i] & 0xc0) != 0x80;
    }
    return count;
}

static bool name_is_plain(struct str name)
{
    if (is_given_empty(name)) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        char ch = name.ptr[i];
        if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') ||
              ch == '_' || ch == '.' || ch == '-')) {
            return false;
        }
    }
    return name.len <= STREAM_NAME_BYTES_MAX;
}

static bool entry_is_plain(struct put_entry *entry)
{
    struct str key = entry->partition_key;
    if (is_given_empty(entry->explicit_hash_key)) {
        return false;
    }
    if (entry->explicit_hash_key.len > 0) {
        entry->verdict = hash_key_parse(entry->explicit_hash_key, &entry->explicit_key);
    }
    return entry->has_data && key.len > 0 && entry->verdict != HASH_KEY_NOT_A_NUMBER &&
           (key.len <= KINESIS_PARTITION_KEY_CHARS_MAX ||
            utf8_count(key) <= KINESIS_PARTITION_KEY_CHARS_MAX);
}

static bool entries_are_plain(struct put_request *r)
{
    for (size_t i = 0; i < r->count; i++) {
        struct put_entry *entry = &r->entries[i];
        if (!entry_is_plain(entry)) {
            return false;
        }
        size_t bytes = entry->data.len + entry->partition_key.len;
        r->bytes_most = bytes > r->bytes_most ? bytes : r->bytes_most;
        r->bytes_total += bytes;
    }
    return r->count > 0;
}

/* JSON. false: something is not as it should be; what was read of it is worth nothing. */
static bool json_read(struct put_request *r, struct str body, struct arena *a, bool single)
{
    struct json_scan scan;
    json_scan_init(&scan, body);
    buf_init(&r->bytes, a, HTTP_BODY_BYTES_MAX);
    (void)buf_reserve(&r->bytes, decode_base64_size(body) + 1);
    if (json_scan_next(&scan) != JSON_OBJECT) {
        return false;
    }
    enum json_token token;
    while ((token = json_scan_next(&scan)) == JSON_KEY) {
        if (!request_member(&scan, a, r, single ? r->entries : NULL)) {
            return false;
        }
    }
    return token == JSON_OBJECT_END && json_scan_next(&scan) == JSON_END;
}

static struct put_request *request_new(struct arena *a, bool single)
{
    struct put_request *r = NEW(a, struct put_request);
    if (single) {
        r->entries = NEW(a, struct put_entry);
        r->count = 1;
    }
    return r;
}

static bool request_is_plain(struct put_request *r)
{
    return name_is_plain(r->stream_name) && number_is_plain(r->number_for_ordering) &&
           stream_arn_is_plain(r->stream_arn) && entries_are_plain(r);
}

/* What is CBOR of another way than SDKs write it is read by the model, as JSON. */
struct put_request *put_request_read(struct call *c, bool single)
{
    struct put_request *r = request_new(c->arena, single);
    if (c->spoken->form != FORM_MODEL) {
        if (put_request_cbor(r, c->request->body, c->arena, single) && request_is_plain(r)) {
            return r;
        }
        r = request_new(c->arena, single);
    }
    struct str body;
    return kinesis_json(c, &body) && json_read(r, body, c->arena, single) && request_is_plain(r)
               ? r
               : NULL;
}

/* PutRecord and PutRecords: the hot path in. One pass over the body reads and checks every entry,
 * so that a request that is wrong changes nothing; then the entries are put one by one, each of
 * them taken or refused by itself. Whatever the pass does not expect goes to kinesis_explain, which
 * reads it by the model and finds AWS's words. */
#include "kinesis_call.h"

#include "base/encode.h"
#include "fan_out.h"

struct put_entry {
    struct str partition_key, data, explicit_hash_key; /* the last empty: not given */
    bool has_data;
};
struct put_request {
    struct str stream_name, stream_arn;
    struct put_entry *entries;
    size_t count;
    struct buf bytes; /* decoded data of all entries: never grows past what was reserved */
};

/* ---- reading ---- */

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
        return text_next(scan, a, &entry->explicit_hash_key) &&
               !is_given_empty(entry->explicit_hash_key);
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
        struct str number = {.ptr = NULL};
        return text_next(scan, a, &number) && number_is_plain(number);
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

static bool entry_is_plain(const struct put_entry *entry)
{
    struct hash_key unused;
    struct str key = entry->partition_key;
    return entry->has_data && key.len > 0 &&
           (key.len <= KINESIS_PARTITION_KEY_CHARS_MAX ||
            utf8_count(key) <= KINESIS_PARTITION_KEY_CHARS_MAX) &&
           (entry->explicit_hash_key.len == 0 ||
            hash_key_parse(entry->explicit_hash_key, &unused) != HASH_KEY_NOT_A_NUMBER);
}

/* false: something is not as the model wants it. */
static bool request_read(struct call *c, bool single, struct put_request *r)
{
    struct json_scan scan;
    json_scan_init(&scan, c->request->body);
    buf_init(&r->bytes, c->arena, HTTP_BODY_BYTES_MAX);
    (void)buf_reserve(&r->bytes, decode_base64_size(c->request->body) + 1);
    if (json_scan_next(&scan) != JSON_OBJECT) {
        return false;
    }
    if (single) {
        r->entries = NEW(c->arena, struct put_entry);
        r->count = 1;
    }
    enum json_token token;
    while ((token = json_scan_next(&scan)) == JSON_KEY) {
        if (!request_member(&scan, c->arena, r, single ? r->entries : NULL)) {
            return false;
        }
    }
    if (token != JSON_OBJECT_END || json_scan_next(&scan) != JSON_END ||
        !name_is_plain(r->stream_name) || !stream_arn_is_plain(r->stream_arn)) {
        return false;
    }
    for (size_t i = 0; i < r->count; i++) {
        if (!entry_is_plain(&r->entries[i])) {
            return false;
        }
    }
    return r->count > 0;
}

/* ---- checking ---- */

/* AWS kinesis-put-records-1: data and key of one record at most 1 MiB (more where the stream allows
 * it), 10 MiB over all. Refuses the whole request. */
static bool sizes_are_refused(struct call *c, const struct stream *s, const struct put_request *r)
{
    size_t total = 0;
    for (size_t i = 0; i < r->count; i++) {
        size_t bytes = r->entries[i].data.len + r->entries[i].partition_key.len;
        if (bytes > s->record_bytes_max) {
            call_fail(
                c, AWS_INVALID_ARGUMENT_EXCEPTION,
                "Data and PartitionKey of a record have %zu bytes; stream %.*s takes at most %zu.",
                bytes, STR_ARG(s->name), s->record_bytes_max);
            return true;
        }
        total += bytes;
    }
    if (total > KINESIS_PUT_BYTES_MAX) {
        call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION, "Records size exceeds 10 MB limit");
        return true;
    }
    const struct kinesis_store *k = c->state;
    if (k->held_bytes + total > KINESIS_HELD_BYTES_MAX) {
        call_fail(c, AWS_INTERNAL_FAILURE_EXCEPTION, "aforo holds at most %zu bytes of records.",
                  KINESIS_HELD_BYTES_MAX);
        return true;
    }
    return false;
}

static bool keys_are_refused(struct call *c, const struct put_request *r)
{
    struct hash_key unused;
    for (size_t i = 0; i < r->count; i++) {
        struct str text = r->entries[i].explicit_hash_key;
        if (text.len > 0 && hash_key_parse(text, &unused) != HASH_KEY_OK) {
            call_fail(c, AWS_INVALID_ARGUMENT_EXCEPTION,
                      "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, "
                      "2^128-1]. Specified value was %.*s",
                      STR_ARG(text));
            return true;
        }
    }
    return false;
}

/* Reads and checks a whole request; NULL: refused. */
static struct stream *request_begin(struct call *c, bool single, struct put_request *r)
{
    if (!request_read(c, single, r)) {
        kinesis_explain(c);
        return NULL;
    }
    struct stream *s = stream_for_data(c, r->stream_name, r->stream_arn);
    if (s == NULL || sizes_are_refused(c, s, r) || keys_are_refused(c, r)) {
        return NULL;
    }
    const struct kinesis_store *k = c->state;
    if (k->held_bytes > KINESIS_EXPIRED_BYTES_MAX) {
        stream_trim(
            s, c->now_us); /* readers trim by themselves; writers only when memory asks for it */
    }
    return s;
}

/* ---- putting ---- */

static struct shard *entry_shard(struct stream *s, const struct put_entry *entry)
{
    struct hash_key key;
    if (s->open_count == 1) {
        return s->open[0]; /* takes every hash key */
    }
    if (entry->explicit_hash_key.len == 0 ||
        hash_key_parse(entry->explicit_hash_key, &key) != HASH_KEY_OK) {
        key = hash_key_of(entry->partition_key);
    }
    return stream_shard_for(s, key);
}

/* The sequence number, or empty when the shard is over its limit. */
static struct str entry_put(struct call *c, const struct stream *s, struct shard *shard,
                            const struct put_entry *entry)
{
    size_t bytes = entry->data.len + entry->partition_key.len;
    if (kinesis_limited(c) && !throttle_write(&shard->throttle, bytes, c->now_us)) {
        return STR_EMPTY;
    }
    struct shard_record record = {
        .partition_key = entry->partition_key, .data = entry->data, .encrypted = s->key_id.len > 0};
    subscriptions_wake(c->core, shard);
    return shard_append(shard, &record, c->now_us);
}

/* What a PARTIAL fault answers for the entries that it hits. */
static struct str fault_code(const struct call *c)
{
    struct str code = c->fault.rule == NULL ? STR_EMPTY : c->fault.rule->error;
    return code.len > 0 ? code : STR("InternalFailure");
}

static void entry_failed(struct json_out *w, struct str code, struct str message)
{
    json_out_object(w);
    json_out_key(w, "ErrorCode");
    json_out_str(w, code);
    json_out_key(w, "ErrorMessage");
    json_out_str(w, message);
    json_out_object_end(w);
}

static void entry_done(struct json_out *w, struct str number, struct str shard)
{
    json_out_object(w);
    json_out_kstr(w, "SequenceNumber", number);
    json_out_kstr(w, "ShardId", shard);
    json_out_object_end(w);
}

static void encryption_write(struct json_out *w, const struct stream *s)
{
    if (s->key_id.len > 0) {
        json_out_kstr(w, "EncryptionType", STR("KMS"));
    }
}

/* Puts or refuses entry i, and writes what came of it; true: put. */
static bool entry_settle(struct call *c, struct stream *s, const struct put_request *r, size_t i,
                         struct json_out *w)
{
    const struct put_entry *entry = &r->entries[i];
    struct shard *shard = entry_shard(s, entry);
    if (c->fault.phase == FAULT_PARTIAL && fault_hits_entry(&c->fault, i, r->count)) {
        struct str code = fault_code(c);
        bool rate = str_eq(code, STR("ProvisionedThroughputExceededException"));
        entry_failed(w, code,
                     rate ? kinesis_rate_exceeded(c->arena, s, shard)
                          : STR("Internal service failure."));
        return false;
    }
    struct str number = entry_put(c, s, shard, entry);
    if (number.len == 0) {
        entry_failed(w, STR("ProvisionedThroughputExceededException"),
                     kinesis_rate_exceeded(c->arena, s, shard));
        return false;
    }
    entry_done(w, number, shard_id(shard));
    return true;
}

/* AWS kinesis-put-records-2: entries fail one by one, in the order of the request; the call itself
 * succeeds. */
void put_records(struct call *c)
{
    struct put_request r = {0};
    struct stream *s = request_begin(c, false, &r);
    if (s == NULL) {
        return;
    }
    struct buf results, body;
    struct json_out w;
    buf_init(&results, c->arena, HTTP_BODY_BYTES_MAX);
    (void)buf_reserve(&results, r.count * 128 + 64);
    json_out_init(&w, &results);
    json_out_array(&w);
    int64_t failed = 0;
    for (size_t i = 0; i < r.count; i++) {
        failed += !entry_settle(c, s, &r, i, &w);
    }
    json_out_array_end(&w);
    buf_init(&body, c->arena, HTTP_BODY_BYTES_MAX);
    (void)buf_reserve(&body, results.len + 64);
    json_out_init(&w, &body);
    json_out_object(&w);
    json_out_ki64(&w, "FailedRecordCount", failed);
    json_out_key(&w, "Records");
    json_out_raw(&w, buf_str(&results));
    encryption_write(&w, s);
    json_out_object_end(&w);
    kinesis_respond(c, buf_str(&body));
}

void put_record(struct call *c)
{
    struct put_request r = {0};
    struct stream *s = request_begin(c, true, &r);
    if (s == NULL) {
        return;
    }
    struct shard *shard = entry_shard(s, r.entries);
    if (c->fault.phase == FAULT_PARTIAL) {
        enum aws_error_id error = aws_error_find(fault_code(c));
        call_fail(c, error == AWS_OK ? AWS_INTERNAL_FAILURE_EXCEPTION : error,
                  "Internal service failure.");
        return;
    }
    struct str number = entry_put(c, s, shard, r.entries);
    if (number.len == 0) {
        struct str message = kinesis_rate_exceeded(c->arena, s, shard);
        call_fail(c, AWS_PROVISIONED_THROUGHPUT_EXCEEDED_EXCEPTION, "%.*s", STR_ARG(message));
        return;
    }
    struct buf body;
    struct json_out w;
    buf_init(&body, c->arena, HTTP_BODY_BYTES_MAX);
    json_out_init(&w, &body);
    json_out_object(&w);
    json_out_kstr(&w, "SequenceNumber", number);
    json_out_kstr(&w, "ShardId", shard_id(shard));
    encryption_write(&w, s);
    json_out_object_end(&w);
    kinesis_respond(c, buf_str(&body));
}

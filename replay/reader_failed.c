/* reader_failed.c -- What Firehose could not process or convert, as it puts it below its error
 * prefix (processing-failed/, format-conversion-failed/): one JSON object a record, whose rawData
 * is the record in base64. The records are what they were before they failed, with the time of
 * their arrival. */
#include "reader_parts.h"

#include "base/encode.h"
#include "base/instant.h"
#include "base/json.h"

/* AWS firehose-failed-record-1: both kinds have these; numbers may be written as text. */
struct envelope {
    struct str raw_data;
    int64_t arrived_ms;
    bool has_data, has_arrival, has_attempts;
};

static void take_member(struct envelope *e, struct str key, const struct json_scan *s,
                        enum json_token token)
{
    struct diag none = DIAG_INIT;
    bool text = token == JSON_STRING;
    if (str_eq(key, STR("rawData")) && text && !e->has_data) {
        e->raw_data = s->raw;
        e->has_data = true;
    } else if (str_eq(key, STR("arrivalTimestamp")) && (text || token == JSON_NUMBER)) {
        e->has_arrival = str_i64(s->raw, &e->arrived_ms, &none) == ERR_OK &&
                         e->arrived_ms > -INT64_C(62135596800000) &&
                         e->arrived_ms < INT64_C(253402300800000);
    } else if (str_eq(key, STR("attemptsMade"))) {
        e->has_attempts = true;
    }
}

/* The members of an object that is one JSON value. */
static struct envelope envelope_read(struct str value)
{
    struct envelope e = {.raw_data = STR_EMPTY, .arrived_ms = 0};
    struct json_scan s;
    json_scan_init(&s, value);
    if (json_scan_next(&s) != JSON_OBJECT) {
        return e;
    }
    while (json_scan_next(&s) == JSON_KEY) {
        struct str key = s.raw;
        enum json_token token = json_scan_next(&s);
        take_member(&e, key, &s, token);
        if (token == JSON_OBJECT || token == JSON_ARRAY) {
            token = json_scan_skip(&s, NULL);
        }
        if (token == JSON_ERROR) {
            break;
        }
    }
    return e;
}

bool failed_is(struct str text)
{
    size_t at = 0;
    struct str value;
    struct diag none = DIAG_INIT;
    if (json_split(text, &at, &value, &none) != ERR_OK) {
        return false;
    }
    struct envelope e = envelope_read(value);
    return e.has_data && e.has_arrival && e.has_attempts;
}

static struct str decoded(struct arena *a, const struct envelope *e, struct str *ret_problem)
{
    struct buf out;
    struct diag none = DIAG_INIT;
    struct json_scan text = {.raw = e->raw_data, .escaped = true};
    struct str base64 =
        str_find(e->raw_data, '\\') == STR_NONE ? e->raw_data : json_scan_text(&text, a);
    buf_init(&out, a, decode_base64_size(base64) + 64);
    if (!e->has_data || decode_base64(&out, base64, &none) != ERR_OK) {
        *ret_problem = e->has_data ? STR("rawData: not base64") : STR("rawData: missing");
    } else if (out.len == 0) {
        *ret_problem = STR("rawData: empty");
    }
    return buf_str(&out);
}

void failed_open(struct str envelope, struct arena *a, struct reader_record *record)
{
    struct envelope e = envelope_read(envelope);
    struct str data = decoded(a, &e, &record->problem);
    record->data = record->problem.len == 0 ? data : envelope;
    record->arrived_us = e.has_arrival ? e.arrived_ms * US_PER_MS : INSTANT_NEVER;
}

/* format.c -- Which format a text has, by its first bytes: what follows the first JSON value tells
 * lines from Firehose's objects without delimiter, its first name tells CloudTrail. */
#include "reader_parts.h"

#include <stdio.h>
#include "base/json.h"
#include "base/nearest.h"
#include "wire/kpl.h"

static const struct str names[READER_FORMAT_COUNT] = {
    [READER_DETECT] = STR_INIT("detect"),
    [READER_CAPTURE] = STR_INIT("capture"),
    [READER_NDJSON] = STR_INIT("ndjson"),
    [READER_CONCATENATED] = STR_INIT("concatenated"),
    [READER_CLOUDTRAIL] = STR_INIT("cloudtrail"),
    [READER_CSV] = STR_INIT("csv"),
    [READER_VPC_FLOW] = STR_INIT("vpc-flow"),
    [READER_ALB] = STR_INIT("alb"),
    [READER_S3_ACCESS] = STR_INIT("s3-access"),
    [READER_FIREHOSE_FAILED] = STR_INIT("firehose-failed"),
    [READER_KPL] = STR_INIT("kpl"),
};

enum err reader_format_parse(struct str name, enum reader_format *ret_format, struct diag *d)
{
    char all[160];
    size_t len = 0;
    for (size_t i = 0; i < READER_FORMAT_COUNT; i++) {
        if (str_eq(names[i], name)) {
            *ret_format = (enum reader_format)i;
            return ERR_OK;
        }
        int more = snprintf(all + len, sizeof(all) - len, "%s%s", i == 0 ? "" : ", ", names[i].ptr);
        len += more > 0 && (size_t)more < sizeof(all) - len ? (size_t)more : 0;
    }
    struct str near = nearest_name(name, names, READER_FORMAT_COUNT);
    return near.len > 0
               ? fail(d, ERR_INVALID, "there is no format \"%.*s\"; \"%.*s\"?", STR_ARG(name),
                      STR_ARG(near))
               : fail(d, ERR_INVALID, "there is no format \"%.*s\": %s", STR_ARG(name), all);
}

const char *reader_format_name(enum reader_format format)
{
    return names[format].ptr;
}

#define HEAD_BYTES 64 /* what is told by magic is told by so many */

/* ---- JSON ---- */

static bool is_cloudtrail(struct str text)
{
    static const enum json_token head[] = {JSON_OBJECT, JSON_KEY, JSON_ARRAY};
    struct json_scan s;
    json_scan_init(&s, text);
    for (size_t i = 0; i < sizeof(head) / sizeof(head[0]); i++) {
        enum json_token token = json_scan_next(&s);
        if (token != head[i] || (token == JSON_KEY && !str_eq(s.raw, STR("Records")))) {
            return false;
        }
    }
    return true;
}

/* Lines: the first value stands on one line, and nothing else does. A first value that is none is a
 * bad line. */
static bool is_lines(struct str text)
{
    size_t at = 0;
    struct str value;
    struct diag ignored = DIAG_INIT;
    if (json_split(text, &at, &value, &ignored) != ERR_OK) {
        return true;
    }
    struct str rest = str_from(text, at);
    struct str line = str_trim(str_slice(rest, 0, str_find(rest, '\n')));
    return line.len == 0 && str_find(value, '\n') == STR_NONE;
}

bool format_is_settled(struct str text)
{
    struct str begin = str_trim(text);
    if (text.len < HEAD_BYTES) {
        return false;
    }
    if (begin.len == 0 || begin.ptr[0] != '{') {
        return str_find(begin, '\n') != STR_NONE; /* a first line, and of the next one some */
    }
    if (is_cloudtrail(begin)) {
        return true;
    }
    struct json_scan s;
    struct str first = str_from(text, (size_t)(begin.ptr - text.ptr));
    json_scan_init(&s, first);
    (void)json_scan_skip(&s, NULL);
    struct str rest = str_from(first, s.at);
    return str_trim(rest).len > 0 || str_find(rest, '\n') != STR_NONE;
}

enum err format_detect(struct str text, const struct csv_dialect *dialect, struct arena *a,
                       enum reader_format *ret_format, struct diag *d)
{
    struct str begin = str_trim(text);
    enum reader_format log;
    if (begin.len == 0) {
        *ret_format = READER_NDJSON;
    } else if (begin.ptr[0] == '{') {
        *ret_format = is_cloudtrail(begin) ? READER_CLOUDTRAIL
                      : failed_is(begin)   ? READER_FIREHOSE_FAILED
                      : is_lines(begin)    ? READER_NDJSON
                                           : READER_CONCATENATED;
    } else if (kpl_is(text)) {
        *ret_format = READER_KPL;
    } else if (begin.ptr[0] == '[') {
        return fail(d, ERR_UNSUPPORTED,
                    "a JSON array as a whole is not read: one object a line, or one after another");
    } else if ((log = fields_detect(begin)) != READER_DETECT) {
        *ret_format = log;
    } else if (csv_detect(text, dialect, a) != 0) {
        *ret_format = READER_CSV;
    } else {
        return fail(d, ERR_INVALID,
                    "neither JSON objects nor CSV with a header of two names or more, nor a log of "
                    "AWS: it begins with byte 0x%02x",
                    (unsigned)(unsigned char)begin.ptr[0]);
    }
    return ERR_OK;
}

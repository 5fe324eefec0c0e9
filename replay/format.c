/* format.c -- Which format a text has, by its first bytes: what follows the first JSON value tells
 * lines from Firehose's objects without delimiter, its first name tells CloudTrail. */
#include "reader_parts.h"

#include "base/encode.h"
#include "base/json.h"
#include "base/nearest.h"

static const struct str names[] = {
    [READER_DETECT] = STR_INIT("detect"),         [READER_CAPTURE] = STR_INIT("capture"),
    [READER_NDJSON] = STR_INIT("ndjson"),         [READER_CONCATENATED] = STR_INIT("concatenated"),
    [READER_CLOUDTRAIL] = STR_INIT("cloudtrail"), [READER_CSV] = STR_INIT("csv"),
};
#define FORMAT_COUNT (sizeof(names) / sizeof(names[0]))

enum err reader_format_parse(struct str name, enum reader_format *ret_format, struct diag *d)
{
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        if (str_eq(names[i], name)) {
            *ret_format = (enum reader_format)i;
            return ERR_OK;
        }
    }
    struct str near = nearest_name(name, names, FORMAT_COUNT);
    return fail(d, ERR_INVALID, "there is no format \"%.*s\"%s%.*s%s", STR_ARG(name),
                near.len > 0 ? "; \"" : "", STR_ARG(near),
                near.len > 0 ? "\"?"
                             : ": detect, capture, ndjson, concatenated, cloudtrail or csv");
}

const char *reader_format_name(enum reader_format format)
{
    return names[format].ptr;
}

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

/* ---- CSV ---- */

static bool is_header_field(struct str field)
{
    for (size_t i = 0; i < field.len; i++) {
        unsigned char c = (unsigned char)field.ptr[i];
        if (c < 0x20 || c == 0x7F) {
            return false;
        }
    }
    return str_trim(field).len > 0 && utf8_is_valid(field);
}

static bool is_csv(struct str text, struct arena *a)
{
    struct csv_reader csv;
    struct diag ignored = DIAG_INIT;
    struct str fields[READER_FIELDS_MAX];
    size_t count = 0;
    csv_reader_init(&csv, text, ',');
    if (csv_read(&csv, a, fields, READER_FIELDS_MAX, &count, &ignored) != ERR_OK || count < 2) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!is_header_field(fields[i])) {
            return false;
        }
    }
    return true;
}

enum err format_detect(struct str text, struct arena *a, enum reader_format *ret_format,
                       struct diag *d)
{
    struct str begin = str_trim(text);
    if (begin.len == 0) {
        *ret_format = READER_NDJSON;
    } else if (begin.ptr[0] == '{') {
        *ret_format = is_cloudtrail(begin) ? READER_CLOUDTRAIL
                      : is_lines(begin)    ? READER_NDJSON
                                           : READER_CONCATENATED;
    } else if (begin.ptr[0] == '[') {
        return fail(d, ERR_UNSUPPORTED,
                    "a JSON array as a whole is not read: one object a line, or one after another");
    } else if (is_csv(text, a)) {
        *ret_format = READER_CSV;
    } else {
        return fail(d, ERR_INVALID,
                    "neither JSON objects nor CSV with a header of two names or more: it begins "
                    "with byte 0x%02x",
                    (unsigned)(unsigned char)begin.ptr[0]);
    }
    return ERR_OK;
}

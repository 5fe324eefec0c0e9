/* codec_json.c -- JSON 1.0 and 1.1: one pass of the pull scanner, led by the shape, straight into
 * the tree.
 *
 * Types are strict, and a wrong one is refused in the words of the service framework.
 * AWS json-types-1: {"StreamName":5} is SerializationException "class
 * com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an String".
 * AWS json-types-2: what is no JSON object at all, or nothing, is SerializationException without a
 * message. AWS json-numbers-1: whole numbers lose their fraction, and end where their type does.
 * AWS json-null-1: a member whose value is null counts as missing. Blobs are decoded here,
 * so the tree holds bytes; moments become whole microseconds. Recursion is bounded by the scanner:
 * it refuses depth beyond JSON_DEPTH_MAX. */
#include "codec_parts.h"

#include "base/decimal.h"
#include "base/encode.h"
#include "base/limits.h"

#define TRUNCATED_DIGITS 6
#define TRUNCATED_UNITS 1000000 /* 10^TRUNCATED_DIGITS */

struct json_reader {
    struct json_scan scan;
    struct arena *arena;
    struct diag *diag;
    bool malformed; /* as a whole: there are no words for it */
};

static enum err read_value(struct json_reader *r, const struct shape_member *member,
                           enum json_token token, struct json **ret_value);

static enum err fail_malformed(struct json_reader *r)
{
    r->malformed = true;
    return fail(r->diag, ERR_INVALID, "no JSON object");
}

static const char *type_name(enum shape_kind kind)
{
    switch (kind) {
    case SHAPE_STRING:
        return "an String";
    case SHAPE_BLOB:
        return "a Blob";
    case SHAPE_INTEGER:
        return "an Integer";
    case SHAPE_LONG:
        return "an Long";
    case SHAPE_FLOAT:
        return "an Float";
    case SHAPE_DOUBLE:
        return "an Double";
    case SHAPE_BOOLEAN:
        return "an Boolean";
    case SHAPE_TIMESTAMP:
        return "milliseconds since epoch";
    case SHAPE_STRUCTURE:
    case SHAPE_LIST:
    case SHAPE_MAP:
        break;
    }
    return "null";
}

static bool is_decimal(struct str number)
{
    return str_find(number, '.') != STR_NONE || str_find(number, 'e') != STR_NONE ||
           str_find(number, 'E') != STR_NONE;
}

static enum err fail_type(struct json_reader *r, const struct shape *shape, enum json_token token)
{
    if (token == JSON_ERROR || token == JSON_END) {
        return fail_malformed(r);
    }
    if (token == JSON_OBJECT) {
        return fail(r->diag, ERR_INVALID, "Start of structure or map found where not expected.");
    }
    if (token == JSON_ARRAY) {
        return fail(r->diag, ERR_INVALID, "Start of list found where not expected");
    }
    if (!codec_is_scalar(shape)) {
        return fail(r->diag, ERR_INVALID, "Expected %s",
                    shape->kind == SHAPE_LIST  ? "list or null"
                    : shape->kind == SHAPE_MAP ? "map or null"
                                               : "null");
    }
    if (token == JSON_STRING && shape->kind == SHAPE_BOOLEAN) {
        struct str text = str_slice(json_scan_text(&r->scan, r->arena), 0, 64);
        return fail(r->diag, ERR_INVALID, "'%.*s' can not be converted to an Boolean",
                    STR_ARG(text));
    }
    const char *given = token == JSON_STRING   ? "java.lang.String"
                        : token == JSON_NUMBER ? "com.amazon.coral.value.json.numbers."
                                                 "TruncatingBigNumber"
                                               : "java.lang.Boolean";
    return fail(r->diag, ERR_INVALID, "class %s can not be converted to %s", given,
                type_name(shape->kind));
}

static enum err read_structure(struct json_reader *r, const struct shape *shape,
                               struct json **ret_value)
{
    struct json *object = json_new(r->arena, JSON_IS_OBJECT);
    enum json_token token;
    while ((token = json_scan_next(&r->scan)) == JSON_KEY) {
        struct str key = json_scan_text(&r->scan, r->arena);
        const struct shape_member *member = codec_wire_member(shape, key);
        if (member == NULL) {
            if (json_scan_skip(&r->scan, NULL) == JSON_ERROR) {
                return fail_malformed(r);
            }
            continue;
        }
        enum json_token given = json_scan_next(&r->scan);
        if (given == JSON_NULL) {
            continue;
        }
        struct json *value = NULL;
        TRY(read_value(r, member, given, &value));
        json_add(object, str_of(member->name), value);
    }
    if (token != JSON_OBJECT_END) {
        return fail_malformed(r);
    }
    *ret_value = object;
    return ERR_OK;
}

static enum err read_map(struct json_reader *r, const struct shape *shape, struct json **ret_value)
{
    struct json *object = json_new(r->arena, JSON_IS_OBJECT);
    enum json_token token;
    while ((token = json_scan_next(&r->scan)) == JSON_KEY) {
        struct str key = json_scan_text(&r->scan, r->arena);
        struct json *value = NULL;
        TRY(read_value(r, &shape->members[1], json_scan_next(&r->scan), &value));
        json_add(object, key, value);
    }
    if (token != JSON_OBJECT_END) {
        return fail_malformed(r);
    }
    *ret_value = object;
    return ERR_OK;
}

static enum err read_list(struct json_reader *r, const struct shape *shape, struct json **ret_value)
{
    struct json *array = json_new(r->arena, JSON_IS_ARRAY);
    enum json_token token;
    while ((token = json_scan_next(&r->scan)) != JSON_ARRAY_END) {
        struct json *value = NULL;
        TRY(read_value(r, &shape->members[0], token, &value));
        json_add(array, STR_EMPTY, value);
    }
    *ret_value = array;
    return ERR_OK;
}

/* 17.9 is 17, and what is too large the largest. */
static int64_t truncated(struct str number)
{
    struct diag quiet = DIAG_INIT;
    int64_t value;
    bool decimal = is_decimal(number);
    if (decimal ? decimal_parse(number, TRUNCATED_DIGITS, &value, &quiet) == ERR_OK
                : str_i64(number, &value, &quiet) == ERR_OK) {
        return decimal ? value / TRUNCATED_UNITS : value;
    }
    return str_starts(number, STR("-")) ? INT64_MIN : INT64_MAX;
}

static struct json *read_integer(struct json_reader *r, const struct shape *shape)
{
    int64_t value = truncated(r->scan.raw);
    if (shape->kind == SHAPE_INTEGER) {
        value = value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : value;
    }
    return json_new_i64(r->arena, value);
}

/* AWS json-blobs-1: what is wrong with base64 is told beside it. */
static enum err read_blob(struct json_reader *r, struct json **ret_value)
{
    struct str text = json_scan_text(&r->scan, r->arena), shown = str_slice(text, 0, 100);
    struct diag quiet = DIAG_INIT;
    if (codec_blob_read(r->arena, text, ret_value, &quiet) == ERR_OK) {
        return ERR_OK;
    }
    if (text.len % 4 != 0) {
        return fail(r->diag, ERR_INVALID,
                    "'%.*s' can not be converted to a Blob: Base64 encoded length is expected a "
                    "multiple of 4 bytes but found: %zu",
                    STR_ARG(shown), text.len);
    }
    for (size_t i = 0; i < text.len; i++) {
        char ch = text.ptr[i];
        bool digit = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
                     (ch >= '0' && ch <= '9') || ch == '+' || ch == '/';
        bool padding = ch == '=' && (i + 1 == text.len || text.ptr[i + 1] == '=');
        if (!digit && !padding) {
            return fail(r->diag, ERR_INVALID,
                        "'%.*s' can not be converted to a Blob: Invalid Base64 character: '%c'",
                        STR_ARG(shown), ch);
        }
    }
    return fail(r->diag, ERR_INVALID,
                "'%.*s' can not be converted to a Blob: Invalid last non-pad Base64 character "
                "dectected",
                STR_ARG(shown));
}

static enum err read_timestamp(struct json_reader *r, const struct shape_member *member,
                               enum json_token token, struct json **ret_value)
{
    enum timestamp_format format = codec_timestamp_format(member, TIMESTAMP_UNIX);
    enum json_token wanted = format == TIMESTAMP_UNIX ? JSON_NUMBER : JSON_STRING;
    if (token != wanted) {
        return fail_type(r, member->shape, token);
    }
    struct str text = token == JSON_NUMBER ? r->scan.raw : json_scan_text(&r->scan, r->arena);
    int64_t us;
    TRY(codec_timestamp_read(format, text, &us, r->diag));
    *ret_value = json_new_i64(r->arena, us);
    return ERR_OK;
}

static enum err read_scalar(struct json_reader *r, const struct shape_member *member,
                            enum json_token token, struct json **ret_value)
{
    const struct shape *shape = member->shape;
    if (token == JSON_STRING && shape->kind == SHAPE_STRING) {
        *ret_value = json_new_str(r->arena, json_scan_text(&r->scan, r->arena));
        return ERR_OK;
    }
    if (token == JSON_STRING && shape->kind == SHAPE_BLOB) {
        return read_blob(r, ret_value);
    }
    if (token == JSON_NUMBER && (shape->kind == SHAPE_INTEGER || shape->kind == SHAPE_LONG)) {
        *ret_value = read_integer(r, shape);
        return ERR_OK;
    }
    if (shape->kind == SHAPE_FLOAT || shape->kind == SHAPE_DOUBLE) {
        if (token == JSON_NUMBER) {
            *ret_value = json_new_number(r->arena, r->scan.raw);
            return ERR_OK;
        }
        if (token == JSON_STRING && codec_is_special_float(r->scan.raw)) {
            *ret_value = json_new_str(r->arena, r->scan.raw);
            return ERR_OK;
        }
    }
    if (shape->kind == SHAPE_BOOLEAN && (token == JSON_TRUE || token == JSON_FALSE)) {
        *ret_value = json_new_bool(r->arena, token == JSON_TRUE);
        return ERR_OK;
    }
    if (shape->kind == SHAPE_TIMESTAMP) {
        return read_timestamp(r, member, token, ret_value);
    }
    return fail_type(r, shape, token);
}

static enum err read_value(struct json_reader *r, const struct shape_member *member,
                           enum json_token token, struct json **ret_value)
{
    const struct shape *shape = member->shape;
    if (token == JSON_NULL) { /* only in lists and maps: the validator says what it thinks of it */
        *ret_value = json_new(r->arena, JSON_IS_NULL);
        return ERR_OK;
    }
    if (codec_is_scalar(shape)) {
        return read_scalar(r, member, token, ret_value);
    }
    if (token == JSON_ARRAY && shape->kind == SHAPE_LIST) {
        return read_list(r, shape, ret_value);
    }
    if (token == JSON_OBJECT && shape->kind == SHAPE_STRUCTURE) {
        return read_structure(r, shape, ret_value);
    }
    if (token == JSON_OBJECT && shape->kind == SHAPE_MAP) {
        return read_map(r, shape, ret_value);
    }
    return fail_type(r, shape, token);
}

static enum err read_body(struct json_reader *r, const struct shape *shape, struct json **ret_input)
{
    if (json_scan_next(&r->scan) != JSON_OBJECT) {
        return fail_malformed(r);
    }
    TRY(read_structure(r, shape, ret_input));
    return json_scan_next(&r->scan) == JSON_END ? ERR_OK : fail_malformed(r);
}

enum err codec_json_read(const struct operation_model *op, const struct http_request *request,
                         struct arena *a, struct json **ret_input, struct diag *d)
{
    static const struct shape no_input = {.name = "", .kind = SHAPE_STRUCTURE};
    const struct shape *input = op->input != NULL ? op->input : &no_input;
    struct json_reader r = {.arena = a, .diag = d};
    json_scan_init(&r.scan, request->body);
    if (input->member_count == 0 && str_trim(request->body).len == 0) {
        *ret_input = json_new(a, JSON_IS_OBJECT);
        return ERR_OK;
    }
    if (read_body(&r, input, ret_input) != ERR_OK) {
        if (r.malformed) {
            d->msg[0] = '\0';
        }
        return codec_fail_as(d, "SerializationException", NULL);
    }
    return ERR_OK;
}

static void write_value(struct json_out *w, const struct shape_member *member,
                        const struct json *value);

static void write_structure(struct json_out *w, const struct shape *shape, const struct json *value)
{
    json_out_object(w);
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct shape_member *member = &shape->members[i];
        const struct json *child = codec_child(value, member->name);
        if (child != NULL && !member->shape->event_stream) {
            json_out_key_str(w, codec_wire_name(member));
            write_value(w, member, child);
        }
    }
    json_out_object_end(w);
}

static void write_map(struct json_out *w, const struct shape *shape, const struct json *value)
{
    json_out_object(w);
    for (const struct json *child = value->first; child != NULL; child = child->next) {
        json_out_key_str(w, child->key);
        write_value(w, &shape->members[1], child);
    }
    json_out_object_end(w);
}

static void write_list(struct json_out *w, const struct shape *shape, const struct json *value)
{
    json_out_array(w);
    for (const struct json *child = value->first; child != NULL; child = child->next) {
        write_value(w, &shape->members[0], child);
    }
    json_out_array_end(w);
}

static void write_timestamp(struct json_out *w, const struct shape_member *member,
                            const struct json *value)
{
    struct value_style style = {.timestamp = TIMESTAMP_UNIX};
    bool quoted = codec_timestamp_format(member, TIMESTAMP_UNIX) != TIMESTAMP_UNIX;
    struct buf text;
    buf_init(&text, w->out->arena, 64);
    if (quoted) {
        buf_add_char(&text, '"');
    }
    codec_value_write(&text, member, style, value);
    if (quoted) {
        buf_add_char(&text, '"');
    }
    json_out_raw(w, buf_str(&text));
}

static void write_value(struct json_out *w, const struct shape_member *member,
                        const struct json *value)
{
    const struct shape *shape = member->shape;
    if (value->kind == JSON_IS_NULL) {
        json_out_null(w);
        return;
    }
    switch (shape->kind) {
    case SHAPE_STRUCTURE:
        write_structure(w, shape, value);
        return;
    case SHAPE_MAP:
        write_map(w, shape, value);
        return;
    case SHAPE_LIST:
        write_list(w, shape, value);
        return;
    case SHAPE_STRING:
        json_out_str(w, json_str(value));
        return;
    case SHAPE_BLOB:
        json_out_base64(w, json_str(value));
        return;
    case SHAPE_BOOLEAN:
        json_out_bool(w, json_bool(value, false));
        return;
    case SHAPE_TIMESTAMP:
        write_timestamp(w, member, value);
        return;
    case SHAPE_INTEGER:
    case SHAPE_LONG:
    case SHAPE_FLOAT:
    case SHAPE_DOUBLE:
        break;
    }
    if (value->kind == JSON_IS_STRING) { /* NaN and the infinities */
        json_out_str(w, value->text);
    } else {
        json_out_raw(w, json_str(value));
    }
}

struct str codec_json_type(const struct service_model *service, struct arena *a)
{
    const char *version = service->json_version != NULL ? service->json_version : "1.1";
    return str_printf(a, "application/x-amz-json-%s", version);
}

/* AWS json-empty-1: an operation without output answers with an empty body (Kinesis CreateStream).
 */
void codec_json_write(const struct service_model *service, const struct operation_model *op,
                      const struct json *output, struct arena *a, struct http_response *response)
{
    struct buf body;
    codec_buf_init(&body, a);
    if (op->output != NULL) {
        struct json_out w;
        json_out_init(&w, &body);
        write_structure(&w, op->output, output);
    }
    http_headers_set(&response->headers, STR("Content-Type"), codec_json_type(service, a));
    response->body = buf_str(&body);
}

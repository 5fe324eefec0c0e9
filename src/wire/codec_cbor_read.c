/* codec_cbor_read.c -- CBOR led by the shape, in the two dialects that AWS speaks.
 *
 * AWS cbor-kinesis-1: Kinesis takes and gives application/x-amz-cbor-1.1, what the Java SDK and KCL
 * speak: moments are tag 1 around whole milliseconds, blobs are bytes. AWS cbor-rpc-1: rpc-v2-cbor
 * (a header Smithy-Protocol, a path /service/X/operation/Y) has tag 1 around seconds, a double.
 * Read: definite and indefinite lengths (Jackson's), halves, untagged moments. null and undefined
 * count as missing, unknown members are passed over. */
#include "codec_parts.h"

#include "base/instant.h"
#include "wire/cbor.h"

#define INT64_SAFE 9.2e18 /* a double below it fits an int64 */

struct cbor_reader {
    struct cbor_scan scan;
    struct arena *arena;
    struct diag *diag;
    enum wire_form form;
};

static enum err read_value(struct cbor_reader *r, const struct shape *shape, enum cbor_token token,
                           struct json **ret_value);

static enum err fail_malformed(struct cbor_reader *r)
{
    return cbor_fail(&r->scan, r->diag);
}

/* DIFFERS cbor-types-1: the words for a value of the wrong kind are ours. */
static enum err fail_type(struct cbor_reader *r, const struct shape *shape, enum cbor_token token)
{
    static const char *const kinds[] = {"structure", "list",    "map",      "string",
                                        "blob",      "integer", "long",     "float",
                                        "double",    "boolean", "timestamp"};
    if (token == CBOR_ERROR) {
        return fail_malformed(r);
    }
    return fail(r->diag, ERR_INVALID, "byte %zu: a %s was expected", r->scan.token_at,
                kinds[shape->kind]);
}

static enum err read_key(struct cbor_reader *r, struct str *ret_key)
{
    if (cbor_next(&r->scan) != CBOR_TEXT) {
        return r->scan.error != NULL
                   ? fail_malformed(r)
                   : fail(r->diag, ERR_INVALID, "byte %zu: a key is a text", r->scan.token_at);
    }
    *ret_key = cbor_text(&r->scan, r->arena);
    return ERR_OK;
}

static enum err read_structure(struct cbor_reader *r, const struct shape *shape,
                               struct cbor_run *run, struct json *object)
{
    while (cbor_more(&r->scan, run)) {
        struct str key = STR_EMPTY;
        TRY(read_key(r, &key));
        const struct shape_member *member = codec_wire_member(shape, key);
        enum cbor_token token = cbor_next(&r->scan);
        if (member == NULL || token == CBOR_NULL) {
            if (!cbor_skip(&r->scan, token)) {
                return fail_malformed(r);
            }
            continue;
        }
        struct json *value = NULL;
        TRY(read_value(r, member->shape, token, &value));
        json_add(object, str_of(member->name), value);
    }
    return ERR_OK;
}

static enum err read_map(struct cbor_reader *r, const struct shape *shape, struct cbor_run *run,
                         struct json *object)
{
    while (cbor_more(&r->scan, run)) {
        struct str key = STR_EMPTY;
        struct json *value = NULL;
        TRY(read_key(r, &key));
        TRY(read_value(r, shape->members[1].shape, cbor_next(&r->scan), &value));
        json_add(object, key, value);
    }
    return ERR_OK;
}

static enum err read_list(struct cbor_reader *r, const struct shape *shape, struct cbor_run *run,
                          struct json *array)
{
    while (cbor_more(&r->scan, run)) {
        struct json *value = NULL;
        TRY(read_value(r, shape->members[0].shape, cbor_next(&r->scan), &value));
        json_add(array, STR_EMPTY, value);
    }
    return ERR_OK;
}

static enum err read_container(struct cbor_reader *r, const struct shape *shape,
                               struct json **ret_value)
{
    bool list = shape->kind == SHAPE_LIST;
    struct json *value = json_new(r->arena, list ? JSON_IS_ARRAY : JSON_IS_OBJECT);
    struct cbor_run run;
    if (!cbor_enter(&r->scan, !list, &run)) {
        return fail_malformed(r);
    }
    TRY(list                             ? read_list(r, shape, &run, value)
        : shape->kind == SHAPE_STRUCTURE ? read_structure(r, shape, &run, value)
                                         : read_map(r, shape, &run, value));
    if (r->scan.error != NULL) {
        return fail_malformed(r);
    }
    *ret_value = value;
    return ERR_OK;
}

/* A whole number, also where a float says it. */
static bool whole(const struct cbor_scan *s, enum cbor_token token, int64_t *ret_value)
{
    if (token == CBOR_FLOAT) {
        bool fits = s->number > -INT64_SAFE && s->number < INT64_SAFE;
        *ret_value = fits ? (int64_t)s->number : 0;
        return fits && (double)*ret_value == s->number;
    }
    bool fits = (token == CBOR_UINT || token == CBOR_NINT) && s->value <= INT64_MAX;
    *ret_value = !fits ? 0 : token == CBOR_NINT ? -1 - (int64_t)s->value : (int64_t)s->value;
    return fits;
}

static enum err read_integer(struct cbor_reader *r, const struct shape *shape,
                             enum cbor_token token, struct json **ret_value)
{
    int64_t value;
    bool fits = whole(&r->scan, token, &value) &&
                (shape->kind == SHAPE_LONG || (value >= INT32_MIN && value <= INT32_MAX));
    if (!fits) {
        return fail_type(r, shape, token);
    }
    *ret_value = json_new_i64(r->arena, value);
    return ERR_OK;
}

static enum err read_float(struct cbor_reader *r, const struct shape *shape, enum cbor_token token,
                           struct json **ret_value)
{
    int64_t value;
    if (token == CBOR_FLOAT) {
        struct str text = cbor_double_text(r->arena, r->scan.number);
        *ret_value = codec_is_special_float(text) ? json_new_str(r->arena, text)
                                                  : json_new_number(r->arena, text);
        return ERR_OK;
    }
    if (!whole(&r->scan, token, &value)) {
        return fail_type(r, shape, token);
    }
    *ret_value = json_new_i64(r->arena, value);
    return ERR_OK;
}

static enum err read_moment(struct cbor_reader *r, const struct shape *shape, enum cbor_token token,
                            struct json **ret_value)
{
    int64_t unit_us = r->form == FORM_CBOR ? US_PER_MS : US_PER_S, value, us;
    if (token == CBOR_TAG && r->scan.value == CODEC_CBOR_MOMENT) {
        token = cbor_next(&r->scan);
    }
    if (whole(&r->scan, token, &value) && !__builtin_mul_overflow(value, unit_us, &us)) {
        *ret_value = json_new_i64(r->arena, us);
        return ERR_OK;
    }
    double exact = token == CBOR_FLOAT ? r->scan.number * (double)unit_us : 1e19;
    if (!(exact > -INT64_SAFE && exact < INT64_SAFE)) { /* NaN too */
        return fail_type(r, shape, token);
    }
    *ret_value = json_new_i64(r->arena, (int64_t)(exact < 0 ? exact - 0.5 : exact + 0.5));
    return ERR_OK;
}

static enum err read_scalar(struct cbor_reader *r, const struct shape *shape, enum cbor_token token,
                            struct json **ret_value)
{
    switch (shape->kind) {
    case SHAPE_INTEGER:
    case SHAPE_LONG:
        return read_integer(r, shape, token, ret_value);
    case SHAPE_FLOAT:
    case SHAPE_DOUBLE:
        return read_float(r, shape, token, ret_value);
    case SHAPE_TIMESTAMP:
        return read_moment(r, shape, token, ret_value);
    case SHAPE_STRING:
    case SHAPE_BLOB:
        if (token == (shape->kind == SHAPE_STRING ? CBOR_TEXT : CBOR_BYTES)) {
            *ret_value = json_new_str(r->arena, cbor_text(&r->scan, r->arena));
            return ERR_OK;
        }
        break;
    case SHAPE_BOOLEAN:
        if (token == CBOR_TRUE || token == CBOR_FALSE) {
            *ret_value = json_new_bool(r->arena, token == CBOR_TRUE);
            return ERR_OK;
        }
        break;
    case SHAPE_STRUCTURE:
    case SHAPE_LIST:
    case SHAPE_MAP:
        break;
    }
    return fail_type(r, shape, token);
}

static enum err read_value(struct cbor_reader *r, const struct shape *shape, enum cbor_token token,
                           struct json **ret_value)
{
    if (token == CBOR_NULL) { /* in lists and maps: the validator says what it thinks of it */
        *ret_value = json_new(r->arena, JSON_IS_NULL);
        return ERR_OK;
    }
    if (codec_is_scalar(shape)) {
        return read_scalar(r, shape, token, ret_value);
    }
    if (token != (shape->kind == SHAPE_LIST ? CBOR_ARRAY : CBOR_MAP)) {
        return fail_type(r, shape, token);
    }
    return read_container(r, shape, ret_value);
}

enum err codec_cbor_read(const struct service_model *service, const struct operation_model *op,
                         const struct http_request *request, struct arena *a,
                         struct json **ret_input, struct diag *d)
{
    static const struct shape no_input = {.name = "", .kind = SHAPE_STRUCTURE};
    if (request->body.len == 0 && service->form == FORM_RPC_CBOR) { /* no input, no body */
        *ret_input = json_new(a, JSON_IS_OBJECT);
        return ERR_OK;
    }
    struct cbor_reader r = {.arena = a, .diag = d, .form = service->form};
    cbor_scan_init(&r.scan, request->body);
    const struct shape *shape = op->input != NULL ? op->input : &no_input;
    enum cbor_token token = cbor_next(&r.scan);
    struct json *input = NULL;
    enum err e =
        token != CBOR_MAP ? fail_type(&r, shape, token) : read_container(&r, shape, &input);
    if (e == ERR_OK && !cbor_at_end(&r.scan)) {
        e = fail_malformed(&r);
    }
    if (e != ERR_OK) {
        return codec_fail_as(d, "SerializationException", NULL);
    }
    *ret_input = input;
    return ERR_OK;
}

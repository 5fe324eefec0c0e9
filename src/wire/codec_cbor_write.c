/* codec_cbor_write.c -- Trees as CBOR by the shape, and the envelope of errors: definite lengths,
 * the shortest heads. The dialects are told in codec_cbor_read.c. */
#include "codec_parts.h"

#include "base/instant.h"
#include "wire/cbor.h"

struct cbor_writer {
    struct buf *out;
    enum wire_form form;
};
static void write_value(struct cbor_writer *w, const struct shape *shape, const struct json *value);

static void write_structure(struct cbor_writer *w, const struct shape *shape,
                            const struct json *value)
{
    uint64_t count = 0;
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct shape_member *member = &shape->members[i];
        count += codec_child(value, member->name) != NULL && !member->shape->event_stream ? 1 : 0;
    }
    cbor_out_map(w->out, count);
    for (size_t i = 0; i < shape->member_count; i++) {
        const struct shape_member *member = &shape->members[i];
        const struct json *child = codec_child(value, member->name);
        if (child != NULL && !member->shape->event_stream) {
            cbor_out_text(w->out, codec_wire_name(member));
            write_value(w, member->shape, child);
        }
    }
}

static void write_moment(struct cbor_writer *w, const struct json *value)
{
    int64_t us;
    struct diag d = DIAG_INIT;
    enum err e = json_i64(value, &us, &d);
    ASSERT(e == ERR_OK); /* the tree's convention: whole microseconds */
    cbor_out_tag(w->out, CODEC_CBOR_MOMENT);
    if (w->form == FORM_CBOR) {
        int64_t before = us % US_PER_MS < 0 ? 1 : 0; /* floor, as to the millisecond it is in */
        cbor_out_i64(w->out, us / US_PER_MS - before);
    } else {
        cbor_out_double(w->out, (double)us / (double)US_PER_S);
    }
}

/* What is no int64 is given as a double, as a value without a model is. */
static void write_number(struct cbor_writer *w, const struct json *value)
{
    int64_t number;
    struct diag quiet = DIAG_INIT;
    if (str_i64(value->text, &number, &quiet) == ERR_OK) {
        cbor_out_i64(w->out, number);
    } else {
        cbor_out_double(w->out, cbor_text_double(w->out->arena, value->text));
    }
}

static void write_scalar(struct cbor_writer *w, const struct shape *shape, const struct json *value)
{
    switch (shape->kind) {
    case SHAPE_STRING:
        cbor_out_text(w->out, json_str(value));
        return;
    case SHAPE_BLOB:
        cbor_out_bytes(w->out, json_str(value));
        return;
    case SHAPE_BOOLEAN:
        cbor_out_bool(w->out, json_bool(value, false));
        return;
    case SHAPE_TIMESTAMP:
        write_moment(w, value);
        return;
    case SHAPE_FLOAT:
        cbor_out_float(w->out, (float)cbor_text_double(w->out->arena, json_str(value)));
        return;
    case SHAPE_DOUBLE:
        cbor_out_double(w->out, cbor_text_double(w->out->arena, json_str(value)));
        return;
    case SHAPE_INTEGER:
    case SHAPE_LONG:
    case SHAPE_STRUCTURE:
    case SHAPE_LIST:
    case SHAPE_MAP:
        break;
    }
    write_number(w, value);
}

static void write_value(struct cbor_writer *w, const struct shape *shape, const struct json *value)
{
    if (value->kind == JSON_IS_NULL) {
        cbor_out_null(w->out);
        return;
    }
    if (shape->kind == SHAPE_STRUCTURE) {
        write_structure(w, shape, value);
        return;
    }
    if (codec_is_scalar(shape)) {
        write_scalar(w, shape, value);
        return;
    }
    bool map = shape->kind == SHAPE_MAP;
    (map ? cbor_out_map : cbor_out_array)(w->out, value->count);
    for (const struct json *child = value->first; child != NULL; child = child->next) {
        if (map) {
            cbor_out_text(w->out, child->key);
        }
        write_value(w, shape->members[map ? 1 : 0].shape, child);
    }
}

/* A value without a model. */
static void write_plain(struct cbor_writer *w, const struct json *value)
{
    switch (value->kind) {
    case JSON_IS_NULL:
        cbor_out_null(w->out);
        return;
    case JSON_IS_FALSE:
    case JSON_IS_TRUE:
        cbor_out_bool(w->out, value->kind == JSON_IS_TRUE);
        return;
    case JSON_IS_NUMBER:
        write_number(w, value);
        return;
    case JSON_IS_STRING:
        cbor_out_text(w->out, value->text);
        return;
    case JSON_IS_ARRAY:
        cbor_out_array(w->out, value->count);
        break;
    case JSON_IS_OBJECT:
        cbor_out_map(w->out, value->count);
        break;
    }
    for (const struct json *child = value->first; child != NULL; child = child->next) {
        if (value->kind == JSON_IS_OBJECT) {
            cbor_out_text(w->out, child->key);
        }
        write_plain(w, child);
    }
}

static void set_headers(const struct service_model *service, struct http_response *response)
{
    bool rpc = service->form == FORM_RPC_CBOR;
    http_headers_set(&response->headers, STR("Content-Type"),
                     rpc ? STR("application/cbor") : STR("application/x-amz-cbor-1.1"));
    if (rpc) {
        http_headers_set(&response->headers, STR("smithy-protocol"), STR("rpc-v2-cbor"));
    }
}

/* Without output the body is empty, as in JSON. */
void codec_cbor_write(const struct service_model *service, const struct operation_model *op,
                      const struct json *output, struct arena *a, struct http_response *response)
{
    struct buf body;
    codec_buf_init(&body, a);
    struct cbor_writer w = {.out = &body, .form = service->form};
    if (op->output != NULL) {
        write_structure(&w, op->output, output);
    }
    set_headers(service, response);
    response->body = buf_str(&body);
}

/* AWS cbor-errors-1: {"__type","message"} in CBOR, with the headers of JSON's. */
void codec_cbor_write_error(const struct service_model *service, const struct codec_error *error,
                            struct arena *a, struct http_response *response)
{
    struct buf body;
    codec_buf_init(&body, a);
    struct cbor_writer w = {.out = &body, .form = service->form};
    size_t extra = error->extra == NULL ? 0 : error->extra->count;
    cbor_out_map(&body, extra + (error->message.len > 0 ? 2 : 1));
    cbor_out_text(&body, STR("__type"));
    cbor_out_text(&body, error->code);
    if (error->message.len > 0) {
        cbor_out_text(&body, STR("message"));
        cbor_out_text(&body, error->message);
    }
    const struct json *child = extra == 0 ? NULL : error->extra->first;
    for (; child != NULL; child = child->next) {
        cbor_out_text(&body, child->key);
        write_plain(&w, child);
    }
    set_headers(service, response);
    response->body = buf_str(&body);
}

void codec_cbor_read_error(struct str body, struct arena *a, struct str *ret_code,
                           struct str *ret_message)
{
    struct cbor_scan s;
    struct cbor_run run;
    cbor_scan_init(&s, body);
    if (cbor_next(&s) != CBOR_MAP || !cbor_enter(&s, true, &run)) {
        return;
    }
    while (cbor_more(&s, &run) && cbor_next(&s) == CBOR_TEXT) {
        struct str key = cbor_text(&s, a);
        enum cbor_token token = cbor_next(&s);
        struct str text = token == CBOR_TEXT ? cbor_text(&s, a) : STR_EMPTY;
        if (str_eq(key, STR("__type"))) {
            *ret_code = text;
        } else if (str_eq_nocase(key, STR("message"))) {
            *ret_message = text;
        }
        if (!cbor_skip(&s, token)) {
            return;
        }
    }
}

/* codec_error.c -- The envelopes of failures, written as each protocol's services do, and read as
 * clients must. */
#include "codec_parts.h"

#include "base/encode.h"

/* AWS json-errors-1: {"__type":"ResourceNotFoundException","message":"..."}, the name also in
 * x-amzn-errortype. */
static void write_json_error(const struct service_model *service, const struct codec_error *error,
                             struct arena *a, struct http_response *response)
{
    struct buf body;
    struct json_out w;
    codec_buf_init(&body, a);
    json_out_init(&w, &body);
    json_out_object(&w);
    json_out_kstr(&w, "__type", error->code);
    if (error->message.len > 0) { /* AWS json-errors-2: of some it is the Message */
        bool framework = str_eq(error->code, STR("SerializationException"));
        json_out_kstr(&w, framework ? "Message" : "message", error->message);
    }
    const struct json *extra = error->extra == NULL ? NULL : error->extra->first;
    for (; extra != NULL; extra = extra->next) {
        struct buf value;
        codec_buf_init(&value, a);
        json_write(&value, extra);
        json_out_key_str(&w, extra->key);
        json_out_raw(&w, buf_str(&value));
    }
    json_out_object_end(&w);
    http_headers_set(&response->headers, STR("Content-Type"), codec_json_type(service, a));
    response->body = buf_str(&body);
}

/* AWS query-compatible-1: a service that once spoke query says its code for the error too, to
 * clients that ask for it: x-amzn-query-error: "AWS.SimpleQueueService.NonExistentQueue;Sender". */
static void set_query_error(const struct codec_error *error, struct arena *a,
                            struct http_response *response)
{
    struct str code = error->query_code.len > 0 ? error->query_code : error->code;
    http_headers_set(
        &response->headers, STR("x-amzn-query-error"),
        str_printf(a, "%.*s;%s", STR_ARG(code), error->sender ? "Sender" : "Receiver"));
}

static void write_typed_error(const struct service_model *service, const struct codec_error *error,
                              struct arena *a, struct http_response *response)
{
    if (service->form != FORM_MODEL) {
        codec_cbor_write_error(service, error, a, response);
    } else {
        write_json_error(service, error, a, response);
    }
    http_headers_set(&response->headers, STR("x-amzn-errortype"), error->code);
    if (service->query_mode) {
        set_query_error(error, a, response);
    }
}

/* AWS query-errors-1:
 * <ErrorResponse><Error><Type>Sender</Type><Code/><Message/></Error><RequestId/></ErrorResponse>.
 */
static void write_query_error(const struct service_model *service, const struct codec_error *error,
                              struct str request_id, struct arena *a,
                              struct http_response *response)
{
    struct buf body;
    codec_buf_init(&body, a);
    if (service->xml_namespace != NULL) {
        xml_open_ns(&body, "ErrorResponse", service->xml_namespace);
    } else {
        xml_open(&body, "ErrorResponse");
    }
    xml_open(&body, "Error");
    xml_element(&body, "Type", error->sender ? STR("Sender") : STR("Receiver"));
    xml_element(&body, "Code", error->query_code.len > 0 ? error->query_code : error->code);
    if (error->message.len > 0) {
        xml_element(&body, "Message", error->message);
    }
    if (error->extra != NULL) {
        codec_xml_write_plain(&body, error->extra);
    }
    xml_close(&body, "Error");
    xml_element(&body, "RequestId", request_id);
    xml_close(&body, "ErrorResponse");
    http_headers_set(&response->headers, STR("Content-Type"), STR("text/xml"));
    response->body = buf_str(&body);
}

/* AWS s3control-errors-1: S3 Control wraps it in <ErrorResponse>.
 * AWS s3-errors-1: a bare <Error> without namespace; none at all to HEAD, and with 304.
 * AWS s3-host-id-1: it ends with the request's id and a second one, which all answers of S3 carry
 * as x-amz-id-2. AWS s3-error-resource-1: the documented <Resource> is left out by the service
 * today; each error has elements of its own instead (Key, BucketName). */
static void write_rest_error(const struct service_model *service,
                             const struct http_request *request, const struct codec_error *error,
                             struct str request_id, struct arena *a, struct http_response *response)
{
    struct buf body;
    if (error->status == 304 || (request != NULL && str_eq(request->method, STR("HEAD")))) {
        return;
    }
    codec_buf_init(&body, a);
    xml_declaration(&body);
    if (service->wrapped_errors) {
        xml_open(&body, "ErrorResponse");
    }
    xml_open(&body, "Error");
    xml_element(&body, "Code", error->code);
    xml_element(&body, "Message", error->message);
    if (error->extra != NULL) {
        codec_xml_write_plain(&body, error->extra);
    }
    if (error->resource.len > 0) {
        xml_element(&body, "Resource", error->resource);
    }
    if (service->wrapped_errors) {
        xml_close(&body, "Error");
    }
    xml_element(&body, "RequestId", request_id);
    xml_element(&body, "HostId", codec_host_id(a, request_id));
    xml_close(&body, service->wrapped_errors ? "ErrorResponse" : "Error");
    http_headers_set(&response->headers, STR("Content-Type"), STR("application/xml"));
    response->body = buf_str(&body);
}

void codec_write_error(const struct service_model *service, const struct http_request *request,
                       const struct codec_error *error, struct str request_id, struct arena *a,
                       struct http_response *ret_response)
{
    http_response_init(ret_response, a, error->status);
    codec_set_request_id(service, ret_response, request_id);
    switch (service->protocol) {
    case PROTOCOL_JSON:
        write_typed_error(service, error, a, ret_response);
        return;
    case PROTOCOL_QUERY:
        write_query_error(service, error, request_id, a, ret_response);
        return;
    case PROTOCOL_REST_XML:
        write_rest_error(service, request, error, request_id, a, ret_response);
        return;
    case PROTOCOL_COUNT:
        break;
    }
    ASSERT(service->protocol < PROTOCOL_COUNT);
}

/* ---- reading ---- */

/* "aws.api#FooError:http://internal..." is FooError. */
static struct str bare_code(struct str code)
{
    struct str left, right;
    (void)str_split(code, ':', &left, &right);
    size_t hash = str_find_last(left, '#');
    return str_trim(hash == STR_NONE ? left : str_from(left, hash + 1));
}

static struct str json_text(const struct json *object, const char *name, const char *other)
{
    const struct json *value = codec_child(object, name);
    value = value != NULL ? value : codec_child(object, other);
    return json_is(value, JSON_IS_STRING) ? value->text : STR_EMPTY;
}

static void read_json_error(struct str body, struct arena *a, struct str *ret_code,
                            struct str *ret_message)
{
    struct diag quiet = DIAG_INIT;
    struct json *tree;
    if (json_parse(a, body, &tree, &quiet) == ERR_OK && json_is(tree, JSON_IS_OBJECT)) {
        *ret_code = bare_code(json_text(tree, "__type", "code"));
        *ret_message = json_text(tree, "message", "Message");
    }
}

/* <ErrorResponse><Error>, <Response><Errors><Error>, or <Error> itself. */
static void read_xml_error(struct str body, struct arena *a, struct str *ret_code,
                           struct str *ret_message)
{
    struct diag quiet = DIAG_INIT;
    struct xml *root;
    if (xml_parse(a, body, &root, &quiet) != ERR_OK) {
        return;
    }
    const struct xml *errors = xml_child(root, "Errors");
    const struct xml *error = xml_child(errors != NULL ? errors : root, "Error");
    error = error != NULL ? error : root;
    *ret_code = bare_code(xml_text(error, "Code"));
    *ret_message = xml_text(error, "Message");
}

/* "Precondition Failed" is S3's PreconditionFailed: HEAD has no body to say so. */
static struct str reason_code(struct arena *a, int status)
{
    struct buf out;
    buf_init(&out, a, 64);
    for (const char *p = http_reason(status); *p != '\0'; p++) {
        if (*p != ' ') {
            buf_add_char(&out, *p);
        }
    }
    return out.len > 0 ? buf_str(&out) : str_printf(a, "%d", status);
}

static bool is_cbor(const struct http_response *response)
{
    struct str type = http_header(&response->headers, "content-type");
    return str_eq(type, STR("application/cbor")) || str_starts(type, STR("application/x-amz-cbor"));
}

/* Headers speak over the body; query's own code over the name in the model. */
static void read_error_headers(const struct http_response *response, struct str *ret_code)
{
    struct str type = http_header(&response->headers, "x-amzn-errortype");
    struct str query = http_header(&response->headers, "x-amzn-query-error");
    if (type.len > 0) {
        *ret_code = bare_code(type);
    }
    if (query.len > 0) {
        *ret_code = str_slice(query, 0, str_find(query, ';'));
    }
}

void codec_read_error(const struct http_response *response, struct arena *a, struct str *ret_code,
                      struct str *ret_message)
{
    struct str body = str_trim(response->body);
    *ret_code = STR_EMPTY;
    *ret_message = STR_EMPTY;
    if (is_cbor(response)) {
        codec_cbor_read_error(response->body, a, ret_code, ret_message);
        *ret_code = bare_code(*ret_code);
    } else if (str_starts(body, STR("{"))) {
        read_json_error(body, a, ret_code, ret_message);
    } else if (str_starts(body, STR("<"))) {
        read_xml_error(body, a, ret_code, ret_message);
    }
    read_error_headers(response, ret_code);
    if (ret_code->len == 0) {
        *ret_code = reason_code(a, response->status);
    }
    if (ret_message->len == 0) {
        *ret_message = str_of(http_reason(response->status));
    }
}

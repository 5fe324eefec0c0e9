/* codec.c -- Which protocol reads and writes; the request id's place. */
#include "wire/codec.h"

#include "base/limits.h"
#include "codec_parts.h"

void codec_buf_init(struct buf *out, struct arena *a)
{
    buf_init(out, a, HTTP_BODY_BYTES_MAX);
}

void codec_set_request_id(const struct service_model *service, struct http_response *response,
                          struct str request_id)
{
    struct str name =
        service->protocol == PROTOCOL_REST_XML ? STR("x-amz-request-id") : STR("x-amzn-RequestId");
    http_headers_set(&response->headers, name, request_id);
}

enum err codec_read_request(const struct service_model *service, const struct operation_model *op,
                            const struct http_request *request, struct arena *a,
                            struct json **ret_input, struct diag *d)
{
    switch (service->protocol) {
    case PROTOCOL_JSON:
        return codec_json_read(op, request, a, ret_input, d);
    case PROTOCOL_QUERY:
        return codec_query_read(op, request, a, ret_input, d);
    case PROTOCOL_REST_XML:
        return codec_rest_xml_read(op, request, a, ret_input, d);
    case PROTOCOL_COUNT:
        break;
    }
    return fail(d, ERR_INTERNAL, "service %s names no protocol", service->id);
}

void codec_write_response(const struct service_model *service, const struct operation_model *op,
                          const struct json *output, struct str request_id, struct arena *a,
                          struct http_response *ret_response)
{
    ASSERT(output == NULL || output->kind == JSON_IS_OBJECT);
    http_response_init(ret_response, a, op->success_status);
    codec_set_request_id(service, ret_response, request_id);
    switch (service->protocol) {
    case PROTOCOL_JSON:
        codec_json_write(service, op, output, a, ret_response);
        return;
    case PROTOCOL_QUERY:
        codec_query_write(service, op, output, request_id, a, ret_response);
        return;
    case PROTOCOL_REST_XML:
        codec_rest_xml_write(service, op, output, a, ret_response);
        return;
    case PROTOCOL_COUNT:
        break;
    }
    ASSERT(service->protocol < PROTOCOL_COUNT);
}

/* codec.c -- Which protocol reads and writes; the request id's place. */
#include "wire/codec.h"

#include "base/encode.h"
#include "base/hash.h"
#include "base/limits.h"
#include "codec_parts.h"

void codec_buf_init(struct buf *out, struct arena *a)
{
    buf_init(out, a, HTTP_BODY_BYTES_MAX);
}

/* AWS kinesis-host-id-1: 72 bytes in base64. */
static struct str long_host_id(struct arena *a, struct str request_id)
{
    uint64_t words[9];
    struct buf out;
    for (size_t i = 0; i < 9; i++) {
        words[i] = hash64(i, request_id);
    }
    buf_init(&out, a, 128);
    encode_base64(&out, str_n((const char *)words, sizeof words));
    return buf_str(&out);
}

void codec_set_request_id(const struct service_model *service, struct http_response *response,
                          struct str request_id)
{
    bool rest = service->protocol == PROTOCOL_REST_XML;
    http_headers_set(&response->headers, rest ? STR("x-amz-request-id") : STR("x-amzn-RequestId"),
                     request_id);
    if (rest) {
        http_headers_set(&response->headers, STR("x-amz-id-2"),
                         codec_host_id(response->headers.arena, request_id));
    } else if (service->host_id) {
        http_headers_set(&response->headers, STR("x-amz-id-2"),
                         long_host_id(response->headers.arena, request_id));
    }
}

struct str codec_host_id(struct arena *a, struct str request_id)
{
    uint8_t digest[32];
    struct buf out;
    hash_sha256(request_id, digest);
    buf_init(&out, a, 64);
    encode_base64(&out, str_n((const char *)digest, sizeof digest));
    return buf_str(&out);
}

static bool has_type(const struct http_request *request, struct str type)
{
    return str_starts_nocase(http_header(&request->headers, "content-type"), type);
}

/* What the client's headers say of the spelling; false: nothing. */
static bool spell(struct service_model *spoken, const struct http_request *request)
{
    spoken->query_mode =
        spoken->query_compatible &&
        str_eq_nocase(http_header(&request->headers, "x-amzn-query-mode"), STR("true"));
    if (str_eq(http_header(&request->headers, "smithy-protocol"), STR("rpc-v2-cbor"))) {
        spoken->form = FORM_RPC_CBOR;
    } else if (has_type(request, STR("application/x-amz-cbor-1.1"))) {
        spoken->form = FORM_CBOR;
    } else if (has_type(request, STR("application/x-amz-json-1.0"))) {
        spoken->json_version = "1.0";
    } else if (has_type(request, STR("application/x-amz-json-1.1"))) {
        spoken->json_version = "1.1";
    } else if (spoken->query_compatible && !http_has_header(&request->headers, "x-amz-target")) {
        spoken->protocol = PROTOCOL_QUERY;
    } else {
        return spoken->query_mode;
    }
    return true;
}

const struct service_model *codec_spoken(const struct service_model *service,
                                         const struct http_request *request, struct arena *a)
{
    struct service_model spoken = *service;
    if (service->protocol != PROTOCOL_JSON || !spell(&spoken, request)) {
        return service;
    }
    return arena_copy(a, &spoken, sizeof(spoken));
}

enum err codec_read_request(const struct service_model *service, const struct operation_model *op,
                            const struct http_request *request, struct arena *a,
                            struct json **ret_input, struct diag *d)
{
    if (service->form != FORM_MODEL) {
        return codec_cbor_read(service, op, request, a, ret_input, d);
    }
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

enum err codec_respell(const struct service_model *from, const struct service_model *to,
                       const struct shape *shape, struct str body, struct arena *a,
                       struct str *ret_body, struct diag *d)
{
    ASSERT(from->protocol == PROTOCOL_JSON && to->protocol == PROTOCOL_JSON);
    struct operation_model op = {.name = "", .input = shape, .output = shape};
    struct http_request request = {.body = body};
    struct http_response response;
    struct json *tree;
    TRY(codec_read_request(from, &op, &request, a, &tree, d));
    codec_write_response(to, &op, tree, STR_EMPTY, a, &response);
    *ret_body = response.body;
    return ERR_OK;
}

void codec_write_response(const struct service_model *service, const struct operation_model *op,
                          const struct json *output, struct str request_id, struct arena *a,
                          struct http_response *ret_response)
{
    ASSERT(output == NULL || output->kind == JSON_IS_OBJECT);
    http_response_init(ret_response, a, op->success_status);
    codec_set_request_id(service, ret_response, request_id);
    if (service->form != FORM_MODEL) {
        codec_cbor_write(service, op, output, a, ret_response);
        return;
    }
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

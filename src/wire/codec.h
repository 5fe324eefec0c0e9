/* codec.h -- One value, three spellings: requests read and responses written by a service's model.
 * JSON 1.0/1.1, query, REST-XML, and CBOR in two dialects; the tree's conventions are in shape.h.
 * Each protocol is a file: codec_json.c, codec_query.c, codec_rest_xml.c, codec_cbor_*.c. Unknown
 * members are ignored, as services do. */
#ifndef AFORO_WIRE_CODEC_H
#define AFORO_WIRE_CODEC_H

#include "base/json.h"
#include "wire/http_msg.h"
#include "wire/shape.h"

/* The model as this request speaks it: the model itself, or a copy in `a` that says CBOR
 * (Content-Type application/x-amz-cbor-1.1, Smithy-Protocol: rpc-v2-cbor), the version of JSON that
 * was asked, query to a service that also speaks it, or that query's error codes are wanted
 * (x-amzn-query-mode). Give the result to the functions below. */
const struct service_model *codec_spoken(const struct service_model *service,
                                         const struct http_request *request, struct arena *a);

/* The input tree of a request. ERR_INVALID with d->name SerializationException (JSON), MalformedXML
 * (REST-XML) or MalformedQueryString; the message is what the service would say. Payload members
 * that stream (S3 bodies) are left out of the tree: the handler takes them from the body. URI
 * labels are matched against op->uri. */
MUST_USE enum err codec_read_request(const struct service_model *service,
                                     const struct operation_model *op,
                                     const struct http_request *request, struct arena *a,
                                     struct json **ret_input, struct diag *d);

/* A body that `from` spells, read by the shape and written as `to` spells it: for handlers that
 * read and write one spelling by themselves. JSON and CBOR only. */
MUST_USE enum err codec_respell(const struct service_model *from, const struct service_model *to,
                                const struct shape *shape, struct str body, struct arena *a,
                                struct str *ret_body, struct diag *d);

/* Writes a response's status, headers and body from the output tree (NULL: no members). Members
 * missing in the tree are left out. Adds the request id in the protocol's place. A streaming
 * payload is set by the handler. */
void codec_write_response(const struct service_model *service, const struct operation_model *op,
                          const struct json *output, struct str request_id, struct arena *a,
                          struct http_response *ret_response);

/* The ids that every answer of a service carries, in the headers where it has them. */
void codec_set_request_id(const struct service_model *service, struct http_response *response,
                          struct str request_id);

struct codec_error {
    struct str code, message;
    int status;
    struct str query_code;    /* query's name for it, when that is another; else empty */
    bool sender;              /* the client's fault: query's <Type> */
    struct str resource;      /* S3's <Resource>; empty: none */
    const struct json *extra; /* further members of the error, an OBJECT; or NULL */
};
void codec_write_error(const struct service_model *service, const struct http_request *request,
                       const struct codec_error *error, struct str request_id, struct arena *a,
                       struct http_response *ret_response);

/* The client's side of the same envelopes: what a failed response says. Reads __type /
 * x-amzn-errortype / XML <Code>; a body that says nothing gives the status's own words. Never
 * fails. */
void codec_read_error(const struct http_response *response, struct arena *a, struct str *ret_code,
                      struct str *ret_message);

/* Client side of query: Action, Version and flat parameters are written by http_query_add; this
 * writes one struct tree of parameters as AWS nests them (Name.member.1.Key=...). A map is given as
 * an OBJECT with one ARRAY "entry" of {key, value} objects, named as the model names them:
 * Name.entry.1.key=... */
void codec_query_add(struct buf *form, const char *prefix, const struct json *value);

#endif

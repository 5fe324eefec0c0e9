/* codec_parts.h -- What the files of the codec share; nobody outside src/wire includes it.
 * codec_json.c, codec_query.c, codec_rest_xml.c and codec_cbor_*.c are the protocols; codec_value.c
 * turns one scalar into text and back; codec_xml.c turns trees into elements and back;
 * codec_error.c has the envelopes. */
#ifndef AFORO_WIRE_CODEC_PARTS_H
#define AFORO_WIRE_CODEC_PARTS_H

#include "wire/codec.h"
#include "wire/xml.h"

/* How timestamps look where neither member nor shape says: by protocol and place. */
struct value_style {
    enum timestamp_format timestamp;
    bool iso_ms; /* always three digits, as S3 writes them */
};

/* ---- codec_value.c ---- */
struct str codec_wire_name(const struct shape_member *member);
/* By the name on the wire; NULL when the model has none such. */
const struct shape_member *codec_wire_member(const struct shape *structure, struct str wire_name);
bool codec_is_scalar(const struct shape *shape);
/* `text` is borrowed. ERR_INVALID says what was expected. Scalars only. */
MUST_USE enum err codec_value_read(struct arena *a, const struct shape_member *member,
                                   struct value_style style, struct str text,
                                   struct json **ret_value, struct diag *d);
void codec_value_write(struct buf *out, const struct shape_member *member, struct value_style style,
                       const struct json *value);
MUST_USE enum err codec_timestamp_read(enum timestamp_format format, struct str text,
                                       int64_t *ret_us, struct diag *d);
void codec_timestamp_write(struct buf *out, enum timestamp_format format, bool iso_ms, int64_t us);
enum timestamp_format codec_timestamp_format(const struct shape_member *member,
                                             enum timestamp_format otherwise);
MUST_USE enum err codec_blob_read(struct arena *a, struct str base64, struct json **ret_value,
                                  struct diag *d);
/* NaN, Infinity and -Infinity are strings in the tree: JSON has no number for them. */
bool codec_is_special_float(struct str text);
/* Gives a failure the name that the service has for it, unless it has one, and makes it
 * ERR_INVALID. */
enum err codec_fail_as(struct diag *d, const char *name, const char *message);
/* A child that is there and not null. */
const struct json *codec_child(const struct json *object, const char *name);

/* ---- codec_xml.c ---- */
/* Reads what `element` holds into an OBJECT, by the members that stand in the body. */
MUST_USE enum err codec_xml_read(struct arena *a, const struct xml *element,
                                 const struct shape *structure, struct json **ret_value,
                                 struct diag *d);
struct xml_root {
    struct str name;
    const char *xml_namespace, *xml_prefix; /* NULL: none */
};
/* <name>...</name> around the body members of `value` (NULL: none of them). */
void codec_xml_write(struct buf *out, struct xml_root root, const struct shape *structure,
                     const struct json *value, struct value_style style);
/* A tree without a model: OBJECTs become elements, the rest text. */
void codec_xml_write_plain(struct buf *out, const struct json *object);
/* Whether a member of an output is written into the body. */
bool codec_in_body(const struct shape_member *member);

/* ---- the protocols ---- */
enum err codec_json_read(const struct operation_model *op, const struct http_request *request,
                         struct arena *a, struct json **ret_input, struct diag *d);
void codec_json_write(const struct service_model *service, const struct operation_model *op,
                      const struct json *output, struct arena *a, struct http_response *response);
enum err codec_query_read(const struct operation_model *op, const struct http_request *request,
                          struct arena *a, struct json **ret_input, struct diag *d);
void codec_query_write(const struct service_model *service, const struct operation_model *op,
                       const struct json *output, struct str request_id, struct arena *a,
                       struct http_response *response);
enum err codec_rest_xml_read(const struct operation_model *op, const struct http_request *request,
                             struct arena *a, struct json **ret_input, struct diag *d);
void codec_rest_xml_write(const struct service_model *service, const struct operation_model *op,
                          const struct json *output, struct arena *a,
                          struct http_response *response);
#define CODEC_CBOR_MOMENT 1 /* the tag of a moment: RFC 8949, 3.4.2 */
enum err codec_cbor_read(const struct service_model *service, const struct operation_model *op,
                         const struct http_request *request, struct arena *a,
                         struct json **ret_input, struct diag *d);
void codec_cbor_write(const struct service_model *service, const struct operation_model *op,
                      const struct json *output, struct arena *a, struct http_response *response);
void codec_cbor_write_error(const struct service_model *service, const struct codec_error *error,
                            struct arena *a, struct http_response *response);
/* Leaves both as they are where the body does not say. */
void codec_cbor_read_error(struct str body, struct arena *a, struct str *ret_code,
                           struct str *ret_message);
void codec_buf_init(struct buf *out, struct arena *a); /* for a body */
struct str codec_json_type(const struct service_model *service, struct arena *a);
/* The second id of a request, made of the first. */
struct str codec_host_id(struct arena *a, struct str request_id);

#endif

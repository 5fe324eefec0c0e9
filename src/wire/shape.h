/* shape.h -- A service model as constant tables: shapes, members, constraints, operations, errors.
 * The tables are generated from botocore's service-2.json by tools/model_facts.py; the codecs and
 * the validator are driven by them, so no handler knows how its protocol spells anything.
 *
 * Values are trees of json.h whatever the protocol:
 *   structure, map  OBJECT (structures: the model's member names)      list     ARRAY
 *   string          STRING                                             blob     STRING holding the
 * decoded bytes integer, long, float, double   NUMBER                              boolean  TRUE or
 * FALSE timestamp       NUMBER, whole microseconds since the Unix epoch */
#ifndef AFORO_WIRE_SHAPE_H
#define AFORO_WIRE_SHAPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum shape_kind {
    SHAPE_STRUCTURE,
    SHAPE_LIST,
    SHAPE_MAP,
    SHAPE_STRING,
    SHAPE_BLOB,
    SHAPE_INTEGER,
    SHAPE_LONG,
    SHAPE_FLOAT,
    SHAPE_DOUBLE,
    SHAPE_BOOLEAN,
    SHAPE_TIMESTAMP
};
enum member_place {
    PLACE_BODY,
    PLACE_HEADER,
    PLACE_HEADERS /* a map under a prefix */,
    PLACE_QUERY,
    PLACE_URI,
    PLACE_STATUS
};
enum timestamp_format { TIMESTAMP_DEFAULT, TIMESTAMP_ISO8601, TIMESTAMP_UNIX, TIMESTAMP_HTTP };

#define SHAPE_NO_BOUND INT64_MIN
struct shape;
struct shape_member {
    const char *name;      /* in the model */
    const char *wire_name; /* locationName; NULL: the same */
    const struct shape *shape;
    enum member_place place;
    enum timestamp_format timestamp; /* overrides the shape's */
    bool required, flattened, attribute /* XML attribute */, payload, idempotency_token;
    const char *xml_namespace; /* xmlNamespace uri, or NULL */
    const char *xml_prefix;
    const char *host_label; /* reserved: NULL */
};
struct shape {
    const char *name;
    enum shape_kind kind;
    /* length of strings, blobs, lists, maps; value of numbers; SHAPE_NO_BOUND */
    int64_t min, max;
    const char *pattern;       /* a Java regular expression, or NULL */
    const char *const *values; /* enum, NULL-terminated; or NULL */
    /* structure: all; list: 1, the element; map: 2, key and value */
    const struct shape_member *members;
    uint16_t member_count;
    bool flattened, streaming, sensitive, event_stream;
    enum timestamp_format timestamp;
    const char *xml_namespace;
    /* exceptions */
    bool exception, sender_fault;
    const char *error_code; /* when it is not the name */
    int http_status;        /* 0: the protocol's default */
};
struct operation_model {
    const char *name;
    const char *method, *uri;           /* "PUT", "/{Bucket}/{Key+}?acl" */
    const struct shape *input, *output; /* NULL: none */
    const char *result_wrapper;         /* query: "PublishResult" */
    const char *input_root; /* rest-xml: name of the root element of the input, or NULL */
    const char *input_namespace;
    const char *output_root; /* rest-xml: name of the root element of the output; NULL: the output
                              * shape. Where it is the name of the only body member, that member's
                              * text stands in the root itself (S3's LocationConstraint) */
    const struct shape *const *errors; /* NULL-terminated */
    int success_status;                /* responseCode, or 200 */
};
enum protocol { PROTOCOL_JSON, PROTOCOL_QUERY, PROTOCOL_REST_XML, PROTOCOL_COUNT };
/* How one call's bodies are spelt where it is not the protocol's own way: codec_spoken. */
enum wire_form { FORM_MODEL, FORM_CBOR /* Kinesis' 1.1 */, FORM_RPC_CBOR };
struct service_model {
    const char *id;            /* "kinesis": the emulator's name for it */
    const char *signing_name;  /* credential scope */
    const char *service_id;    /* serviceId: "Kinesis" */
    const char *api_version;   /* "2013-12-02" */
    const char *target_prefix; /* "Kinesis_20131202", or NULL */
    const char *json_version;  /* "1.1", or NULL */
    const char *xml_namespace; /* or NULL */
    enum protocol protocol;    /* whose names and statuses refusals have */
    bool host_id;              /* answers carry x-amz-id-2, as those of REST-XML do */
    bool wrapped_errors;       /* rest-xml: <Error> within <ErrorResponse>, as all but S3 have it */
    bool query_compatible;     /* awsQueryCompatible: older clients speak query to it */
    /* of one call, as codec_spoken found it; zero in the tables */
    enum wire_form form;
    bool query_mode;                          /* the client wants to know query's error codes too */
    const struct operation_model *operations; /* sorted by name */
    uint16_t operation_count;
};
const struct operation_model *service_operation(const struct service_model *service,
                                                const char *name, size_t len);
const struct shape_member *shape_find_member(const struct shape *structure, const char *name,
                                             size_t len);

#endif

#include <criterion/criterion.h>
#include <string.h>

#include "codec_vectors.h"
#include "kinesis_model.h"
#include "s3_model.h"
#include "sns_model.h"
#include "sts_model.h"
#include "wire/codec.h"

Test(codec_json, reads_json_vectors)
{
    /* Published requests decode to the values that they were made from. */
    static const struct vector_skip skips[] = {
        {"SDKAppliedContentEncoding_awsJson1_1",
         "compresses the body: the front undoes Content-Encoding before the codec"},
        {"SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_1",
         "compresses the body: the front undoes Content-Encoding before the codec"},
        {"PutAndGetInlineDocumentsInput", "document types: no operation that we serve has one"},
        {NULL, NULL}};
    run_input_vectors("json", skips);
}

Test(codec_json, writes_json_vectors)
{
    /* Values encode to the published answers; published errors are read right, and ours as well. */
    static const struct vector_skip skips[] = {
        {"handles_empty_output_shape", "what clients must bear: without output we write no body"},
        {"handles_unexpected_json_output", "what clients must bear: a member that no model has"},
        {"PutAndGetInlineDocumentsInput", "document types: no operation that we serve has one"},
        {NULL, NULL}};
    run_output_vectors("json", skips);
}

Test(codec_json, reads_json_1_0_vectors)
{
    /* Published requests decode to the values that they were made from. */
    static const struct vector_skip skips[] = {
        {"SDKAppliedContentEncoding_awsJson1_0",
         "compresses the body: the front undoes Content-Encoding before the codec"},
        {"SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsJson1_0",
         "compresses the body: the front undoes Content-Encoding before the codec"},
        {NULL, NULL}};
    run_input_vectors("json_1_0", skips);
}

Test(codec_json, writes_json_1_0_vectors)
{
    /* Values encode to the published answers; published errors are read right, and ours as well. */
    static const struct vector_skip skips[] = {
        {"AwsJson10HandlesEmptyOutputShape",
         "what clients must bear: without output we write no body"},
        {"AwsJson10HandlesUnexpectedJsonOutput",
         "what clients must bear: a member that no model has"},
        {NULL, NULL}};
    run_output_vectors("json_1_0", skips);
}

/* ---- documented examples and refusals, against the real model of Kinesis ---- */

static enum err read_input(struct arena *a, const char *operation, const char *body,
                           struct json **ret_input, struct diag *d)
{
    const struct operation_model *op =
        service_operation(&kinesis_model, operation, strlen(operation));
    struct http_request request;
    cr_assert(op != NULL, "%s", operation);
    http_request_init(&request, a, "POST", STR("kinesis.us-east-1.amazonaws.com"), STR("/"));
    request.body = str_of(body);
    return codec_read_request(&kinesis_model, op, &request, a, ret_input, d);
}

static struct json *input_of(struct arena *a, const char *operation, const char *body)
{
    struct json *input = NULL;
    struct diag d = DIAG_INIT;
    cr_assert_eq(read_input(a, operation, body, &input, &d), ERR_OK, "%s: %s", body, d.msg);
    return input;
}

static bool has(const struct json *input, const char *path, const char *text)
{
    return str_eq(json_str(json_at(input, path)), str_of(text));
}

static struct str output_of(struct arena *a, const char *operation, const struct json *output)
{
    struct http_response response;
    const struct operation_model *op =
        service_operation(&kinesis_model, operation, strlen(operation));
    codec_write_response(&kinesis_model, op, output, STR("request-1"), a, &response);
    cr_assert_eq(response.status, 200);
    cr_assert(str_eq(http_header(&response.headers, "x-amzn-requestid"), STR("request-1")));
    cr_assert(
        str_eq(http_header(&response.headers, "content-type"), STR("application/x-amz-json-1.1")));
    return response.body;
}

Test(codec_json, reads_the_documented_put_record)
{
    /* The sample request of the PutRecord page: the blob arrives as bytes. */
    struct arena *a = arena_new("test", 1 << 20);
    struct json *input = input_of(a, "PutRecord",
                                  "{\"StreamName\": \"exampleStreamName\", \"Data\": "
                                  "\"XzxkYXRhPl8x\", \"PartitionKey\": \"partitionKey\"}");
    cr_assert_eq(input->count, 3);
    cr_assert(has(input, "StreamName", "exampleStreamName"));
    cr_assert(has(input, "Data", "_<data>_1"));
    cr_assert(has(input, "PartitionKey", "partitionKey"));
    arena_free(a);
}

Test(codec_json, reads_moments_to_the_microsecond)
{
    /* Seconds in every spelling that clients send become whole microseconds, without a float
     * between. */
    static const struct {
        const char *text, *us;
    } rows[] = {{"1441215410", "1441215410000000"},
                {"1441215410.867", "1441215410867000"},
                {"1.441215410867E9", "1441215410867000"},
                {"1441215410.8675309", "1441215410867530"},
                {"1.4412154108675309E9", "1441215410867530"},
                {"0.000001", "1"},
                {"-1.5", "-1500000"},
                {"253402300799.999999", "253402300799999999"}};
    struct arena *a = arena_new("test", 1 << 20);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct str body = str_printf(a, "{\"Timestamp\":%s}", rows[i].text);
        struct json *input = input_of(a, "GetShardIterator", str_z(a, body));
        cr_assert(has(input, "Timestamp", rows[i].us), "%s is %.*s", rows[i].text,
                  STR_ARG(json_str(json_get(input, STR("Timestamp")))));
    }
    arena_free(a);
}

Test(codec_json, takes_what_real_clients_send)
{
    /* Escaped slashes in base64 (PHP), nulls, members of newer models, no body at all, whole
     * numbers as 5.0. */
    struct arena *a = arena_new("test", 1 << 20);
    cr_assert(has(input_of(a, "PutRecord", "{\"Data\":\"\\/\\/\\/\\/\"}"), "Data", "\xff\xff\xff"));
    cr_assert_eq(input_of(a, "PutRecord", "{\"Data\":null,\"StreamName\":null}")->count, 0);
    cr_assert_eq(input_of(a, "PutRecord", "{\"Newer\":{\"a\":[1,{}]},\"Data\":\"\"}")->count, 1);
    cr_assert_eq(input_of(a, "DescribeLimits", "")->count, 0);
    cr_assert_eq(input_of(a, "ListStreams", " \n{ } ")->count, 0);
    cr_assert(has(input_of(a, "ListStreams", "{\"Limit\":5.0}"), "Limit", "5"));
    cr_assert(has(input_of(a, "ListStreams", "{\"Limit\":1e2}"), "Limit", "100"));
    const struct json *list = input_of(a, "PutRecords", "{\"Records\":[null]}");
    cr_assert(json_is(json_get(list, STR("Records"))->first, JSON_IS_NULL));
    arena_free(a);
}

Test(codec_json, refuses_wrong_types_in_the_services_words)
{
    /* Each body is a SerializationException, with the framework's own text where it has one. */
    static const struct {
        const char *operation, *body, *message;
    } rows[] = {
        {"ListShards", "{\"StreamName\":5}",
         "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an "
         "String"},
        {"ListShards", "{\"StreamName\":5.5}",
         "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an "
         "String"},
        {"ListShards", "{\"StreamName\":true}",
         "class java.lang.Boolean can not be converted to an String"},
        {"ListShards", "{\"StreamName\":[]}", "Start of list found where not expected"},
        {"ListShards", "{\"StreamName\":{}}",
         "Start of structure or map found where not expected."},
        {"ListShards", "{\"MaxResults\":\"5\"}",
         "class java.lang.String can not be converted to an Integer"},
        {"ListShards", "{\"MaxResults\":false}",
         "class java.lang.Boolean can not be converted to an Integer"},
        {"ListShards", "{\"StreamCreationTimestamp\":\"now\"}",
         "class java.lang.String can not be converted to milliseconds since epoch"},
        {"DeleteStream", "{\"EnforceConsumerDeletion\":\"23\"}",
         "'23' can not be converted to an Boolean"},
        {"DeleteStream", "{\"EnforceConsumerDeletion\":1}",
         "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to an "
         "Boolean"},
        {"PutRecords", "{\"Records\":\"x\"}", "Expected list or null"},
        {"PutRecords", "{\"Records\":{}}", "Start of structure or map found where not expected."},
        {"PutRecords", "{\"Records\":[1]}", "Expected null"},
        {"PutRecords", "{\"Records\":[[]]}", "Start of list found where not expected"},
        {"AddTagsToStream", "{\"Tags\":1}", "Expected map or null"},
        {"PutRecord", "{\"Data\":\"23456\"}",
         "'23456' can not be converted to a Blob: Base64 encoded length is expected a multiple of "
         "4 bytes but found: 5"},
        {"PutRecord", "{\"Data\":\"=+/=\"}",
         "'=+/=' can not be converted to a Blob: Invalid Base64 character: '='"},
        {"PutRecord", "{\"Data\":\"+/+=\"}",
         "'+/+=' can not be converted to a Blob: Invalid last non-pad Base64 character dectected"},
        {"PutRecord", "{\"Data\":\"a?bc\"}",
         "'a?bc' can not be converted to a Blob: Invalid Base64 character: '?'"},
        {"PutRecord", "[]", ""},
        {"PutRecord", "{\"Data\":\"\"", ""},
        {"PutRecord", "{\"Data\":\"\"} x", ""},
        {"PutRecord", "{\"Newer\":[1,}", ""},
        {"PutRecord", "StreamName=x", ""},
        {"PutRecord", "", ""},
        {"PutRecord", " ", ""},
    };
    struct arena *a = arena_new("test", 1 << 20);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct json *input;
        struct diag d = DIAG_INIT;
        cr_assert_eq(read_input(a, rows[i].operation, rows[i].body, &input, &d), ERR_INVALID);
        cr_assert_str_eq(d.name, "SerializationException", "%s", rows[i].body);
        cr_assert_str_eq(d.msg, rows[i].message, "%s", rows[i].body);
    }
    arena_free(a);
}

Test(codec_json, whole_numbers_are_cut_to_their_type)
{
    /* A fraction is lost, and what is too large or too small ends where its type does. */
    static const struct {
        const char *body;
        int64_t value;
    } rows[] = {
        {"{\"MaxResults\":1.9}", 1},
        {"{\"MaxResults\":-1.9}", -1},
        {"{\"MaxResults\":1e3}", 1000},
        {"{\"MaxResults\":2147483648}", INT32_MAX},
        {"{\"MaxResults\":-99999999999999999999}", INT32_MIN},
        {"{\"MaxResults\":1e99}", INT32_MAX},
    };
    struct arena *a = arena_new("test", 1 << 20);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct json *input;
        struct diag d = DIAG_INIT;
        int64_t value;
        cr_assert_eq(read_input(a, "ListShards", rows[i].body, &input, &d), ERR_OK, "%s", d.msg);
        cr_assert_eq(json_i64(json_get(input, STR("MaxResults")), &value, &d), ERR_OK);
        cr_expect_eq(value, rows[i].value, "%s", rows[i].body);
    }
    arena_free(a);
}

Test(codec_json, nesting_past_the_scanners_cap_is_refused)
{
    /* Depth comes from the sender, so it must not reach the C stack. */
    struct arena *a = arena_new("test", 1 << 20);
    struct buf body;
    struct json *input;
    struct diag d = DIAG_INIT;
    buf_init(&body, a, 1 << 18);
    buf_add_z(&body, "{\"Records\":");
    for (int i = 0; i < 100000; i++) {
        buf_add_char(&body, '[');
    }
    cr_assert_eq(read_input(a, "PutRecords", str_z(a, buf_str(&body)), &input, &d), ERR_INVALID);
    cr_assert_str_eq(d.name, "SerializationException");
    arena_free(a);
}

Test(codec_json, writes_put_records_as_fluent_bit_reads_it)
{
    /* Compact, counts first: clients look for "FailedRecordCount":0 as text. */
    struct arena *a = arena_new("test", 1 << 20);
    struct json *output = json_new(a, JSON_IS_OBJECT);
    struct json *record = json_new(a, JSON_IS_OBJECT);
    json_add(json_set(a, output, "Records", JSON_IS_ARRAY), STR_EMPTY, record);
    json_set_str(a, record, "ShardId", STR("shardId-000000000001"));
    json_set_str(a, record, "SequenceNumber", STR("21269319989653637946712965403778482977"));
    json_set_i64(a, output, "FailedRecordCount", 0);
    struct str body = output_of(a, "PutRecords", output);
    const char *want = "{\"FailedRecordCount\":0,\"Records\":[{\"SequenceNumber\":"
                       "\"21269319989653637946712965403778482977\",\"ShardId\":"
                       "\"shardId-000000000001\"}]}";
    cr_assert(str_eq(body, str_of(want)), "%.*s", STR_ARG(body));
    arena_free(a);
}

Test(codec_json, writes_the_documented_get_records)
{
    /* The sample answer of the GetRecords page: bytes as base64, the arrival time with its
     * milliseconds. */
    struct arena *a = arena_new("test", 1 << 20);
    struct json *output = json_new(a, JSON_IS_OBJECT);
    struct json *record = json_new(a, JSON_IS_OBJECT);
    json_set_i64(a, output, "MillisBehindLatest", 2100);
    json_add(json_set(a, output, "Records", JSON_IS_ARRAY), STR_EMPTY, record);
    json_set_str(a, record, "Data", STR("_<data>_0"));
    json_set_str(a, record, "PartitionKey", STR("partitionKey"));
    json_set_i64(a, record, "ApproximateArrivalTimestamp", INT64_C(1441215410867000));
    json_set_str(a, record, "SequenceNumber", STR("21269319989652663814458848515492872193"));
    struct str body = output_of(a, "GetRecords", output);
    const char *want =
        "{\"Records\":[{\"SequenceNumber\":\"21269319989652663814458848515492872193\","
        "\"ApproximateArrivalTimestamp\":1441215410.867,\"Data\":\"XzxkYXRhPl8w\","
        "\"PartitionKey\":\"partitionKey\"}],\"MillisBehindLatest\":2100}";
    cr_assert(str_eq(body, str_of(want)), "%.*s", STR_ARG(body));
    cr_assert_eq(output_of(a, "CreateStream", NULL).len, 0);
    arena_free(a);
}

Test(codec_json, writes_errors_for_every_reader)
{
    /* The name stands in the body and in the header, and comes back through the client's reader. */
    struct arena *a = arena_new("test", 1 << 20);
    struct codec_error error = {
        .code = STR("ResourceNotFoundException"),
        .message = STR("Stream exampleStreamName under account 123456789012 not found."),
        .status = 400};
    struct http_response response;
    struct str code, message;
    codec_write_error(&kinesis_model, NULL, &error, STR("request-1"), a, &response);
    cr_assert_eq(response.status, 400);
    cr_assert(
        str_eq(response.body, STR("{\"__type\":\"ResourceNotFoundException\",\"message\":\"Stream "
                                  "exampleStreamName under account 123456789012 not found.\"}")));
    cr_assert(str_eq(http_header(&response.headers, "x-amzn-errortype"), error.code));
    codec_read_error(&response, a, &code, &message);
    cr_assert(str_eq(code, error.code) && str_eq(message, error.message));
    http_response_init(&response, a, 503); /* a balancer's own page says nothing of the service */
    response.body = STR("<html><body>busy</body>");
    codec_read_error(&response, a, &code, &message);
    cr_assert(str_eq(code, STR("ServiceUnavailable")), "%.*s", STR_ARG(code));
    cr_assert(str_eq(message, STR("Service Unavailable")));
    arena_free(a);
}

Test(codec_json, finds_every_operation_and_no_other)
{
    /* The binary search agrees with the tables of all services; near misses are not found. */
    static const struct service_model *const services[] = {&kinesis_model, &s3_model, &sns_model,
                                                           &sts_model};
    for (size_t s = 0; s < 4; s++) {
        for (size_t i = 0; i < services[s]->operation_count; i++) {
            const struct operation_model *op = &services[s]->operations[i];
            cr_assert_eq(service_operation(services[s], op->name, strlen(op->name)), op);
            cr_assert_neq(service_operation(services[s], op->name, strlen(op->name) - 1), op);
        }
        cr_assert_null(service_operation(services[s], "", 0));
        cr_assert_null(service_operation(services[s], "Zzz", 3));
    }
}

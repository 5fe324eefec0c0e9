#include <criterion/criterion.h>
#include <string.h>

#include "codec_vectors.h"
#include "s3_model.h"
#include "wire/codec.h"

Test(codec_rest_xml, reads_rest_xml_vectors)
{
    /* Published requests decode to the values that they were made from. */
    static const struct vector_skip skips[] = {
        {"SDKAppliedContentEncoding_restXml",
         "compresses the body: the front undoes Content-Encoding before the codec"},
        {"SDKAppendedGzipAfterProvidedEncoding_restXml",
         "compresses the body: the front undoes Content-Encoding before the codec"},
        {"QueryIdempotencyTokenAutoFill", "the client adds what the value does not hold"},
        {"HttpPrefixHeadersAreNotPresent", "an empty map leaves no trace in the message"},
        {"RestXmlQueryPrecedence", "a member of the map is overruled and leaves no trace"},
        {NULL, NULL}};
    run_input_vectors("rest-xml", skips);
}

Test(codec_rest_xml, writes_rest_xml_vectors)
{
    /* Values encode to the published answers; published errors are read right, and ours as well. */
    static const struct vector_skip skips[] = {{NULL, NULL}};
    run_output_vectors("rest-xml", skips);
}

/* ---- documented examples and refusals, against the real model of S3 ---- */

struct s3_call {
    const char *operation, *method, *path, *query, *body;
    const char *header, *value; /* one, or NULL */
};

static const struct operation_model *s3_operation(const char *name)
{
    const struct operation_model *op = service_operation(&s3_model, name, strlen(name));
    cr_assert(op != NULL, "%s", name);
    return op;
}

static enum err read_call(struct arena *a, struct s3_call call, struct json **ret_input,
                          struct diag *d)
{
    struct http_request request;
    http_request_init(&request, a, call.method, STR("s3.us-east-1.amazonaws.com"),
                      str_of(call.path));
    request.query = str_of(call.query);
    request.body = str_of(call.body);
    if (call.header != NULL) {
        http_headers_add(&request.headers, str_of(call.header), str_of(call.value));
    }
    return codec_read_request(&s3_model, s3_operation(call.operation), &request, a, ret_input, d);
}

static struct str json_text(struct arena *a, const struct json *tree)
{
    struct buf out;
    buf_init(&out, a, 1 << 16);
    json_write(&out, tree);
    return buf_str(&out);
}

static struct str body_of(struct arena *a, const char *operation, const char *output)
{
    struct json *tree;
    struct diag d = DIAG_INIT;
    struct http_response response;
    cr_assert_eq(json_parse(a, str_of(output), &tree, &d), ERR_OK, "%s", d.msg);
    codec_write_response(&s3_model, s3_operation(operation), tree, STR("4442587FB7D0A2F9"), a,
                         &response);
    cr_assert(str_eq(http_header(&response.headers, "x-amz-request-id"), STR("4442587FB7D0A2F9")));
    return response.body;
}

Test(codec_rest_xml, reads_s3_requests_by_their_places)
{
    /* Path, query, headers and body of S3's documented requests end in one tree; streams stay
     * outside. */
    static const struct {
        struct s3_call call;
        const char *input;
    } rows[] = {
        {{"PutObject", "PUT", "/bucket/a%20b/c%2Fd/", "", "bytes", "X-Amz-Meta-Family", "Muntz"},
         "{\"Bucket\":\"bucket\",\"Key\":\"a b/c/d/\",\"Metadata\":{\"family\":\"Muntz\"}}"},
        {{"PutObject", "PUT", "/bucket//x", "", "", "Content-Length", "11434"},
         "{\"Bucket\":\"bucket\",\"Key\":\"/x\",\"ContentLength\":11434}"},
        {{"GetObject", "GET", "/bucket/k", "versionId=v%2B1&partNumber=7", "", "If-Modified-Since",
          "Sat, 28 Mar 2026 00:00:00 GMT"},
         "{\"Bucket\":\"bucket\",\"Key\":\"k\",\"IfModifiedSince\":1774656000000000,"
         "\"VersionId\":\"v+1\",\"PartNumber\":7}"},
        {{"ListObjectsV2", "GET", "/bucket/", "list-type=2&prefix=&max-keys=2&start-after=a%2Fb",
          "", NULL, NULL},
         "{\"Bucket\":\"bucket\",\"MaxKeys\":2,\"Prefix\":\"\",\"StartAfter\":\"a/b\"}"},
        {{"GetObjectAttributes", "GET", "/bucket/k", "attributes", "", "x-amz-object-attributes",
          "ETag,Checksum, ObjectSize"},
         "{\"Bucket\":\"bucket\",\"Key\":\"k\",\"ObjectAttributes\":[\"ETag\",\"Checksum\","
         "\"ObjectSize\"]}"},
        {{"CreateBucket", "PUT", "/bucket", "",
          "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
          "<LocationConstraint>Europe</LocationConstraint></CreateBucketConfiguration>",
          NULL, NULL},
         "{\"Bucket\":\"bucket\",\"CreateBucketConfiguration\":{\"LocationConstraint\":\"Europe\"}"
         "}"},
        {{"CreateBucket", "PUT", "/bucket/", "", "", NULL, NULL}, "{\"Bucket\":\"bucket\"}"},
        {{"DeleteObjects", "POST", "/bucket", "delete",
          "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Delete>\n  <Object>\n    "
          "<Key>sample1.txt</Key>\n  </Object>\n  <Object>\n    <Key> &lt;2&gt; </Key><VersionId>7"
          "</VersionId>\n  </Object>\n <Quiet>true</Quiet><Newer/></Delete>",
          NULL, NULL},
         "{\"Bucket\":\"bucket\",\"Delete\":{\"Objects\":[{\"Key\":\"sample1.txt\"},{\"Key\":\" "
         "<2> \",\"VersionId\":\"7\"}],\"Quiet\":true}}"},
        {{"PutBucketAcl", "PUT", "/bucket", "acl",
          "<AccessControlPolicy><AccessControlList><Grant><Grantee "
          "xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" "
          "i:type=\"CanonicalUser\"><ID>8</ID>"
          "</Grantee><Permission>FULL_CONTROL</Permission></Grant></AccessControlList>"
          "</AccessControlPolicy>",
          NULL, NULL},
         "{\"Bucket\":\"bucket\",\"AccessControlPolicy\":{\"Grants\":[{\"Grantee\":{\"ID\":\"8\","
         "\"Type\":\"CanonicalUser\"},\"Permission\":\"FULL_CONTROL\"}]}}"},
        {{"PutBucketPolicy", "PUT", "/bucket", "policy", "{\"Version\":\"2012-10-17\"}", NULL,
          NULL},
         "{\"Bucket\":\"bucket\",\"Policy\":\"{\\\"Version\\\":\\\"2012-10-17\\\"}\"}"},
    };
    struct arena *a = arena_new("test", 1 << 20);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct json *input, *want;
        struct diag d = DIAG_INIT;
        cr_assert_eq(read_call(a, rows[i].call, &input, &d), ERR_OK, "%s: %s",
                     rows[i].call.operation, d.msg);
        cr_assert_eq(json_parse(a, str_of(rows[i].input), &want, &d), ERR_OK, "%s", d.msg);
        cr_assert_eq(input->count, want->count, "%s: %.*s", rows[i].call.operation,
                     STR_ARG(json_text(a, input)));
        for (const struct json *member = want->first; member != NULL; member = member->next) {
            const struct json *got = json_get(input, member->key);
            cr_assert(got != NULL && str_eq(json_text(a, got), json_text(a, member)), "%s: %.*s",
                      rows[i].call.operation, STR_ARG(json_text(a, input)));
        }
    }
    arena_free(a);
}

Test(codec_rest_xml, refuses_in_s3s_words)
{
    /* Broken XML, a wrong root, a wrong value, a path without key: each by its own name. */
    static const struct {
        struct s3_call call;
        const char *name;
    } rows[] = {
        {{"DeleteObjects", "POST", "/b", "delete", "<Delete><Object>", NULL, NULL}, "MalformedXML"},
        {{"DeleteObjects", "POST", "/b", "delete", "<Remove/>", NULL, NULL}, "MalformedXML"},
        {{"DeleteObjects", "POST", "/b", "delete", "<Delete><Quiet>maybe</Quiet></Delete>", NULL,
          NULL},
         "MalformedXML"},
        {{"DeleteObjects", "POST", "/b", "delete", "<!DOCTYPE x><Delete/>", NULL, NULL},
         "MalformedXML"},
        {{"ListObjectsV2", "GET", "/b", "max-keys=many", "", NULL, NULL}, "InvalidArgument"},
        {{"GetObject", "GET", "/b/k", "", "", "If-Modified-Since", "yesterday"}, "InvalidArgument"},
        {{"GetObject", "GET", "/b/", "", "", NULL, NULL}, "InvalidURI"},
        {{"GetObject", "GET", "/b", "", "", NULL, NULL}, "InvalidURI"},
        {{"CreateBucket", "PUT", "/b/c", "", "", NULL, NULL}, "InvalidURI"},
        {{"CreateBucket", "PUT", "", "", "", NULL, NULL}, "InvalidURI"},
    };
    struct arena *a = arena_new("test", 1 << 20);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct json *input;
        struct diag d = DIAG_INIT;
        cr_assert_eq(read_call(a, rows[i].call, &input, &d), ERR_INVALID, "%zu", i);
        cr_assert_str_eq(d.name, rows[i].name, "%zu: %s", i, d.msg);
        cr_assert(d.msg[0] != '\0');
    }
    arena_free(a);
}

Test(codec_rest_xml, writes_s3_answers_with_their_own_roots)
{
    /* Root elements, namespace, millisecond dates, flattened lists and attributes of the documented
     * answers. */
    static const struct {
        const char *operation, *output, *body;
    } rows[] = {
        {"ListObjectsV2",
         "{\"Name\":\"b\",\"KeyCount\":1,\"IsTruncated\":false,\"Contents\":[{\"Key\":\"a&b\","
         "\"LastModified\":1255369832000000,\"ETag\":\"\\\"fba9\\\"\",\"Size\":434234}]}",
         "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><IsTruncated>false"
         "</IsTruncated><Contents><Key>a&amp;b</Key><LastModified>2009-10-12T17:50:32.000Z"
         "</LastModified><ETag>&quot;fba9&quot;</ETag><Size>434234</Size></Contents><Name>b</Name>"
         "<KeyCount>1</KeyCount></ListBucketResult>"},
        {"GetBucketLocation", "{\"LocationConstraint\":\"us-west-2\"}",
         "<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">us-west-2"
         "</LocationConstraint>"},
        {"GetBucketLocation", "{}",
         "<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
         "</LocationConstraint>"},
        {"GetBucketAcl",
         "{\"Owner\":{\"ID\":\"7\"},\"Grants\":[{\"Grantee\":{\"ID\":\"7\",\"Type\":"
         "\"CanonicalUser\"},\"Permission\":\"FULL_CONTROL\"}]}",
         "<AccessControlPolicy xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Owner><ID>7</ID>"
         "</Owner><AccessControlList><Grant><Grantee "
         "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"CanonicalUser\"><ID>7"
         "</ID></Grantee><Permission>FULL_CONTROL</Permission></Grant></AccessControlList>"
         "</AccessControlPolicy>"},
        {"CopyObject",
         "{\"CopyObjectResult\":{\"ETag\":\"\\\"9b\\\"\",\"LastModified\":1256737808000000}}",
         "<CopyObjectResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><ETag>&quot;9b&quot;"
         "</ETag><LastModified>2009-10-28T13:50:08.000Z</LastModified></CopyObjectResult>"},
        {"GetObjectLegalHold", "{\"LegalHold\":{\"Status\":\"ON\"}}",
         "<LegalHold xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>ON</Status>"
         "</LegalHold>"},
        {"ListBuckets", "{\"Buckets\":[]}",
         "<ListAllMyBucketsResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Buckets>"
         "</Buckets></ListAllMyBucketsResult>"},
    };
    struct arena *a = arena_new("test", 1 << 20);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct str body = body_of(a, rows[i].operation, rows[i].output);
        cr_assert(str_starts(body, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>")));
        cr_assert(str_ends(body, str_of(rows[i].body)), "%.*s", STR_ARG(body));
        size_t rest = body.len - strlen(rows[i].body);
        cr_assert_leq(rest, strlen("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"));
    }
    cr_assert(str_eq(body_of(a, "GetBucketPolicy", "{\"Policy\":\"{}\"}"), STR("{}")));
    cr_assert_eq(body_of(a, "PutObject", "{\"ETag\":\"x\"}").len, 0);
    arena_free(a);
}

Test(codec_rest_xml, writes_headers_and_metadata)
{
    /* HeadObject: every member is a header; moments are HTTP dates, the map gets its prefix. */
    struct arena *a = arena_new("test", 1 << 20);
    struct http_response response;
    struct json *output;
    struct diag d = DIAG_INIT;
    cr_assert_eq(json_parse(a,
                            STR("{\"LastModified\":1774656000999000,\"ContentLength\":9,\"ETag\":"
                                "\"\\\"e\\\"\",\"ContentType\":\"text/csv\",\"DeleteMarker\":true,"
                                "\"Metadata\":{\"family\":\"Muntz\"}}"),
                            &output, &d),
                 ERR_OK);
    codec_write_response(&s3_model, s3_operation("HeadObject"), output, STR("r"), a, &response);
    static const char *const rows[][2] = {{"Last-Modified", "Sat, 28 Mar 2026 00:00:00 GMT"},
                                          {"Content-Length", "9"},
                                          {"ETag", "\"e\""},
                                          {"Content-Type", "text/csv"},
                                          {"x-amz-delete-marker", "true"},
                                          {"x-amz-meta-family", "Muntz"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct str got = http_header(&response.headers, rows[i][0]);
        cr_assert(str_eq(got, str_of(rows[i][1])), "%s: %.*s", rows[i][0], STR_ARG(got));
    }
    cr_assert_eq(response.body.len, 0);
    codec_write_response(&s3_model, s3_operation("DeleteObject"), NULL, STR("r"), a, &response);
    cr_assert_eq(response.status, 204);
    arena_free(a);
}

Test(codec_rest_xml, writes_the_documented_error)
{
    /* The example of S3's "Error responses" page; HEAD has the status alone, and clients read its
     * words. */
    struct arena *a = arena_new("test", 1 << 20);
    struct http_request head;
    struct http_response response;
    struct str code, message;
    struct codec_error error = {.code = STR("NoSuchKey"),
                                .message = STR("The resource you requested does not exist"),
                                .status = 404,
                                .resource = STR("/mybucket/myfoto.jpg")};
    codec_write_error(&s3_model, NULL, &error, STR("4442587FB7D0A2F9"), a, &response);
    cr_assert(str_contains(
        response.body, STR("<Error><Code>NoSuchKey</Code><Message>The resource you requested does "
                           "not exist</Message><Resource>/mybucket/myfoto.jpg</Resource><RequestId>"
                           "4442587FB7D0A2F9</RequestId><HostId>")));
    struct str id = http_header(&response.headers, "x-amz-id-2");
    cr_assert(id.len > 0 && str_contains(response.body, id));
    codec_read_error(&response, a, &code, &message);
    cr_assert(str_eq(code, error.code) && str_eq(message, error.message));
    http_request_init(&head, a, "HEAD", STR("h"), STR("/mybucket/myfoto.jpg"));
    codec_write_error(&s3_model, &head, &error, STR("4442587FB7D0A2F9"), a, &response);
    cr_assert_eq(response.body.len, 0);
    cr_assert_eq(response.status, 404);
    codec_read_error(&response, a, &code, &message);
    cr_assert(str_eq(code, STR("NotFound")) && str_eq(message, STR("Not Found")));
    response.status = 412;
    codec_read_error(&response, a, &code, &message);
    cr_assert(str_eq(code, STR("PreconditionFailed")));
    arena_free(a);
}

/* fuzz_codec.c -- Any bytes as the body of a request, the first byte choosing the operation: a
 * tree, or a refusal with the service's name for it. What a tree is written as reads back to what
 * writes the same (JSON and REST-XML; query answers in another spelling than it asks). */
#include <string.h>
#include "base/limits.h"
#include "fuzz_check.h"
#include "kinesis_model.h"
#include "s3_model.h"
#include "sns_model.h"
#include "wire/codec.h"

struct target {
    const struct service_model *service;
    const char *operation, *method, *path;
};
static const struct target targets[] = {
    {&kinesis_model, "PutRecords", "POST", "/"},
    {&kinesis_model, "GetShardIterator", "POST", "/"},
    {&sns_model, "PublishBatch", "POST", "/"},
    {&s3_model, "DeleteObjects", "POST", "/bucket"},
    {&s3_model, "PutBucketAcl", "PUT", "/bucket"},
    {&s3_model, "PutBucketPolicy", "PUT", "/bucket"},
};

static void make_request(const struct target *t, struct arena *a, struct str body,
                         struct http_request *request)
{
    http_request_init(request, a, t->method, STR("host"), str_of(t->path));
    request->body = body;
    if (t->service ==
        &s3_model) { /* the same bytes in the query and in a header: they must be borne too */
        request->query = body;
        http_headers_add(&request->headers, STR("x-amz-checksum-crc32"), body);
    }
}

static struct str written(const struct target *t, struct operation_model op,
                          const struct json *tree, struct arena *a)
{
    struct http_response response;
    op.output = op.input;
    codec_write_response(t->service, &op, tree, STR("r"), a, &response);
    return response.body;
}

static void check_again(const struct target *t, const struct operation_model *op,
                        const struct json *tree, struct arena *a)
{
    struct diag d = DIAG_INIT;
    struct http_request request;
    struct json *again;
    struct str body = written(t, *op, tree, a);
    make_request(t, a, body, &request);
    request.query = STR_EMPTY;
    CHECK(codec_read_request(t->service, op, &request, a, &again, &d) == ERR_OK);
    CHECK(str_eq(body, written(t, *op, again, a)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct arena *a = arena_new("fuzz", 512 * MIB);
    const struct target *t = &targets[data[0] % (sizeof(targets) / sizeof(*targets))];
    const struct operation_model *op =
        service_operation(t->service, t->operation, strlen(t->operation));
    struct diag d = DIAG_INIT;
    struct http_request request;
    struct json *tree = NULL;
    make_request(t, a, str_n((const char *)data + 1, size - 1), &request);
    enum err e = codec_read_request(t->service, op, &request, a, &tree, &d);
    if (e == ERR_OK) {
        CHECK(json_is(tree, JSON_IS_OBJECT));
        if (t->service->protocol != PROTOCOL_QUERY) {
            check_again(t, op, tree, a);
        }
    } else {
        CHECK(e == ERR_INVALID && d.code == ERR_INVALID);
        CHECK(d.name[0] != '\0' && d.msg[0] != '\0');
    }
    arena_free(a);
    return 0;
}

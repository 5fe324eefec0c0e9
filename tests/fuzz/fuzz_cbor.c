/* fuzz_cbor.c -- Any bytes as a CBOR request, the first byte choosing the operation and the
 * dialect: a tree, or a refusal that names the byte. What a tree is written as reads back to what
 * writes the same. */
#include <string.h>
#include "base/limits.h"
#include "fuzz_check.h"
#include "kinesis_model.h"
#include "wire/codec.h"

static const char *const operations[] = {"PutRecords", "GetShardIterator", "UpdateShardCount",
                                         "AddTagsToStream"};
#define OPERATION_COUNT (sizeof(operations) / sizeof(*operations))

static struct str written(const struct service_model *service, struct operation_model op,
                          const struct json *tree, struct arena *a)
{
    struct http_response response;
    op.output = op.input;
    codec_write_response(service, &op, tree, STR("r"), a, &response);
    return response.body;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct arena *a = arena_new("fuzz", 512 * MIB);
    struct service_model service = kinesis_model;
    service.form = (data[0] / OPERATION_COUNT) % 2 == 0 ? FORM_CBOR : FORM_RPC_CBOR;
    const char *name = operations[data[0] % OPERATION_COUNT];
    const struct operation_model *op = service_operation(&service, name, strlen(name));
    struct http_request request = {.body = str_n((const char *)data + 1, size - 1)};
    struct diag d = DIAG_INIT;
    struct json *tree = NULL, *again = NULL;
    if (codec_read_request(&service, op, &request, a, &tree, &d) == ERR_OK) {
        request.body = written(&service, *op, tree, a);
        CHECK(codec_read_request(&service, op, &request, a, &again, &d) == ERR_OK);
        CHECK(str_eq(request.body, written(&service, *op, again, a)));
    } else {
        CHECK(tree == NULL && d.code == ERR_INVALID);
        CHECK(diag_is_named(&d, "SerializationException") && d.msg[0] != '\0');
    }
    arena_free(a);
    return 0;
}

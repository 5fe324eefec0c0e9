/* One emulator, asked in every spelling: CBOR of both dialects, packed bodies. */
#include <criterion/criterion.h>

#include "base/encode.h"
#include "base/instant.h"
#include "base/limits.h"
#include "emulator/emulator.h"
#include "wire/cbor.h"
#include "wire/codec.h"

#define AT_US (INT64_C(1774656000) * 1000000)

struct bench {
    struct arena *arena;
    struct emulator *emulator;
    int64_t now_us;
};

static struct bench bench_new(void)
{
    struct bench b = {.arena = arena_new("test", 256 * MIB), .now_us = AT_US};
    b.emulator = emulator_new(b.arena, &(struct emulator_options){.seed = 1, .start_us = AT_US});
    return b;
}

static struct str bytes_of(struct arena *a, const char *hex)
{
    struct buf out;
    struct diag d = DIAG_INIT;
    buf_init(&out, a, MIB);
    cr_assert_eq(decode_hex(&out, str_of(hex), &d), ERR_OK, "%s: %s", hex, d.msg);
    return buf_str(&out);
}

static struct http_response ask(struct bench *b, const char *operation, const char *type,
                                struct str body)
{
    struct http_request r;
    http_request_init(&r, b->arena, "POST", STR("127.0.0.1:4566"), STR("/"));
    http_headers_add(&r.headers, STR("X-Amz-Target"),
                     str_printf(b->arena, "Kinesis_20131202.%s", operation));
    http_headers_add(&r.headers, STR("Content-Type"), str_of(type));
    r.body = body;
    return emulator_dispatch(b->emulator, &r, STR_EMPTY, b->now_us, b->arena).response;
}

static struct http_response ask_json(struct bench *b, const char *operation, const char *body)
{
    return ask(b, operation, "application/x-amz-json-1.1", str_of(body));
}

#define CBOR "application/x-amz-cbor-1.1"

/* {"StreamName": "s", "Records": [{"Data": bytes 00 ff, "PartitionKey": "k"}]} with lengths left
 * open, as Jackson writes. */
#define PUT_RECORDS                                                                                \
    "bf6a53747265616d4e616d656173675265636f7264739fbf6444617461420"                                \
    "0ff6c506172746974696f6e4b6579616bffffff"

Test(spellings, kinesis_in_cbor)
{
    /* What is put in CBOR is got in JSON and in CBOR: bytes as they are, the moment in
     * milliseconds; errors come in CBOR too. */
    struct bench b = bench_new();
    cr_assert_eq(ask_json(&b, "CreateStream", "{\"StreamName\":\"s\",\"ShardCount\":1}").status,
                 200);
    b.now_us += 60 * US_PER_S; /* it is active by then */
    struct http_response r = ask(&b, "PutRecords", CBOR, bytes_of(b.arena, PUT_RECORDS));
    struct str code, message;
    if (r.status != 200) {
        codec_read_error(&r, b.arena, &code, &message);
        cr_assert_fail("%.*s: %.*s", STR_ARG(code), STR_ARG(message));
    }
    cr_expect(str_eq(http_header(&r.headers, "content-type"), STR(CBOR)));
    cr_expect(str_contains(r.body, STR("FailedRecordCount")) &&
              str_contains(r.body, STR("shardId-000000000000")));
    cr_expect_eq((uint8_t)r.body.ptr[0] >> 5, 5, "a map");

    r = ask_json(&b, "GetShardIterator",
                 "{\"StreamName\":\"s\",\"ShardId\":\"shardId-000000000000\","
                 "\"ShardIteratorType\":\"TRIM_HORIZON\"}");
    struct json *tree;
    struct diag d = DIAG_INIT;
    cr_assert_eq(json_parse(b.arena, r.body, &tree, &d), ERR_OK);
    struct str iterator = json_str(json_get(tree, STR("ShardIterator")));
    r = ask_json(
        &b, "GetRecords",
        str_z(b.arena, str_printf(b.arena, "{\"ShardIterator\":\"%.*s\"}", STR_ARG(iterator))));
    cr_expect(str_contains(r.body, STR("\"Data\":\"AP8=\"")), "%.*s", STR_ARG(r.body));
    struct buf body;
    buf_init(&body, b.arena, 4096);
    cbor_out_map(&body, 1);
    cbor_out_text(&body, STR("ShardIterator"));
    cbor_out_text(&body, iterator);
    r = ask(&b, "GetRecords", CBOR, buf_str(&body));
    cr_assert_eq(r.status, 200);
    cr_expect(str_contains(r.body, bytes_of(b.arena, "64446174614200ff")));
    struct buf moment;
    buf_init(&moment, b.arena, 64);
    cbor_out_tag(&moment, 1);
    cbor_out_i64(&moment, AT_US / 1000 + 60000);
    cr_expect(str_contains(r.body, buf_str(&moment)));

    r = ask(&b, "DescribeStreamSummary", CBOR, bytes_of(b.arena, "a16a53747265616d4e616d65626e6f"));
    codec_read_error(&r, b.arena, &code, &message);
    cr_expect_eq(r.status, 400);
    cr_expect(str_eq(code, STR("ResourceNotFoundException")));
    cr_expect(str_contains(message, STR("no")), "%.*s", STR_ARG(message));
    r = ask(&b, "PutRecords", CBOR, STR("{}"));
    codec_read_error(&r, b.arena, &code, &message);
    cr_expect(str_eq(code, STR("SerializationException")));
    arena_free(b.arena);
}

Test(spellings, kinesis_by_smithys_path)
{
    /* rpc-v2-cbor: the path says service and operation; what is not one is refused in CBOR. */
    static const struct {
        const char *path;
        int status;
        const char *code;
    } rows[] = {
        {"/service/Kinesis_20131202/operation/ListStreams", 200, ""},
        {"/service/Kinesis_20131202/operation/Fly", 400, "UnknownOperationException"},
        {"/service/Nobody/operation/ListStreams", 400, "UnknownOperationException"},
        {"/service/operation/", 400, "UnknownOperationException"},
        {"/", 400, "UnknownOperationException"},
    };
    struct bench b = bench_new();
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct http_request r;
        http_request_init(&r, b.arena, "POST", STR("127.0.0.1:4566"), str_of(rows[i].path));
        http_headers_add(&r.headers, STR("Smithy-Protocol"), STR("rpc-v2-cbor"));
        struct http_response got =
            emulator_dispatch(b.emulator, &r, STR_EMPTY, AT_US, b.arena).response;
        cr_expect_eq(got.status, rows[i].status, "%s", rows[i].path);
        cr_expect(str_eq(http_header(&got.headers, "content-type"), STR("application/cbor")));
        cr_expect(str_eq(http_header(&got.headers, "smithy-protocol"), STR("rpc-v2-cbor")));
        if (rows[i].status != 200) {
            struct str code, message;
            codec_read_error(&got, b.arena, &code, &message);
            cr_expect(str_eq(code, str_of(rows[i].code)), "%s: %.*s", rows[i].path, STR_ARG(code));
        }
    }
    arena_free(b.arena);
}

/* `printf '{"Limit":7}' | gzip -n`, in hex. */
#define PACKED "1f8b0800000000000203ab56f2c9cccd2c51b232af0500cb63925e0b000000"

static struct http_response ask_packed(struct bench *b, struct str body)
{
    struct http_request r;
    http_request_init(&r, b->arena, "POST", STR("127.0.0.1:4566"), STR("/"));
    http_headers_add(&r.headers, STR("X-Amz-Target"), STR("Kinesis_20131202.ListStreams"));
    http_headers_add(&r.headers, STR("Content-Type"), STR("application/x-amz-json-1.1"));
    http_headers_add(&r.headers, STR("Content-Encoding"), STR("gzip"));
    r.body = body;
    return emulator_dispatch(b->emulator, &r, STR_EMPTY, AT_US, b->arena).response;
}

Test(spellings, packed_bodies_are_unpacked)
{
    /* What gzip made is read; every cut and every flipped byte of its tail is
     * SerializationException. */
    struct bench b = bench_new();
    struct str packed = bytes_of(b.arena, PACKED);
    struct http_response r = ask_packed(&b, packed);
    cr_expect_eq(r.status, 200, "%.*s", STR_ARG(r.body));
    for (size_t cut = 1; cut < packed.len; cut++) {
        r = ask_packed(&b, str_slice(packed, 0, cut));
        cr_expect_eq(r.status, 400, "cut at %zu", cut);
        cr_expect(str_contains(r.body, STR("SerializationException")));
    }
    char *bytes = arena_copy(b.arena, packed.ptr, packed.len);
    for (size_t i = packed.len - 8; i < packed.len; i++) {
        bytes[i] = (char)(bytes[i] ^ 1);
        cr_expect_eq(ask_packed(&b, str_n(bytes, packed.len)).status, 400);
        bytes[i] = (char)(bytes[i] ^ 1);
    }
    arena_free(b.arena);
}

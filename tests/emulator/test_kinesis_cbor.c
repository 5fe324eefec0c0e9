/* The hot paths read and write CBOR, and answers that leave while they are encoded, by code of
 * their own. The oracle is the codec, which reads any operation by the model. */
#include <string.h>
#include <criterion/criterion.h>
#include "base/encode.h"
#include "base/limits.h"
#include "kinesis_bench.h"
#include "kinesis_model.h"
#include "wire/cbor.h"
#include "wire/codec.h"

static const enum wire_form forms[] = {FORM_MODEL, FORM_CBOR, FORM_RPC_CBOR};
#define FORMS (sizeof(forms) / sizeof(forms[0]))

static struct service_model model_of(enum wire_form form)
{
    struct service_model model = kinesis_model;
    model.form = form;
    return model;
}

static struct http_request request_of(struct bench *b, enum wire_form form, const char *operation,
                                      struct str body)
{
    struct http_request r;
    bool rpc = form == FORM_RPC_CBOR;
    struct str path = str_printf(b->arena, "/service/Kinesis_20131202/operation/%s", operation);
    http_request_init(&r, b->arena, "POST", STR("127.0.0.1:4566"), rpc ? path : STR("/"));
    if (rpc) {
        http_headers_add(&r.headers, STR("Smithy-Protocol"), STR("rpc-v2-cbor"));
    } else {
        http_headers_add(&r.headers, STR("X-Amz-Target"),
                         str_printf(b->arena, "Kinesis_20131202.%s", operation));
    }
    http_headers_add(&r.headers, STR("Content-Type"),
                     form == FORM_MODEL  ? STR("application/x-amz-json-1.1")
                     : form == FORM_CBOR ? STR("application/x-amz-cbor-1.1")
                                         : STR("application/cbor"));
    r.body = body;
    return r;
}

static struct emulator_outcome ask(struct bench *b, enum wire_form form, const char *operation,
                                   struct str body)
{
    struct http_request r = request_of(b, form, operation, body);
    return emulator_dispatch(b->e, &r, STR("tester"), b->now_us, b->arena);
}

static const struct operation_model *operation_of(const char *name)
{
    return service_operation(&kinesis_model, name, strlen(name));
}

/* JSON as a form spells it, by the codec. */
static struct str spelt(struct bench *b, enum wire_form form, const struct shape *shape,
                        struct str json)
{
    struct service_model to = model_of(form);
    struct diag d = DIAG_INIT;
    struct str body = json;
    if (form != FORM_MODEL) {
        cr_assert_eq(codec_respell(&kinesis_model, &to, shape, json, b->arena, &body, &d), ERR_OK,
                     "%s", d.msg);
    }
    return body;
}

/* ---- answers ---- */

/* The answer as a front takes it: `max` bytes at a time. */
static struct str in_pieces(struct bench *b, struct http_request r, size_t max, bool *ret_pieces)
{
    struct str body = r.body;
    struct diag d = DIAG_INIT;
    struct buf out;
    r.body = STR_EMPTY;
    struct exchange *x = emulator_begin(b->e, &r, STR("tester"), b->arena);
    cr_assert_eq(exchange_feed(x, body, &d), ERR_OK);
    exchange_ready(x);
    struct emulator_outcome o = exchange_finish(x, b->now_us);
    exchange_render(x, &o);
    cr_assert_eq(o.response.status, 200);
    *ret_pieces = o.in_pieces;
    if (!o.in_pieces) {
        return o.response.body;
    }
    buf_init(&out, b->arena, 64 * MIB);
    for (size_t n = 1; n > 0;) {
        n = exchange_body_read(x, out.len, buf_reserve(&out, max), max);
        cr_assert(n == max || out.len + n == exchange_body_bytes(x));
        buf_commit(&out, n);
    }
    return buf_str(&out);
}

static struct str filler(struct bench *b, size_t len)
{
    char *bytes = arena_alloc(b->arena, len);
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (char)(i * 131 + len);
    }
    return str_n(bytes, len);
}

/* Records of many sizes around what one piece takes, under keys that JSON spells in its own way; of
 * half of them the stream is encrypted. */
static void put_all_kinds(struct bench *b)
{
    static const char *const keys[] = {"k", "a\\\"b\\\\c", "\\u0001\\n\\u001f", "\\u00e9\\u20ac",
                                       "0123456789012345678901234567890123456789"};
    static const size_t sizes[] = {
        0, 1, 2, 3, 4, 1024, 24 * KIB - 1, 24 * KIB, 24 * KIB + 1, 48 * KIB, 100000, 300000};
    for (size_t i = 0; i < 24; i++) {
        size_t size = sizes[i % (sizeof(sizes) / sizeof(sizes[0]))];
        struct buf body;
        buf_init(&body, b->arena, MIB);
        buf_addf(&body, "{\"StreamName\":\"s\",\"PartitionKey\":\"%s\",\"Data\":\"", keys[i % 5]);
        encode_base64(&body, filler(b, size));
        buf_add_z(&body, "\"}");
        if (i == 12) {
            cr_assert_eq(bench_call(b, "StartStreamEncryption",
                                    "{\"StreamName\":\"s\",\"EncryptionType\":\"KMS\",\"KeyId\":"
                                    "\"alias/aws/kinesis\"}"),
                         200);
            b->now_us += 10 * US_PER_S;
        }
        cr_assert_eq(bench_call_body(b, "PutRecord", buf_str(&body)), 200, "%.*s",
                     STR_ARG(b->response.body));
        b->now_us += 1234567;
    }
}

static struct str get_request(struct bench *b, int limit)
{
    struct str iterator = bench_iterator(b, "s", 0, "TRIM_HORIZON", "");
    return str_printf(b->arena, "{\"ShardIterator\":\"%.*s\",\"Limit\":%d}", STR_ARG(iterator),
                      limit);
}

Test(kinesis_cbor, an_answer_in_pieces_is_the_answer)
{
    /* Each spelling of GetRecords' answer is what the codec makes of its JSON, and the same however
     * it is read; its Content-Length is told before. */
    static const int limits[] = {10000, 1, 6};
    static const size_t steps[] = {1 * MIB, 16384, 1000, 7};
    struct bench b;
    bench_init(&b, true);
    bench_stream(&b, "s", 1);
    put_all_kinds(&b);
    for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct str request = get_request(&b, limits[i]);
        const struct operation_model *op = operation_of("GetRecords");
        struct str json = ask(&b, FORM_MODEL, "GetRecords", request).response.body;
        for (size_t f = 0; f < FORMS; f++) {
            struct str body = spelt(&b, forms[f], op->input, request);
            struct str want = spelt(&b, forms[f], op->output, json);
            struct emulator_outcome o = ask(&b, forms[f], "GetRecords", body);
            cr_expect(str_eq(o.response.body, want), "form %zu, limit %d", f, limits[i]);
            for (size_t s = 0; s < sizeof(steps) / sizeof(steps[0]); s++) {
                bool pieces;
                struct str got =
                    in_pieces(&b, request_of(&b, forms[f], "GetRecords", body), steps[s], &pieces);
                cr_expect(str_eq(got, want), "form %zu, limit %d, step %zu", f, limits[i],
                          steps[s]);
                cr_expect_eq(pieces, want.len > 64 * KIB);
            }
        }
    }
    bench_done(&b);
}

Test(kinesis_cbor, the_end_of_a_shard_is_the_codecs)
{
    /* The last answer of a closed shard has children, in each spelling. */
    struct bench b;
    bench_init(&b, true);
    bench_stream(&b, "s", 1);
    (void)bench_put(&b, "s", "k", STR("x"));
    struct str request = get_request(&b, 10);
    cr_assert_eq(bench_call(&b, "UpdateShardCount",
                            "{\"StreamName\":\"s\",\"TargetShardCount\":2,\"ScalingType\":"
                            "\"UNIFORM_SCALING\"}"),
                 200);
    b.now_us += 60 * US_PER_S;
    const struct operation_model *op = operation_of("GetRecords");
    struct str json = ask(&b, FORM_MODEL, "GetRecords", request).response.body;
    cr_expect(str_contains(json, STR("\"ChildShards\":[{")), "%.*s", STR_ARG(json));
    for (size_t f = 1; f < FORMS; f++) {
        struct str body = spelt(&b, forms[f], op->input, request);
        struct emulator_outcome o = ask(&b, forms[f], "GetRecords", body);
        cr_expect(str_eq(o.response.body, spelt(&b, forms[f], op->output, json)));
    }
    bench_done(&b);
}

/* ---- requests ---- */

static struct str bytes_of(struct bench *b, const char *hex)
{
    struct buf out;
    struct diag d = DIAG_INIT;
    buf_init(&out, b->arena, MIB);
    cr_assert_eq(decode_hex(&out, str_of(hex), &d), ERR_OK, "%s: %s", hex, d.msg);
    return buf_str(&out);
}

/* The refusal's type and message of either spelling. */
static struct str refusal(struct bench *b, const struct http_response *r)
{
    struct str code, message;
    codec_read_error(r, b->arena, &code, &message);
    return str_printf(b->arena, "%d %.*s: %.*s", r->status, STR_ARG(code), STR_ARG(message));
}

Test(kinesis_cbor, puts_are_as_in_json)
{
    /* A request in CBOR does what the same one does in JSON, or is refused in the same words. */
    static const struct {
        const char *operation, *body;
    } rows[] = {
        {"PutRecord", "{\"StreamName\":\"s\",\"PartitionKey\":\"k\",\"Data\":\"eHl6\"}"},
        {"PutRecord", "{\"StreamName\":\"s\",\"PartitionKey\":\"\\u20ac\",\"Data\":\"\"}"},
        {"PutRecord", "{\"StreamName\":\"s\",\"PartitionKey\":\"k\",\"Data\":\"eA==\","
                      "\"ExplicitHashKey\":\"7\",\"SequenceNumberForOrdering\":\"0\"}"},
        {"PutRecord", "{\"StreamName\":\"s\",\"PartitionKey\":\"k\",\"Data\":\"eA==\","
                      "\"ExplicitHashKey\":\"x\"}"},
        {"PutRecord", "{\"StreamName\":\"s\",\"PartitionKey\":\"\",\"Data\":\"eA==\"}"},
        {"PutRecord", "{\"StreamName\":\"s\",\"PartitionKey\":\"k\"}"},
        {"PutRecord", "{\"StreamName\":\"none\",\"PartitionKey\":\"k\",\"Data\":\"eA==\"}"},
        {"PutRecord", "{\"StreamName\":\"s\",\"PartitionKey\":\"k\",\"Data\":\"eA==\","
                      "\"SequenceNumberForOrdering\":\"01\"}"},
        {"PutRecords", "{\"StreamName\":\"s\",\"Records\":[{\"PartitionKey\":\"a\",\"Data\":"
                       "\"YWFh\"},{\"PartitionKey\":\"b\",\"Data\":\"\",\"ExplicitHashKey\":"
                       "\"5\"}]}"},
        {"PutRecords", "{\"StreamName\":\"s\",\"Records\":[]}"},
        {"PutRecords", "{\"StreamName\":\"s\",\"Records\":[{\"PartitionKey\":\"a\"}]}"},
        {"PutRecords", "{\"StreamName\":\"s\"}"},
        {"PutRecords", "{\"StreamName\":\"a b\",\"Records\":[{\"PartitionKey\":\"a\",\"Data\":"
                       "\"YWFh\"}]}"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct str want = STR_EMPTY;
        for (size_t f = 0; f < FORMS; f++) {
            struct bench b;
            bench_init(&b, true);
            bench_stream(&b, "s", 2);
            const struct operation_model *op = operation_of(rows[i].operation);
            struct str body = spelt(&b, forms[f], op->input, str_of(rows[i].body));
            struct http_response r = ask(&b, forms[f], rows[i].operation, body).response;
            struct str got = r.status == 200 ? STR("200") : refusal(&b, &r);
            struct emulator_record record;
            for (uint64_t cursor = 0; emulator_record_next(b.e, &cursor, &record);) {
                got = str_printf(b.arena, "%.*s, %.*s %.*s=%.*s", STR_ARG(got),
                                 STR_ARG(record.shard_id), STR_ARG(record.partition_key),
                                 STR_ARG(record.data));
            }
            if (f == 0) {
                static char kept[1024];
                cr_assert(got.len < sizeof(kept));
                memcpy(kept, got.ptr, got.len);
                want = str_n(kept, got.len);
            }
            cr_expect(str_eq(got, want), "row %zu, form %zu: %.*s, not %.*s", i, f, STR_ARG(got),
                      STR_ARG(want));
            bench_done(&b);
        }
    }
}

Test(kinesis_cbor, reads_cbor_of_any_way)
{
    /* Indefinite lengths and chunks (Jackson's), members that nobody knows, null for what is not
     * given; and what is no CBOR is refused whole. */
    static const struct {
        const char *hex;
        int status;
        const char *data;
    } rows[] = {
        /* {_ "StreamName": (_ "s"), "PartitionKey": "k", "Data": (_ h'78', h'79'), "X": [1, {}],
           "ExplicitHashKey": null} */
        {"bf6a53747265616d4e616d657f6173ff6c506172746974696f6e4b6579616b644461"
         "74615f41784179ff61588201a06f4578706c69636974486173684b6579f6ff",
         200, "xy"},
        /* {"StreamName": "s", "PartitionKey": "k", "Data": h'78'} and one byte more; cut off */
        {"a36a53747265616d4e616d6561736c506172746974696f6e4b6579616b6444617461417800", 400, ""},
        {"a36a53747265616d4e616d6561736c506172746974696f6e4b6579616b64446174614178", 200, "x"},
        {"a36a53747265616d4e616d6561736c506172746974696f6e4b6579616b644461746141", 400, ""},
        /* Data as text; the key as bytes; no map at all; nothing */
        {"a36a53747265616d4e616d6561736c506172746974696f6e4b6579616b64446174616178", 400, ""},
        {"a36a53747265616d4e616d6561736c506172746974696f6e4b6579416b64446174614178", 400, ""},
        {"80", 400, ""},
        {"", 400, ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct bench b;
        struct emulator_record record = {.data = STR_EMPTY};
        uint64_t cursor = 0;
        bench_init(&b, true);
        bench_stream(&b, "s", 1);
        struct http_response r =
            ask(&b, FORM_CBOR, "PutRecord", bytes_of(&b, rows[i].hex)).response;
        cr_expect_eq(r.status, rows[i].status, "row %zu: %.*s", i, STR_ARG(refusal(&b, &r)));
        cr_expect_eq(emulator_record_next(b.e, &cursor, &record), r.status == 200);
        cr_expect(str_eq(record.data, str_of(rows[i].data)), "row %zu", i);
        bench_done(&b);
    }
}

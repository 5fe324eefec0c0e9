#include <criterion/criterion.h>
#include <string.h>

#include "base/encode.h"
#include "base/limits.h"
#include "codec_vectors.h"
#include "kinesis_model.h"
#include "wire/cbor.h"
#include "wire/codec.h"

Test(codec_cbor, reads_rpc_v2_vectors)
{
    /* Published requests decode to the values that they were made from. */
    static const struct vector_skip skips[] = {{NULL, NULL}};
    run_input_vectors("smithy-rpc-v2-cbor", skips);
}

Test(codec_cbor, reads_query_compatible_vectors)
{
    /* The same of services that once spoke query. */
    static const struct vector_skip skips[] = {{NULL, NULL}};
    run_input_vectors("smithy-rpc-v2-cbor-query-compatible", skips);
}

Test(codec_cbor, writes_rpc_v2_vectors)
{
    /* Values encode to what reads back to them, and so do the published answers. */
    static const struct vector_skip skips[] = {
        {"RpcV2CborDeserializesDenseSetMapAndSkipsNull",
         "what clients must bear: to the tree a null in a map is a null"},
        {"RpcV2CborPayloadWithUnsetUnion",
         "its body is no map of its operation: nothing says what it stands for"},
        {NULL, NULL}};
    run_output_vectors("smithy-rpc-v2-cbor", skips);
}

Test(codec_cbor, writes_query_compatible_vectors)
{
    /* Errors that have a code of query's own are read by it. */
    static const struct vector_skip skips[] = {{NULL, NULL}};
    run_output_vectors("smithy-rpc-v2-cbor-query-compatible", skips);
}

Test(codec_cbor, writes_query_compatible_json_vectors)
{
    /* The same in JSON 1.0. */
    static const struct vector_skip skips[] = {{NULL, NULL}};
    run_output_vectors("json_1_0-query-compatible", skips);
}

/* ---- RFC 8949, Appendix A ---- */

static struct str bytes_of(struct arena *a, const char *hex)
{
    struct buf out;
    struct diag d = DIAG_INIT;
    buf_init(&out, a, MIB);
    cr_assert_eq(decode_hex(&out, str_of(hex), &d), ERR_OK, "%s: %s", hex, d.msg);
    return buf_str(&out);
}

Test(cbor, reads_the_rfcs_numbers)
{
    /* Whole numbers and floats of every width are what the RFC says they are. */
    static const struct {
        const char *hex;
        enum cbor_token token;
        uint64_t value;
        const char *number;
    } rows[] = {
        {"00", CBOR_UINT, 0, NULL},
        {"17", CBOR_UINT, 23, NULL},
        {"1818", CBOR_UINT, 24, NULL},
        {"1903e8", CBOR_UINT, 1000, NULL},
        {"1a000f4240", CBOR_UINT, 1000000, NULL},
        {"1b000000e8d4a51000", CBOR_UINT, 1000000000000, NULL},
        {"1bffffffffffffffff", CBOR_UINT, UINT64_MAX, NULL},
        {"20", CBOR_NINT, 0, NULL},
        {"3903e7", CBOR_NINT, 999, NULL},
        {"3bffffffffffffffff", CBOR_NINT, UINT64_MAX, NULL},
        {"f90000", CBOR_FLOAT, 0, "0"},
        {"f98000", CBOR_FLOAT, 0, "-0"},
        {"f93c00", CBOR_FLOAT, 0, "1"},
        {"fb3ff199999999999a", CBOR_FLOAT, 0, "1.1"},
        {"f97bff", CBOR_FLOAT, 0, "65504"},
        {"fa47c35000", CBOR_FLOAT, 0, "100000"},
        {"fa7f7fffff", CBOR_FLOAT, 0, "3.4028234663852886e+38"},
        {"fb7e37e43c8800759c", CBOR_FLOAT, 0, "1e+300"},
        {"f90001", CBOR_FLOAT, 0, "5.9604644775390625e-08"},
        {"f90400", CBOR_FLOAT, 0, "6.103515625e-05"},
        {"f9c400", CBOR_FLOAT, 0, "-4"},
        {"fbc010666666666666", CBOR_FLOAT, 0, "-4.1"},
        {"f97c00", CBOR_FLOAT, 0, "Infinity"},
        {"f97e00", CBOR_FLOAT, 0, "NaN"},
        {"faff800000", CBOR_FLOAT, 0, "-Infinity"},
        {"fb7ff8000000000000", CBOR_FLOAT, 0, "NaN"},
        {"f4", CBOR_FALSE, 20, NULL},
        {"f5", CBOR_TRUE, 21, NULL},
        {"f6", CBOR_NULL, 22, NULL},
        {"f7", CBOR_NULL, 23, NULL},
    };
    struct arena *a = arena_new("test", MIB);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct cbor_scan s;
        cbor_scan_init(&s, bytes_of(a, rows[i].hex));
        cr_assert_eq(cbor_next(&s), rows[i].token, "%s", rows[i].hex);
        cr_assert(cbor_at_end(&s), "%s", rows[i].hex);
        if (rows[i].number != NULL) {
            struct str text = cbor_double_text(a, s.number);
            cr_assert(str_eq(text, str_of(rows[i].number)), "%s: %.*s", rows[i].hex, STR_ARG(text));
        } else if (rows[i].token == CBOR_UINT || rows[i].token == CBOR_NINT) {
            cr_assert_eq(s.value, rows[i].value, "%s", rows[i].hex);
        }
    }
    arena_free(a);
}

Test(cbor, passes_over_the_rfcs_structures)
{
    /* Nested and indefinite items are passed over whole, and end where the RFC ends them. */
    static const char *const rows[] = {
        "80",
        "83010203",
        "8301820203820405",
        "98190102030405060708090a0b0c0d0e0f101112131415161718181819",
        "a0",
        "a201020304",
        "a26161016162820203",
        "a56161614161626142616361436164614461656145",
        "c074323031332d30332d32315432303a30343a30305a",
        "c11a514b67b0",
        "c1fb41d452d9ec200000",
        "d818456449455446",
        "d82076687474703a2f2f7777772e6578616d706c652e636f6d",
        "5f42010243030405ff",
        "7f657374726561646d696e67ff",
        "9fff",
        "9f018202039f0405ffff",
        "83018202039f0405ff",
        "9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff",
        "bf61610161629f0203ffff",
        "826161bf61626163ff",
        "bf6346756ef563416d7421ff",
    };
    struct arena *a = arena_new("test", MIB);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct str bytes = bytes_of(a, rows[i]);
        struct cbor_scan s;
        cbor_scan_init(&s, bytes);
        cr_assert(cbor_skip(&s, cbor_next(&s)), "%s: %s", rows[i], s.error);
        cr_assert(cbor_at_end(&s), "%s", rows[i]);
        for (size_t cut = 0; cut < bytes.len; cut++) { /* no prefix is an item */
            cbor_scan_init(&s, str_slice(bytes, 0, cut));
            cr_assert_not(cbor_skip(&s, cbor_next(&s)), "%s cut at %zu", rows[i], cut);
            cr_assert_not_null(s.error);
        }
    }
    arena_free(a);
}

Test(cbor, refuses_what_is_not_one)
{
    /* Reserved heads, foreign chunks, stray breaks, promises of more than is there, and depth. */
    static const char *const rows[] = {"1c",
                                       "1f",
                                       "ff",
                                       "5f00ff",
                                       "5f6161ff",
                                       "7f4161ff",
                                       "f800",
                                       "f0",
                                       "fc",
                                       "9bffffffffffffffff",
                                       "bbffffffffffffffff",
                                       "5bffffffffffffffff",
                                       "7b0000000100000000",
                                       "bf00ff"};
    struct arena *a = arena_new("test", MIB);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct cbor_scan s;
        struct diag d = DIAG_INIT;
        cbor_scan_init(&s, bytes_of(a, rows[i]));
        cr_assert_not(cbor_skip(&s, cbor_next(&s)), "%s", rows[i]);
        cr_assert_eq(cbor_next(&s), CBOR_ERROR, "an error stays");
        cr_assert_eq(cbor_fail(&s, &d), ERR_INVALID);
    }
    struct buf deep;
    buf_init(&deep, a, MIB);
    for (size_t i = 0; i < 100000; i++) {
        buf_add_char(&deep, (char)0x81);
    }
    struct cbor_scan s;
    cbor_scan_init(&s, buf_str(&deep));
    cr_assert_not(cbor_skip(&s, cbor_next(&s)));
    cr_assert_eq(s.depth, JSON_DEPTH_MAX);
    arena_free(a);
}

Test(cbor, writes_heads_as_short_as_the_rfcs)
{
    /* Whole numbers at every width's edge have the RFC's bytes. */
    static const struct {
        int64_t value;
        const char *hex;
    } rows[] = {{0, "00"},
                {23, "17"},
                {24, "1818"},
                {100, "1864"},
                {1000, "1903e8"},
                {1000000, "1a000f4240"},
                {1000000000000, "1b000000e8d4a51000"},
                {-1, "20"},
                {-10, "29"},
                {-100, "3863"},
                {-1000, "3903e7"},
                {INT64_MIN, "3b7fffffffffffffff"}};
    struct arena *a = arena_new("test", MIB);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct buf out;
        buf_init(&out, a, 64);
        cbor_out_i64(&out, rows[i].value);
        cr_assert(str_eq(buf_str(&out), bytes_of(a, rows[i].hex)), "%s", rows[i].hex);
    }
    arena_free(a);
}

/* ---- Kinesis' dialect, against its real model ---- */

static const struct operation_model *operation(const char *name)
{
    return service_operation(&kinesis_model, name, strlen(name));
}

static const struct service_model *spoken(struct arena *a, const char *header, const char *value)
{
    struct http_request request;
    http_request_init(&request, a, "POST", STR("host"), STR("/"));
    http_headers_add(&request.headers, str_of(header), str_of(value));
    return codec_spoken(&kinesis_model, &request, a);
}

Test(codec_cbor, takes_the_spelling_from_the_headers)
{
    /* Content-Type and Smithy-Protocol choose; what says nothing leaves the model as it is. */
    struct arena *a = arena_new("test", MIB);
    cr_assert_eq(spoken(a, "Content-Type", "application/x-amz-cbor-1.1")->form, FORM_CBOR);
    cr_assert_eq(spoken(a, "smithy-protocol", "rpc-v2-cbor")->form, FORM_RPC_CBOR);
    cr_assert_str_eq(spoken(a, "Content-Type", "application/x-amz-json-1.0")->json_version, "1.0");
    cr_assert_eq(spoken(a, "Accept", "application/x-amz-cbor-1.1"), &kinesis_model);
    arena_free(a);
}

Test(codec_cbor, kinesis_moments_are_whole_milliseconds)
{
    /* Tag 1 around an integer of milliseconds, as the Java SDK sends it; blobs are bytes. */
    struct arena *a = arena_new("test", MIB);
    const struct service_model *kinesis = spoken(a, "Content-Type", "application/x-amz-cbor-1.1");
    struct http_request request = {
        .body = bytes_of(a, "bf6954696d657374616d70c11b0000018bcfe56802ff")}; /* 1700000000002 */
    struct json *input;
    struct diag d = DIAG_INIT;
    cr_assert_eq(
        codec_read_request(kinesis, operation("GetShardIterator"), &request, a, &input, &d), ERR_OK,
        "%s", d.msg);
    cr_assert(str_eq(json_str(json_get(input, STR("Timestamp"))), STR("1700000000002000")));
    struct json *output = json_new(a, JSON_IS_OBJECT);
    struct json *record = json_new(a, JSON_IS_OBJECT);
    json_set_i64(a, record, "ApproximateArrivalTimestamp", 1700000000002999);
    json_set_str(a, record, "Data", str_n("\0\xff", 2));
    json_add(json_set(a, output, "Records", JSON_IS_ARRAY), STR_EMPTY, record);
    struct http_response response;
    codec_write_response(kinesis, operation("GetRecords"), output, STR("r"), a, &response);
    cr_assert(str_eq(response.body,
                     bytes_of(a, "a1675265636f72647381a2781b417070726f78696d6174654172726976616c"
                                 "54696d657374616d70c11b0000018bcfe5680264446174614200ff")));
    cr_assert(
        str_eq(http_header(&response.headers, "content-type"), STR("application/x-amz-cbor-1.1")));
    arena_free(a);
}

Test(codec_cbor, refuses_values_of_another_kind)
{
    /* SerializationException, and the place of what is wrong. */
    static const struct {
        const char *operation, *hex;
    } rows[] = {
        {"ListStreams", "80"},                   /* no map */
        {"ListStreams", "a1654c696d6974613561"}, /* cut */
        {"ListStreams", "a1654c696d69746135"},   /* Limit: "5" */
        {"ListStreams", "a1654c696d6974f93e00"}, /* Limit: 1.5 */
        {"ListStreams", "a1654c696d69741bffffffffffffffff"},
        {"ListStreams", "a1654c696d69741a80000000"}, /* past an int32 */
        {"PutRecord", "a164446174616141"},           /* Data: a text */
        {"PutRecord", "a14144414161"},               /* a key of bytes */
        {"PutRecord", "a000"},                       /* more behind it */
        {"GetShardIterator", "a16954696d657374616d70c17531"},
    };
    struct arena *a = arena_new("test", MIB);
    const struct service_model *kinesis = spoken(a, "Content-Type", "application/x-amz-cbor-1.1");
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct http_request request = {.body = bytes_of(a, rows[i].hex)};
        struct json *input = NULL;
        struct diag d = DIAG_INIT;
        cr_assert_eq(
            codec_read_request(kinesis, operation(rows[i].operation), &request, a, &input, &d),
            ERR_INVALID, "%s", rows[i].hex);
        cr_assert(diag_is_named(&d, "SerializationException"), "%s", rows[i].hex);
        cr_assert(str_starts(str_of(d.msg), STR("byte ")), "%s: %s", rows[i].hex, d.msg);
        cr_assert_null(input);
    }
    arena_free(a);
}

Test(codec_cbor, errors_are_read_as_they_were_written)
{
    /* Name, message and further members, in both dialects. */
    static const char *const rows[][2] = {{"Content-Type", "application/x-amz-cbor-1.1"},
                                          {"smithy-protocol", "rpc-v2-cbor"}};
    struct arena *a = arena_new("test", MIB);
    for (size_t i = 0; i < 2; i++) {
        const struct service_model *kinesis = spoken(a, rows[i][0], rows[i][1]);
        struct json *extra = json_new(a, JSON_IS_OBJECT);
        json_add(extra, STR("List"), json_new(a, JSON_IS_ARRAY));
        struct codec_error error = {.code = STR("ResourceNotFoundException"),
                                    .message = STR("Stream s not found"),
                                    .status = 400,
                                    .extra = extra};
        struct http_response response;
        struct str code, message;
        codec_write_error(kinesis, NULL, &error, STR("r"), a, &response);
        http_headers_remove(&response.headers, STR("x-amzn-errortype"));
        codec_read_error(&response, a, &code, &message);
        cr_assert(str_eq(code, error.code), "%.*s", STR_ARG(code));
        cr_assert(str_eq(message, error.message), "%.*s", STR_ARG(message));
    }
    arena_free(a);
}

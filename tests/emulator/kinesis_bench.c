#include "kinesis_bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <criterion/criterion.h>
#include "base/encode.h"
#include "base/limits.h"

static void bench_make(struct bench *b, uint64_t seed, bool limits_off)
{
    *b = (struct bench){.arena = arena_new("bench", 4 * GIB), .now_us = BENCH_START_US};
    struct emulator_options options = {
        .seed = seed, .limits_off = limits_off, .start_us = b->now_us};
    b->e = emulator_new(b->arena, &options);
}

void bench_init(struct bench *b, bool limits_off)
{
    bench_make(b, 7, limits_off);
}

void bench_init_seed(struct bench *b, uint64_t seed)
{
    bench_make(b, seed, false);
}

void bench_done(struct bench *b)
{
    arena_free(b->arena);
}

int bench_call_body(struct bench *b, const char *operation, struct str body)
{
    struct http_request r;
    struct diag d = DIAG_INIT;
    http_request_init(&r, b->arena, "POST", STR("127.0.0.1:4566"), STR("/"));
    http_headers_add(&r.headers, STR("X-Amz-Target"),
                     str_printf(b->arena, "Kinesis_20131202.%s", operation));
    http_headers_add(&r.headers, STR("Content-Type"), STR("application/x-amz-json-1.1"));
    if (b->region.len > 0) {
        http_headers_add(
            &r.headers, STR("Authorization"),
            str_printf(b->arena,
                       "AWS4-HMAC-SHA256 Credential=test/20231114/%.*s/kinesis/aws4_request, "
                       "SignedHeaders=host;x-amz-date, Signature=00",
                       STR_ARG(b->region)));
    }
    r.body = body;
    struct emulator_outcome o = emulator_dispatch(b->e, &r, STR("tester"), b->now_us, b->arena);
    b->response = o.response;
    b->out = NULL;
    if (o.response.body.len > 0) {
        cr_assert(json_parse(b->arena, o.response.body, &b->out, &d) == ERR_OK, "%s: %s: %.*s",
                  operation, d.msg, STR_ARG(o.response.body));
    }
    return o.response.status;
}

int bench_call(struct bench *b, const char *operation, const char *format, ...)
{
    static char body[1 << 16];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(body, sizeof(body), format, args);
    va_end(args);
    cr_assert(len >= 0 && (size_t)len < sizeof(body));
    return bench_call_body(b, operation, str_copy(b->arena, str_n(body, (size_t)len)));
}

struct str bench_text(const struct bench *b, const char *path)
{
    return json_str(json_at(b->out, path));
}

int64_t bench_number(const struct bench *b, const char *path)
{
    struct diag d = DIAG_INIT;
    int64_t value = -1;
    const struct json *node = json_at(b->out, path);
    return node != NULL && json_i64(node, &value, &d) == ERR_OK ? value : -1;
}

bool bench_refused(const struct bench *b, const char *error, const char *words)
{
    struct str type = bench_text(b, "__type"), message = bench_text(b, "message");
    bool as_said = b->response.status >= 400 && str_eq(type, str_of(error)) &&
                   str_contains(message, str_of(words));
    if (!as_said) {
        cr_log_error("not %s \"%s\" but %d %.*s", error, words, b->response.status,
                     STR_ARG(b->response.body));
    }
    return as_said;
}

void bench_stream(struct bench *b, const char *name, int shards)
{
    cr_assert(bench_call(b, "CreateStream", "{\"StreamName\":\"%s\",\"ShardCount\":%d}", name,
                         shards) == 200);
    b->now_us += US_PER_S;
}

struct str bench_base64(struct bench *b, struct str bytes)
{
    struct buf text;
    buf_init(&text, b->arena, 64 * MIB);
    encode_base64(&text, bytes);
    return buf_str(&text);
}

struct str bench_put(struct bench *b, const char *stream, const char *key, struct str data)
{
    struct str body =
        str_printf(b->arena, "{\"StreamName\":\"%s\",\"PartitionKey\":\"%s\",\"Data\":\"%.*s\"}",
                   stream, key, STR_ARG(bench_base64(b, data)));
    return bench_call_body(b, "PutRecord", body) == 200 ? bench_text(b, "SequenceNumber")
                                                        : STR_EMPTY;
}

struct str bench_iterator(struct bench *b, const char *stream, unsigned shard, const char *type,
                          const char *more)
{
    int status = bench_call(
        b, "GetShardIterator",
        "{\"StreamName\":\"%s\",\"ShardId\":\"shardId-%012u\",\"ShardIteratorType\":\"%s\"%s}",
        stream, shard, type, more);
    return status == 200 ? bench_text(b, "ShardIterator") : STR_EMPTY;
}

size_t bench_record_count(const struct bench *b)
{
    size_t count = 0;
    uint64_t cursor = 0;
    struct emulator_record r;
    while (emulator_record_next(b->e, &cursor, &r)) {
        count++;
    }
    return count;
}

void bench_fault(struct bench *b, const char *rules)
{
    struct json *list;
    struct diag d = DIAG_INIT;
    cr_assert(json_parse(b->arena, str_of(rules), &list, &d) == ERR_OK, "%s", d.msg);
    cr_assert(fault_plan_read(emulator_faults(b->e), list, &d) == ERR_OK, "%s", d.msg);
}

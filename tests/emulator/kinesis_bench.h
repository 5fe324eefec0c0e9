/* kinesis_bench.h -- An emulator with a clock that the test sets, called as a Kinesis client calls
 * it: by JSON. */
#ifndef AFORO_TESTS_EMULATOR_KINESIS_BENCH_H
#define AFORO_TESTS_EMULATOR_KINESIS_BENCH_H

#include "base/instant.h"
#include "base/json.h"
#include "emulator/emulator.h"

#define BENCH_START_US (INT64_C(1700000000) * US_PER_S)

struct bench {
    struct arena *arena;
    struct emulator *e;
    int64_t now_us;
    struct str region;             /* empty: the request is not signed */
    struct http_response response; /* of the last call */
    struct json *out;              /* its body; NULL when empty */
};
void bench_init(struct bench *b, bool limits_off);
void bench_init_seed(struct bench *b, uint64_t seed); /* limits on */
void bench_done(struct bench *b);

/* Calls an operation with a JSON body and returns the status. */
int bench_call(struct bench *b, const char *operation, const char *format, ...) PRINTF_LIKE(3, 4);
int bench_call_body(struct bench *b, const char *operation, struct str body);
struct str bench_text(const struct bench *b,
                      const char *path); /* of the last answer, by json_at; empty: none */
int64_t bench_number(const struct bench *b, const char *path); /* -1: none */
/* Whether the last call was refused with this error, and a message that contains `words`. */
bool bench_refused(const struct bench *b, const char *error, const char *words);

/* Creates a stream and lets it become ACTIVE. */
void bench_stream(struct bench *b, const char *name, int shards);
/* Puts base64 of `data`; the sequence number, or empty. */
struct str bench_put(struct bench *b, const char *stream, const char *key, struct str data);
struct str bench_iterator(struct bench *b, const char *stream, unsigned shard, const char *type,
                          const char *more);
struct str bench_base64(struct bench *b, struct str bytes);
size_t bench_record_count(const struct bench *b); /* in the whole state, by emulator_record_next */
/* Adds a fault rule in JSON. */
void bench_fault(struct bench *b, const char *rules);

#endif

/* tiny.h -- Three services of a few operations, one per protocol, for testing the core without any
 * real service. */
#ifndef AFORO_TESTS_EMULATOR_TINY_H
#define AFORO_TESTS_EMULATOR_TINY_H

#include "base/limits.h"
#include "emulator/core/core.h"

#define TINY_START_US (INT64_C(1774656000) * 1000000) /* 2026-03-28T00:00:00Z */

/* kinesis-like: PutRecords counts how often it ran, entry by entry; Wait sets a timer; Call sends a
 * call out; Draw answers ids. Undone has no handler. */
extern const struct emulator_service tiny_json, tiny_query, tiny_rest;

struct tiny_state {
    int64_t runs, entries, refused, fired, last_fired_us;
    int64_t outbound_status;
    struct str outbound_body;
    struct str last_body; /* of a Put to tiny_rest */
    struct str last_encoding, last_trailer;
};

struct bench {
    struct arena *arena;
    struct core *core;
    int64_t now_us;
};
struct bench bench_new(uint64_t seed);
struct bench bench_with(struct core_options options);
void bench_free(struct bench *b);
struct tiny_state *bench_state(struct bench *b, const char *service_id);

struct http_request json_request(struct bench *b, const char *operation, const char *body);
struct http_request query_request(struct bench *b, const char *form);
struct http_request rest_request(struct bench *b, const char *method, const char *target,
                                 const char *body);
struct http_request control_request(struct bench *b, const char *method, const char *target,
                                    const char *body);
void add_header(struct http_request *r, const char *name, const char *value);
struct core_outcome send(struct bench *b, const struct http_request *request, const char *actor);
struct core_outcome send_json(struct bench *b, const char *operation, const char *body);
struct core_outcome send_control(struct bench *b, const char *method, const char *target,
                                 const char *body);
struct json *body_tree(struct bench *b, const struct http_response *response);
void add_faults(struct bench *b, const char *yaml);

#endif

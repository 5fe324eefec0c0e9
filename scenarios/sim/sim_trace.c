/* sim_trace.c -- The run's hash: who did what, when. Two runs are the same when theirs are.
 * What depends on the version of a library is left out, or the hash would tell of the library:
 * zstd's bytes, and so the answers of S3, whose ETags and sizes are of those bytes. */
#include <inttypes.h>
#include <stdio.h>

#include "sim_parts.h"

#define LINE_BYTES_MAX 1024

static void trace_line(struct sim *s, struct str who, const char *what, struct str text,
                       int64_t value)
{
    char line[LINE_BYTES_MAX];
    struct str shown = str_slice(text, 0, LINE_BYTES_MAX / 2);
    int len = snprintf(line, sizeof(line), "%" PRId64 " %.*s %s %.*s %" PRId64, s->now_us,
                       STR_ARG(who), what, STR_ARG(shown), value);
    size_t kept = len < LINE_BYTES_MAX ? (size_t)len : LINE_BYTES_MAX - 1;
    for (size_t i = 0; i < kept; i++) { /* a statement has several lines, a decision has one */
        line[i] = line[i] == '\n' || line[i] == '\r' ? ' ' : line[i];
    }
    s->sink(s->sink_ctx, str_n(line, kept));
}

static void checkpoint_add(struct sim *s)
{
    if (s->checkpoint_count == s->checkpoint_cap) {
        size_t cap = s->checkpoint_cap == 0 ? 64 : s->checkpoint_cap * 2;
        uint64_t *grown = NEW_ARRAY(s->arena, uint64_t, cap);
        for (size_t i = 0; i < s->checkpoint_count; i++) {
            grown[i] = s->checkpoints[i];
        }
        if (s->checkpoint_cap > 0) {
            arena_drop(s->arena, s->checkpoints, s->checkpoint_cap * sizeof(uint64_t));
        }
        s->checkpoints = grown;
        s->checkpoint_cap = cap;
    }
    s->checkpoints[s->checkpoint_count++] = hash64_mix(s->trace.a, s->trace.b);
}

void trace_note(struct sim *s, struct str who, const char *what, struct str text, int64_t value)
{
    hash128_add_u64(&s->trace, (uint64_t)s->now_us);
    hash128_add(&s->trace, who);
    hash128_add(&s->trace, str_of(what));
    hash128_add(&s->trace, text);
    hash128_add_u64(&s->trace, (uint64_t)value);
    s->decision_count++;
    if (s->decision_count % SIM_CHECKPOINT_EVERY == 0) {
        checkpoint_add(s);
    }
    if (s->sink != NULL && s->decision_count >= s->sink_first &&
        s->decision_count <= s->sink_last) {
        trace_line(s, who, what, text, value);
    }
}

static bool body_is_zstd(const struct http_headers *headers, struct str body)
{
    return str_starts_nocase(http_header(headers, "content-type"), STR("application/zstd")) ||
           str_eq_nocase(http_header(headers, "content-encoding"), STR("zstd")) ||
           str_starts(body, STR("\x28\xb5\x2f\xfd"));
}

void trace_call(struct sim_actor *actor, const struct http_request *request)
{
    struct sim *s = actor->sim;
    struct str target = http_header(&request->headers, "x-amz-target");
    bool hidden = body_is_zstd(&request->headers, request->body);
    uint64_t where = hash64(hash64(0, request->path), request->query);
    trace_note(s, actor->name, "call", request->method, (int64_t)hash64(where, target));
    trace_note(s, actor->name, "sends", target.len > 0 ? target : request->path,
               hidden ? 0 : (int64_t)hash64(0, request->body));
}

void trace_answer(struct sim_actor *actor, const struct http_response *response)
{
    struct str type = http_header(&response->headers, "content-type");
    bool shown = str_starts_nocase(type, STR("application/x-amz-json"));
    uint64_t body = shown ? hash64(0, response->body) : 0;
    trace_note(actor->sim, actor->name, "answer", STR_EMPTY, response->status);
    trace_note(actor->sim, actor->name, "answers", shown ? type : STR_EMPTY, (int64_t)body);
}

struct str sim_trace(const struct sim *s, struct arena *a)
{
    return hash128_hex(a, &s->trace);
}

void sim_trace_add(struct sim *s, struct str what)
{
    trace_note(s, STR("world"), "note", what, 0);
}

void sim_trace_sink(struct sim *s, void (*write)(void *ctx, struct str line), void *ctx)
{
    s->sink = write;
    s->sink_ctx = ctx;
    sim_trace_window(s, 1, UINT64_MAX);
}

void sim_trace_window(struct sim *s, uint64_t first, uint64_t last)
{
    s->sink_first = first;
    s->sink_last = last;
}

uint64_t sim_decisions(const struct sim *s)
{
    return s->decision_count;
}

const uint64_t *sim_checkpoints(const struct sim *s, size_t *ret_count)
{
    *ret_count = s->checkpoint_count;
    return s->checkpoints;
}

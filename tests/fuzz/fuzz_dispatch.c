/* fuzz_dispatch.c -- Whole requests, several in a row, against a fresh emulator: never a crash,
 * always an answer, and the same answers on a second emulator with the same seed.
 *
 * An input is text: requests divided by the byte 0x1e; each is "METHOD /path?query", header lines,
 * an empty line, the body. A line "+PT5S" before a request moves the clock. */
#include "base/instant.h"
#include "base/limits.h"
#include "emulator/emulator.h"
#include "fuzz_check.h"

#define START_US (INT64_C(1774656000) * US_PER_S)

struct run {
    struct arena *arena;
    struct emulator *emulator;
    int64_t now_us;
};

static struct str line_take(struct str *rest)
{
    struct str line = STR_EMPTY;
    (void)str_cut(rest, '\n', &line);
    return str_ends(line, STR("\r")) ? str_slice(line, 0, line.len - 1) : line;
}

static struct http_request request_read(struct run *r, struct str text)
{
    struct http_request request;
    struct diag d = DIAG_INIT;
    if (str_starts(text, STR("+"))) {
        int64_t step_us = 0;
        struct str line = line_take(&text);
        if (duration_parse(str_from(line, 1), &step_us, &d) == ERR_OK && step_us > 0 &&
            step_us < 400 * US_PER_DAY) {
            r->now_us += step_us;
        }
    }
    struct str head = line_take(&text);
    struct str method;
    struct str target;
    (void)str_split(head, ' ', &method, &target);
    struct str path = target;
    struct str query = STR_EMPTY;
    if (str_find(target, '?') != STR_NONE) {
        (void)str_split(target, '?', &path, &query);
    }
    path = str_starts(path, STR("/")) ? path : STR("/");
    http_request_init(&request, r->arena, str_z(r->arena, method), STR("127.0.0.1:4566"), path);
    request.query = query;
    for (struct str line = line_take(&text);
         line.len > 0 && request.headers.count < HTTP_HEADERS_MAX; line = line_take(&text)) {
        struct str name;
        struct str value;
        (void)str_split(line, ':', &name, &value);
        http_headers_add(&request.headers, name, str_trim(value));
    }
    request.body = text;
    return request;
}

static void outbound_drain(struct run *r)
{
    struct emulator_outbound call;
    for (int i = 0; i < 50 && emulator_outbound_take(r->emulator, r->now_us, r->arena, &call);
         i++) {
        emulator_outbound_done(r->emulator, call.id, i % 2 == 0 ? 200 : 503, STR_EMPTY, r->now_us);
    }
}

static void run_all(struct run *r, struct str input, struct buf *trace)
{
    for (struct str rest = input, text; str_cut(&rest, 0x1e, &text);) {
        struct http_request request = request_read(r, text);
        struct emulator_outcome o =
            emulator_dispatch(r->emulator, &request, STR_EMPTY, r->now_us, r->arena);
        CHECK(o.lost ? o.response.status == 0
                     : o.response.status >= 200 && o.response.status < 600);
        CHECK(o.delay_us >= 0 && o.restart_us >= 0);
        buf_add_i64(trace, o.response.status);
        buf_add(trace, o.response.body);
        for (size_t i = 0; i < o.response.headers.count; i++) {
            buf_add(trace, o.response.headers.items[i].name);
            buf_add(trace, o.response.headers.items[i].value);
        }
        outbound_drain(r);
        int64_t next = emulator_next_timer(r->emulator);
        if (next <= r->now_us) {
            emulator_tick(r->emulator, r->now_us);
            CHECK(emulator_next_timer(r->emulator) > r->now_us);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new("fuzz", 512 * MIB);
    struct buf traces[2];
    for (int i = 0; i < 2; i++) {
        struct run r = {.arena = a, .now_us = START_US};
        r.emulator = emulator_new(a, &(struct emulator_options){.seed = 11, .start_us = START_US});
        buf_init(&traces[i], a, 256 * MIB);
        run_all(&r, str_n((const char *)data, size), &traces[i]);
    }
    CHECK(str_eq(buf_str(&traces[0]), buf_str(&traces[1])));
    arena_free(a);
    return 0;
}

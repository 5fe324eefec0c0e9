/* emulator_transport.c -- A call takes a millisecond, and the emulator's timers run before it. */
#include "emulator_transport.h"

#include <string.h>
#include "base/hash.h"
#include "base/instant.h"

const char *way_name(enum way way)
{
    static const char *const names[WAY_COUNT] = {
        [WAY_REFUSED] = "refused",           [WAY_LOST_REQUEST] = "lost request",
        [WAY_LOST_RESPONSE] = "lost answer", [WAY_REJECTED] = "rejected",
        [WAY_APPLIED_500] = "applied, 500",  [WAY_CRASH_BEFORE] = "crash before",
        [WAY_CRASH_AFTER] = "crash after"};
    return names[way];
}

/* ---- the clock ---- */

static struct test_clock *clock_of(struct rt *rt)
{
    return (struct test_clock *)rt;
}

static int64_t clock_wall(struct rt *rt)
{
    return clock_of(rt)->start_us + clock_of(rt)->mono_us;
}

static int64_t clock_mono(struct rt *rt)
{
    return clock_of(rt)->mono_us;
}

static enum err clock_sleep(struct rt *rt, int64_t mono_us)
{
    struct test_clock *c = clock_of(rt);
    c->mono_us = mono_us > c->mono_us ? mono_us : c->mono_us;
    return ERR_OK;
}

static uint64_t clock_rand(struct rt *rt, const char *stream, uint64_t key)
{
    (void)rt;
    return hash64(key, str_of(stream));
}

static bool clock_cancelled(struct rt *rt)
{
    (void)rt;
    return false;
}

static void clock_trace(struct rt *rt, const char *what, struct str text, int64_t value)
{
    (void)rt, (void)what, (void)text, (void)value;
}

void test_clock_init(struct test_clock *c, int64_t start_us)
{
    static const struct rt_ops ops = {.wall_us = clock_wall,
                                      .mono_us = clock_mono,
                                      .sleep_until = clock_sleep,
                                      .rand = clock_rand,
                                      .cancelled = clock_cancelled,
                                      .trace = clock_trace};
    *c = (struct test_clock){.rt = {.ops = &ops}, .start_us = start_us};
}

void test_clock_advance(struct test_clock *c, int64_t us)
{
    c->mono_us += us;
}

/* ---- the transport ---- */

static struct http_response copy_response(struct arena *a, const struct http_response *from)
{
    struct http_response to;
    http_response_init(&to, a, from->status);
    for (size_t i = 0; i < from->headers.count; i++) {
        http_headers_add(&to.headers, str_copy(a, from->headers.items[i].name),
                         str_copy(a, from->headers.items[i].value));
    }
    to.body = str_copy(a, from->body);
    return to;
}

static bool is_applied(enum way way)
{
    return way == WAY_LOST_RESPONSE || way == WAY_APPLIED_500 || way == WAY_CRASH_AFTER;
}

static enum err faulty_answer(struct emulator_transport *t, struct arena *a,
                              struct http_response *ret_response, struct diag *d)
{
    switch (t->way) {
    case WAY_REFUSED:
        return fail(d, ERR_UNAVAILABLE, "call %zu refused", t->calls);
    case WAY_LOST_REQUEST:
    case WAY_LOST_RESPONSE:
        return fail(d, ERR_UNKNOWN, "no answer to call %zu", t->calls);
    case WAY_REJECTED:
    case WAY_APPLIED_500:
        http_response_init(ret_response, a, t->way == WAY_REJECTED ? 503 : 500);
        return ERR_OK;
    case WAY_CRASH_BEFORE:
    case WAY_CRASH_AFTER:
    case WAY_COUNT:
        break;
    }
    t->crashed = true;
    return fail(d, ERR_CANCELLED, "crashed at call %zu", t->calls);
}

static enum err transport_do(struct transport *transport, const struct http_request *request,
                             int64_t deadline_mono_us, struct arena *a,
                             struct http_response *ret_response, struct diag *d)
{
    struct emulator_transport *t = (struct emulator_transport *)transport;
    (void)deadline_mono_us;
    if (t->crashed) {
        return fail(d, ERR_CANCELLED, "crashed");
    }
    test_clock_advance(t->clock, US_PER_MS);
    t->calls++;
    int64_t now_us = clock_wall(&t->clock->rt);
    bool fails =
        t->fault_at > 0 && t->calls >= t->fault_at && t->calls < t->fault_at + t->fault_count;
    emulator_tick(t->emulator, now_us);
    if (!fails || is_applied(t->way)) {
        struct arena *scratch = arena_new("call", 512 * (size_t)1024 * 1024);
        struct emulator_outcome outcome =
            emulator_dispatch(t->emulator, request, t->actor, now_us, scratch);
        *ret_response = copy_response(a, &outcome.response);
        arena_free(scratch);
    }
    return fails ? faulty_answer(t, a, ret_response, d) : ERR_OK;
}

void emulator_transport_init(struct emulator_transport *t, struct emulator *e, struct test_clock *c,
                             struct str actor)
{
    static const struct transport_ops ops = {.call = transport_do};
    *t = (struct emulator_transport){
        .transport = {.ops = &ops}, .emulator = e, .clock = c, .actor = actor, .fault_count = 1};
}

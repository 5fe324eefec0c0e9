/* What the core keeps between calls: ledger, timers, calls out, ids. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "core_parts.h"
#include "tiny.h"

#define NAMED "{\"Name\":\"abc\"}"

Test(core_state, the_ledger_has_every_call_in_order)
{
    /* One line a request, refused or not, numbered from 1; control paths leave none. */
    struct bench b = bench_new(1);
    (void)send_json(&b, "PutRecords", NAMED);
    b.now_us += US_PER_S;
    (void)send_json(&b, "Nothing", "{}");
    (void)send_control(&b, "GET", "/_aforo/health", "");
    const struct ledger_line *one = core_ledger_next(b.core, 0);
    cr_assert_eq(one->number, 1);
    cr_expect(str_eq(one->service, STR("kinesis")) && str_eq(one->operation, STR("PutRecords")));
    cr_expect(str_eq(one->resource, STR("abc")) && str_eq(one->actor, STR("producer/2")));
    cr_expect(one->status == 200 && one->applied && one->at_us == TINY_START_US);
    const struct ledger_line *two = core_ledger_next(b.core, 1);
    cr_assert_eq(two->number, 2);
    cr_expect(str_eq(two->operation, STR("Nothing")) && two->status == 400 && !two->applied);
    cr_expect_eq(two->at_us, TINY_START_US + US_PER_S);
    cr_expect_null(core_ledger_next(b.core, 2));
    cr_expect_null(core_ledger_next(b.core, UINT64_MAX));
    bench_free(&b);
}

Test(core_state, the_ledger_is_a_ring)
{
    /* Past its cap the oldest lines go, the numbers go on, and what is left is whole. */
    struct bench b = bench_new(1);
    uint64_t total = LEDGER_ENTRIES_MAX + 1000;
    for (uint64_t i = 1; i <= total; i++) {
        char name[24];
        int len = snprintf(name, sizeof(name), "r%llu", (unsigned long long)i);
        struct ledger_line line = {
            .actor = STR("a"), .resource = str_n(name, (size_t)len), .status = (int)(i % 100)};
        ledger_add(b.core, &line);
    }
    uint64_t number = 1001;
    for (const struct ledger_line *l = core_ledger_next(b.core, 0); l != NULL;
         l = core_ledger_next(b.core, l->number), number++) {
        cr_assert_eq(l->number, number);
        cr_assert_eq(l->status, (int)(number % 100));
    }
    cr_expect_eq(number, total + 1);
    struct str newest = core_ledger_next(b.core, total - 1)->resource;
    cr_expect(str_eq(newest, str_printf(b.arena, "r%llu", (unsigned long long)total)));
    bench_free(&b);
}

Test(core_state, what_was_taken_before_a_reset_is_nobody_s_after_it)
{
    /* Ids of calls out go on over a reset, so a late answer meets no new call. */
    struct bench b = bench_new(1);
    struct core_outbound_call before;
    struct core_outbound_call after;
    (void)send_json(&b, "Call", "{\"Name\":\"abc\",\"Url\":\"http://there/\"}");
    cr_assert(core_outbound_take(b.core, b.now_us, b.arena, &before));
    core_reset(b.core, 1, b.now_us);
    (void)send_json(&b, "Call", "{\"Name\":\"abc\",\"Url\":\"http://there/\"}");
    cr_assert(core_outbound_take(b.core, b.now_us, b.arena, &after));
    core_outbound_done(b.core, before.id, 503, STR_EMPTY, b.now_us);
    cr_expect_eq(bench_state(&b, "kinesis")->outbound_status, 0);
    core_outbound_done(b.core, after.id, 200, STR_EMPTY, b.now_us);
    cr_expect_eq(bench_state(&b, "kinesis")->outbound_status, 200);
    bench_free(&b);
}

Test(core_state, timers_fire_at_their_own_time_however_late_the_tick)
{
    /* A chain of timers a minute apart gives the same times whether it is ticked each second or
     * once. */
    for (int step_s = 1; step_s <= 600; step_s += 599) {
        struct bench b = bench_new(1);
        (void)send_json(&b, "Wait", "{\"Name\":\"abc\",\"Seconds\":90}");
        struct tiny_state *s = bench_state(&b, "kinesis");
        cr_expect_eq(core_next_timer(b.core), TINY_START_US + 90 * US_PER_S);
        core_tick(b.core, TINY_START_US + 90 * US_PER_S - 1);
        cr_expect_eq(s->fired, 0);
        for (int at = step_s; at <= 600; at += step_s) {
            core_tick(b.core, TINY_START_US + at * US_PER_S);
        }
        cr_expect_eq(s->fired, 3);
        cr_expect_eq(s->last_fired_us, TINY_START_US + (90 + 120) * US_PER_S);
        cr_expect_eq(core_next_timer(b.core), INSTANT_NEVER);
        bench_free(&b);
    }
}

Test(core_state, a_request_sees_what_was_due_before_it)
{
    /* Nobody ticked: the request itself comes after the timers that were due. */
    struct bench b = bench_new(1);
    (void)send_json(&b, "Wait", "{\"Name\":\"abc\",\"Seconds\":1}");
    b.now_us += US_PER_HOUR;
    (void)send_json(&b, "PutRecords", NAMED);
    cr_expect_eq(bench_state(&b, "kinesis")->fired, 3);
    bench_free(&b);
}

Test(core_state, calls_out_are_taken_once_and_reported_back)
{
    /* A call out is a whole request; its answer reaches whoever made it; its next try waits for its
     * time. */
    struct bench b = bench_new(1);
    struct core_outbound_call call;
    (void)send_json(&b, "Call", "{\"Name\":\"abc\",\"Url\":\"http://there:8080/hook?x=1\"}");
    cr_assert(core_outbound_take(b.core, b.now_us, b.arena, &call));
    cr_expect(str_eq(call.url, STR("http://there:8080/hook?x=1")));
    cr_expect(str_eq(call.request.host, STR("there:8080")) &&
              str_eq(call.request.path, STR("/hook")));
    cr_expect(str_eq(call.request.query, STR("x=1")) && str_eq(call.request.method, STR("POST")));
    cr_expect(str_eq(call.request.body, STR("hello")) &&
              str_eq(http_header(&call.request.headers, "x-tiny"), STR("yes")));
    struct core_outbound_call other;
    cr_expect_not(core_outbound_take(b.core, b.now_us, b.arena, &other));

    core_outbound_done(b.core, call.id + 99, 200, STR_EMPTY, b.now_us); /* nobody's */
    core_outbound_done(b.core, call.id, 503, STR("busy"), b.now_us);
    cr_expect_eq(bench_state(&b, "kinesis")->outbound_status, 503);
    core_outbound_done(b.core, call.id, 200, STR("late"), b.now_us); /* told already */
    cr_expect_eq(bench_state(&b, "kinesis")->outbound_status, 503);

    cr_expect_not(core_outbound_take(b.core, b.now_us, b.arena, &other));
    core_tick(b.core, b.now_us);
    cr_expect_eq(core_next_timer(b.core), b.now_us + US_PER_MINUTE);
    cr_expect(core_outbound_take(b.core, b.now_us + US_PER_MINUTE, b.arena, &other));
    cr_expect(str_eq(other.request.path, STR("/again")));

    (void)send_json(&b, "Call", "{\"Name\":\"abc\",\"Url\":\"not a url\"}");
    cr_expect_not(core_outbound_take(b.core, b.now_us, b.arena, &other));
    cr_expect_eq(bench_state(&b, "kinesis")->outbound_status, 0);
    bench_free(&b);
}

Test(core_state, the_same_seed_gives_the_same_ids)
{
    /* Ids and request ids are a function of the seed and of what came before. */
    struct str first[3];
    struct bench benches[3] = {bench_new(5), bench_new(5), bench_new(6)};
    for (int i = 0; i < 3; i++) {
        struct buf all;
        buf_init(&all, benches[i].arena, MIB);
        for (int n = 0; n < 20; n++) {
            struct core_outcome o = send_json(&benches[i], "Draw", NAMED);
            buf_add(&all, o.response.body);
            buf_add(&all, http_header(&o.response.headers, "x-amzn-RequestId"));
        }
        first[i] = buf_str(&all);
    }
    cr_expect(str_eq(first[0], first[1]));
    cr_expect_not(str_eq(first[0], first[2]));
    struct str uuid = core_uuid(benches[0].core, benches[0].arena);
    cr_expect(uuid.len == 36 && uuid.ptr[14] == '4' && strchr("89ab", uuid.ptr[19]) != NULL, "%.*s",
              STR_ARG(uuid));
    for (int i = 0; i < 3; i++) {
        bench_free(&benches[i]);
    }
}

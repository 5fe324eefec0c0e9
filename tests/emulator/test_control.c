/* The paths under /_aforo: health, reset, clock, faults, ledger; bad input changes nothing. */
#include <criterion/criterion.h>

#include "tiny.h"

#define NAMED "{\"Name\":\"abc\"}"

static struct json *control_ok(struct bench *b, const char *method, const char *target,
                               const char *body)
{
    struct core_outcome o = send_control(b, method, target, body);
    cr_assert_eq(o.response.status, 200, "%s %s %s: %d %.*s", method, target, body,
                 o.response.status, STR_ARG(o.response.body));
    return body_tree(b, &o.response);
}

static int64_t number_at(const struct json *tree, const char *path)
{
    int64_t value = -1;
    struct diag d = DIAG_INIT;
    cr_assert_eq(json_i64(json_at(tree, path), &value, &d), ERR_OK, "%s: %s", path, d.msg);
    return value;
}

static void expect_text(const struct json *tree, const char *path, const char *text)
{
    cr_expect(str_eq(json_str(json_at(tree, path)), str_of(text)), "%s: %.*s", path,
              STR_ARG(json_str(json_at(tree, path))));
}

Test(control, health_names_the_services)
{
    /* Status, version and what is served. */
    struct bench b = bench_new(1);
    struct json *tree = control_ok(&b, "GET", "/_aforo/health", "");
    expect_text(tree, "status", "ok");
    cr_expect(json_str(json_at(tree, "version")).len > 0);
    expect_text(tree, "services.0", "kinesis");
    cr_expect_eq(json_at(tree, "services")->count, 3);
    bench_free(&b);
}

Test(control, unknown_paths_list_what_there_is)
{
    /* 404 for a path, 405 for a method; both say what is there. */
    struct bench b = bench_new(1);
    const struct {
        const char *method, *target;
        int status;
    } rows[] = {{"GET", "/_aforo/nothing", 404},
                {"GET", "/_aforo", 404},
                {"GET", "/_aforo/", 404},
                {"PUT", "/_aforo/health", 405},
                {"GET", "/_aforo/reset", 405}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct core_outcome o = send_control(&b, rows[i].method, rows[i].target, "");
        cr_expect_eq(o.response.status, rows[i].status, "%s %s", rows[i].method, rows[i].target);
        cr_expect(str_contains(o.response.body, STR("POST /_aforo/clock")), "%.*s",
                  STR_ARG(o.response.body));
    }
    bench_free(&b);
}

Test(control, reset_gives_the_first_answers_again)
{
    /* After a reset everything is as at the beginning: ids, state, faults, ledger, clock. A new
     * seed gives other ids. */
    struct bench b = bench_new(5);
    struct str first = str_copy(b.arena, send_json(&b, "Draw", NAMED).response.body);
    (void)send_json(&b, "PutRecords", NAMED);
    (void)send_json(&b, "Wait", "{\"Name\":\"abc\",\"Seconds\":90}");
    add_faults(&b, "[{on: 'kinesis:*', phase: reject}]");
    (void)control_ok(&b, "POST", "/_aforo/clock", "{\"freeze\":true,\"advance\":\"PT1H\"}");
    b.now_us += US_PER_HOUR;
    expect_text(control_ok(&b, "POST", "/_aforo/reset", ""), "status", "reset");
    cr_expect_eq(bench_state(&b, "kinesis")->runs, 0);
    cr_expect_null(core_ledger_next(b.core, 0));
    cr_expect_eq(core_faults(b.core)->count, 0);
    cr_expect_eq(core_next_timer(b.core), INSTANT_NEVER);
    cr_expect_eq(core_now(b.core, b.now_us), b.now_us);
    cr_expect(str_eq(send_json(&b, "Draw", NAMED).response.body, first));
    expect_text(control_ok(&b, "POST", "/_aforo/reset", "{\"seed\":6}"), "seed", "6");
    cr_expect_not(str_eq(send_json(&b, "Draw", NAMED).response.body, first));
    cr_expect_eq(send_control(&b, "POST", "/_aforo/reset", "{\"sead\":6}").response.status, 400);
    cr_expect_not_null(core_ledger_next(b.core, 0), "what is refused resets nothing");
    bench_free(&b);
}

Test(control, the_clock_freezes_sets_advances_and_resumes)
{
    /* Each order against the caller's clock, which goes on by itself. */
    struct bench b = bench_new(1);
    struct json *tree = control_ok(&b, "GET", "/_aforo/clock", "");
    expect_text(tree, "now", "2026-03-28T00:00:00Z");
    cr_expect(json_is(json_at(tree, "frozen"), JSON_IS_FALSE));
    b.now_us += US_PER_MINUTE;
    expect_text(control_ok(&b, "POST", "/_aforo/clock", "{\"freeze\":true}"), "now",
                "2026-03-28T00:01:00Z");
    b.now_us += US_PER_MINUTE;
    expect_text(control_ok(&b, "GET", "/_aforo/clock", ""), "now", "2026-03-28T00:01:00Z");
    expect_text(control_ok(&b, "POST", "/_aforo/clock", "{\"advance\":\"PT1H\"}"), "now",
                "2026-03-28T01:01:00Z");
    expect_text(control_ok(&b, "POST", "/_aforo/clock", "{\"set\":\"2026-07-01T12:00:00Z\"}"),
                "now", "2026-07-01T12:00:00Z");
    cr_expect_eq(core_next_timer(b.core), INSTANT_NEVER);
    expect_text(control_ok(&b, "POST", "/_aforo/clock", "{\"resume\":true}"), "now",
                "2026-07-01T12:00:00Z");
    b.now_us += US_PER_MINUTE;
    expect_text(control_ok(&b, "GET", "/_aforo/clock", ""), "now", "2026-07-01T12:01:00Z");
    expect_text(control_ok(&b, "POST", "/_aforo/clock", "{\"advance\":\"24h\"}"), "now",
                "2026-07-02T12:01:00Z");
    (void)send_json(&b, "PutRecords", NAMED);
    cr_expect_eq(core_ledger_next(b.core, 0)->at_us, instant_of(2026, 7, 2, 12, 1, 0));
    bench_free(&b);
}

Test(control, advancing_fires_what_is_due_in_order)
{
    /* A jump of an hour lets a chain of timers fire at their own times; until_idle goes as far as
     * there are timers. */
    struct bench b = bench_new(1);
    struct tiny_state *s = bench_state(&b, "kinesis");
    (void)send_json(&b, "Wait", "{\"Name\":\"abc\",\"Seconds\":3500}");
    struct json *tree =
        control_ok(&b, "POST", "/_aforo/clock", "{\"freeze\":true,\"advance\":\"PT1H\"}");
    cr_expect_eq(number_at(tree, "fired"), 2); /* at 3500 and 3560 seconds */
    expect_text(tree, "next_timer", "2026-03-28T01:00:20Z");
    tree = control_ok(&b, "POST", "/_aforo/clock", "{\"run\":\"until_idle\"}");
    cr_expect_eq(number_at(tree, "fired"), 1);
    cr_expect_eq(number_at(tree, "timers"), 0);
    expect_text(tree, "now", "2026-03-28T01:00:20Z");
    cr_expect_eq(s->last_fired_us, TINY_START_US + 3620 * US_PER_S);

    s->fired = 0;
    (void)control_ok(&b, "POST", "/_aforo/clock", "{\"resume\":true}");
    (void)send_json(&b, "Wait", "{\"Name\":\"abc\",\"Seconds\":10}");
    cr_expect_eq(core_next_timer(b.core), b.now_us + 10 * US_PER_S,
                 "in the caller's time, with the clock ahead of it");
    bench_free(&b);
}

Test(control, bad_clock_orders_change_nothing)
{
    /* Each is 400 with what is taken; a good order beside a bad one is not done. */
    const char *rows[] = {"{\"freeze\":1}",
                          "{\"freeze\":true,\"advance\":\"soon\"}",
                          "{\"set\":\"yesterday\"}",
                          "{\"advance\":\"-PT1H\"}",
                          "{\"run\":\"fast\"}",
                          "{\"pause\":true}",
                          "[true]",
                          "{\"freeze\":true",
                          "{\"set\":\"0001-01-01\"}",
                          "{\"set\":\"9999-12-31T23:00:00Z\",\"advance\":\"PT2H\"}",
                          "{\"advance\":\"100000000d\"}"};
    struct bench b = bench_new(1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct core_outcome o = send_control(&b, "POST", "/_aforo/clock", rows[i]);
        cr_expect_eq(o.response.status, 400, "%s: %d", rows[i], o.response.status);
        cr_expect(json_str(json_at(body_tree(&b, &o.response), "error")).len > 0);
        cr_expect_eq(core_now(b.core, b.now_us + 5), b.now_us + 5, "%s moved the clock", rows[i]);
    }
    bench_free(&b);
}

Test(control, faults_are_added_listed_and_removed)
{
    /* A list or an object with a seed, JSON or YAML; what fired is listed as coordinates that can
     * be sent back. */
    struct bench b = bench_new(1);
    struct json *tree =
        control_ok(&b, "POST", "/_aforo/faults",
                   "[{\"on\":\"kinesis:PutRecords\",\"phase\":\"lose_response\",\"nth\":2}]");
    expect_text(tree, "rules.0.name", "PutRecords-lose_response");
    tree = control_ok(
        &b, "POST", "/_aforo/faults",
        "faults:\n- {name: second, on: 's3:*', phase: reject, error: SlowDown}\nseed: 42\n");
    cr_expect_eq(json_at(tree, "rules")->count, 2);
    expect_text(tree, "seed", "42");
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(send_json(&b, "PutRecords", NAMED).lost, i == 1);
    }
    tree = control_ok(&b, "GET", "/_aforo/faults", "");
    cr_expect_eq(number_at(tree, "rules.0.matched"), 3);
    cr_expect_eq(number_at(tree, "rules.0.fired"), 1);
    cr_expect_eq(number_at(tree, "fired_count"), 1);
    expect_text(tree, "fired.0.at", "producer/2/kinesis:PutRecords#2");
    expect_text(tree, "fired.0.phase", "lose_response");
    expect_text(tree, "fired.0.rule", "PutRecords-lose_response");
    cr_expect_eq(json_at(control_ok(&b, "GET", "/_aforo/faults?after=1", ""), "fired")->count, 0);
    cr_expect_eq(json_at(control_ok(&b, "DELETE", "/_aforo/faults", ""), "rules")->count, 0);
    cr_expect_eq(send_json(&b, "PutRecords", NAMED).fault, FAULT_NONE);

    (void)control_ok(&b, "POST", "/_aforo/reset", "");
    (void)control_ok(&b, "POST", "/_aforo/faults",
                     "[{\"at\":\"producer/2/kinesis:PutRecords#2\",\"phase\":\"lose_response\"}]");
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(send_json(&b, "PutRecords", NAMED).lost, i == 1);
    }
    bench_free(&b);
}

Test(control, bad_faults_change_nothing)
{
    /* 400 with line:column and what was expected; neither the good rule beside it nor the seed is
     * taken. */
    const struct {
        const char *body, *says;
    } rows[] = {
        {"[{\"on\":\"s3:PutX\",\"phase\":\"reject\"}]",
         "1:2: nothing here is s3:PutX; the nearest is s3:Put"},
        {"[{\"on\":\"kinesys:PutRecords\",\"phase\":\"reject\"}]",
         "the nearest is kinesis:PutRecords"},
        {"[{\"on\":\"s3:Put\",\"phase\":\"reject\"},\n{\"on\":\"s3:Put\",\"phase\":\"rejekt\"}]",
         "2:24: unknown phase"},
        {"{\"faults\":[],\"seed\":\"x\"}", "seed"},
        {"{\"faults\":7}", "faults is a list"},
        {"{}", "faults is a list"},
        {"7", "faults is a list"},
        {"[{", "1:"},
        {"- {on: [", ":"},
        {"[{\"at\":\"a/s3:Nothing#1\",\"phase\":\"reject\"}]", "nothing here is s3:Nothing"},
    };
    struct bench b = bench_new(9);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct core_outcome o = send_control(&b, "POST", "/_aforo/faults", rows[i].body);
        cr_expect_eq(o.response.status, 400, "%s: %d", rows[i].body, o.response.status);
        struct str error = json_str(json_at(body_tree(&b, &o.response), "error"));
        cr_expect(str_contains(error, str_of(rows[i].says)), "%s: %.*s", rows[i].body,
                  STR_ARG(error));
        cr_expect(core_faults(b.core)->count == 0 && core_faults(b.core)->seed == 9);
    }
    cr_expect_eq(send_control(&b, "GET", "/_aforo/faults?after=x", "").response.status, 400);
    bench_free(&b);
}

Test(control, the_ledger_is_ndjson_from_a_number_on)
{
    /* One object a line, each with a number; after=N gives what came later. */
    struct bench b = bench_new(1);
    for (int i = 0; i < 5; i++) {
        (void)send_json(&b, i == 3 ? "Nothing" : "PutRecords", NAMED);
    }
    struct core_outcome o = send_control(&b, "GET", "/_aforo/ledger?after=2", "");
    cr_expect(
        str_eq(http_header(&o.response.headers, "content-type"), STR("application/x-ndjson")));
    int64_t number = 3;
    size_t at = 0;
    struct str value;
    struct diag d = DIAG_INIT;
    while (json_split(o.response.body, &at, &value, &d) == ERR_OK) {
        struct json *tree = NULL;
        cr_assert_eq(json_parse(b.arena, value, &tree, &d), ERR_OK, "%s", d.msg);
        cr_expect_eq(number_at(tree, "number"), number);
        cr_expect_eq(number_at(tree, "status"), number == 4 ? 400 : 200);
        expect_text(tree, "operation", number == 4 ? "Nothing" : "PutRecords");
        expect_text(tree, "at", "2026-03-28T00:00:00Z");
        expect_text(tree, "fault", "none");
        number++;
    }
    cr_expect_eq(number, 6);
    cr_expect_eq(send_control(&b, "GET", "/_aforo/ledger?after=99", "").response.body.len, 0);
    cr_expect_eq(send_control(&b, "GET", "/_aforo/ledger?after=-1", "").response.status, 400);
    bench_free(&b);
}

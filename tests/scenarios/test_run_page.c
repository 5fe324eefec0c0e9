/* test_run_page.c -- The timeline keeps what is near trouble and sums up the rest, within its cap;
 * and the page shows all of it without a script, and lets no text become markup. */
#include <criterion/criterion.h>
#include "base/instant.h"
#include "base/json.h"
#include "base/limits.h"
#include "scenarios/report/run_page.h"

static struct run_event call_at(int64_t at_us, const char *actor, enum fault_phase fault)
{
    return (struct run_event){.kind = RUN_EVENT_CALL,
                              .at_us = at_us,
                              .until_us = at_us,
                              .actor = str_of(actor),
                              .service = STR("s3"),
                              .operation = STR("PutObject"),
                              .resource = STR("data/raw/</script><b>&\"x"),
                              .status = 200,
                              .fault = fault,
                              .applied = true};
}

static uint64_t sum_of(const struct timeline_view *v)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < v->sum_count; i++) {
        sum += v->sums[i].count;
    }
    return sum;
}

Test(timeline, keeps_the_neighbours_of_a_fault_and_sums_up_the_rest)
{
    /* Of 1000 calls of two actors, one has a fault: it and ten of its own actor before and after
     * are shown. */
    struct arena *a = arena_new("test", 256 * MIB);
    struct timeline *t = timeline_new(a);
    for (int i = 0; i < 1000; i++) {
        struct run_event e = call_at(i * US_PER_S, i % 2 == 0 ? "lander/0" : "loader/0",
                                     i == 500 ? FAULT_LOSE_RESPONSE : FAULT_NONE);
        timeline_note(t, &e);
    }
    struct timeline_view v = timeline_view(t, 1000 * US_PER_S, a);
    cr_assert_eq(v.event_count, 21);
    cr_assert_eq(v.events[0].event.at_us, 480 * US_PER_S);
    cr_assert_eq(v.events[10].mark, TIMELINE_FAULT);
    cr_assert_eq(v.summed, 979);
    cr_assert_eq(sum_of(&v), 979);
    cr_assert_eq(v.left_out, 0);
    for (size_t i = 0; i < v.event_count; i++) {
        cr_assert_eq(v.events[i].actor, 0);
    }
    arena_free(a);
}

Test(timeline, shows_the_latest_where_too_much_went_wrong)
{
    /* More faults than are shown: the last are, and how many are not is told. */
    struct arena *a = arena_new("test", 256 * MIB);
    struct timeline *t = timeline_new(a);
    size_t count = TIMELINE_SHOWN_MAX + 500;
    for (size_t i = 0; i < count; i++) {
        struct run_event e = call_at((int64_t)i * US_PER_MS, "lander/0", FAULT_REJECT);
        timeline_note(t, &e);
    }
    struct timeline_view v = timeline_view(t, (int64_t)count * US_PER_MS, a);
    cr_assert_eq(v.event_count, TIMELINE_SHOWN_MAX);
    cr_assert_eq(v.left_out, 500);
    cr_assert_eq(v.events[0].event.at_us, 500 * US_PER_MS);
    cr_assert_eq(sum_of(&v), 500);
    arena_free(a);
}

/* A run in which an actor dies over a fault and comes back, and a record that went twice. */
static struct str page_of(struct arena *a)
{
    struct timeline *t = timeline_new(a);
    struct run_event events[] = {
        {.kind = RUN_EVENT_JOINS, .actor = STR("loader/0")},
        {.kind = RUN_EVENT_STARTS, .actor = STR("loader/0")},
        call_at(US_PER_S, "loader/0", FAULT_KILL),
        {.kind = RUN_EVENT_CRASHES,
         .at_us = US_PER_S,
         .until_us = 4 * US_PER_S,
         .actor = STR("loader/0")},
        {.kind = RUN_EVENT_STARTS,
         .at_us = 4 * US_PER_S,
         .until_us = 4 * US_PER_S,
         .actor = STR("loader/0")},
    };
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        timeline_note(t, &events[i]);
    }
    struct timeline_view v = timeline_view(t, 10 * US_PER_S, a);
    struct fault_plan plan;
    fault_plan_init(&plan, a, 1);
    struct oracle_trail trail = {
        .name = STR("<order>"),
        .payload = STR("{\"a\":1}"),
        .is_wrong = true,
        .intended = 1,
        .acknowledged = 1,
        .copies = {{.shard = STR("shard-0"), .sequence = STR("41"), .arrived_us = US_PER_S}},
        .copy_count = 1};
    struct run_page page = {.scenario = STR("bad night"),
                            .seed = 7,
                            .verdict = "fail",
                            .story = STR("conservation lost=1: event <order> was passed over"),
                            .heal_us = 5 * US_PER_S,
                            .timeline = &v,
                            .faults = &plan,
                            .trails = &trail,
                            .trail_count = 1};
    struct buf out;
    buf_init(&out, a, 2 * RUN_PAGE_BYTES_MAX);
    run_page_write(&out, &page, a);
    return buf_str(&out);
}

static struct str between(struct str page, struct str from, struct str to)
{
    size_t begin = str_find_str(page, from);
    cr_assert_neq(begin, STR_NONE);
    struct str rest = str_from(page, begin + from.len);
    return str_slice(rest, 0, str_find_str(rest, to));
}

Test(run_page, tells_the_failure_and_lets_no_text_become_markup)
{
    /* The words, the crash, the record's way; every text escaped; the script's facts are JSON. */
    struct arena *a = arena_new("test", 256 * MIB);
    struct str page = page_of(a);
    static const char *const told[] = {
        "conservation lost=1: event &lt;order&gt; was passed over",
        "acknowledged to the source, and not where it must be",
        "until 00:00:04",
        "class=\"dead\"",
        "has not landed",
        "faults end",
        "data/raw/&lt;/script&gt;&lt;b&gt;&amp;",
    };
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        cr_assert(str_contains(page, str_of(told[i])), "not told: %s", told[i]);
    }
    cr_assert(!str_contains(page, STR("</script><b>")));
    cr_assert(!str_contains(page, STR("<order>")));
    static const char *const reaches_out[] = {"http://", "https://", "src=", "@import", "url("};
    for (size_t i = 0; i < sizeof(reaches_out) / sizeof(reaches_out[0]); i++) {
        cr_assert(!str_contains(page, str_of(reaches_out[i])), "asks for %s", reaches_out[i]);
    }
    struct str facts = between(page, STR("id=\"facts\">"), STR("</script>"));
    struct json *tree;
    struct diag d = DIAG_INIT;
    cr_assert_eq(json_parse(a, facts, &tree, &d), ERR_OK, "%s", d.msg);
    cr_assert_eq(json_get(tree, STR("events"))->count, 4);
    cr_assert(str_eq(json_str(json_at(tree, "resources.0")), STR_EMPTY));
    cr_assert(str_eq(json_str(json_at(tree, "resources.1")), STR("data/raw/</script><b>&\"x")));
    arena_free(a);
}

/* test_scenario.c -- Scenario files are read strictly: every mistake is told with its place. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/limits.h"
#include "scenarios/runner/scenario.h"

#define HEAD                                                                                       \
    "schema: 1\nname: x\nrun: {horizon: 1h}\ntopology: {pipeline: "                                \
    "fixtures/pipelines/orders.yaml}\n"
#define SOURCE "source: {events_per_hour: 60}\n"
#define EXPECT "expect: [{always: conservation}]\n"

static struct arena *enter_source(void)
{
    const char *source = getenv("AFORO_SOURCE");
    cr_assert(source == NULL || chdir(source) == 0);
    return arena_new("test", 256 * MIB);
}

/* The text as a file of its own; what reading it says. */
static enum err read_text(struct arena *a, const char *text, struct scenario **ret_scenario,
                          struct diag *d)
{
    char path[] = "/tmp/aforo-scenario-XXXXXX";
    int fd = mkstemp(path);
    cr_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    enum err err = scenario_read(a, path, ret_scenario, d);
    unlink(path);
    return err;
}

Test(scenario, reads_the_catalogue)
{
    /* What the shipped files say arrives in the struct. */
    struct arena *a = enter_source();
    struct diag d = DIAG_INIT;
    struct scenario *s;
    cr_assert_eq(scenario_read(a, "scenarios/catalog/two_landers_one_shard.yaml", &s, &d), ERR_OK,
                 "%s", d.msg);
    cr_expect(s->twin_landers && s->shards == 1 && s->actors.landers == 2 && s->swarm &&
              s->seed_last == 200);
    cr_expect(s->start_us == instant_of(2026, 3, 28, 23, 45, 0) &&
              s->heal_after_us == 35 * US_PER_MINUTE);
    cr_expect(s->pipeline->report_grace_us == 10 * US_PER_MINUTE && s->source.late.den == 20);
    cr_expect(s->expectations[0].when == EXPECT_ALWAYS &&
              s->expectations[0].kind == EXPECT_CONSERVATION);
    cr_expect(s->expectations[2].kind == EXPECT_UNIQUE &&
              str_eq(s->expectations[2].key, STR("order_id")));
    cr_expect(s->expectations[4].column_count == 4 && s->expectations[4].group_count == 2);
    arena_free(a);
}

Test(scenario, tells_the_place_of_every_mistake)
{
    /* One mistake a row: the message holds line and column, what was expected, and the nearest
     * name. */
    static const struct {
        const char *text, *words;
    } rows[] = {
        {HEAD SOURCE "expects: []\n", ":6:10: unknown key 'expects'; did you mean 'expect'?"},
        {"schema: 2\nname: x\n", ":1:9: schema: expected a whole number from 1 to 1"},
        {HEAD SOURCE EXPECT "faults: [{on: \"s3:PutObject\", phase: rejct}]\n",
         ":7:38: unknown phase \"rejct\"; the nearest is reject"},
        {HEAD SOURCE EXPECT "faults: [{on: \"s3:PutObject\", phase: reject, probabilty: 1/2}]\n",
         "the nearest is probability"},
        {HEAD SOURCE "expect: [{always: conservatio}]\n",
         ":6:19: unknown expectation 'conservatio'; did you mean 'conservation'?"},
        {HEAD SOURCE "expect: [{allways: conservation}]\n", "did you mean 'always'?"},
        {HEAD SOURCE "expect: [{always: {unique: {table: orders}}}]\n", "key: missing"},
        {HEAD SOURCE "expect: [{sometimes: crsh}]\n", "did you mean 'crash'?"},
        {HEAD SOURCE "expect: [{always: {retries: {at_most: 40}}}]\n", "retries: expected"},
        {HEAD SOURCE "expect: [{always: {retries: {within: 1s}}}]\n", "retries: expected"},
        {HEAD SOURCE "expect: [{always: {report_on_time: {by: 1h}}}]\n", "unknown key 'by'"},
        {HEAD SOURCE EXPECT "clocks: [{actor: \"*\"}]\n", "a clock that is right"},
        {HEAD SOURCE EXPECT "clocks: [{skew: 5m, drift: 2/1}]\n", "expected a ratio"},
        {HEAD SOURCE EXPECT "clocks: [{skw: 5m}]\n", "did you mean 'skew'?"},
        {HEAD SOURCE EXPECT "knobs: {land_record: [1, 2]}\n", "did you mean 'land_records'?"},
        {HEAD SOURCE EXPECT "knobs: {land_records: 5}\n", "expected [least, most]"},
        {HEAD SOURCE EXPECT "knobs: {land_records: [9, 2]}\n", "the least is more"},
        {HEAD SOURCE EXPECT "knobs: {poll: [5, 2m]}\n", "expected a duration"},
        {HEAD SOURCE EXPECT "knobs: {attempts: [0, 2]}\n", "expected a whole number"},
        {HEAD SOURCE "expect: []\n", "proves nothing"},
        {HEAD "source: {}\n" EXPECT, "either events_per_hour"},
        {HEAD "source: {events_per_hour: 60, spike: {times: 10}}\n" EXPECT, "how long"},
        {HEAD "source: {events_per_hour: 60, spike: {for: 1m, times: 1}}\n" EXPECT, "times"},
        {HEAD "source: {capture: x, spike: {for: 1m, times: 2}}\n" EXPECT, "no spike"},
        {HEAD "source: {events_per_hour: 60, miscount: 0}\n" EXPECT, "miscount"},
        {HEAD "source: {events_per_hour: 60, rates: {late: 3/2}}\n" EXPECT, "expected a ratio"},
        {"schema: 1\nname: x\nrun: {horizon: soon}\n", ":3:16: horizon: expected a duration"},
        {"schema: 1\nname: x\nrun: {horizon: 1h, heal_after: 2h}\n",
         "heal_after: expected a duration from"},
        {"schema: 1\nname: x\nrun: {horizon: 1h, seeds: 9..2}\n", "seeds such as 1..200"},
        {"schema: 1\nname: x\nrun: {horizon: 1h}\ntopology: {pipeline: nowhere.yaml}\n",
         "nowhere.yaml: cannot be opened"},
    };
    struct arena *a = enter_source();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct diag d = DIAG_INIT;
        struct scenario *s;
        cr_expect_eq(read_text(a, rows[i].text, &s, &d), ERR_INVALID, "row %zu", i);
        cr_expect(strstr(d.msg, rows[i].words) != NULL, "row %zu: %s", i, d.msg);
    }
    arena_free(a);
}

Test(scenario, reads_ranges_of_seeds)
{
    /* Both ends are included; what is no range is refused. */
    uint64_t first = 0, last = 0;
    cr_expect(scenario_seeds_parse(STR("1..200"), &first, &last) == ERR_OK && first == 1 &&
              last == 200);
    cr_expect(scenario_seeds_parse(STR("7"), &first, &last) == ERR_OK && first == 7 && last == 7);
    cr_expect(scenario_seeds_parse(STR("3..1"), &first, &last) != ERR_OK);
    cr_expect(scenario_seeds_parse(STR("a..9"), &first, &last) != ERR_OK);
    cr_expect(scenario_seeds_parse(STR(""), &first, &last) != ERR_OK);
}

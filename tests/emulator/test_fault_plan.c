/* The fault plan: what is read, what is refused and where, who is hit, and that no rule shifts
 * another. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/limits.h"
#include "base/yaml.h"
#include "emulator/fault/fault_plan.h"

static enum err read_plan(struct fault_plan *p, const char *yaml, struct diag *d)
{
    struct json *tree = NULL;
    cr_assert_eq(yaml_parse(p->arena, str_of(yaml), &tree, d), ERR_OK, "%s", d->msg);
    return fault_plan_read(p, tree, d);
}

static struct fault_plan plan_of(struct arena *a, uint64_t seed, const char *yaml)
{
    struct fault_plan p;
    struct diag d = DIAG_INIT;
    fault_plan_init(&p, a, seed);
    cr_assert_eq(read_plan(&p, yaml, &d), ERR_OK, "%s: %s", yaml, d.msg);
    return p;
}

static struct fault_call call_of(const char *actor, const char *service, const char *operation,
                                 uint64_t ordinal)
{
    return (struct fault_call){.actor = str_of(actor),
                               .service = str_of(service),
                               .operation = str_of(operation),
                               .ordinal = ordinal};
}

Test(fault_plan, reads_every_key)
{
    /* One rule with each key, and what became of it. */
    struct arena *a = arena_new("test", 16 * MIB);
    struct fault_plan p =
        plan_of(a, 1,
                "- {name: x, on: 'kinesis:PutRecords', phase: partial, error: "
                "ProvisionedThroughputExceededException,\n"
                "   entries: 1/4, probability: 5%, nth: [3, 5], first: 9, every: 2, limit: 7, "
                "from: PT1H, until: 23h50m,\n"
                "   actor: producer/*, where: {stream: a*, key: raw/*}}\n"
                "- {on: 'warehouse:commit', phase: lose_response, sqlstate: '57P01'}\n"
                "- {kill: loader/*, probability: 1/5000, restart_after: [1s, 5m]}\n"
                "- {on: 's3:*', phase: delay, delay: 250ms, nth: 4}\n"
                "- {at: 'producer/2/kinesis:PutRecords#649', phase: lose_response}\n");
    cr_assert_eq(p.count, 5);
    const struct fault_rule *r = &p.rules[0];
    cr_expect(str_eq(r->name, STR("x")) && str_eq(r->service, STR("kinesis")) &&
              str_eq(r->operation, STR("PutRecords")));
    cr_expect(r->phase == FAULT_PARTIAL && r->entries.num == 1 && r->entries.den == 4);
    cr_expect(r->probability.num * 20 == r->probability.den && r->nth_count == 2 && r->nth[1] == 5);
    cr_expect(r->first == 9 && r->every == 2 && r->limit == 7);
    cr_expect(r->from_us == US_PER_HOUR && r->until_us == 23 * US_PER_HOUR + 50 * US_PER_MINUTE);
    cr_expect(str_eq(r->actor, STR("producer/*")) && r->where_count == 2 &&
              str_eq(r->where[1].pattern, STR("raw/*")));
    cr_expect(str_eq(p.rules[1].name, STR("commit-lose_response")) &&
              str_eq(p.rules[1].error, STR("57P01")));
    cr_expect(p.rules[2].phase == FAULT_KILL && str_eq(p.rules[2].actor, STR("loader/*")));
    cr_expect(p.rules[2].restart_min_us == US_PER_S &&
              p.rules[2].restart_max_us == 5 * US_PER_MINUTE);
    cr_expect(p.rules[3].delay_min_us == 250 * US_PER_MS &&
              p.rules[3].delay_max_us == 250 * US_PER_MS);
    cr_expect(p.rules[4].at_ordinal == 649 && str_eq(p.rules[4].at_actor, STR("producer/2")));
    arena_free(a);
}

Test(fault_plan, says_where_and_what_is_wrong)
{
    /* Each error names line:column and what was expected; the plan stays as it was. */
    const struct {
        const char *yaml, *says;
    } rows[] = {
        {"[{on: 's3:GetObject', phaze: reject}]",
         "1:30: unknown key \"phaze\" in a fault; the nearest is phase"},
        {"[{on: 's3:GetObject',\n  probabilty: 1/5}]",
         "2:15: unknown key \"probabilty\" in a fault; the nearest is probability"},
        {"[{on: 's3:GetObject', phase: loose_response}]",
         "1:30: unknown phase \"loose_response\"; the nearest is lose_response"},
        {"[{on: s3, phase: reject}]", "1:7: expected service:Operation"},
        {"[{on: 's3:GetObject'}]", "1:2: phase is missing"},
        {"[{phase: reject}]", "on is missing"},
        {"[{on: 's3:GetObject', phase: partial}]",
         "kinesis:PutRecords, sns:PublishBatch, s3:DeleteObjects, disk:write and disk:sync only"},
        {"[{on: 's3:GetObject', phase: reject, entries: 1/2}]", "entries is for phase partial"},
        {"[{on: 's3:GetObject', phase: delay}]", "delay comes with phase"},
        {"[{on: 's3:GetObject', phase: reject, delay: 1s}]", "delay comes with phase"},
        {"[{on: 's3:GetObject', phase: reject, restart_after: 1s}]", "restart_after is for kill"},
        {"[{kill: a, phase: reject}]", "kill is its own phase"},
        {"[{on: 's3:GetObject', phase: reject, probability: 3/2}]", "a ratio from 0 to 1"},
        {"[{on: 's3:GetObject', phase: reject, probability: x}]", "a ratio from 0 to 1"},
        {"[{on: 's3:GetObject', phase: reject, nth: [1, 0]}]", "a whole number from 1"},
        {"[{on: 's3:GetObject', phase: reject, nth: []}]", "nth takes 1 to 64"},
        {"[{on: 's3:GetObject', phase: reject, from: soon}]", "expected a duration"},
        {"[{on: 's3:GetObject', phase: reject, from: 2h, until: 1h}]", "until is not after from"},
        {"[{on: 's3:GetObject', phase: delay, delay: [2s, 1s]}]", "the least is longer"},
        {"[{on: 's3:GetObject', phase: delay, delay: [2s]}]", "one duration or [least, most]"},
        {"[{on: 's3:GetObject', phase: reject, where: {a: b, c: d, e: f, g: h, i: j}}]",
         "where takes 1 to 4"},
        {"[{on: 's3:GetObject', phase: reject, where: raw}]", "where takes 1 to 4"},
        {"[{on: 's3:GetObject', phase: reject, sqlstate: '57P01'}]",
         "sqlstate is for on: warehouse"},
        {"[{on: 'warehouse:commit', phase: reject, error: X}]", "takes sqlstate"},
        {"[{on: 'warehouse:commit', phase: reject, sqlstate: '1'}]", "five characters"},
        {"[{on: 'warehouse:commit', phase: duplicate}]", "duplicate is for requests"},
        {"[{on: 's3:GetObject', phase: delay, delay: 1s, error: SlowDown}]", "no error comes back"},
        {"[{on: 's3:GetObject', phase: wire, wire: dripp}]",
         "unknown damage \"dripp\"; the nearest"},
        {"[{on: 's3:GetObject', phase: wire, wire: drip}]", "wire: drip without each"},
        {"[{on: 's3:GetObject', phase: wire, wire: drip, each: 1s, delay: 1s}]", "without each"},
        {"[{on: 's3:GetObject', phase: wire, wire: drip, each: 0s}]", "between two pieces"},
        {"[{on: 's3:GetObject', phase: wire, wire: drip, each: 1s, bytes: 0}]", "a byte at least"},
        {"[{on: 's3:GetObject', phase: wire, wire: cut, each: 1s}]", "each is for wire: drip"},
        {"[{on: 's3:GetObject', phase: reject, bytes: 1}]", "bytes is for wire"},
        {"[{on: 's3:GetObject', phase: wire, wire: corrupt, bytes: 1}]", "bytes is for wire"},
        {"[{on: 's3:GetObject', phase: wire, wire: cut, bytes: x}]", "bytes is a whole number"},
        {"[{on: 's3:GetObject', phase: wire, wire: reset, code: 1}]", "code is for wire"},
        {"[{on: 's3:GetObject', phase: wire, wire: goaway, code: CANCELED}]",
         "unknown code of HTTP/2 \"CANCELED\"; the nearest is CANCEL"},
        {"[{on: 's3:GetObject', phase: wire, wire: rst_stream, disowned: true}]",
         "disowned is for wire: goaway"},
        {"[{on: 's3:GetObject', phase: wire, wire: goaway, disowned: 1}]", "true or false"},
        {"[{on: 's3:GetObject', phase: reject, after: 0}]", "a whole number from 1"},
        {"[{on: 's3:GetObject', phase: late}]", "delay comes with phase"},
        {"[{on: 'warehouse:commit', phase: late, delay: 1s}]", "late is for requests"},
        {"[{on: 's3:*', phase: reject, lasts: 1m}]", "lasts and pause come together"},
        {"[{on: 's3:*', phase: reject, lasts: 1m, pause: 1ms}]", "pause is a second at least"},
        {"[{on: 's3:*', phase: reject, per: link}]", "it comes with lasts"},
        {"[{on: 's3:*', phase: reject, lasts: 1m, pause: 1m, per: host}]", "per is actor or link"},
        {"[{on: 's3:GetObject', phase: stale}]", "stale is for kinesis:GetRecords"},
        {"[{at: 'a/s3:GetObject#1', phase: reject, lasts: 1m, pause: 1m}]", "is one call"},
        {"[{fis: 'aws:kinesis:stream-expired-iterator-exception', percentage: 5}]",
         "fis: FIS actions are not read"},
        {"[{on: 's3:GetObject', phase: reject, percentage: 5}]",
         "percentage: FIS actions are not read"},
        {"[{at: nowhere, phase: reject}]",
         "1:7: \"nowhere\": a coordinate is actor/service:operation#ordinal"},
        {"[{at: 'a/s3:GetObject#0', phase: reject}]", "ordinals count from 1"},
        {"[{at: 'a/s3:GetObject#x', phase: reject}]", "x"},
        {"[{name: old, on: 's3:GetObject', phase: reject}]",
         "a fault named \"old\" exists already"},
        {"[reject]", "a fault is a mapping, not"},
        {"{on: 's3:GetObject', phase: reject}", "faults is a list, not"},
        {"[{on: 's3:GetObject', phase: reject}, {on: 's3:GetObject', phase: 7}]",
         "1:67: phase is a text"},
    };
    struct arena *a = arena_new("test", 16 * MIB);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct fault_plan p = plan_of(a, 1, "[{name: old, on: 's3:PutObject', phase: reject}]");
        struct diag d = DIAG_INIT;
        cr_expect_neq(read_plan(&p, rows[i].yaml, &d), ERR_OK, "%s", rows[i].yaml);
        cr_expect(strstr(d.msg, rows[i].says) != NULL, "%s: %s", rows[i].yaml, d.msg);
        cr_expect(d.msg[0] >= '0' && d.msg[0] <= '9', "no place: %s", d.msg);
        cr_expect(p.count == 1 && str_eq(p.rules[0].name, STR("old")), "%s changed the plan",
                  rows[i].yaml);
    }
    arena_free(a);
}

Test(fault_plan, selectors_choose_the_calls_that_they_say)
{
    /* 'x' where the rule fires, over 12 calls one minute apart; worked out by hand. */
    const struct {
        const char *selectors, *fires;
    } rows[] = {
        {"", "xxxxxxxxxxxx"},
        {", nth: 3", "..x........."},
        {", nth: [1, 12]", "x..........x"},
        {", first: 2", "xx.........."},
        {", every: 5", "....x....x.."},
        {", limit: 3", "xxx........."},
        {", every: 2, limit: 2", ".x.x........"},
        {", from: 3m", "...xxxxxxxxx"},
        {", until: 3m", "xxx........."},
        {", from: 2m, until: 5m", "..xxx......."},
        {", from: 4m, first: 2", "....xx......"}, /* counted within the window */
        {", actor: a/1", "x.x.x.x.x.x."},
        {", actor: b/*", "............"},
        {", actor: a/1, nth: 2", "..x........."},
        {", where: {key: k1?}", "..........xx"},
        {", where: {key: '*', none: '*'}", "............"},
        {", probability: 1", "xxxxxxxxxxxx"},
        {", probability: 0", "............"},
        {", at: 'a/2/s3:GetObject#3'", ".....x......"},
    };
    struct arena *a = arena_new("test", 16 * MIB);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct str yaml = str_printf(a, "[{on: 's3:Get*', phase: reject%s}]", rows[i].selectors);
        struct fault_plan p = plan_of(a, 1, str_z(a, yaml));
        char got[13] = "";
        uint64_t fired = 0;
        for (int n = 0; n < 12; n++) {
            struct fault_call call =
                call_of(n % 2 == 0 ? "a/1" : "a/2", "s3", "GetObject", (uint64_t)n / 2 + 1);
            call.since_us = n * US_PER_MINUTE;
            call.attributes[0] = (struct fault_where){STR("key"), str_printf(a, "k%d", n)};
            call.attribute_count = 1;
            struct fault_decision decision = fault_plan_decide(&p, &call);
            got[n] = decision.phase == FAULT_REJECT ? 'x' : '.';
            fired += decision.phase == FAULT_REJECT ? 1 : 0;
        }
        cr_expect_str_eq(got, rows[i].fires, "%s", rows[i].selectors);
        cr_expect_eq(p.rules[0].fired, fired);
        cr_expect_eq(p.fired_count, fired);
    }
    struct fault_plan p = plan_of(a, 1, "[{on: 's3:GetObject', phase: reject}]");
    struct fault_call other = call_of("a", "s3", "PutObject", 1);
    cr_expect_eq(fault_plan_decide(&p, &other).phase, FAULT_NONE);
    cr_expect_eq(p.rules[0].matched, 0);
    arena_free(a);
}

#define CALLS 4000
/* Which of CALLS calls of two actors rule `name` decided, as 0 or 1. */
static void decide_many(struct fault_plan *p, const char *name, char *ret_hits)
{
    for (int n = 0; n < CALLS; n++) {
        struct fault_call call =
            call_of(n % 2 == 0 ? "a" : "b", "kinesis", "PutRecords", (uint64_t)n / 2 + 1);
        struct fault_decision decision = fault_plan_decide(p, &call);
        ret_hits[n] = decision.phase != FAULT_NONE && str_eq(decision.rule->name, str_of(name));
    }
}

Test(fault_plan, removing_a_rule_leaves_the_others_decisions)
{
    /* Rule b, listed behind a, fires at the same calls with a removed, but for those that a had
     * taken from it. */
    static char with[CALLS];
    static char first[CALLS];
    static char without[CALLS];
    struct arena *a = arena_new("test", 16 * MIB);
    const char *rule_b =
        "{name: b, on: 'kinesis:PutRecords', phase: reject, probability: 1/10, limit: 200}";
    struct str both = str_printf(
        a, "[{name: a, on: 'kinesis:*', phase: lose_response, probability: 1/7}, %s]", rule_b);
    struct fault_plan p = plan_of(a, 9, str_z(a, both));
    struct fault_plan q = plan_of(a, 9, str_z(a, both));
    struct fault_plan alone = plan_of(a, 9, str_z(a, str_printf(a, "[%s]", rule_b)));
    decide_many(&p, "b", with);
    decide_many(&q, "a", first);
    decide_many(&alone, "b", without);
    int taken = 0;
    int fired = 0;
    for (int n = 0; n < CALLS; n++) {
        cr_assert_eq(with[n], without[n] && !first[n], "call %d", n);
        taken += without[n] && first[n];
        fired += without[n];
    }
    cr_expect(taken > 5, "the rules never met: %d", taken);
    cr_expect_eq(fired, 200);
    arena_free(a);
}

Test(fault_plan, the_seed_decides_and_the_rate_is_kept)
{
    /* The same seed gives the same decisions, another one others; 1/10 fires about as often; half
     * the rate fires in a subset. */
    static char one[CALLS];
    static char again[CALLS];
    static char other[CALLS];
    static char weaker[CALLS];
    struct arena *a = arena_new("test", 16 * MIB);
    const char *yaml = "[{name: r, on: 'kinesis:PutRecords', phase: reject, probability: 1/10}]";
    struct fault_plan p[4] = {
        plan_of(a, 1, yaml), plan_of(a, 1, yaml), plan_of(a, 2, yaml),
        plan_of(a, 1, "[{name: r, on: 'kinesis:PutRecords', phase: reject, probability: 1/20}]")};
    decide_many(&p[0], "r", one);
    decide_many(&p[1], "r", again);
    decide_many(&p[2], "r", other);
    decide_many(&p[3], "r", weaker);
    int hits = 0;
    for (int n = 0; n < CALLS; n++) {
        hits += one[n];
        cr_assert(weaker[n] <= one[n]);
    }
    cr_expect(memcmp(one, again, CALLS) == 0);
    cr_expect(memcmp(one, other, CALLS) != 0);
    cr_expect(hits > CALLS / 10 - 80 && hits < CALLS / 10 + 80, "%d of %d", hits, CALLS);
    arena_free(a);
}

Test(fault_plan, what_fired_is_a_plan_of_coordinates)
{
    /* Written down and read back, the coordinates hit the same calls and no others, under any seed.
     */
    static char first[CALLS];
    static char second[CALLS];
    struct arena *a = arena_new("test", 64 * MIB);
    struct fault_plan p = plan_of(
        a, 5, "[{name: r, on: 'kinesis:PutRecords', phase: lose_response, probability: 1/100}]");
    decide_many(&p, "r", first);
    cr_assert(p.fired_count > 10);
    struct buf yaml;
    buf_init(&yaml, a, MIB);
    for (size_t i = 0; i < p.fired_count; i++) {
        buf_add_z(&yaml, "- {name: r");
        buf_add_u64(&yaml, i);
        buf_add_z(&yaml, ", phase: lose_response, at: '");
        fault_coordinate(&yaml, &p.fired[i]);
        buf_add_z(&yaml, "'}\n");
    }
    struct fault_plan q = plan_of(a, 77, str_z(a, buf_str(&yaml)));
    for (int n = 0; n < CALLS; n++) {
        struct fault_call call =
            call_of(n % 2 == 0 ? "a" : "b", "kinesis", "PutRecords", (uint64_t)n / 2 + 1);
        second[n] = fault_plan_decide(&q, &call).phase == FAULT_LOSE_RESPONSE;
    }
    cr_expect(memcmp(first, second, CALLS) == 0);
    arena_free(a);
}

Test(fault_plan, coordinates_are_read_from_the_right)
{
    /* An actor's name may hold slashes, colons and hash marks. */
    struct arena *a = arena_new("test", MIB);
    const struct fault_fired rows[] = {
        {.actor = STR_INIT("producer/2"),
         .service = STR_INIT("kinesis"),
         .operation = STR_INIT("PutRecords"),
         .ordinal = 649},
        {.actor = STR_INIT("a:b#c/d"),
         .service = STR_INIT("s3"),
         .operation = STR_INIT("GetObject"),
         .ordinal = UINT64_MAX},
        {.actor = STR_INIT("x"),
         .service = STR_INIT("warehouse"),
         .operation = STR_INIT("commit"),
         .ordinal = 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf text;
        struct fault_rule rule = {.phase = FAULT_REJECT};
        struct diag d = DIAG_INIT;
        buf_init(&text, a, KIB);
        fault_coordinate(&text, &rows[i]);
        cr_assert_eq(fault_coordinate_parse(buf_str(&text), &rule, &d), ERR_OK, "%s", d.msg);
        cr_expect(str_eq(rule.at_actor, rows[i].actor) && str_eq(rule.at_service, rows[i].service));
        cr_expect(str_eq(rule.at_operation, rows[i].operation) &&
                  rule.at_ordinal == rows[i].ordinal);
    }
    const char *bad[] = {"",       "a",      "a/b",    "a/b:c",    "a/b:#1",
                         "a/:c#1", "/b:c#1", "a/b:c#", "a/b:c#-1", "a/b:c#18446744073709551616"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct fault_rule rule = {.phase = FAULT_REJECT};
        struct diag d = DIAG_INIT;
        cr_expect_eq(fault_coordinate_parse(str_of(bad[i]), &rule, &d), ERR_INVALID, "%s", bad[i]);
        cr_expect_eq(rule.at_ordinal, 0);
    }
    arena_free(a);
}

Test(fault_plan, partial_hits_the_share_that_it_says)
{
    /* Exactly count * entries, rounded down and at least one, whatever the random number; not
     * always the same ones. */
    const struct {
        struct ratio entries;
        size_t count, hits;
    } rows[] = {{{1, 4}, 100, 25}, {{1, 4}, 8, 2}, {{1, 100}, 8, 1}, {{0, 1}, 5, 1},
                {{0, 0}, 5, 1},    {{1, 1}, 5, 5}, {{1, 2}, 1, 1},   {{1, 3}, 500, 166}};
    uint64_t seen = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (uint64_t random = 1; random <= 20; random++) {
            struct fault_rule rule = {.phase = FAULT_PARTIAL, .entries = rows[i].entries};
            struct fault_decision decision = {
                .phase = FAULT_PARTIAL, .rule = &rule, .random = random * 7919};
            size_t hits = 0;
            for (size_t index = 0; index < rows[i].count; index++) {
                bool hit = fault_hits_entry(&decision, index, rows[i].count);
                hits += hit ? 1 : 0;
                seen |= hit && i == 1 ? UINT64_C(1) << index : 0;
            }
            cr_expect_eq(hits, rows[i].hits, "row %zu random %d: %zu", i, (int)random, hits);
        }
    }
    cr_expect_eq(seen, 0xff, "every entry of eight was hit in some draw");
    struct fault_decision none = {.phase = FAULT_NONE};
    cr_expect_not(fault_hits_entry(&none, 0, 5));
}

Test(fault_plan, durations_stay_between_least_and_most)
{
    /* Delays and restarts are drawn per call within their bounds, and differ. */
    struct arena *a = arena_new("test", 16 * MIB);
    struct fault_plan p =
        plan_of(a, 4, "[{on: 'kinesis:PutRecords', phase: delay, delay: [1s, 2s]}]");
    int64_t least = INT64_MAX;
    int64_t most = 0;
    for (uint64_t n = 1; n <= 200; n++) {
        struct fault_call call = call_of("a", "kinesis", "PutRecords", n);
        int64_t delay = fault_plan_decide(&p, &call).delay_us;
        least = delay < least ? delay : least;
        most = delay > most ? delay : most;
    }
    cr_expect(least >= US_PER_S && most <= 2 * US_PER_S && most - least > US_PER_S / 2, "%lld %lld",
              (long long)least, (long long)most);
    arena_free(a);
}

Test(fault_plan, swarm_redraws_and_heal_ends)
{
    /* Over many seeds a quarter of the rules is off, rates shrink by at most 8, coordinates stay;
     * healed plans rest. */
    struct arena *a = arena_new("test", 64 * MIB);
    int off = 0;
    int by[9] = {0};
    for (uint64_t seed = 1; seed <= 1000; seed++) {
        struct fault_plan p = plan_of(a, seed,
                                      "[{name: r, on: 's3:*', phase: reject, probability: 1/10},"
                                      " {at: 'a/s3:GetObject#1', phase: reject}]");
        fault_plan_swarm(&p);
        off += p.rules[0].off ? 1 : 0;
        cr_assert_not(p.rules[1].off);
        uint32_t scale = p.rules[0].probability.den / (10 * p.rules[0].probability.num);
        cr_assert(scale == 1 || scale == 2 || scale == 4 || scale == 8, "%u", scale);
        by[scale]++;
    }
    cr_expect(off > 190 && off < 310, "%d off", off);
    cr_expect(by[1] > 190 && by[2] > 190 && by[4] > 190 && by[8] > 190);
    struct fault_plan p = plan_of(a, 1, "[{on: 's3:*', phase: reject}]");
    struct fault_call call = call_of("a", "s3", "GetObject", 1);
    cr_expect_eq(fault_plan_decide(&p, &call).phase, FAULT_REJECT);
    fault_plan_heal(&p);
    cr_expect_eq(fault_plan_decide(&p, &call).phase, FAULT_NONE);
    arena_free(a);
}

Test(fault_plan, stretches_take_turns_for_each_actor)
{
    /* Good first, then bad and good by turns, each within its bounds and the same at every look;
     * two actors do not share theirs. */
    struct arena *a = arena_new("test", 64 * MIB);
    int together = 0, bad = 0, changes = 0;
    struct fault_plan p = plan_of(
        a, 3, "[{on: 's3:*', phase: lose_request, from: 10m, lasts: [1m, 2m], pause: [3m, 5m]}]");
    bool was_bad = false;
    int64_t since_us = 10 * US_PER_MINUTE;
    for (int64_t at_us = 0; at_us < 10 * US_PER_HOUR; at_us += 10 * US_PER_S) {
        struct fault_call x = call_of("x", "s3", "GetObject", 1),
                          y = call_of("y", "s3", "GetObject", 1);
        x.since_us = y.since_us = at_us;
        bool x_bad = fault_plan_decide(&p, &x).phase != FAULT_NONE;
        bool y_bad = fault_plan_decide(&p, &y).phase != FAULT_NONE;
        cr_assert_eq(fault_plan_decide(&p, &x).phase != FAULT_NONE, x_bad);
        bad += x_bad;
        together += x_bad && y_bad;
        if (x_bad != was_bad) {
            int64_t least_us = (x_bad ? 3 : 1) * US_PER_MINUTE;
            int64_t most_us = (x_bad ? 5 : 2) * US_PER_MINUTE + 10 * US_PER_S;
            cr_expect(at_us - since_us > least_us - 10 * US_PER_S && at_us - since_us <= most_us,
                      "%lld", (long long)(at_us - since_us));
            changes++;
            was_bad = x_bad;
            since_us = at_us;
        }
    }
    cr_expect(changes > 150 && bad > 700 && together > 0 && together < bad / 2, "%d %d %d", changes,
              bad, together);
    arena_free(a);
}

Test(fault_plan, a_session_has_nothing_in_between)
{
    /* What only a request can meet does not befall a session by way of a glob: a plan of what fired
     * could not be read. */
    static const char *const phases[] = {"duplicate", "late, delay: 1m", "wire, wire: cut",
                                         "wire, wire: drip, delay: 1s"};
    for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
        struct arena *a = arena_new("test", MIB);
        struct fault_plan p =
            plan_of(a, 1, str_z(a, str_printf(a, "[{on: '*:*', phase: %s}]", phases[i])));
        struct fault_call session = call_of("a", "warehouse", "commit", 1);
        struct fault_call request = call_of("a", "s3", "GetObject", 1);
        cr_expect_eq(fault_plan_decide(&p, &session).phase, FAULT_NONE, "%s", phases[i]);
        cr_expect_neq(fault_plan_decide(&p, &request).phase, FAULT_NONE, "%s", phases[i]);
        arena_free(a);
    }
}

Test(fault_plan, ordinals_count_by_actor_service_and_operation)
{
    /* Each triple has a count of its own, also where their texts joined would be the same. */
    struct arena *a = arena_new("test", MIB);
    struct fault_ordinals *o = fault_ordinals_new(a);
    cr_expect_eq(fault_ordinals_next(o, STR("a"), STR("s3"), STR("Get")), 1);
    cr_expect_eq(fault_ordinals_next(o, STR("a"), STR("s3"), STR("Get")), 2);
    cr_expect_eq(fault_ordinals_next(o, STR("b"), STR("s3"), STR("Get")), 1);
    cr_expect_eq(fault_ordinals_next(o, STR("a"), STR("s3"), STR("GetX")), 1);
    cr_expect_eq(fault_ordinals_next(o, STR("a"), STR("s3G"), STR("et")), 1);
    cr_expect_eq(fault_ordinals_next(o, STR("a"), STR("s3"), STR("Get")), 3);
    arena_free(a);
}

Test(fault_plan, names_the_nearest)
{
    /* By edit distance, the first of equals. */
    const char *names[] = {"probability", "phase", "nth", "first", "from"};
    cr_expect_str_eq(fault_nearest(STR("frist"), names, 5), "first");
    cr_expect_str_eq(fault_nearest(STR("form"), names, 5), "from");
    cr_expect_str_eq(fault_nearest(STR("prob"), names, 5), "probability");
    cr_expect_str_eq(fault_nearest(STR("PHASE"), names, 5), "phase");
    cr_expect_str_eq(fault_nearest(STR("phrase"), names, 5), "phase");
}

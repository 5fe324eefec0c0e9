#include "run_table.h"

#include <stdio.h>

#define STORIES_SHOWN 10
#define RULES_SHOWN 12

void run_stories_print(const struct run_report *r)
{
    const struct sweep_result *s = &r->result;
    for (size_t i = 0; i < s->failure_count && i < STORIES_SHOWN; i++) {
        const struct sweep_failure *f = &s->failures[i];
        printf("%s %.*s seed=%llu %s: %.*s; repro: aforo run %.*s --seed %llu %s%s%s\n",
               f->verdict == VERDICT_UNKNOWN ? "UNKNOWN" : "FAIL", STR_ARG(r->scenario->name),
               (unsigned long long)f->seed, verdict_name(f->verdict), STR_ARG(f->story),
               STR_ARG(r->scenario->file), (unsigned long long)f->seed,
               r->exec != NULL ? "--exec '"
               : r->real       ? "--real"
                               : "--once",
               r->exec != NULL ? r->exec : "", r->exec != NULL ? "'" : "");
    }
    if (s->failure_count > STORIES_SHOWN) {
        printf("     ... and %zu more failures\n", s->failure_count - STORIES_SHOWN);
    }
    if (s->unknown.len > 0) {
        printf("UNKNOWN %.*s: %.*s\n", STR_ARG(r->scenario->name), STR_ARG(s->unknown));
    }
}

static void faults_print(const struct sweep_result *s)
{
    if (s->rule_count > RULES_SHOWN) { /* a plan of coordinates */
        printf("%llu of %zu", (unsigned long long)s->counts.faults_fired, s->rule_count);
        return;
    }
    for (size_t i = 0; i < s->rule_count; i++) {
        printf("%s%s %llu", i == 0 ? "" : ", ", s->rule_names[i],
               (unsigned long long)s->rule_fired[i]);
    }
    printf("%s", s->rule_count == 0 ? "none" : "");
}

/* Held, broken, not reached: in how many seeds each. */
static void standings_print(const struct run_report *r)
{
    for (size_t i = 0; i < r->scenario->expectation_count; i++) {
        const struct expectation *e = &r->scenario->expectations[i];
        const struct sweep_standing *s = &r->result.standings[i];
        if (e->when == EXPECT_SOMETIMES) {
            printf("  %-34.*s %s\n", STR_ARG(e->occurs),
                   r->result.occurred[i] ? "occurred" : "never occurred");
            continue;
        }
        printf("  %-34.*s held %llu", STR_ARG(e->name), (unsigned long long)s->held);
        if (s->broken > 0) {
            printf(", broken %llu", (unsigned long long)s->broken);
        }
        if (s->not_reached > 0) {
            printf(", not reached %llu", (unsigned long long)s->not_reached);
        }
        printf("%s%s\n", s->held + s->broken == 0 ? ": " : "",
               s->held + s->broken == 0 ? expectation_needs(e) : "");
    }
}

void run_table_print(const struct run_report *reports, size_t count)
{
    printf("%-36s %-8s %6s %6s %6s %7s %8s %8s %8s  faults\n", "scenario", "verdict", "seeds",
           "passed", "failed", "crashes", "events", "seconds", "seeds/s");
    for (size_t i = 0; i < count; i++) {
        const struct sweep_result *s = &reports[i].result;
        int64_t ms = s->elapsed_us / 1000 > 0 ? s->elapsed_us / 1000 : 1;
        printf("%-36.*s %-8s %6llu %6llu %6llu %7llu %8llu %5lld.%02lld %8llu  ",
               STR_ARG(reports[i].scenario->name), verdict_name(s->verdict),
               (unsigned long long)s->seeds, (unsigned long long)s->passed,
               (unsigned long long)s->failed, (unsigned long long)s->counts.crashes,
               (unsigned long long)s->counts.acknowledged, (long long)(ms / 1000),
               (long long)(ms % 1000 / 10), (unsigned long long)(s->seeds * 1000 / (uint64_t)ms));
        faults_print(s);
        printf("\n");
    }
    for (size_t i = 0; i < count && count == 1; i++) { /* of several files it would be a wall */
        standings_print(&reports[i]);
    }
}

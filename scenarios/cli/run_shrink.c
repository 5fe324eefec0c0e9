#include "run_shrink.h"

#include <stdio.h>
#include "base/limits.h"
#include "scenarios/runner/keep.h"

static void lines_print(struct str text)
{
    struct str end = STR("\n");
    struct str rest = str_ends(text, end) ? str_slice(text, 0, text.len - end.len) : text;
    for (struct str line; str_cut(&rest, '\n', &line);) {
        printf("    %.*s\n", STR_ARG(line));
    }
}

/* Without a folder: the faults, as they stand in a scenario file. */
static void faults_print(struct arena *a, const struct json *faults)
{
    struct buf text;
    buf_init(&text, a, 4 * MIB);
    for (const struct json *fault = faults->first; fault != NULL; fault = fault->next) {
        buf_add_z(&text, "- ");
        json_write(&text, fault);
        buf_add_char(&text, '\n');
    }
    lines_print(buf_str(&text));
}

static void shrunk_print(struct arena *a, const struct shrink_result *r, struct str plan)
{
    printf("SHRUNK %.*s seed=%llu: %zu faults to %zu in %u runs, %lld.%lld s%s\n",
           STR_ARG(r->scenario->name), (unsigned long long)r->seed, r->faults_before,
           r->faults_after, r->runs, (long long)(r->elapsed_us / 1000000),
           (long long)(r->elapsed_us / 100000 % 10),
           r->cut_short ? " (the limit of runs or time was reached)" : "");
    printf("  %.*s\n  then: %.*s\n", STR_ARG(r->happened), STR_ARG(r->followed));
    if (r->difference.len > 0) {
        printf("  the first decision that differs (+: without one fault, which passes):\n");
        lines_print(r->difference);
    }
    if (plan.len > 0) {
        printf("  repro: aforo run %.*s\n", STR_ARG(plan));
    } else {
        printf("  faults (with --write FILE: a scenario):\n");
        faults_print(a, r->scenario->faults);
    }
}

static enum err failure_shrink(struct arena *a, const struct scenario *scenario, uint64_t seed,
                               const struct shrink_options *options, const struct run_shrink_to *to,
                               bool *ret_shrunk, struct diag *d)
{
    struct shrink_result r;
    *ret_shrunk = false;
    struct diag why = DIAG_INIT;
    struct str plan = STR_EMPTY;
    if (shrink_run(a, scenario, seed, options, &r, &why) != ERR_OK) {
        printf("not shrunk: %.*s seed=%llu: %s\n", STR_ARG(scenario->name),
               (unsigned long long)seed, why.msg);
        return ERR_OK;
    }
    if (to->keep != NULL) {
        TRY(keep_shrunk(a, &r, to->keep, &plan, d));
    }
    if (to->file != NULL) {
        TRY(keep_scenario(a, &r, to->file, d));
        plan = str_of(to->file);
    }
    *ret_shrunk = true;
    shrunk_print(a, &r, plan);
    return ERR_OK;
}

enum err run_shrink(struct arena *a, const struct scenario *scenario,
                    const struct sweep_result *sweep, size_t count,
                    const struct shrink_options *options, const struct run_shrink_to *to,
                    struct diag *d)
{
    struct run_shrink_to next = *to;
    for (size_t i = 0; i < sweep->failure_count && count > 0; i++) {
        const struct sweep_failure *f = &sweep->failures[i];
        if (f->verdict == VERDICT_FAIL || f->verdict == VERDICT_LIVENESS) {
            bool shrunk;
            TRY(failure_shrink(a, scenario, f->seed, options, &next, &shrunk, d));
            next.file = shrunk ? NULL : next.file;
            count--;
        }
    }
    return ERR_OK;
}

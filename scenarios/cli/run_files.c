#include "run_files.h"

#include <stdio.h>
#include <stdlib.h>

enum err run_file_read(struct arena *a, const struct run_arguments *args, const char *file,
                       struct sweep_options *sweep, struct scenario **ret_scenario, struct diag *d)
{
    struct scenario *scenario, *plan;
    TRY(scenario_read(a, file, &scenario, d));
    if (args->exec != NULL) {
        TRY(scenario_exec(a, scenario, str_of(args->exec), d));
    }
    if (args->plan != NULL) {
        TRY(scenario_read(a, args->plan, &plan, d));
        scenario->faults = plan->faults;
        scenario->swarm = plan->swarm; /* coordinates stay as they are; clocks are redrawn */
    }
    if (args->capture != NULL) {
        const char *path = realpath(args->capture, NULL); /* a kept plan may lie elsewhere */
        scenario_capture(scenario, str_copy(a, str_of(path == NULL ? args->capture : path)));
        free((void *)(uintptr_t)path);
    }
    if (!args->seeds_given) {
        sweep->seed_first = scenario->seed_first;
        sweep->seed_last = scenario->seed_last;
    }
    *ret_scenario = scenario;
    return ERR_OK;
}

static enum err file_check(struct arena *a, const struct run_arguments *args, const char *file,
                           struct diag *d)
{
    struct sweep_options sweep = args->sweep;
    struct scenario *s;
    struct fault_plan plan;
    TRY(run_file_read(a, args, file, &sweep, &s, d));
    fault_plan_init(&plan, a, 0);
    TRY(fault_plan_read(&plan, s->faults, d));
    printf("%s: %.*s: %zu faults, %zu expectations, seeds %llu..%llu\n", file, STR_ARG(s->name),
           plan.count, s->expectation_count, (unsigned long long)sweep.seed_first,
           (unsigned long long)sweep.seed_last);
    return ERR_OK;
}

int run_files_check(struct arena *a, const struct run_arguments *args)
{
    int code = VERDICT_PASS;
    for (size_t i = 0; i < args->file_count; i++) {
        struct diag d = DIAG_INIT;
        if (file_check(a, args, args->files[i], &d) != ERR_OK) {
            fprintf(stderr, "aforo run: %s\n", d.msg);
            code = VERDICT_BAD_INPUT;
        }
    }
    return code;
}

/* run_command.c -- `aforo run`: scenario files over seeds, their verdicts as a table, their
 * failures as one line each. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/instant.h"
#include "base/limits.h"
#include "scenarios/runner/coverage.h"
#include "scenarios/runner/junit.h"
#include "run_output.h"
#include "run_shrink.h"
#include "scenarios/runner/keep.h"

#define FILES_MAX 256
#define SPEED_MAX 10000
#define STORIES_SHOWN 10
#define RULES_SHOWN 12
#define KEPT_MAX 5 /* failures of one file */
#define JUNIT_BYTES_MAX (64 * MIB)

struct run_arguments {
    struct sweep_options sweep;
    struct shrink_options shrink;
    bool seeds_given, quiet, annotate, shrink_all, shrink_none;
    bool coverage_required;
    const char *coverage, *junit, *plan, *trace, *keep, *report, *exec, *capture;
    const char *jsonl_path;
    FILE *jsonl;
    const char **files;
    size_t file_count;
};
struct run_report { /* of one file */
    const struct scenario *scenario;
    bool real;
    const char *exec; /* the command in the place of the file's process; NULL: none */
    struct sweep_result result;
};

static const char help[] =
    "usage: aforo run [OPTIONS] FILE...\n\n"
    "Runs scenario files: a whole pipeline on a virtual clock, with faults drawn by a seed, and\n"
    "what must hold all the same. Reference: docs/scenario-format.md.\n\n"
    "  --seeds A..B     these seeds instead of the file's\n"
    "  --seed N         this one\n"
    "  --jobs N         processes at a time; default: one a processor\n"
    "  --once           run each seed once; else twice, and both traces must be equal\n"
    "  --fail-fast      stop at the first failure\n"
    "  --coverage FILE  which fault met which operation how often: .json or .html; also a table\n"
    "  --require-coverage  a fault that never hit an operation that it is about makes the\n"
    "                   verdict unknown\n"
    "  --collect        go on to the last seed, which is the default\n"
    "  --budget T       begin no seed after so long, such as 10m\n"
    "  --jsonl FILE     a line of JSON a seed, as they end\n"
    "  --annotate       failures as annotations of GitHub, also by itself where GITHUB_ACTIONS is "
    "set\n"
    "  --junit FILE     the verdicts as JUnit XML\n"
    "  --keep DIR       what is needed to look at a failure: DIR/<scenario>-<seed>/ with "
    "repro.sh,\n"
    "                   plan.full.yaml (the faults that fired, one by one), trace.txt, "
    "report.json,\n"
    "                   report.html\n"
    "  --report DIR     DIR/<scenario>-<seed>.html: each failing seed, or the first seed where "
    "none\n"
    "                   fails, as a page with a timeline and where the records went\n"
    "  --shrink         make every failure that is kept small, not only the first: the few faults "
    "that\n"
    "                   matter, as a scenario file (with --keep: plan.min.yaml, story.txt)\n"
    "  --no-shrink      none. So do --quiet and --real\n"
    "  --shrink-runs N  at most so many runs for one failure (500)\n"
    "  --shrink-for T   at most so long, such as 30s (60s)\n"
    "  --plan FILE      the faults of this scenario file instead of the file's own, as they are\n"
    "  --trace FILE     run the first seed once, every decision as a line of FILE\n"
    "  --real           on threads, loopback HTTP and a SQLite file instead of a virtual world\n"
    "  --exec COMMAND   real, with this program as the pipeline (topology.processes); "
    "docs/exec.md\n"
    "  --postgres URL   real, with the PostgreSQL of this connection string as the warehouse\n"
    "  --speed N        real: the clock runs N times as fast as the wall (60)\n"
    "  --capture PATH   this capture instead of the file's source, at its own times\n"
    "  --quiet          no progress, no table\n\n"
    "Exit code: 0 pass, 1 an expectation failed, 2 bad input, 3 not done in time, 4 two runs of "
    "one\n"
    "seed differ, 5 crash, 6 unknown (a fault never fired, something that should occur never "
    "did).\n\n"
    "examples:\n"
    "  aforo run scenarios/catalog/lost_ack.yaml --seeds 1..200\n"
    "  aforo run scenarios/catalog/*.yaml --seeds 1..20 --junit verdicts.xml\n"
    "  aforo run scenarios/catalog/lost_ack.yaml --seed 17 --once\n"
    "  aforo run scenarios/catalog/lost_ack.yaml --seed 17 --real --speed 300\n";

/* ---- arguments ---- */

enum {
    OPTION_SEEDS = 256,
    OPTION_SEED,
    OPTION_JOBS,
    OPTION_ONCE,
    OPTION_FAIL_FAST,
    OPTION_COVERAGE,
    OPTION_REQUIRE_COVERAGE,
    OPTION_JUNIT,
    OPTION_KEEP,
    OPTION_COLLECT,
    OPTION_BUDGET,
    OPTION_JSONL,
    OPTION_ANNOTATE,
    OPTION_SHRINK,
    OPTION_NO_SHRINK,
    OPTION_SHRINK_RUNS,
    OPTION_SHRINK_FOR,
    OPTION_REPORT,
    OPTION_PLAN,
    OPTION_CAPTURE,
    OPTION_TRACE,
    OPTION_REAL,
    OPTION_EXEC,
    OPTION_POSTGRES,
    OPTION_SPEED,
    OPTION_QUIET
};
static const struct option options[] = {
    {"seeds", required_argument, NULL, OPTION_SEEDS},
    {"capture", required_argument, NULL, OPTION_CAPTURE},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"jobs", required_argument, NULL, OPTION_JOBS},
    {"once", no_argument, NULL, OPTION_ONCE},
    {"fail-fast", no_argument, NULL, OPTION_FAIL_FAST},
    {"coverage", required_argument, NULL, OPTION_COVERAGE},
    {"require-coverage", no_argument, NULL, OPTION_REQUIRE_COVERAGE},
    {"junit", required_argument, NULL, OPTION_JUNIT},
    {"keep", required_argument, NULL, OPTION_KEEP},
    {"collect", no_argument, NULL, OPTION_COLLECT},
    {"budget", required_argument, NULL, OPTION_BUDGET},
    {"jsonl", required_argument, NULL, OPTION_JSONL},
    {"annotate", no_argument, NULL, OPTION_ANNOTATE},
    {"shrink", no_argument, NULL, OPTION_SHRINK},
    {"no-shrink", no_argument, NULL, OPTION_NO_SHRINK},
    {"shrink-runs", required_argument, NULL, OPTION_SHRINK_RUNS},
    {"shrink-for", required_argument, NULL, OPTION_SHRINK_FOR},
    {"report", required_argument, NULL, OPTION_REPORT},
    {"plan", required_argument, NULL, OPTION_PLAN},
    {"trace", required_argument, NULL, OPTION_TRACE},
    {"real", no_argument, NULL, OPTION_REAL},
    {"exec", required_argument, NULL, OPTION_EXEC},
    {"postgres", required_argument, NULL, OPTION_POSTGRES},
    {"speed", required_argument, NULL, OPTION_SPEED},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {NULL, 0, NULL, 0}};

static enum err seeds_take(struct run_arguments *args, const char *text, struct diag *d)
{
    args->seeds_given = true;
    if (scenario_seeds_parse(str_of(text), &args->sweep.seed_first, &args->sweep.seed_last) !=
        ERR_OK) {
        return fail(d, ERR_INVALID, "--seeds takes a range such as 1..200, not \"%s\"", text);
    }
    return ERR_OK;
}

/* Long because each option is a case. */
static enum err option_take(struct run_arguments *args, int option, const char *value,
                            struct diag *d)
{
    uint64_t number = 0;
    switch (option) {
    case OPTION_SEEDS:
    case OPTION_SEED:
        return seeds_take(args, value, d);
    case OPTION_JOBS:
        TRY(cli_number("jobs", value, 64, &number, d));
        args->sweep.jobs = (unsigned)number;
        return ERR_OK;
    case OPTION_ONCE:
        args->sweep.once = true;
        return ERR_OK;
    case OPTION_FAIL_FAST:
        args->sweep.fail_fast = true;
        return ERR_OK;
    case OPTION_COVERAGE:
        args->coverage = value;
        return ERR_OK;
    case OPTION_REQUIRE_COVERAGE:
        args->coverage_required = true;
        return ERR_OK;
    case OPTION_JUNIT:
        args->junit = value;
        return ERR_OK;
    case OPTION_KEEP:
        args->keep = value;
        return ERR_OK;
    case OPTION_COLLECT:
        args->sweep.fail_fast = false;
        return ERR_OK;
    case OPTION_BUDGET:
        return duration_parse(str_of(value), &args->sweep.budget_us, d);
    case OPTION_JSONL:
        args->jsonl_path = value;
        return ERR_OK;
    case OPTION_ANNOTATE:
        args->annotate = true;
        return ERR_OK;
    case OPTION_SHRINK:
        args->shrink_all = true;
        return ERR_OK;
    case OPTION_NO_SHRINK:
        args->shrink_none = true;
        return ERR_OK;
    case OPTION_SHRINK_RUNS:
        TRY(cli_number("shrink-runs", value, 1000000, &number, d));
        args->shrink.runs_max = (unsigned)number;
        return ERR_OK;
    case OPTION_SHRINK_FOR:
        return duration_parse(str_of(value), &args->shrink.us_max, d);
    case OPTION_CAPTURE:
        args->capture = value;
        return ERR_OK;
    case OPTION_EXEC:
        args->exec = value;
        args->sweep.real = true;
        return ERR_OK;
    case OPTION_REPORT:
        args->report = value;
        return ERR_OK;
    case OPTION_PLAN:
        args->plan = value;
        return ERR_OK;
    case OPTION_TRACE:
        args->trace = value;
        return ERR_OK;
    case OPTION_REAL:
        args->sweep.real = true;
        return ERR_OK;
    case OPTION_POSTGRES:
        args->sweep.real = true;
        args->sweep.conninfo = value;
        return ERR_OK;
    case OPTION_SPEED:
        TRY(cli_number("speed", value, SPEED_MAX, &number, d));
        args->sweep.speed = (int64_t)number;
        return ERR_OK;
    case OPTION_QUIET:
        args->quiet = true;
        return ERR_OK;
    default:
        return fail(d, ERR_INTERNAL, "option %d", option);
    }
}

/* ---- what people see ---- */

static void stories_print(const struct run_report *r)
{
    const struct sweep_result *s = &r->result;
    for (size_t i = 0; i < s->failure_count && i < STORIES_SHOWN; i++) {
        const struct sweep_failure *f = &s->failures[i];
        printf("FAIL %.*s seed=%llu %s: %.*s; repro: aforo run %.*s --seed %llu %s%s%s\n",
               STR_ARG(r->scenario->name), (unsigned long long)f->seed, verdict_name(f->verdict),
               STR_ARG(f->story), STR_ARG(r->scenario->file), (unsigned long long)f->seed,
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

static void table_print(const struct run_report *reports, size_t count)
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
}

/* ---- running ---- */

/* The scenario as the command line wants it. */
static enum err file_read(struct arena *a, const struct run_arguments *args, const char *file,
                          struct sweep_options *sweep, struct scenario **ret_scenario,
                          struct diag *d)
{
    struct scenario *scenario, *plan;
    TRY(scenario_read(a, file, &scenario, d));
    if (args->exec != NULL) {
        TRY(scenario_exec(a, scenario, str_of(args->exec), d));
    }
    if (args->plan != NULL) {
        TRY(scenario_read(a, args->plan, &plan, d));
        scenario->faults = plan->faults;
        scenario->swarm = false;
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

static enum err failures_keep(struct arena *a, const struct run_arguments *args,
                              const struct run_report *r, struct diag *d)
{
    for (size_t i = 0; i < r->result.failure_count && i < KEPT_MAX; i++) {
        TRY(keep_failure(a, r->scenario, r->result.failures[i].seed, args->keep, d));
    }
    return ERR_OK;
}

/* A page of each failure; where nothing fails, of the first seed. */
static enum err pages_write(struct arena *a, const struct run_arguments *args,
                            const struct run_report *r, uint64_t seed_first, struct diag *d)
{
    if (r->result.failure_count == 0) {
        return keep_page(a, r->scenario, seed_first, args->report, d);
    }
    for (size_t i = 0; i < r->result.failure_count && i < KEPT_MAX; i++) {
        TRY(keep_page(a, r->scenario, r->result.failures[i].seed, args->report, d));
    }
    return ERR_OK;
}

static enum err rules_declare(struct arena *a, const struct scenario *scenario,
                              struct coverage *coverage, struct diag *d)
{
    struct fault_plan plan;
    fault_plan_init(&plan, a, 0);
    TRY(fault_plan_read(&plan, scenario->faults, d));
    for (size_t i = 0; i < plan.count; i++) {
        coverage_declare(coverage, str_z(a, plan.rules[i].name), plan.rules[i].phase);
    }
    return ERR_OK;
}

/* The first failure by itself, more when asked. */
static enum err failures_shrink(struct arena *a, const struct run_arguments *args,
                                const struct run_report *r, struct diag *d)
{
    size_t count = args->shrink_all ? KEPT_MAX : args->quiet ? 0 : 1;
    struct shrink_options shrink = args->shrink;
    shrink.jobs = args->sweep.jobs;
    if (args->shrink_none || args->sweep.real) {
        return ERR_OK;
    }
    return run_shrink(a, r->scenario, &r->result, count, &shrink, args->keep, d);
}

static enum err file_run(struct arena *a, const struct run_arguments *args, const char *file,
                         struct run_report *ret_report, struct diag *d)
{
    struct scenario *scenario;
    struct sweep_options sweep = args->sweep;
    TRY(file_read(a, args, file, &sweep, &scenario, d));
    if (args->trace != NULL) {
        struct run_options traced = {.trace_file = args->trace};
        struct run_result ignored;
        TRY(run_simulated(a, scenario, sweep.seed_first, &traced, &ignored, d));
    }
    struct run_output output = {.scenario = scenario,
                                .seeds = sweep.seed_last - sweep.seed_first + 1,
                                .began_us = run_output_now_us(),
                                .jsonl = args->jsonl};
    if (!args->quiet && isatty(STDERR_FILENO)) {
        sweep.progress = run_progress;
        sweep.progress_ctx = &output;
    }
    if (args->jsonl != NULL) {
        sweep.on_seed = run_jsonl;
        sweep.on_seed_ctx = &output;
    }
    if (sweep.coverage != NULL) {
        TRY(rules_declare(a, scenario, sweep.coverage, d));
    }
    ret_report->scenario = scenario;
    ret_report->real = sweep.real;
    ret_report->exec = args->exec;
    enum err err = sweep_run(a, scenario, &sweep, &ret_report->result, d);
    if (sweep.progress != NULL) {
        fprintf(stderr, "\r\033[K");
    }
    TRY(err);
    if (args->report != NULL) {
        TRY(pages_write(a, args, ret_report, sweep.seed_first, d));
    }
    return args->keep == NULL ? ERR_OK : failures_keep(a, args, ret_report, d);
}

static enum err text_write(const char *path, const struct buf *text, struct diag *d)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        return fail(d, ERR_INVALID, "%s: cannot be written", path);
    }
    bool written = fwrite(text->ptr, 1, text->len, file) == text->len;
    return fclose(file) == 0 && written ? ERR_OK
                                        : fail(d, ERR_INVALID, "%s: cannot be written", path);
}

static enum err junit_write(struct arena *a, const char *path, const struct run_report *reports,
                            size_t count, struct diag *d)
{
    struct buf text;
    buf_init(&text, a, JUNIT_BYTES_MAX);
    junit_begin(&text);
    for (size_t i = 0; i < count; i++) {
        junit_suite(&text, reports[i].scenario, &reports[i].result);
    }
    junit_end(&text);
    return text_write(path, &text, d);
}

/* Shown, written, and where it is required: a cell that was never hit proves nothing. */
static enum err coverage_tell(struct arena *a, const struct run_arguments *args,
                              enum verdict *verdict, struct diag *d)
{
    struct coverage_table table;
    struct buf text, page;
    coverage_read(args->sweep.coverage, a, &table);
    buf_init(&text, a, JUNIT_BYTES_MAX);
    buf_init(&page, a, JUNIT_BYTES_MAX);
    coverage_text(&text, &table);
    if (!args->quiet || table.hit < table.count) {
        (void)fwrite(text.ptr, 1, text.len, stdout);
    }
    if (args->coverage_required && table.hit < table.count && *verdict == VERDICT_PASS) {
        *verdict = VERDICT_UNKNOWN;
    }
    if (args->coverage == NULL) {
        return ERR_OK;
    }
    if (str_ends(str_of(args->coverage), STR(".html"))) {
        coverage_page(&page, &table);
    } else {
        coverage_json(&page, &table);
    }
    return text_write(args->coverage, &page, d);
}

/* The worst: fail, then by exit code, unknown last. */
static enum verdict worst(enum verdict a, enum verdict b)
{
    if (a == VERDICT_PASS || b == VERDICT_PASS) {
        return a == VERDICT_PASS ? b : a;
    }
    return a < b ? a : b;
}

static int files_run(struct arena *a, const struct run_arguments *args)
{
    struct run_report *reports = NEW_ARRAY(a, struct run_report, args->file_count);
    enum verdict verdict = VERDICT_PASS;
    size_t count = 0;
    for (size_t i = 0; i < args->file_count; i++) {
        struct diag d = DIAG_INIT;
        if (file_run(a, args, args->files[i], &reports[i], &d) != ERR_OK) {
            fprintf(stderr, "aforo run: %s\n", d.msg);
            return VERDICT_BAD_INPUT;
        }
        stories_print(&reports[i]);
        if (args->annotate) {
            run_annotate(reports[i].scenario, &reports[i].result);
        }
        if (failures_shrink(a, args, &reports[i], &d) != ERR_OK) {
            fprintf(stderr, "aforo run: %s\n", d.msg);
            return VERDICT_BAD_INPUT;
        }
        verdict = worst(verdict, reports[i].result.verdict);
        count++;
        if (args->sweep.fail_fast && reports[i].result.failed > 0) {
            break;
        }
    }
    if (!args->quiet) {
        table_print(reports, count);
    }
    struct diag d = DIAG_INIT;
    if (args->sweep.coverage != NULL && coverage_tell(a, args, &verdict, &d) != ERR_OK) {
        fprintf(stderr, "aforo run: %s\n", d.msg);
        return VERDICT_BAD_INPUT;
    }
    if (args->junit != NULL && junit_write(a, args->junit, reports, count, &d) != ERR_OK) {
        fprintf(stderr, "aforo run: %s\n", d.msg);
        return VERDICT_BAD_INPUT;
    }
    return (int)verdict;
}

static int command_run(int argc, char **argv)
{
    struct run_arguments args = {.sweep = {.jobs = 0}, .annotate = run_is_in_github()};
    struct diag d = DIAG_INIT;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    args.sweep.jobs = processors > 0 ? (unsigned)processors : 1;
    for (int option; (option = getopt_long(argc, argv, ":", options, NULL)) != -1;) {
        if (option == '?' || option == ':') {
            return cli_bad_option(&cli_run, argc, argv, option);
        }
        if (option_take(&args, option, optarg, &d) != ERR_OK) {
            return cli_usage(&cli_run, "%s", d.msg);
        }
    }
    if (args.sweep.real) { /* a real world has the machine to itself, and no two runs are alike */
        if (args.keep != NULL || args.trace != NULL || args.report != NULL) {
            return cli_usage(&cli_run,
                             "--keep, --report and --trace need a simulated run, not --real");
        }
        args.sweep.once = true;
        args.sweep.jobs = 1;
    }
    args.files = (const char **)(argv + optind);
    args.file_count = (size_t)(argc - optind);
    if (args.file_count == 0 || args.file_count > FILES_MAX) {
        return cli_usage(&cli_run, "expected 1 to %d scenario files", FILES_MAX);
    }
    struct arena *a = arena_new("aforo run", ARENA_PROCESS_BYTES_MAX);
    bool covers = args.coverage != NULL || args.coverage_required;
    if (covers && coverage_new(a, &args.sweep.coverage, &d) != ERR_OK) {
        arena_free(a);
        return cli_usage(&cli_run, "%s", d.msg);
    }
    if (args.jsonl_path != NULL && (args.jsonl = fopen(args.jsonl_path, "wb")) == NULL) {
        arena_free(a);
        return cli_usage(&cli_run, "%s: cannot be written", args.jsonl_path);
    }
    int code = files_run(a, &args);
    if (args.jsonl != NULL && fclose(args.jsonl) != 0) {
        fprintf(stderr, "aforo run: %s: cannot be written\n", args.jsonl_path);
        code = VERDICT_BAD_INPUT;
    }
    arena_free(a);
    return code;
}

const struct cli_command cli_run = {
    .name = "run",
    .summary = "run scenario files: faults by seed, and what must hold all the same",
    .help = help,
    .run = command_run,
};

/* run_command.c -- `aforo run`: scenario files over seeds, their verdicts as a table, their
 * failures as one line each. */
#include "cli.h"
#include "inputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/limits.h"
#include "run_files.h"
#include "run_options.h"
#include "run_output.h"
#include "run_shrink.h"
#include "run_table.h"
#include "scenarios/runner/coverage.h"
#include "scenarios/runner/fingerprint.h"
#include "scenarios/runner/junit.h"
#include "scenarios/runner/keep.h"
#include "scenarios/runner/seed_files.h"

#define FILES_MAX 256
#define KEPT_MAX 5 /* failures of one file */
#define JUNIT_BYTES_MAX (64 * MIB)

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
    size_t count = args->shrink_all ? KEPT_MAX : args->quiet && args->write == NULL ? 0 : 1;
    struct run_shrink_to to = {.keep = args->keep, .file = args->write};
    struct shrink_options shrink = args->shrink;
    shrink.jobs = args->sweep.jobs;
    if (args->shrink_none || args->sweep.real) {
        return ERR_OK;
    }
    return run_shrink(a, r->scenario, &r->result, count, &shrink, &to, d);
}

/* The command line that runs this file again, for a process of its own. */
static const char *const *fresh_of(struct arena *a, const struct run_arguments *args,
                                   const char *file)
{
    const char **all = NEW_ARRAY(a, const char *, 8);
    size_t count = 0;
    all[count++] = "/proc/self/exe";
    all[count++] = "run";
    all[count++] = file;
    if (args->plan != NULL) {
        all[count++] = "--plan";
        all[count++] = args->plan;
    }
    if (args->capture != NULL) {
        all[count++] = "--capture";
        all[count++] = args->capture;
    }
    all[count] = NULL;
    return all;
}

/* What earlier sweeps have left: seeds that failed, seeds that are done. */
static enum err earlier_take(struct arena *a, const struct run_arguments *args,
                             const struct scenario *scenario, struct sweep_options *sweep,
                             size_t *ret_rule_count, struct diag *d)
{
    struct fault_plan plan;
    fault_plan_init(&plan, a, 0);
    TRY(fault_plan_read(&plan, scenario->faults, d));
    *ret_rule_count = plan.count;
    struct seed_range range = {
        .first = sweep->seed_first, .last = sweep->seed_last, .rule_count = plan.count};
    if (args->corpus != NULL) {
        TRY(corpus_read(a, args->corpus, scenario->name, &sweep->corpus, &sweep->corpus_count, d));
    }
    return args->resume ? seed_log_read(a, args->jsonl_path, scenario, &range, &sweep->done,
                                        &sweep->done_count, d)
                        : ERR_OK;
}

static enum err file_run(struct arena *a, const struct run_arguments *args, const char *file,
                         struct run_report *ret_report, struct diag *d)
{
    struct scenario *scenario;
    struct sweep_options sweep = args->sweep;
    TRY(run_file_read(a, args, file, &sweep, &scenario, d));
    sweep.fresh = args->fresh ? fresh_of(a, args, file) : NULL;
    if (args->trace != NULL) {
        struct run_options traced = {.trace_file = args->trace,
                                     .trace_first = args->trace_first,
                                     .trace_last = args->trace_last};
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
    TRY(earlier_take(a, args, scenario, &sweep, &output.rule_count, d));
    if (sweep.coverage != NULL) {
        TRY(rules_declare(a, scenario, sweep.coverage, d));
    }
    ret_report->scenario = scenario;
    ret_report->real = sweep.real;
    ret_report->exec = args->exec;
    if (sweep.real && args->report != NULL) {
        TRY(keep_folder(args->report, d));
        sweep.pages = args->report;
    }
    enum err err = sweep_run(a, scenario, &sweep, &ret_report->result, d);
    if (sweep.progress != NULL) {
        fprintf(stderr, "\r\033[K");
    }
    TRY(err);
    if (args->report != NULL && !sweep.real) {
        TRY(pages_write(a, args, ret_report, sweep.seed_first, d));
    }
    if (args->corpus != NULL) {
        TRY(corpus_add(a, args->corpus, scenario->name, &ret_report->result, d));
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

/* Of every seed of every file its fingerprint, and no verdict. */
static enum err fingerprints_write(struct arena *a, const struct run_arguments *args,
                                   struct diag *d)
{
    struct buf text;
    buf_init(&text, a, JUNIT_BYTES_MAX);
    for (size_t i = 0; i < args->file_count; i++) {
        struct scenario *scenario;
        struct sweep_options sweep = args->sweep;
        TRY(run_file_read(a, args, args->files[i], &sweep, &scenario, d));
        for (uint64_t seed = sweep.seed_first; seed <= sweep.seed_last; seed++) {
            struct arena *run = arena_new("fingerprint", ARENA_PROCESS_BYTES_MAX);
            struct run_options options = {.trace_file = args->trace,
                                          .trace_first = args->trace_first,
                                          .trace_last = args->trace_last};
            struct run_result r;
            enum err err = run_simulated(run, scenario, seed, &options, &r, d);
            if (err == ERR_OK) {
                struct fingerprint f = fingerprint_of(&r);
                fingerprint_write(&text, &f);
            }
            arena_free(run);
            TRY(err);
        }
    }
    if (str_eq(str_of(args->fingerprint), STR("-"))) {
        return fwrite(text.ptr, 1, text.len, stdout) == text.len
                   ? ERR_OK
                   : fail(d, ERR_INVALID, "standard output cannot be written");
    }
    return text_write(args->fingerprint, &text, d);
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
        run_stories_print(&reports[i]);
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
        run_table_print(reports, count);
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

/* Behind what is there, when that is gone on from; a line that was cut off ends there. */
static FILE *jsonl_open(const struct run_arguments *args)
{
    FILE *file = fopen(args->jsonl_path, args->resume ? "ab+" : "wb");
    if (file != NULL && args->resume && fseek(file, -1, SEEK_END) == 0 && fgetc(file) != '\n') {
        (void)fseek(file, 0, SEEK_END);
        (void)fputc('\n', file);
    }
    return file;
}

/* A real run counts seconds of the wall: it has the machine to itself unless told otherwise. */
static unsigned jobs_default(bool real)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return real || processors <= 0 ? 1 : (unsigned)processors;
}

static int command_run(int argc, char **argv)
{
    struct run_arguments args = {.sweep = {.jobs = 0}, .annotate = run_is_in_github()};
    struct option list[RUN_OPTIONS_MAX];
    struct diag d = DIAG_INIT;
    run_options_list(list);
    for (int option; (option = getopt_long(argc, argv, ":", list, NULL)) != -1;) {
        if (option == '?' || option == ':') {
            return cli_bad_option(&cli_run, argc, argv, option);
        }
        if (run_option_take(&args, option, optarg, &d) != ERR_OK) {
            return cli_usage(&cli_run, "%s", d.msg);
        }
    }
    args.sweep.speed = args.speed;
    args.sweep.fail_fast = args.sweep.fail_fast && !args.collect;
    args.sweep.real = args.sweep.real || args.exec != NULL || args.sweep.conninfo != NULL;
    if (args.sweep.jobs == 0) {
        args.sweep.jobs = jobs_default(args.sweep.real);
    }
    if (args.sweep.real) { /* no two real runs are alike */
        if (args.keep != NULL || args.trace != NULL || args.fingerprint != NULL || args.fresh) {
            return cli_usage(&cli_run, "--keep, --trace, --fingerprint and --check fresh "
                                       "need a simulated run, not --real");
        }
        args.sweep.once = true;
    }
    if (args.write != NULL && (args.sweep.real || args.shrink_none)) {
        return cli_usage(&cli_run, "--write takes what shrinking leaves: not with --no-shrink or "
                                   "--real");
    }
    memory_is_kept(); /* from seed to seed */
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
    if (args.resume && args.jsonl_path == NULL) {
        arena_free(a);
        return cli_usage(&cli_run, "--resume goes on from the lines of --jsonl FILE");
    }
    if (args.jsonl_path != NULL && (args.jsonl = jsonl_open(&args)) == NULL) {
        arena_free(a);
        return cli_usage(&cli_run, "%s: cannot be written", args.jsonl_path);
    }
    int code = VERDICT_PASS;
    if (args.dry) {
        code = run_files_check(a, &args);
    } else if (args.fingerprint == NULL) {
        code = files_run(a, &args);
    } else if (fingerprints_write(a, &args, &d) != ERR_OK) {
        fprintf(stderr, "aforo run: %s\n", d.msg);
        code = VERDICT_BAD_INPUT;
    }
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
    .help = run_help,
    .run = command_run,
};

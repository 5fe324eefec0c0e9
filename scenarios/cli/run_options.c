#include "run_options.h"

#include <assert.h>
#include <stddef.h>
#include "base/instant.h"

#define SPEED_MAX 10000

const char run_help[] =
    "usage: aforo run [OPTIONS] FILE...\n\n"
    "Runs scenario files: a whole pipeline on a virtual clock, with faults drawn by a seed, and\n"
    "what must hold all the same. Reference: docs/scenario-format.md.\n\n"
    "  --seeds A..B     these seeds instead of the file's\n"
    "  --seed N         this one\n"
    "  --jobs N         processes at a time; default: one a processor, of real runs one\n"
    "  --once           run each seed once; else twice, and both traces must be equal\n"
    "  --dry-run        run nothing: read every file, and say what is in it or what is wrong\n"
    "  --check HOW      of the second run: warm (in the same process, the default) or fresh (in a "
    "new\n"
    "                   one, with another environment)\n"
    "  --fingerprint FILE  judge nothing: a line a seed with its trace's hash and one for every "
    "4,096\n"
    "                   decisions, to compare machines and builds (-: standard output)\n"
    "  --fail-fast      stop at the first failure\n"
    "  --coverage FILE  which fault met which operation how often: .json or .html; also a table\n"
    "  --require-coverage  a fault that never hit an operation that it is about makes the\n"
    "                   verdict unknown\n"
    "  --collect        go on to the last seed, which is the default\n"
    "  --budget T       begin no seed after so long, such as 10m; one runs always\n"
    "  --jsonl FILE     a line of JSON a seed, as they end\n"
    "  --resume         go on where the sweep that wrote --jsonl FILE was broken off\n"
    "  --corpus FILE    seeds that failed once: run first, and new failures are added\n"
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
    "  --write FILE     what the first failure shrinks to, as a scenario file that fails by "
    "itself\n"
    "  --no-shrink      none. So do --quiet and --real\n"
    "  --shrink-runs N  at most so many runs for one failure (500)\n"
    "  --shrink-for T   at most so long, such as 30s (60s)\n"
    "  --plan FILE      the faults of this scenario file, and its run.swarm, instead of the file's "
    "own\n"
    "  --trace FILE     run the first seed once, every decision as a line of FILE\n"
    "  --trace-window A..B  of the trace, decisions A to B alone\n"
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
    "did,\n"
    "a program of --exec was not heard of).\n\n"
    "examples:\n"
    "  aforo run scenarios/catalog/lost_ack.yaml --seeds 1..200\n"
    "  aforo run scenarios/catalog/*.yaml --seeds 1..20 --junit verdicts.xml\n"
    "  aforo run scenarios/catalog/lost_ack.yaml --seed 17 --once\n"
    "  aforo run scenarios/catalog/lost_ack.yaml --seed 17 --real --speed 300\n";

static enum err seeds_take(struct run_arguments *args, const char *text, struct diag *d)
{
    args->seeds_given = true;
    if (scenario_seeds_parse(str_of(text), &args->sweep.seed_first, &args->sweep.seed_last) !=
        ERR_OK) {
        return fail(d, ERR_INVALID, "--seeds takes a range such as 1..200, not \"%s\"", text);
    }
    return ERR_OK;
}

static enum err check_take(struct run_arguments *args, const char *how, struct diag *d)
{
    args->fresh = str_eq(str_of(how), STR("fresh"));
    return args->fresh || str_eq(str_of(how), STR("warm"))
               ? ERR_OK
               : fail(d, ERR_INVALID, "--check takes warm or fresh, not \"%s\"", how);
}

static enum err window_take(struct run_arguments *args, const char *text, struct diag *d)
{
    return scenario_seeds_parse(str_of(text), &args->trace_first, &args->trace_last) == ERR_OK
               ? ERR_OK
               : fail(d, ERR_INVALID, "--trace-window takes a range such as 1..200, not \"%s\"",
                      text);
}

/* What an option sets in struct run_arguments, and how. */
enum option_kind { OPTION_FLAG, OPTION_TEXT, OPTION_COUNT, OPTION_DURATION, OPTION_OTHER };
struct option_row {
    const char *name;
    enum option_kind kind;
    size_t at;    /* where: a bool, const char *, unsigned or int64_t */
    uint64_t max; /* of a count */
    enum err (*take)(struct run_arguments *args, const char *value, struct diag *d); /* OTHER */
};
#define AT(field) offsetof(struct run_arguments, field)
static const struct option_row rows[] = {
    {"seeds", OPTION_OTHER, 0, 0, seeds_take},
    {"seed", OPTION_OTHER, 0, 0, seeds_take},
    {"jobs", OPTION_COUNT, AT(sweep.jobs), 64, NULL},
    {"once", OPTION_FLAG, AT(sweep.once), 0, NULL},
    {"dry-run", OPTION_FLAG, AT(dry), 0, NULL},
    {"check", OPTION_OTHER, 0, 0, check_take},
    {"fingerprint", OPTION_TEXT, AT(fingerprint), 0, NULL},
    {"fail-fast", OPTION_FLAG, AT(sweep.fail_fast), 0, NULL},
    {"coverage", OPTION_TEXT, AT(coverage), 0, NULL},
    {"require-coverage", OPTION_FLAG, AT(coverage_required), 0, NULL},
    {"junit", OPTION_TEXT, AT(junit), 0, NULL},
    {"keep", OPTION_TEXT, AT(keep), 0, NULL},
    {"collect", OPTION_FLAG, AT(collect), 0, NULL},
    {"budget", OPTION_DURATION, AT(sweep.budget_us), 0, NULL},
    {"jsonl", OPTION_TEXT, AT(jsonl_path), 0, NULL},
    {"resume", OPTION_FLAG, AT(resume), 0, NULL},
    {"corpus", OPTION_TEXT, AT(corpus), 0, NULL},
    {"annotate", OPTION_FLAG, AT(annotate), 0, NULL},
    {"shrink", OPTION_FLAG, AT(shrink_all), 0, NULL},
    {"no-shrink", OPTION_FLAG, AT(shrink_none), 0, NULL},
    {"write", OPTION_TEXT, AT(write), 0, NULL},
    {"shrink-runs", OPTION_COUNT, AT(shrink.runs_max), 1000000, NULL},
    {"shrink-for", OPTION_DURATION, AT(shrink.us_max), 0, NULL},
    {"report", OPTION_TEXT, AT(report), 0, NULL},
    {"plan", OPTION_TEXT, AT(plan), 0, NULL},
    {"capture", OPTION_TEXT, AT(capture), 0, NULL},
    {"trace", OPTION_TEXT, AT(trace), 0, NULL},
    {"trace-window", OPTION_OTHER, 0, 0, window_take},
    {"real", OPTION_FLAG, AT(sweep.real), 0, NULL},
    {"exec", OPTION_TEXT, AT(exec), 0, NULL},
    {"postgres", OPTION_TEXT, AT(sweep.conninfo), 0, NULL},
    {"speed", OPTION_COUNT, AT(speed), SPEED_MAX, NULL},
    {"quiet", OPTION_FLAG, AT(quiet), 0, NULL},
};
#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))
#define FIRST_OPTION 256 /* behind every character */
static_assert(ROW_COUNT < RUN_OPTIONS_MAX, "room for all of them, and the end");

void run_options_list(struct option *ret_list)
{
    for (size_t i = 0; i < ROW_COUNT; i++) {
        int argument = rows[i].kind == OPTION_FLAG ? no_argument : required_argument;
        ret_list[i] = (struct option){rows[i].name, argument, NULL, FIRST_OPTION + (int)i};
    }
    ret_list[ROW_COUNT] = (struct option){NULL, 0, NULL, 0};
}

static enum err count_take(const struct option_row *row, const char *value, unsigned *to,
                           struct diag *d)
{
    uint64_t number;
    TRY(cli_number(row->name, value, row->max, &number, d));
    *to = (unsigned)number;
    return ERR_OK;
}

enum err run_option_take(struct run_arguments *args, int option, const char *value, struct diag *d)
{
    const struct option_row *row = &rows[option - FIRST_OPTION];
    void *to = (char *)args + row->at;
    switch (row->kind) {
    case OPTION_FLAG:
        *(bool *)to = true;
        return ERR_OK;
    case OPTION_TEXT:
        *(const char **)to = value;
        return ERR_OK;
    case OPTION_COUNT:
        return count_take(row, value, to, d);
    case OPTION_DURATION:
        return duration_parse(str_of(value), to, d);
    case OPTION_OTHER:
        break;
    }
    return row->take(args, value, d);
}

#include "run_options.h"

#include "base/instant.h"

#define SPEED_MAX 10000

const char run_help[] =
    "usage: aforo run [OPTIONS] FILE...\n\n"
    "Runs scenario files: a whole pipeline on a virtual clock, with faults drawn by a seed, and\n"
    "what must hold all the same. Reference: docs/scenario-format.md.\n\n"
    "  --seeds A..B     these seeds instead of the file's\n"
    "  --seed N         this one\n"
    "  --jobs N         processes at a time; default: one a processor\n"
    "  --once           run each seed once; else twice, and both traces must be equal\n"
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
    "  --budget T       begin no seed after so long, such as 10m\n"
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
    "did).\n\n"
    "examples:\n"
    "  aforo run scenarios/catalog/lost_ack.yaml --seeds 1..200\n"
    "  aforo run scenarios/catalog/*.yaml --seeds 1..20 --junit verdicts.xml\n"
    "  aforo run scenarios/catalog/lost_ack.yaml --seed 17 --once\n"
    "  aforo run scenarios/catalog/lost_ack.yaml --seed 17 --real --speed 300\n";

enum {
    OPTION_SEEDS = 256,
    OPTION_SEED,
    OPTION_JOBS,
    OPTION_ONCE,
    OPTION_CHECK,
    OPTION_FINGERPRINT,
    OPTION_FAIL_FAST,
    OPTION_COVERAGE,
    OPTION_REQUIRE_COVERAGE,
    OPTION_JUNIT,
    OPTION_KEEP,
    OPTION_COLLECT,
    OPTION_BUDGET,
    OPTION_JSONL,
    OPTION_RESUME,
    OPTION_CORPUS,
    OPTION_ANNOTATE,
    OPTION_SHRINK,
    OPTION_NO_SHRINK,
    OPTION_SHRINK_RUNS,
    OPTION_SHRINK_FOR,
    OPTION_REPORT,
    OPTION_PLAN,
    OPTION_CAPTURE,
    OPTION_TRACE,
    OPTION_TRACE_WINDOW,
    OPTION_REAL,
    OPTION_EXEC,
    OPTION_POSTGRES,
    OPTION_SPEED,
    OPTION_QUIET
};
const struct option run_option_list[] = {
    {"seeds", required_argument, NULL, OPTION_SEEDS},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"jobs", required_argument, NULL, OPTION_JOBS},
    {"once", no_argument, NULL, OPTION_ONCE},
    {"check", required_argument, NULL, OPTION_CHECK},
    {"fingerprint", required_argument, NULL, OPTION_FINGERPRINT},
    {"fail-fast", no_argument, NULL, OPTION_FAIL_FAST},
    {"coverage", required_argument, NULL, OPTION_COVERAGE},
    {"require-coverage", no_argument, NULL, OPTION_REQUIRE_COVERAGE},
    {"junit", required_argument, NULL, OPTION_JUNIT},
    {"keep", required_argument, NULL, OPTION_KEEP},
    {"collect", no_argument, NULL, OPTION_COLLECT},
    {"budget", required_argument, NULL, OPTION_BUDGET},
    {"jsonl", required_argument, NULL, OPTION_JSONL},
    {"resume", no_argument, NULL, OPTION_RESUME},
    {"corpus", required_argument, NULL, OPTION_CORPUS},
    {"annotate", no_argument, NULL, OPTION_ANNOTATE},
    {"shrink", no_argument, NULL, OPTION_SHRINK},
    {"no-shrink", no_argument, NULL, OPTION_NO_SHRINK},
    {"shrink-runs", required_argument, NULL, OPTION_SHRINK_RUNS},
    {"shrink-for", required_argument, NULL, OPTION_SHRINK_FOR},
    {"report", required_argument, NULL, OPTION_REPORT},
    {"plan", required_argument, NULL, OPTION_PLAN},
    {"capture", required_argument, NULL, OPTION_CAPTURE},
    {"trace", required_argument, NULL, OPTION_TRACE},
    {"trace-window", required_argument, NULL, OPTION_TRACE_WINDOW},
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

/* Long because each option is a case. */
enum err run_option_take(struct run_arguments *args, int option, const char *value, struct diag *d)
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
    case OPTION_CHECK:
        return check_take(args, value, d);
    case OPTION_FINGERPRINT:
        args->fingerprint = value;
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
    case OPTION_RESUME:
        args->resume = true;
        return ERR_OK;
    case OPTION_CORPUS:
        args->corpus = value;
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
    case OPTION_EXEC:
        args->exec = value;
        args->sweep.real = true;
        return ERR_OK;
    case OPTION_REPORT:
        args->report = value;
        return ERR_OK;
    case OPTION_CAPTURE:
        args->capture = value;
        return ERR_OK;
    case OPTION_PLAN:
        args->plan = value;
        return ERR_OK;
    case OPTION_TRACE:
        args->trace = value;
        return ERR_OK;
    case OPTION_TRACE_WINDOW:
        return window_take(args, value, d);
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

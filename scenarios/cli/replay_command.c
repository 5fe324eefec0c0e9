/* replay_command.c -- `aforo replay`: captured objects through the production code, and whether
 * they come to what they should. */
#include "asserting.h"
#include "cli.h"
#include "inputs.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "adapter/rt_threads.h"
#include "base/instant.h"
#include "base/limits.h"
#include "replay/outcome.h"
#include "replay/summary.h"
#include "selecting.h"

#define LINES_SHOWN 40
#define RUN_ARGUMENTS_MAX 100
#define REPORT_BYTES_MAX (64 * MIB)
#define PROGRESS_EVERY_US (100 * US_PER_MS)

static const char help[] =
    "usage: aforo replay WHERE --pipeline FILE [OPTIONS]\n\n"
    "Sends captured objects through the production code into a warehouse, each object exactly "
    "once, and checks what\n"
    "they come to. WHERE is a folder (its manifest.tsv or manifest.json is followed), a manifest, "
    "one file, or\n"
    "s3://BUCKET/PREFIX. Objects are plain, gzip or zstd; our captures, NDJSON, JSON one after "
    "another (Firehose),\n"
    "CloudTrail's Records, CSV, or logs of AWS.\n\n"
    "  --pipeline FILE      the pipeline's definition\n" ASSERTING_HELP
    "  --warehouse WHERE    sqlite:PATH or postgresql://...; default: in memory, gone at the end\n"
    "  --format F           " READER_FORMATS_HELP
    "  --csv DIALECT        \"delimiter=tab quote=none escape=\\ names=id,shop\" where a CSV "
    "differs "
    "from the usual\n"
    "  --endpoint URL       of S3; default: AWS_ENDPOINT_URL, or AWS itself\n"
    "  --scenario FILE      would it have held? The capture through a simulated pipeline, each "
    "record at its\n"
    "                       time, under the file's faults; further options are those of aforo "
    "run\n" SELECTING_HELP "  --pace P             flat (default): as fast as it goes; original, "
    "10x, 0.5x: as it arrived; "
    "virtual: as\n"
    "                       fast as it goes, with the arrivals as the clock\n"
    "  --limit-lines N      differences and problems to show (40)\n"
    "  --json               the outcome as JSON, and progress as JSON lines on stderr\n"
    "  --quiet              only what differs\n\n"
    "For s3:// region and credentials come from the environment and ~/.aws, as for the AWS CLI.\n"
    "Exit code: 0 all equal, 1 something differs or an object has a problem, 2 bad input.\n\n"
    "examples:\n"
    "  aforo replay fixtures/captures/flights-2001-q1 --pipeline fixtures/pipelines/flights.yaml "
    "\\\n"
    "    --expect fixtures/expect/flights-2001-q1.json\n"
    "  aforo replay s3://flights-data/raw/flights/ --pipeline flights.yaml --warehouse "
    "sqlite:flights.db\n";

struct replay_arguments {
    const char *where, *pipeline, *warehouse, *endpoint;
    struct selecting part_of;
    struct pace pace;
    struct asserting_options must;
    struct reader_form format;
};
struct replay {
    struct arena *arena;
    const struct replay_arguments *args;
    struct rt *rt;
    struct definition *def;
    struct selecting part_of;
    struct asserting must;
    struct source source;
    struct warehouse *warehouse;
    struct player_result played;
    uint64_t bytes_all;         /* of all objects as stored; 0: not known */
    int64_t begun_us, shown_us; /* when progress was written last */
};

/* ---- arguments ---- */

enum {
    OPTION_PIPELINE = 256,
    OPTION_WAREHOUSE,
    OPTION_PACE,
    OPTION_FORMAT,
    OPTION_CSV,
    OPTION_ENDPOINT,
    OPTION_LINES,
    OPTION_JSON,
    OPTION_QUIET
};
static const struct option options[] = {{"pipeline", required_argument, NULL, OPTION_PIPELINE},
                                        ASSERTING_OPTIONS,
                                        {"warehouse", required_argument, NULL, OPTION_WAREHOUSE},
                                        {"csv", required_argument, NULL, OPTION_CSV},
                                        SELECTING_OPTIONS,
                                        {"pace", required_argument, NULL, OPTION_PACE},
                                        {"format", required_argument, NULL, OPTION_FORMAT},
                                        {"endpoint", required_argument, NULL, OPTION_ENDPOINT},
                                        {"limit-lines", required_argument, NULL, OPTION_LINES},
                                        {"json", no_argument, NULL, OPTION_JSON},
                                        {"quiet", no_argument, NULL, OPTION_QUIET},
                                        {NULL, 0, NULL, 0}};

static enum err option_take(struct replay_arguments *args, int option, const char *value,
                            struct diag *d)
{
    uint64_t number;
    if (option >= ASSERTING_EXPECT) {
        asserting_take(&args->must, option, value);
        return ERR_OK;
    }
    if (option >= SELECTING_FROM) {
        return selecting_take(&args->part_of, option, value, d);
    }
    switch (option) {
    case OPTION_PIPELINE:
        args->pipeline = value;
        break;
    case OPTION_WAREHOUSE:
        args->warehouse = value;
        break;
    case OPTION_ENDPOINT:
        args->endpoint = value;
        break;
    case OPTION_PACE:
        return pace_parse(str_of(value), &args->pace, d);
    case OPTION_FORMAT:
        return reader_format_parse(str_of(value), &args->format.kind, d);
    case OPTION_CSV:
        return csv_dialect_parse(str_of(value), &args->format.csv, d);
    case OPTION_LINES:
        TRY(cli_number("limit-lines", value, 1000000, &number, d));
        args->must.lines_max = (size_t)number;
        break;
    case OPTION_JSON:
        args->must.json = true;
        break;
    default:
        args->must.quiet = true;
        break;
    }
    return ERR_OK;
}

/* CLI_OK: *args is filled. Options may stand before and behind WHERE. */
static int arguments_read(int argc, char **argv, struct replay_arguments *args)
{
    struct diag d = DIAG_INIT;
    int found;
    opterr = 0;
    while ((found = getopt_long(argc, argv, "-:", options, NULL)) != -1) {
        if (found == '?' || found == ':') {
            return cli_bad_option(&cli_replay, argc, argv, found);
        }
        if (found == 1) {
            if (args->where != NULL) {
                return cli_usage(&cli_replay, "what is \"%s\" for?", optarg);
            }
            args->where = optarg;
        } else if (option_take(args, found, optarg, &d) != ERR_OK) {
            return cli_usage(&cli_replay, "%s", d.msg);
        }
    }
    if (args->where == NULL || args->pipeline == NULL) {
        return cli_usage(&cli_replay,
                         args->where == NULL ? "where are the objects?" : "--pipeline is missing");
    }
    return CLI_OK;
}

/* ---- what is given ---- */

/* Everything that can be wrong is looked at before the first object is read. */
static enum err inputs_read(struct replay *r, struct diag *d)
{
    struct str text, name = str_of(r->args->pipeline);
    TRY(inputs_file(r->arena, r->args->pipeline, DEFINITION_BYTES_MAX, &text, d));
    TRY(definition_read(r->arena, text, name, &r->def, d));
    TRY(asserting_read(r->arena, &r->args->must, r->def, &r->must, d));
    TRY(inputs_source(r->arena, r->rt, str_of(r->args->where), r->args->endpoint, &r->source, d));
    TRY(selecting_apply(&r->part_of, r->arena, r->def, &r->source, d));
    return inputs_warehouse(r->arena, r->args->warehouse, &r->warehouse, d);
}

/* ---- the replay ---- */

static int64_t now_us(void *ctx)
{
    const struct replay *r = ctx;
    return rt_wall_us(r->rt);
}

static void progress_show(void *ctx, const struct player_result *so_far)
{
    struct replay *r = ctx;
    int64_t now = rt_mono_us(r->rt);
    if (now - r->shown_us >= PROGRESS_EVERY_US) {
        r->shown_us = now;
        progress_line(&(struct progress){.json = r->args->must.json,
                                         .objects = so_far->objects,
                                         .of = r->source.count,
                                         .records = so_far->counts.records,
                                         .bytes = so_far->bytes,
                                         .bytes_all = r->bytes_all,
                                         .raw_bytes = so_far->raw_bytes,
                                         .elapsed_us = now - r->begun_us});
    }
}

/* Objects are whole or not there, so there is nothing to tidy up: says so, and ends as it would. */
static void on_interrupt(int number)
{
    static const char said[] = "\naforo replay: interrupted; the same command goes on with what is "
                               "not loaded yet\n";
    (void)!write(STDERR_FILENO, said, sizeof(said) - 1);
    (void)raise(number); /* the handler was taken back when it was called */
}

static void tell_of_interrupts(void)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    struct sigaction action = {.sa_handler = on_interrupt,
                               .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct sigaction before;
        if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL) {
            (void)sigaction(numbers[i], &action, NULL);
        }
    }
}

static enum err play(struct replay *r, struct diag *d)
{
    if (r->args->warehouse != NULL && !r->args->must.quiet) {
        tell_of_interrupts();
    }
    bool shown = !r->args->must.quiet && (r->args->must.json || isatty(STDERR_FILENO));
    r->begun_us = rt_mono_us(r->rt);
    r->bytes_all = source_bytes(&r->source);
    const char *folder = getenv("TMPDIR");
    struct player_options o = {.format = r->args->format,
                               .progress = shown ? progress_show : NULL,
                               .progress_ctx = r,
                               .now_us = now_us,
                               .now_ctx = r,
                               .rt = r->rt,
                               .selection = &r->part_of.selection,
                               .pace = r->args->pace,
                               .spill_folder = str_of(folder == NULL ? "" : folder)};
    enum err err = player_run(r->arena, r->def, &r->source, r->warehouse, &o, &r->played, d);
    if (shown && !r->args->must.json) {
        fprintf(stderr, "\r\033[K");
    }
    return err;
}

/* What there is to say, and whether all is well. */
static enum err report(struct replay *r, bool *ret_well, struct diag *d)
{
    struct buf out;
    struct expect_result checked;
    bool json = r->args->must.json;
    buf_init(&out, r->arena, REPORT_BYTES_MAX);
    if (!json && !r->args->must.quiet) {
        TRY(summary_write(&out, r->arena, r->def, r->warehouse, &r->played, d));
    }
    if (!json) {
        summary_problems(&out, r->arena, &r->played, r->args->must.lines_max);
    }
    struct asserting_found found = {.played = &r->played, .warehouse = r->warehouse};
    TRY(asserting_check(&r->must, &out, r->def, &found, &checked, d));
    if (json) {
        outcome_json(&out, "replay", r->def, &r->played, &checked);
    }
    if (out.len > 0 && fwrite(out.ptr, 1, out.len, stdout) != out.len) {
        return fail(d, ERR_UNAVAILABLE, "the result could not be written");
    }
    *ret_well = checked.count == 0 && r->played.problem_count == 0;
    return ERR_OK;
}

static int replay(struct replay *r)
{
    struct diag d = DIAG_INIT;
    bool well = false;
    if (inputs_read(r, &d) != ERR_OK) {
        bool input = d.code == ERR_INVALID || d.code == ERR_NOT_FOUND || d.code == ERR_LIMIT ||
                     d.code == ERR_UNSUPPORTED;
        (void)cli_failed(&cli_replay, &d);
        return input ? CLI_USAGE : CLI_FAILED;
    }
    if (play(r, &d) != ERR_OK || report(r, &well, &d) != ERR_OK) {
        return cli_failed(&cli_replay, &d);
    }
    return well ? CLI_OK : CLI_FAILED;
}

/* `aforo replay WHERE --scenario FILE ...` is `aforo run --capture WHERE ... FILE`: -1, it is not
 * asked. */
static int scenario_run(int argc, char **argv)
{
    char *command[RUN_ARGUMENTS_MAX], capture[] = "--capture", run[] = "run";
    int count = 0, scenario = 0;
    for (int i = 1; i < argc && scenario == 0; i++) {
        scenario = strcmp(argv[i], "--scenario") == 0 ? i : 0;
    }
    if (scenario == 0) {
        return -1;
    }
    if (scenario + 1 >= argc || argv[1][0] == '-' || argc + 2 > RUN_ARGUMENTS_MAX) {
        return cli_usage(&cli_replay,
                         "aforo replay WHERE --scenario FILE, then options of aforo run");
    }
    command[count++] = run;
    command[count++] = capture;
    for (int i = 1; i < argc; i++) {
        if (i != scenario && i != scenario + 1) {
            command[count++] = argv[i];
        }
    }
    command[count++] = argv[scenario + 1];
    command[count] = NULL;
    return cli_run.run(count, command);
}

static int replay_run(int argc, char **argv)
{
    int simulated = scenario_run(argc, argv);
    if (simulated >= 0) {
        return simulated;
    }
    struct replay_arguments args = {.part_of = SELECTING_ALL, .must = {.lines_max = LINES_SHOWN}};
    int code = arguments_read(argc, argv, &args);
    if (code != CLI_OK) {
        return code;
    }
    memory_is_kept();
    struct arena *a = arena_new("replay", ARENA_PROCESS_BYTES_MAX);
    struct replay r = {
        .arena = a, .args = &args, .part_of = args.part_of, .rt = rt_threads_new(a, 0)};
    code = replay(&r);
    arena_free(a);
    return code;
}

const struct cli_command cli_replay = {
    .name = "replay",
    .summary = "captured objects through the production code, and what they come to",
    .help = help,
    .run = replay_run,
};

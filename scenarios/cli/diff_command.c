/* diff_command.c -- `aforo diff`: where two captures, definitions or warehouses part. */
#include "cli.h"

#include <string.h>
#include "adapter/rt_threads.h"
#include "base/limits.h"
#include "inputs.h"
#include "programs.h"
#include "replay/diff.h"

#define OUTPUT_BYTES_MAX (4 * GIB)
#define LINES_ALL 1000000
#define LINES_SHOWN 40

static const char help[] =
    "usage: aforo diff LEFT RIGHT --pipeline FILE [OPTIONS]\n"
    "       aforo diff WHERE --with OLD --with NEW --pipeline FILE [OPTIONS]\n\n"
    "Finds where two sides part: by day, by object, then record by record, altered ones column by "
    "column. A side is\n"
    "captured objects (a folder, a manifest, a file, s3://BUCKET/PREFIX), or a warehouse that "
    "holds them loaded\n"
    "(sqlite:PATH, postgresql://...). Records are matched by their event id. Two versions of the "
    "program are compared by\n"
    "what each of them loads (--with).\n\n"
    "  --pipeline FILE        the definition that both sides are read by\n"
    "  --pipeline-right FILE  another one for the right side: what would it change?\n"
    "  --with PROGRAM         twice: both sides are WHERE, replayed by this program and by that "
    "one\n"
    "  --format F             of captured objects (detect)\n"
    "  --csv DIALECT          \"delimiter=tab quote=none escape=\\ names=id,shop\"\n"
    "  --endpoint URL         of S3; default: AWS_ENDPOINT_URL, or AWS itself\n"
    "  --limit-lines N        windows, objects and records to show (40)\n"
    "  --json                 all of it as JSON; records: at most as --limit-lines says (all)\n\n"
    "Exit code: 0 nothing differs, 1 something does or could not be read, 2 bad input.\n\n"
    "examples:\n"
    "  aforo diff captures/monday captures/restored --pipeline flights.yaml\n"
    "  aforo diff captures/monday sqlite:flights.db --pipeline flights.yaml\n"
    "  aforo diff captures/monday captures/monday --pipeline old.yaml --pipeline-right new.yaml\n"
    "  aforo diff captures/monday --with ./aforo-1.2 --with aforo --pipeline flights.yaml\n";

struct diff_arguments {
    const char *sides[2], *pipelines[2], *endpoint, *programs[2];
    size_t program_count;
    struct reader_form format;
    size_t lines_max; /* LINES_ALL: not given */
    bool json;
};

enum {
    OPTION_PIPELINE = 256,
    OPTION_PIPELINE_RIGHT,
    OPTION_WITH,
    OPTION_CSV,
    OPTION_FORMAT,
    OPTION_ENDPOINT,
    OPTION_LINES,
    OPTION_JSON
};
static const struct option options[] = {
    {"pipeline", required_argument, NULL, OPTION_PIPELINE},
    {"pipeline-right", required_argument, NULL, OPTION_PIPELINE_RIGHT},
    {"csv", required_argument, NULL, OPTION_CSV},
    {"with", required_argument, NULL, OPTION_WITH},
    {"format", required_argument, NULL, OPTION_FORMAT},
    {"endpoint", required_argument, NULL, OPTION_ENDPOINT},
    {"limit-lines", required_argument, NULL, OPTION_LINES},
    {"json", no_argument, NULL, OPTION_JSON},
    {NULL, 0, NULL, 0}};

static enum err option_take(struct diff_arguments *args, int option, const char *value,
                            struct diag *d)
{
    uint64_t number;
    switch (option) {
    case OPTION_PIPELINE:
        args->pipelines[0] = value;
        break;
    case OPTION_PIPELINE_RIGHT:
        args->pipelines[1] = value;
        break;
    case OPTION_WITH:
        if (args->program_count == 2) {
            return fail(d, ERR_INVALID, "two programs are compared");
        }
        args->programs[args->program_count++] = value;
        break;
    case OPTION_ENDPOINT:
        args->endpoint = value;
        break;
    case OPTION_FORMAT:
        return reader_format_parse(str_of(value), &args->format.kind, d);
    case OPTION_CSV:
        return csv_dialect_parse(str_of(value), &args->format.csv, d);
    case OPTION_JSON:
        args->json = true;
        break;
    default:
        TRY(cli_number("limit-lines", value, 1000000, &number, d));
        args->lines_max = (size_t)number;
        break;
    }
    return ERR_OK;
}

static int arguments_read(int argc, char **argv, struct diff_arguments *args)
{
    struct diag d = DIAG_INIT;
    size_t sides = 0;
    int found;
    opterr = 0;
    while ((found = getopt_long(argc, argv, "-:", options, NULL)) != -1) {
        if (found == '?' || found == ':') {
            return cli_bad_option(&cli_diff, argc, argv, found);
        }
        if (found == 1) {
            if (sides == 2) {
                return cli_usage(&cli_diff, "what is \"%s\" for?", optarg);
            }
            args->sides[sides++] = optarg;
        } else if (option_take(args, found, optarg, &d) != ERR_OK) {
            return cli_usage(&cli_diff, "%s", d.msg);
        }
    }
    if (args->program_count == 1 || (args->program_count == 2 && sides != 1)) {
        return cli_usage(&cli_diff, "--with is given twice, for one WHERE");
    }
    if (sides + args->program_count / 2 < 2 || args->pipelines[0] == NULL) {
        return cli_usage(&cli_diff, args->pipelines[0] != NULL ? "two sides are compared"
                                                               : "--pipeline is missing");
    }
    return CLI_OK;
}

static bool is_warehouse(const char *where)
{
    return strncmp(where, "sqlite:", 7) == 0 || strncmp(where, "postgres", 8) == 0;
}

static enum err side_open(struct arena *a, const struct diff_arguments *args, struct rt *rt,
                          const char *where, struct diff_side *side, struct diag *d)
{
    side->format = args->format;
    if (is_warehouse(where)) {
        return inputs_warehouse(a, where, &side->warehouse, d);
    }
    struct source *source = NEW(a, struct source);
    TRY(inputs_source(a, rt, str_of(where), args->endpoint, source, d));
    side->source = source;
    return ERR_OK;
}

static enum err definition_open(struct arena *a, const char *path, const struct definition **ret,
                                struct diag *d)
{
    struct str text;
    struct definition *def;
    TRY(inputs_file(a, path, DEFINITION_BYTES_MAX, &text, d));
    TRY(definition_read(a, text, str_of(path), &def, d));
    *ret = def;
    return ERR_OK;
}

static enum err sides_open(struct arena *a, const struct diff_arguments *args,
                           struct diff_side sides[2], struct diag *d)
{
    struct rt *rt = rt_threads_new(a, 0);
    TRY(definition_open(a, args->pipelines[0], &sides[0].def, d));
    sides[1].def = sides[0].def;
    if (args->pipelines[1] != NULL) {
        TRY(definition_open(a, args->pipelines[1], &sides[1].def, d));
    }
    if (args->program_count == 2) {
        for (size_t i = 0; i < 2; i++) {
            TRY(programs_replay(a, args->programs[i], args->sides[0],
                                args->pipelines[i == 1 && args->pipelines[1] != NULL],
                                &sides[i].warehouse, d));
        }
        return ERR_OK;
    }
    TRY(side_open(a, args, rt, args->sides[0], &sides[0], d));
    return side_open(a, args, rt, args->sides[1], &sides[1], d);
}

static int diff(struct arena *a, const struct diff_arguments *args)
{
    struct diag d = DIAG_INIT;
    struct diff_side sides[2] = {0};
    struct diff_result result;
    struct buf out;
    buf_init(&out, a, OUTPUT_BYTES_MAX);
    if (sides_open(a, args, sides, &d) != ERR_OK) {
        (void)cli_failed(&cli_diff, &d);
        return inputs_exit(&d);
    }
    if (diff_run(a, sides, args->lines_max, &result, &d) != ERR_OK) {
        return cli_failed(&cli_diff, &d);
    }
    if (args->json) {
        diff_json(&out, sides[0].def, &result);
    } else {
        diff_write(&out, sides[0].def, &result, args->lines_max);
    }
    if (inputs_write(NULL, buf_str(&out), &d) != ERR_OK) {
        return cli_failed(&cli_diff, &d);
    }
    bool equal = result.problem_count == 0;
    for (size_t i = 0; i < DIFF_KIND_COUNT; i++) {
        equal = equal && result.counts[i] == 0;
    }
    return equal ? CLI_OK : CLI_FAILED;
}

static int diff_command_run(int argc, char **argv)
{
    struct diff_arguments args = {.lines_max = LINES_ALL};
    int code = arguments_read(argc, argv, &args);
    if (code != CLI_OK) {
        return code;
    }
    if (!args.json && args.lines_max == LINES_ALL) {
        args.lines_max = LINES_SHOWN;
    }
    struct arena *a = arena_new("diff", ARENA_PROCESS_BYTES_MAX);
    code = diff(a, &args);
    arena_free(a);
    return code;
}

const struct cli_command cli_diff = {
    .name = "diff",
    .summary = "where two captures, definitions or warehouses part",
    .help = help,
    .run = diff_command_run,
};

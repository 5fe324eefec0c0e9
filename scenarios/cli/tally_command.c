/* tally_command.c -- `aforo tally`: what captured objects come to, by the production decoder and
 * without a warehouse. */
#include "asserting.h"
#include "cli.h"
#include "inputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "adapter/rt_threads.h"
#include "base/instant.h"
#include "base/limits.h"
#include "replay/aggregate_run.h"
#include "replay/outcome.h"
#include "selecting.h"

#define PROGRESS_EVERY_US (200 * US_PER_MS)
#define PROBLEMS_SHOWN 40

static const char tally_help[] =
    "usage: aforo tally WHERE --pipeline FILE [OPTIONS]\n\n"
    "Counts, exact sums, least and greatest of what captured objects hold, as the production code "
    "reads them, without a\n"
    "warehouse. WHERE as for `aforo replay`.\n\n"
    "  --pipeline FILE      the pipeline's definition; its reconcile.sums are what is summed\n"
    "  --by COLUMN,...      by these columns, or by month, day, hour, minute or a window (10m, 6h) "
    "of the\n"
    "                       event's time\n"
    "  --distinct COLUMN    how many different values, by group and in all\n"
    "  --once COLUMN        the same, and sums in which each value counts once, by its first "
    "record\n"
    "  --top N              only the N largest groups\n" ASSERTING_HELP
    "                       Expectations are of each event once, as it would be "
    "loaded\n" SELECTING_HELP
    "  --part FILE          write a part for `aforo merge` instead of the result\n"
    "  --threads N          that read and decode (as many as there are processors)\n"
    "  --format F           " READER_FORMATS_HELP
    "  --csv DIALECT        \"delimiter=tab quote=none escape=\\ names=id,shop\" where a CSV "
    "differs "
    "from the usual\n"
    "  --endpoint URL       of S3; default: AWS_ENDPOINT_URL, or AWS itself\n"
    "  --json               the result as JSON (with expectations: the outcome), and progress as "
    "JSON lines\n"
    "                       on stderr\n"
    "  --strict             the first object with a problem ends the run\n"
    "  --limit-lines N      problems to show (40)\n"
    "  --quiet              no progress; with expectations only what differs\n\n"
    "Exit code: 0 counted, and all equal; 1 something differs or an object has a problem; 2 bad "
    "input.\n\n"
    "examples:\n"
    "  aforo tally s3://trail/AWSLogs/ --pipeline cloudtrail.yaml --by 10m --once event_id --top "
    "5\n"
    "  aforo tally fixtures/captures/flights-2001-q1 --pipeline fixtures/pipelines/flights.yaml "
    "--by month\n";

struct tally_arguments {
    const char *where, *pipeline, *endpoint, *part;
    struct str by, distinct;
    struct selecting part_of;
    struct asserting_options must;
    struct reader_form format;
    unsigned threads;
    size_t top;
    bool once, strict;
};
struct tally {
    struct arena *arena;
    struct tally_arguments *args;
    struct rt *rt;
    struct source source;
    struct definition *def;
    struct asserting must;
    uint64_t bytes_all; /* of all objects as stored; 0: not known */
    int64_t begun_us, shown_us;
};

/* ---- arguments ---- */

enum {
    OPTION_PIPELINE = 256,
    OPTION_BY,
    OPTION_DISTINCT,
    OPTION_ONCE,
    OPTION_TOP,
    OPTION_PART,
    OPTION_THREADS,
    OPTION_FORMAT,
    OPTION_CSV,
    OPTION_ENDPOINT,
    OPTION_STRICT,
    OPTION_LINES,
    OPTION_JSON,
    OPTION_QUIET
};
static const struct option tally_options[] = {
    {"pipeline", required_argument, NULL, OPTION_PIPELINE},
    {"by", required_argument, NULL, OPTION_BY},
    {"distinct", required_argument, NULL, OPTION_DISTINCT},
    {"once", required_argument, NULL, OPTION_ONCE},
    {"top", required_argument, NULL, OPTION_TOP},
    ASSERTING_OPTIONS,
    SELECTING_OPTIONS,
    {"part", required_argument, NULL, OPTION_PART},
    {"threads", required_argument, NULL, OPTION_THREADS},
    {"csv", required_argument, NULL, OPTION_CSV},
    {"format", required_argument, NULL, OPTION_FORMAT},
    {"endpoint", required_argument, NULL, OPTION_ENDPOINT},
    {"strict", no_argument, NULL, OPTION_STRICT},
    {"limit-lines", required_argument, NULL, OPTION_LINES},
    {"json", no_argument, NULL, OPTION_JSON},
    {"quiet", no_argument, NULL, OPTION_QUIET},
    {NULL, 0, NULL, 0}};

static enum err option_take(struct tally_arguments *args, int option, const char *value,
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
    case OPTION_BY:
        args->by = str_of(value);
        break;
    case OPTION_DISTINCT:
    case OPTION_ONCE:
        if (args->distinct.len > 0 && !str_eq(args->distinct, str_of(value))) {
            return fail(d, ERR_INVALID, "--distinct and --once of one column");
        }
        args->distinct = str_of(value);
        args->once = args->once || option == OPTION_ONCE;
        break;
    case OPTION_TOP:
        TRY(cli_number("top", value, AGGREGATE_GROUPS_MAX, &number, d));
        args->top = (size_t)number;
        break;
    case OPTION_PART:
        args->part = value;
        break;
    case OPTION_THREADS:
        TRY(cli_number("threads", value, AGGREGATE_THREADS_MAX, &number, d));
        args->threads = number == 0 ? 1 : (unsigned)number;
        break;
    case OPTION_FORMAT:
        return reader_format_parse(str_of(value), &args->format.kind, d);
    case OPTION_CSV:
        return csv_dialect_parse(str_of(value), &args->format.csv, d);
    case OPTION_ENDPOINT:
        args->endpoint = value;
        break;
    case OPTION_STRICT:
        args->strict = true;
        break;
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

static int arguments_read(int argc, char **argv, struct tally_arguments *args)
{
    struct diag d = DIAG_INIT;
    int found;
    opterr = 0;
    while ((found = getopt_long(argc, argv, "-:", tally_options, NULL)) != -1) {
        if (found == '?' || found == ':') {
            return cli_bad_option(&cli_tally, argc, argv, found);
        }
        if (found == 1) {
            if (args->where != NULL) {
                return cli_usage(&cli_tally, "what is \"%s\" for?", optarg);
            }
            args->where = optarg;
        } else if (option_take(args, found, optarg, &d) != ERR_OK) {
            return cli_usage(&cli_tally, "%s", d.msg);
        }
    }
    if (args->where == NULL || args->pipeline == NULL) {
        return cli_usage(&cli_tally,
                         args->where == NULL ? "where are the objects?" : "--pipeline is missing");
    }
    args->must.tally = true;
    if (args->part != NULL && asserting_any(&args->must)) {
        return cli_usage(&cli_tally,
                         "a part says nothing of the whole: no expectation with --part");
    }
    return CLI_OK;
}

/* ---- progress ---- */

static void progress_show(void *ctx, const struct aggregate_progress *done)
{
    struct tally *t = ctx;
    int64_t now = rt_mono_us(t->rt);
    bool last = done->objects == t->source.count;
    if (now - t->shown_us < PROGRESS_EVERY_US && !last) {
        return;
    }
    t->shown_us = now;
    progress_line(&(struct progress){.json = t->args->must.json,
                                     .objects = done->objects,
                                     .of = t->source.count,
                                     .records = done->records,
                                     .bytes = done->bytes,
                                     .bytes_all = t->bytes_all,
                                     .raw_bytes = done->raw_bytes,
                                     .elapsed_us = now - t->begun_us});
}

/* ---- the command ---- */

static enum err inputs_read(struct tally *t, struct aggregate_plan *ret_plan, struct diag *d)
{
    struct tally_arguments *args = t->args;
    struct str text;
    TRY(inputs_file(t->arena, args->pipeline, DEFINITION_BYTES_MAX, &text, d));
    TRY(definition_read(t->arena, text, str_of(args->pipeline), &t->def, d));
    TRY(asserting_read(t->arena, &args->must, t->def, &t->must, d));
    TRY(aggregate_plan_read(t->arena, t->def, args->by, args->distinct, args->once, ret_plan, d));
    TRY(inputs_source(t->arena, t->rt, str_of(args->where), args->endpoint, &t->source, d));
    TRY(selecting_apply(&args->part_of, t->arena, t->def, &t->source, d));
    ret_plan->selected = selection_name(&args->part_of.selection, t->arena);
    t->bytes_all = source_bytes(&t->source);
    return ERR_OK;
}

/* What differs, behind what was counted. */
static enum err check(struct tally *t, const struct aggregate_run_result *r, struct buf *out,
                      struct expect_result *ret_checked, struct diag *d)
{
    struct player_result played = expect_tally_played(t->must.tally, r);
    played.elapsed_us = rt_mono_us(t->rt) - t->begun_us;
    struct asserting_found found = {.played = &played, .run = r};
    TRY(asserting_check(&t->must, out, t->def, &found, ret_checked, d));
    if (t->args->must.json) {
        outcome_json(out, "tally", t->def, &played, ret_checked);
    }
    return ERR_OK;
}

static enum err result_write(struct tally *t, const struct aggregate_run_result *r,
                             struct expect_result *ret_checked, struct diag *d)
{
    const struct asserting_options *must = &t->args->must;
    bool asserts = asserting_any(must);
    struct buf out;
    buf_init(&out, t->arena, TALLY_BYTES_MAX);
    if (t->args->part != NULL) {
        TRY(aggregate_save(&out, t->arena, &r->result, d));
    } else if (must->json && !asserts) {
        aggregate_json(&out, t->arena, &r->result);
    } else if (!must->json && !(must->quiet && asserts)) {
        aggregate_table(&out, t->arena, &r->result, t->args->top);
    }
    if (asserts) {
        TRY(check(t, r, &out, ret_checked, d));
    }
    return inputs_write(t->args->part, buf_str(&out), d);
}

static void problems_show(const struct aggregate_run_result *r, size_t lines_max)
{
    for (size_t i = 0; i < r->problem_count && i < lines_max; i++) {
        fprintf(stderr, "%.*s: %.*s\n", STR_ARG(r->problems[i].object),
                STR_ARG(r->problems[i].text));
    }
    if (r->problem_count > lines_max) {
        fprintf(stderr, "and %zu more\n", r->problem_count - lines_max);
    }
}

static int tally(struct tally *t)
{
    struct diag d = DIAG_INIT;
    struct aggregate_plan plan;
    struct aggregate_run_result result;
    struct expect_result checked = {0};
    const char *folder = getenv("TMPDIR");
    if (inputs_read(t, &plan, &d) != ERR_OK) {
        (void)cli_failed(&cli_tally, &d);
        return inputs_exit(&d);
    }
    bool shown = !t->args->must.quiet && (t->args->must.json || isatty(STDERR_FILENO));
    struct aggregate_run_options o = {
        .format = t->args->format,
        .threads = t->args->threads,
        .rt = t->rt,
        .selection = &t->args->part_of.selection,
        .strict = t->args->strict,
        .aggregate = {.distinct_bytes_max = TALLY_VALUES_BYTES,
                      .folder = str_of(folder == NULL ? "/tmp" : folder)},
        .progress = shown ? progress_show : NULL,
        .progress_ctx = t};
    if (asserting_any(&t->args->must)) {
        o.more = expect_tally_plans(t->must.tally, &o.more_count);
    }
    t->begun_us = rt_mono_us(t->rt);
    enum err err = aggregate_run(t->arena, t->def, &plan, &t->source, &o, &result, &d);
    if (shown && !t->args->must.json) {
        fprintf(stderr, "\r\033[K");
    }
    if (err != ERR_OK || result_write(t, &result, &checked, &d) != ERR_OK) {
        return cli_failed(&cli_tally, &d);
    }
    problems_show(&result, t->args->must.lines_max);
    return result.problem_count == 0 && checked.count == 0 ? CLI_OK : CLI_FAILED;
}

static int tally_run(int argc, char **argv)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct tally_arguments args = {.part_of = SELECTING_ALL,
                                   .by = STR_EMPTY,
                                   .distinct = STR_EMPTY,
                                   .must = {.lines_max = PROBLEMS_SHOWN},
                                   .threads = processors < 1     ? 1
                                              : processors > 256 ? 256
                                                                 : (unsigned)processors};
    int code = arguments_read(argc, argv, &args);
    if (code != CLI_OK) {
        return code;
    }
    memory_is_kept();
    struct arena *a = arena_new("tally", ARENA_PROCESS_BYTES_MAX);
    struct tally t = {.arena = a, .args = &args, .rt = rt_threads_new(a, 0)};
    code = tally(&t);
    arena_free(a);
    return code;
}

const struct cli_command cli_tally = {
    .name = "tally",
    .summary = "counts and exact sums of captured objects, by group, as fast as they can be read",
    .help = tally_help,
    .run = tally_run,
};

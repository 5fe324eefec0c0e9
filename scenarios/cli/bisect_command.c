/* bisect_command.c -- `aforo bisect`: the object, and in it the record, with which a command begins
 * to fail. The command sees a folder with the first objects of a source; where one more object
 * makes the difference, the first records of that one.
 *
 * Bisection is right where what fails goes on to fail with more objects behind it. Whether the
 * object and the record fail by themselves is tried at the end, and said. */
#include "cli.h"
#include "inputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "adapter/rt_threads.h"
#include "base/limits.h"
#include "replay/selection.h"
#include "subset.h"

static const char help[] =
    "usage: aforo bisect WHERE --run COMMAND [OPTIONS]\n"
    "       aforo bisect WHERE --pipeline FILE [--expect FILE] [OPTIONS]\n\n"
    "Finds the object, and in it the record, with which something begins to fail: an expectation, "
    "or a crash of any\n"
    "program. COMMAND is run by the shell over folders with the first objects of WHERE; {} stands "
    "for the folder. It\n"
    "fails by any exit code but 0, and by a signal. With --pipeline the command is aforo replay "
    "itself, and the\n"
    "expectation must hold at every object: no quarantine, no duplicates, a least and a greatest "
    "value.\n\n"
    "  --run COMMAND        what is run, such as './aforo-old replay {} --pipeline orders.yaml'\n"
    "  --pipeline FILE      run aforo replay by this definition\n"
    "  --expect FILE        with this expectation\n"
    "  --prefix KEY         objects whose key begins so\n"
    "  --format F           " READER_FORMATS_HELP
    "  --csv DIALECT        \"delimiter=tab quote=none escape=\\ names=id,shop\"\n"
    "  --endpoint URL       of S3; default: AWS_ENDPOINT_URL, or AWS itself\n"
    "  --verbose            what the command says\n\n"
    "Exit code: 0 nothing fails, 1 found, 2 bad input.\n\n"
    "example:\n"
    "  aforo bisect s3://orders-data/raw/ --pipeline orders.yaml --expect none-refused.json\n";

struct bisect_arguments {
    const char *where, *run, *pipeline, *expect, *endpoint;
    struct selection selection;
    struct reader_form format;
    bool verbose;
};
struct bisect {
    struct arena *arena;
    struct bisect_arguments *args;
    struct source source;
    char folder[64];
    struct str command; /* with the folder in it */
    unsigned runs;
};

enum {
    OPTION_RUN = 256,
    OPTION_PIPELINE,
    OPTION_EXPECT,
    OPTION_PREFIX,
    OPTION_FORMAT,
    OPTION_CSV,
    OPTION_ENDPOINT,
    OPTION_VERBOSE
};
static const struct option options[] = {{"run", required_argument, NULL, OPTION_RUN},
                                        {"pipeline", required_argument, NULL, OPTION_PIPELINE},
                                        {"expect", required_argument, NULL, OPTION_EXPECT},
                                        {"prefix", required_argument, NULL, OPTION_PREFIX},
                                        {"format", required_argument, NULL, OPTION_FORMAT},
                                        {"csv", required_argument, NULL, OPTION_CSV},
                                        {"endpoint", required_argument, NULL, OPTION_ENDPOINT},
                                        {"verbose", no_argument, NULL, OPTION_VERBOSE},
                                        {NULL, 0, NULL, 0}};

/* ---- arguments ---- */

static enum err option_take(struct bisect_arguments *args, int option, const char *value,
                            struct diag *d)
{
    switch (option) {
    case OPTION_RUN:
        args->run = value;
        break;
    case OPTION_PIPELINE:
        args->pipeline = value;
        break;
    case OPTION_EXPECT:
        args->expect = value;
        break;
    case OPTION_PREFIX:
        args->selection.prefix = str_of(value);
        break;
    case OPTION_FORMAT:
        return reader_format_parse(str_of(value), &args->format.kind, d);
    case OPTION_CSV:
        return csv_dialect_parse(str_of(value), &args->format.csv, d);
    case OPTION_ENDPOINT:
        args->endpoint = value;
        break;
    default:
        args->verbose = true;
        break;
    }
    return ERR_OK;
}

static int arguments_read(int argc, char **argv, struct bisect_arguments *args)
{
    struct diag d = DIAG_INIT;
    int found;
    opterr = 0;
    while ((found = getopt_long(argc, argv, "-:", options, NULL)) != -1) {
        if (found == '?' || found == ':') {
            return cli_bad_option(&cli_bisect, argc, argv, found);
        }
        if (found == 1) {
            if (args->where != NULL) {
                return cli_usage(&cli_bisect, "what is \"%s\" for?", optarg);
            }
            args->where = optarg;
        } else if (option_take(args, found, optarg, &d) != ERR_OK) {
            return cli_usage(&cli_bisect, "%s", d.msg);
        }
    }
    if (args->where == NULL) {
        return cli_usage(&cli_bisect, "where are the objects?");
    }
    return (args->run != NULL) != (args->pipeline != NULL)
               ? CLI_OK
               : cli_usage(&cli_bisect, "either --run or --pipeline");
}

/* ---- the command ---- */

/* 'text', for the shell. */
static void add_quoted(struct buf *out, struct str text)
{
    buf_add_char(out, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'') {
            buf_add_z(out, "'\\''");
        } else {
            buf_add_char(out, text.ptr[i]);
        }
    }
    buf_add_char(out, '\'');
}

static void add_option(struct buf *out, const char *name, const char *value)
{
    if (value != NULL) {
        buf_addf(out, " --%s ", name);
        add_quoted(out, str_of(value));
    }
}

static enum err command_make(struct bisect *b, struct diag *d)
{
    struct buf out;
    char self[4096];
    buf_init(&out, b->arena, MIB);
    if (b->args->run == NULL) {
        ssize_t len = readlink("/proc/self/exe", self, sizeof(self));
        if (len <= 0) {
            return fail(d, ERR_UNAVAILABLE, "this program's own path is not known: use --run");
        }
        add_quoted(&out, str_n(self, (size_t)len));
        buf_addf(&out, " replay %s --quiet", b->folder);
        add_option(&out, "pipeline", b->args->pipeline);
        add_option(&out, "expect", b->args->expect);
    }
    struct str rest = str_of(b->args->run);
    for (size_t at; (at = str_find_str(rest, STR("{}"))) != STR_NONE;
         rest = str_from(rest, at + 2)) {
        buf_add(&out, str_slice(rest, 0, at));
        buf_add_z(&out, b->folder);
    }
    buf_add(&out, rest);
    buf_add_z(&out, b->args->verbose ? "" : " >/dev/null 2>&1");
    b->command = buf_str(&out);
    return ERR_OK;
}

/* Whether the command fails over a part of the source. */
static enum err fails(struct bisect *b, const struct subset *part, bool *ret_fails, struct diag *d)
{
    TRY(subset_write(b->folder, &b->source, &b->args->format, part, d));
    fflush(stdout);
    int status = system(str_z(b->arena, b->command));
    b->runs++;
    if (status == -1 ||
        (WIFEXITED(status) && (WEXITSTATUS(status) == 127 || WEXITSTATUS(status) == 126))) {
        return fail(d, ERR_INVALID, "the command cannot be run");
    }
    *ret_fails = status != 0;
    return ERR_OK;
}

/* ---- halving ---- */

/* The least number of objects with which it fails, given that it does with all of them. */
static enum err first_object(struct bisect *b, size_t *ret_object, struct diag *d)
{
    size_t good = 0, bad = b->source.count;
    while (bad - good > 1) {
        size_t middle = good + (bad - good) / 2;
        bool failed;
        TRY(fails(b, &(struct subset){.to = middle}, &failed, d));
        if (failed) {
            bad = middle;
        } else {
            good = middle;
        }
    }
    *ret_object = bad - 1;
    return ERR_OK;
}

/* The same for the records of that object, behind what stands before it. */
static enum err first_record(struct bisect *b, size_t from, size_t object, uint64_t count,
                             uint64_t *ret_record, struct diag *d)
{
    uint64_t good = 0, bad = count;
    while (bad - good > 1) {
        uint64_t middle = good + (bad - good) / 2;
        bool failed;
        TRY(fails(b, &(struct subset){.from = from, .to = object, .records = middle}, &failed, d));
        if (failed) {
            bad = middle;
        } else {
            good = middle;
        }
    }
    *ret_record = bad - 1;
    return ERR_OK;
}

static void say_record(uint64_t number, struct str record, bool alone)
{
    printf("record %llu: %.*s%s\n%s\n", (unsigned long long)number,
           STR_ARG(str_slice(record, 0, 500)), record.len > 500 ? "..." : "",
           alone ? "It fails by itself." : "It fails only behind the records before it.");
}

static enum err find_record(struct bisect *b, size_t object, bool alone, struct diag *d)
{
    uint64_t count = 0, number = 0;
    struct str record = STR_EMPTY;
    struct diag unreadable = DIAG_INIT;
    size_t from = alone ? object : 0;
    bool failed;
    if (subset_count(b->arena, &b->source, object, &b->args->format, 0, &count, &record,
                     &unreadable) != ERR_OK ||
        count == 0) {
        printf("Its records cannot be told apart: %s\n", count == 0 ? "none" : unreadable.msg);
        return ERR_OK;
    }
    TRY(fails(b, &(struct subset){.from = from, .to = object, .records = count}, &failed, d));
    if (!failed) {
        printf("Its records written anew do not fail: it is how the object is packed.\n");
        return ERR_OK;
    }
    TRY(first_record(b, from, object, count, &number, d));
    TRY(subset_count(b->arena, &b->source, object, &b->args->format, number, &count, &record, d));
    TRY(fails(b, &(struct subset){.from = object, .to = object, .record = number, .records = 1},
              &failed, d));
    say_record(number, record, failed);
    return ERR_OK;
}

static enum err find(struct bisect *b, bool *ret_found, struct diag *d)
{
    size_t object;
    bool failed;
    TRY(fails(b, &(struct subset){.to = b->source.count}, ret_found, d));
    if (!*ret_found) {
        printf("nothing fails over all %zu objects\n", b->source.count);
        return ERR_OK;
    }
    TRY(first_object(b, &object, d));
    TRY(fails(b, &(struct subset){.from = object, .to = object + 1}, &failed, d));
    printf("object %zu of %zu: %.*s\n%s\n", object + 1, b->source.count,
           STR_ARG(b->source.objects[object].key),
           failed ? "It fails by itself." : "It fails only behind the objects before it.");
    TRY(find_record(b, object, failed, d));
    printf("%u runs\n", b->runs);
    return ERR_OK;
}

static int bisect(struct bisect *b)
{
    struct diag d = DIAG_INIT;
    bool found = false;
    const char *temporary = getenv("TMPDIR");
    snprintf(b->folder, sizeof(b->folder), "%.40s/aforo-bisect-XXXXXX",
             temporary == NULL ? "/tmp" : temporary);
    enum err err = inputs_source(b->arena, rt_threads_new(b->arena, 0), str_of(b->args->where),
                                 b->args->endpoint, &b->source, &d);
    err = err == ERR_OK ? selection_objects(&b->args->selection, &b->source, &d) : err;
    if (err == ERR_OK && mkdtemp(b->folder) == NULL) {
        err = fail(&d, ERR_UNAVAILABLE, "no temporary folder can be made");
    }
    if (err != ERR_OK) {
        (void)cli_failed(&cli_bisect, &d);
        return inputs_exit(&d);
    }
    err = b->source.count == 0 ? fail(&d, ERR_NOT_FOUND, "no object there") : command_make(b, &d);
    err = err == ERR_OK ? find(b, &found, &d) : err;
    subset_remove(b->folder);
    if (err != ERR_OK) {
        (void)cli_failed(&cli_bisect, &d);
        return inputs_exit(&d);
    }
    return found ? CLI_FAILED : CLI_OK;
}

static int bisect_run(int argc, char **argv)
{
    struct bisect_arguments args = {.selection = SELECTION_ALL};
    int code = arguments_read(argc, argv, &args);
    if (code != CLI_OK) {
        return code;
    }
    struct arena *a = arena_new("bisect", ARENA_PROCESS_BYTES_MAX);
    struct bisect b = {.arena = a, .args = &args};
    code = bisect(&b);
    arena_free(a);
    return code;
}

const struct cli_command cli_bisect = {
    .name = "bisect",
    .summary = "the object and the record with which something begins to fail",
    .help = help,
    .run = bisect_run,
};

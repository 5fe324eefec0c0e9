/* inspect_command.c -- `aforo inspect`: what captured objects are, and whether they are whole. */
#include "cli.h"
#include "inputs.h"

#include "adapter/rt_threads.h"
#include "base/json.h"
#include "base/limits.h"
#include "replay/inspection.h"
#include "replay/selection.h"

#define OUTPUT_BYTES_MAX (4 * GIB)

static const char help[] =
    "usage: aforo inspect WHERE [OPTIONS]\n\n"
    "What captured objects are, without a definition: how they are packed, their format, their "
    "records, and whether\n"
    "all of it is as checksums, indexes and manifest say. WHERE is a file, a folder, a manifest or "
    "s3://BUCKET/PREFIX.\n"
    "Of one object, all its parts: gzip members, zstd frames, indexes.\n\n"
    "  --parts              the parts of every object\n"
    "  --write-manifest FILE   what all of it is, as a manifest that a replay holds the objects "
    "against: in a\n"
    "                       folder as manifest.tsv, elsewhere for --manifest of aforo replay and "
    "aforo tally\n"
    "  --manifest FILE      a manifest that does not lie with the objects\n"
    "  --prefix KEY         objects whose key begins so\n"
    "  --format F           " READER_FORMATS_HELP
    "  --csv DIALECT        \"delimiter=tab quote=none escape=\\ names=id,shop\"\n"
    "  --endpoint URL       of S3; default: AWS_ENDPOINT_URL, or AWS itself\n"
    "  --json               JSON, with the parts\n\n"
    "Exit code: 0 all well, 1 an object has a problem, 2 bad input.\n\n"
    "examples:\n"
    "  aforo inspect fixtures/captures/flights-2001-q1\n"
    "  aforo inspect s3://raw/orders/dt=2026-03-28/ --json\n";

struct inspect_arguments {
    const char *where, *endpoint, *write_manifest, *manifest;
    struct reader_form format;
    struct selection selection;
    bool parts, json;
};

enum {
    OPTION_PARTS = 256,
    OPTION_PREFIX,
    OPTION_FORMAT,
    OPTION_CSV,
    OPTION_ENDPOINT,
    OPTION_JSON,
    OPTION_WRITE_MANIFEST,
    OPTION_MANIFEST
};
static const struct option options[] = {
    {"parts", no_argument, NULL, OPTION_PARTS},
    {"write-manifest", required_argument, NULL, OPTION_WRITE_MANIFEST},
    {"manifest", required_argument, NULL, OPTION_MANIFEST},
    {"prefix", required_argument, NULL, OPTION_PREFIX},
    {"format", required_argument, NULL, OPTION_FORMAT},
    {"csv", required_argument, NULL, OPTION_CSV},
    {"endpoint", required_argument, NULL, OPTION_ENDPOINT},
    {"json", no_argument, NULL, OPTION_JSON},
    {NULL, 0, NULL, 0}};

static enum err option_take(struct inspect_arguments *args, int option, const char *value,
                            struct diag *d)
{
    switch (option) {
    case OPTION_PARTS:
        args->parts = true;
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
    case OPTION_WRITE_MANIFEST:
        args->write_manifest = value;
        args->format.digest = true;
        break;
    case OPTION_MANIFEST:
        args->manifest = value;
        break;
    default:
        args->json = true;
        break;
    }
    return ERR_OK;
}

static int arguments_read(int argc, char **argv, struct inspect_arguments *args)
{
    struct diag d = DIAG_INIT;
    int found;
    opterr = 0;
    while ((found = getopt_long(argc, argv, "-:", options, NULL)) != -1) {
        if (found == '?' || found == ':') {
            return cli_bad_option(&cli_inspect, argc, argv, found);
        }
        if (found == 1) {
            if (args->where != NULL) {
                return cli_usage(&cli_inspect, "what is \"%s\" for?", optarg);
            }
            args->where = optarg;
        } else if (option_take(args, found, optarg, &d) != ERR_OK) {
            return cli_usage(&cli_inspect, "%s", d.msg);
        }
    }
    return args->where != NULL ? CLI_OK : cli_usage(&cli_inspect, "where are the objects?");
}

/* ---- objects ---- */

/* What is said of an object outlives what it was read into. */
static struct inspection kept(struct arena *a, const struct inspection *i)
{
    struct inspection copy = *i;
    copy.first_sequence_number = str_copy(a, i->first_sequence_number);
    copy.last_sequence_number = str_copy(a, i->last_sequence_number);
    copy.problem = str_copy(a, i->problem);
    copy.sha256 = str_copy(a, i->sha256);
    copy.parts = arena_copy(a, i->parts, i->part_count * sizeof(i->parts[0]));
    for (size_t k = 0; k < i->part_count; k++) {
        copy.parts[k].note = str_copy(a, i->parts[k].note);
        copy.parts[k].problem = str_copy(a, i->parts[k].problem);
    }
    return copy;
}

static enum err inspect_one(struct arena *a, const struct inspect_arguments *args,
                            const struct source *source, size_t index, struct inspection *ret_found,
                            struct diag *d)
{
    struct inspection found;
    struct arena *object = arena_new("inspect object", ARENA_PROCESS_BYTES_MAX);
    enum err err =
        inspection_make(object, source, &source->objects[index], &args->format, &found, d);
    if (err == ERR_NOT_FOUND) { /* the manifest names it, and it is not there */
        found = (struct inspection){
            .key = source->objects[index].key, .packing = "-", .problem = str_of(d->msg)};
        *ret_found = kept(a, &found);
        diag_clear(d);
        err = ERR_OK;
    } else if (err == ERR_OK) {
        *ret_found = kept(a, &found);
    }
    arena_free(object);
    return err == ERR_OK ? ERR_OK : diag_context(d, "%.*s", STR_ARG(source->objects[index].key));
}

static void write_json(struct buf *out, const struct inspection *all, size_t count,
                       const struct inspection_total *total)
{
    struct json_out w;
    json_out_init(&w, out);
    json_out_object(&w);
    json_out_ki64(&w, "schema", 1);
    json_out_key(&w, "objects");
    json_out_array(&w);
    for (size_t i = 0; i < count; i++) {
        inspection_json(&w, &all[i]);
    }
    json_out_array_end(&w);
    json_out_key(&w, "total");
    inspection_total_json(&w, total);
    json_out_object_end(&w);
    buf_add_char(out, '\n');
}

static void write_text(struct buf *out, const struct inspect_arguments *args,
                       const struct inspection *all, size_t count,
                       const struct inspection_total *total)
{
    inspection_table(out, all, count, total);
    for (size_t i = 0; (args->parts || count == 1) && i < count; i++) {
        buf_addf(out, "\n%.*s\n", STR_ARG(all[i].key));
        inspection_parts_table(out, &all[i]);
    }
}

/* Of what is whole: a manifest of damaged objects would call the damage right. */
static enum err write_manifest(struct arena *a, const char *path, const struct inspection *all,
                               size_t count, const struct inspection_total *total, struct diag *d)
{
    struct buf out;
    if (path == NULL) {
        return ERR_OK;
    }
    if (total->problems > 0) {
        return fail(d, ERR_CONFLICT, "%s is not written: %llu objects have a problem", path,
                    (unsigned long long)total->problems);
    }
    buf_init(&out, a, OUTPUT_BYTES_MAX);
    buf_add_z(&out, SOURCE_MANIFEST_HEAD);
    for (size_t i = 0; i < count; i++) {
        struct source_object line = {.key = all[i].key,
                                     .records = (int64_t)all[i].records,
                                     .raw_bytes = (int64_t)all[i].raw_bytes,
                                     .sha256_of_raw = all[i].sha256};
        TRY(source_manifest_row(&out, &line, d));
    }
    return inputs_write(path, buf_str(&out), d);
}

static enum err inspect(struct arena *a, struct inspect_arguments *args, bool *ret_well,
                        struct diag *d)
{
    struct source source;
    struct inspection_total total = {0};
    struct buf out;
    TRY(inputs_source(a, rt_threads_new(a, 0), str_of(args->where), args->endpoint, &source, d));
    TRY(inputs_manifest(a, args->manifest, &source, d));
    TRY(selection_objects(&args->selection, &source, d));
    struct inspection *all = NEW_ARRAY(a, struct inspection, source.count);
    for (size_t i = 0; i < source.count; i++) {
        TRY(inspect_one(a, args, &source, i, &all[i], d));
        inspection_add(&total, &all[i]);
    }
    buf_init(&out, a, OUTPUT_BYTES_MAX);
    if (args->json) {
        write_json(&out, all, source.count, &total);
    } else {
        write_text(&out, args, all, source.count, &total);
    }
    *ret_well = total.problems == 0;
    TRY(inputs_write(NULL, buf_str(&out), d));
    return write_manifest(a, args->write_manifest, all, source.count, &total, d);
}

static int inspect_run(int argc, char **argv)
{
    struct inspect_arguments args = {.selection = SELECTION_ALL};
    struct diag d = DIAG_INIT;
    bool well = false;
    int code = arguments_read(argc, argv, &args);
    if (code != CLI_OK) {
        return code;
    }
    memory_is_kept();
    struct arena *a = arena_new("inspect", ARENA_PROCESS_BYTES_MAX);
    if (inspect(a, &args, &well, &d) != ERR_OK) {
        (void)cli_failed(&cli_inspect, &d);
        code = inputs_exit(&d);
    } else {
        code = well ? CLI_OK : CLI_FAILED;
    }
    arena_free(a);
    return code;
}

const struct cli_command cli_inspect = {
    .name = "inspect",
    .summary = "what captured objects are, and whether they are whole",
    .help = help,
    .run = inspect_run,
};

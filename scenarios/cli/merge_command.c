/* merge_command.c -- `aforo merge`: parts of a tally that was counted on many machines, as one. */
#include "cli.h"
#include "inputs.h"

#include <stdlib.h>
#include "base/limits.h"
#include "replay/aggregate.h"

static const char merge_help[] =
    "usage: aforo merge PART... [--json]\n\n"
    "Joins what `aforo tally --part` wrote on many machines: the same bytes as one run over all of "
    "it.\n";

static enum err merge(struct arena *a, char **paths, size_t count, bool json, struct diag *d)
{
    const char *folder = getenv("TMPDIR");
    struct aggregate_plan plan = {.pipeline = STR_EMPTY};
    struct aggregate_options o = {.distinct_bytes_max = TALLY_VALUES_BYTES / count,
                                  .folder = str_of(folder == NULL ? "/tmp" : folder)};
    struct aggregate **parts = NEW_ARRAY(a, struct aggregate *, count);
    struct aggregate_result result;
    struct buf out;
    for (size_t i = 0; i < count; i++) {
        struct arena *file = arena_new("tally part", TALLY_BYTES_MAX + GIB);
        struct str bytes;
        enum err err = inputs_file(file, paths[i], TALLY_BYTES_MAX, &bytes, d);
        err = err == ERR_OK ? aggregate_load(a, bytes, str_of(paths[i]), &plan, &o, &parts[i], d)
                            : err;
        arena_free(file);
        TRY(err);
    }
    TRY(aggregate_end(a, parts, count, &result, d));
    buf_init(&out, a, TALLY_BYTES_MAX);
    if (json) {
        aggregate_json(&out, a, &result);
    } else {
        aggregate_table(&out, a, &result, 0);
    }
    return inputs_write(NULL, buf_str(&out), d);
}

static int merge_run(int argc, char **argv)
{
    static const struct option options[] = {{"json", no_argument, NULL, 'j'}, {NULL, 0, NULL, 0}};
    struct diag d = DIAG_INIT;
    bool json = false;
    int found;
    opterr = 0;
    while ((found = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (found != 'j') {
            return cli_bad_option(&cli_merge, argc, argv, found);
        }
        json = true;
    }
    if (optind >= argc) {
        return cli_usage(&cli_merge, "which parts?");
    }
    struct arena *a = arena_new("merge", ARENA_PROCESS_BYTES_MAX);
    int code = CLI_OK;
    if (merge(a, argv + optind, (size_t)(argc - optind), json, &d) != ERR_OK) {
        (void)cli_failed(&cli_merge, &d);
        code = inputs_exit(&d);
    }
    arena_free(a);
    return code;
}

const struct cli_command cli_merge = {
    .name = "merge",
    .summary = "parts of a tally that was counted on many machines, as one",
    .help = merge_help,
    .run = merge_run,
};

/* app_options.h -- The command line of aforo-pipeline. */
#ifndef AFORO_APP_APP_OPTIONS_H
#define AFORO_APP_APP_OPTIONS_H

#include "base/str.h"

struct app_options {
    struct str command; /* "run", "reconcile", "report", "status" */
    struct str definition, warehouse, config_file, log_level, html;
    unsigned worker_index, worker_count, roles;
    int64_t drain_us;               /* 0: until told to stop */
    int64_t from_us, to_us, day_us; /* INSTANT_NEVER: not given */
    bool create;
    int shards;
    size_t lines_max;
    bool help, version;
};
/* ERR_INVALID names the option, or the nearest one. */
MUST_USE enum err app_options_read(int argc, char **argv, struct app_options *ret_options,
                                   struct diag *d);
/* The text of --help: of one command, or of all. */
const char *app_help(struct str command);

#endif

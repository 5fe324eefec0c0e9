/* demo.h -- What the files of `aforo demo` share: demo_command.c plays, demo_page.c prints,
 * demo_reports.c writes. */
#ifndef AFORO_SCENARIOS_CLI_DEMO_H
#define AFORO_SCENARIOS_CLI_DEMO_H

#include "cli.h"
#include "emulator/emulator.h"
#include "scenarios/runner/run.h"

struct demo_figure {
    const char *label, *sql; /* one whole number, in units of 10^-scale */
    int64_t expected;
    int scale;
};
struct demo {
    const char *name, *title, *file;
    const char *data; /* its capture: a folder of AFORO_DATA; NULL: as the file says */
    const struct demo_figure *figures;
    size_t figure_count;
};
struct demo_page {
    const struct demo *demo;
    const struct run_view *view;
    int64_t real_us;
    struct str report; /* a path */
};
/* *ret_exact: every figure is as expected, and every day agrees. */
MUST_USE enum err demo_page_print(struct arena *a, const struct demo_page *page, bool *ret_exact,
                                  struct diag *d);
/* The version in force of every day's HTML report, as OUTPUT/NAME/DAY.html; the last one's path.
 * ERR_DENIED: cannot write. */
MUST_USE enum err demo_reports_write(struct arena *a, const struct run_view *view,
                                     const char *output, const char *name, struct str *ret_last,
                                     struct diag *d);

#endif

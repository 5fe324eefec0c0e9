/* asserting.h -- What a replay or a tally must come to, from wherever it is known: an expectation
 * file, a report that the pipeline once made, a query on the source's own database. */
#ifndef AFORO_SCENARIOS_CLI_ASSERTING_H
#define AFORO_SCENARIOS_CLI_ASSERTING_H

#include <getopt.h>
#include "replay/expect.h"
#include "replay/expect_tally.h"

#define ASSERTING_KINDS 3
enum asserting_option {
    ASSERTING_EXPECT = 640,
    ASSERTING_AGAINST,
    ASSERTING_SOURCE,
    ASSERTING_QUERY,
    ASSERTING_JUNIT
};
/* Among a command's own options. */
#define ASSERTING_OPTIONS                                                                          \
    {"expect", required_argument, NULL, ASSERTING_EXPECT},                                         \
        {"against", required_argument, NULL, ASSERTING_AGAINST},                                   \
        {"against-source", required_argument, NULL, ASSERTING_SOURCE},                             \
        {"query", required_argument, NULL, ASSERTING_QUERY},                                       \
    {                                                                                              \
        "junit", required_argument, NULL, ASSERTING_JUNIT                                          \
    }
#define ASSERTING_HELP                                                                             \
    "  --expect FILE        counts and sums that must come out, as a whole and by group\n"         \
    "  --against REPORT     what a report.json of the pipeline once said of its day\n"             \
    "  --against-source DB  sqlite:PATH or postgresql://..., where --query SQL tells what must "   \
    "come out:\n"                                                                                  \
    "                       select day, count(*) as \"count\", sum(x) as \"sum(x)\" ... group by " \
    "day\n"                                                                                        \
    "  --junit FILE         the outcome as JUnit XML\n"
struct asserting_options {
    const char *expect, *report; /* files; NULL: not asked */
    const char *source, *query;  /* sqlite:PATH or postgresql://..., and a SELECT */
    const char *junit;           /* where to write; NULL: nowhere */
    size_t lines_max;            /* differences to show */
    bool quiet;                  /* nothing where all is equal */
    bool json;                   /* no text */
    bool tally;                  /* of a tally: there is no warehouse */
};
struct asserting {
    const struct asserting_options *options;
    struct str texts[ASSERTING_KINDS], names[ASSERTING_KINDS]; /* expectations, as text */
    size_t count;
    struct str report;          /* as it was given */
    struct expect_tally *tally; /* of a tally: what it needs counted */
};
/* Borrows the value. */
void asserting_take(struct asserting_options *o, int option, const char *value);
bool asserting_any(const struct asserting_options *o);
/* Reads and checks all of it, before anything is played. */
MUST_USE enum err asserting_read(struct arena *a, const struct asserting_options *options,
                                 const struct definition *def, struct asserting *ret_asserting,
                                 struct diag *d);
struct asserting_found {
    const struct player_result *played;
    struct warehouse *warehouse;
    const struct aggregate_run_result *run; /* of a tally, in the warehouse's place */
};
/* Adds what differs to `out`, writes the JUnit file. *ret_result lives in the arena of `out`. */
MUST_USE enum err asserting_check(const struct asserting *x, struct buf *out,
                                  const struct definition *def, const struct asserting_found *found,
                                  struct expect_result *ret_result, struct diag *d);

#endif

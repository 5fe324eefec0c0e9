/* asserting.h -- What a replay must come to, from wherever it is known: an expectation file, a
 * report that the pipeline once made, a query on the source's own database. */
#ifndef AFORO_SCENARIOS_CLI_ASSERTING_H
#define AFORO_SCENARIOS_CLI_ASSERTING_H

#include "replay/expect.h"

#define ASSERTING_KINDS 3
struct asserting_options {
    const char *expect, *report; /* files; NULL: not asked */
    const char *source, *query;  /* sqlite:PATH or postgresql://..., and a SELECT */
    const char *junit;           /* where to write; NULL: nowhere */
    size_t lines_max;            /* differences to show */
    bool quiet;                  /* nothing where all is equal */
    bool json;                   /* no text */
};
struct asserting {
    const struct asserting_options *options;
    struct str texts[ASSERTING_KINDS], names[ASSERTING_KINDS]; /* expectations, as text */
    size_t count;
};
/* Reads and checks all of it, before anything is played. */
MUST_USE enum err asserting_read(struct arena *a, const struct asserting_options *options,
                                 const struct definition *def, struct asserting *ret_asserting,
                                 struct diag *d);
/* Adds what differs to `out`, writes the JUnit file. *ret_result lives in the arena of `out`. */
MUST_USE enum err asserting_check(const struct asserting *x, struct buf *out,
                                  const struct definition *def, struct warehouse *w,
                                  const struct player_result *played,
                                  struct expect_result *ret_result, struct diag *d);

#endif

/* database.h -- The database of one run, empty at its beginning and gone at its end: in memory for
 * the simulator, a file in a temporary folder, or a schema of its own in a PostgreSQL. Private to
 * the runner. */
#ifndef AFORO_SCENARIOS_RUNNER_DATABASE_H
#define AFORO_SCENARIOS_RUNNER_DATABASE_H

#include "pipeline/definition.h"

struct database;
struct session_shelf;
struct database_options {
    uint64_t seed;
    bool real;            /* sessions of several threads */
    bool disk;            /* simulated: SQLite on a disk that can lose power */
    bool foreign;         /* the definition's table alone, in plain types: for somebody's program */
    const char *conninfo; /* a PostgreSQL's; NULL: SQLite */
    /* of a simulated one in memory: a shelf that outlives it; NULL: one of its own */
    struct session_shelf *shelf;
    size_t sessions; /* how many are in use at a time, beside the first */
};
/* Makes it and the pipeline's tables. */
MUST_USE enum err database_open(struct arena *a, const struct database_options *options,
                                const struct definition *def, struct database **ret_database,
                                struct diag *d);
/* Another session, which lives in `a`. From any thread. */
MUST_USE enum err database_session(const struct database *db, struct arena *a,
                                   struct warehouse **ret_warehouse, struct diag *d);
/* sqlite:PATH, or the connection string: where another process finds it. Lives in `a`. */
struct str database_url(const struct database *db, struct arena *a);
struct sim;
/* The disk's faults are this world's from here on; without a disk nothing. */
void database_attach(struct database *db, struct sim *sim);
struct warehouse *database_first(struct database *db); /* the session that made it */
void database_close(struct database *db);              /* after all other sessions; NULL is fine */

#endif

/* session_shelf.h -- Sessions with one SQLite database in memory that outlive those who use them: a
 * session that is given back is rolled back and emptied of its temporary rows, so that whoever
 * takes it next finds what a new one has. What it keeps is what costs: the schema as it was read,
 * and the statements as they were prepared. Private to the runner. */
#ifndef AFORO_SCENARIOS_RUNNER_SESSION_SHELF_H
#define AFORO_SCENARIOS_RUNNER_SESSION_SHELF_H

#include "seam/warehouse.h"

struct session_shelf;
struct session_shelf *session_shelf_new(struct arena *a); /* an empty database */
/* Empties every table, and sees that `count` sessions are there; while none is taken. */
MUST_USE enum err session_shelf_ready(struct session_shelf *shelf, size_t count, struct diag *d);
/* A session until `a` ends. It must not be closed. Where none is left, a new one, which is not
 * kept: opening it fails while somebody holds the lock, and must do so in every run. */
MUST_USE enum err session_shelf_take(struct session_shelf *shelf, struct arena *a,
                                     struct warehouse **ret_warehouse, struct diag *d);
#endif

/* build.h -- A table of a new warehouse, made by one replay: rows are appended as they come; when
 * all are there, the repeated ids are found by sorting, their later rows become duplicates, the key
 * is made once, and the table gets its name. Private to replay.
 *
 * That is several times as fast as merging each batch by id, and needs no page of the table in
 * memory. A build that is broken off stays, under its other name, and the next replay takes it up.
 * A program that dies loses nothing; while an SQLite file is new it is not synced to the disk
 * before the end, so a machine that dies may leave a damaged one: it is to be made again. */
#ifndef AFORO_REPLAY_BUILD_H
#define AFORO_REPLAY_BUILD_H

#include "pipeline/definition.h"
#include "pipeline/record.h"

struct build;
/* Creates the tables that are missing. *ret_build NULL: the table is there, and rows are to be
 * merged. `folder`: for what memory has no room for. Takes up what an earlier run has left. */
MUST_USE enum err build_open(struct arena *a, struct warehouse *w, const struct definition *def,
                             struct str folder, struct build **ret_build, struct diag *d);
/* The rows of an object, between its begin and its commit, in order. */
void build_object_begin(struct build *b);
MUST_USE enum err build_rows(struct build *b, const struct row *rows, size_t count, struct diag *d);
void build_object_committed(struct build *b);
/* Whether the table has its name: another replay into it came to its end first. */
MUST_USE enum err build_is_over(struct build *b, bool *ret_over, struct diag *d);
/* All rows are there. Afterwards the counts of aforo_loaded_object tell rows and duplicates as if
 * they had been merged. */
MUST_USE enum err build_end(struct build *b, struct diag *d);
/* Gives the warehouse back as it was opened, built or not. NULL is fine. */
void build_close(struct build *b);

#endif

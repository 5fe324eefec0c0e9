/* build_notes.h -- Which rows of an SQLite table may have an id that another row has: a note a row,
 * 16 bytes, sorted at the end. Memory is bounded; what is more goes to a file. Private to replay.
 */
#ifndef AFORO_REPLAY_BUILD_NOTES_H
#define AFORO_REPLAY_BUILD_NOTES_H

#include "base/diag.h"
#include "pipeline/definition.h"

struct notes;
/* `table` has no key, and its ids are in the definition's id column. `folder`: for the file. */
struct notes *notes_new(struct arena *a, struct warehouse *w, const struct definition *def,
                        struct str table, struct str folder);
void notes_done(struct notes *n);
/* Of all rows that are in the table, from the table itself. */
MUST_USE enum err notes_read(struct notes *n, struct diag *d);
/* Of the next row. */
MUST_USE enum err notes_add(struct notes *n, struct str id, struct diag *d);
/* Where the next object's rows begin: behind those that were kept. A note too many costs a
 * comparison. */
void notes_rewind(struct notes *n);
void notes_keep(struct notes *n);
/* Fills aforo_alike(hash, place) with the rows whose ids have one hash, where there are two of one,
 * in the open transaction. Rows of others in the table are noticed by their number. */
MUST_USE enum err notes_list(struct notes *n, struct diag *d);

#endif

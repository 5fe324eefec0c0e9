/* shard_note.h -- What the lander of an idle shard leaves in S3: until when all that arrived there
 * has landed. Objects of raw say that for a shard that is in use; without a note, one on which
 * nothing came for longer than the stream keeps its records looks like one whose records were lost.
 *
 * One object a shard, landing/<pipeline>/<shard>, written over and over: it is true whenever it was
 * written, and an older one that comes late says less, nothing wrong. Raw is whole without it. */
#ifndef AFORO_PIPELINE_SHARD_NOTE_H
#define AFORO_PIPELINE_SHARD_NOTE_H

#include "pipeline/pipeline.h"

/* *ret_until_us: by the stream's clock; 0: nothing is noted, or it may not be read. */
MUST_USE enum err shard_note_read(struct pipeline *p, struct str shard_id, struct arena *scratch,
                                  int64_t *ret_until_us, struct diag *d);
MUST_USE enum err shard_note_write(struct pipeline *p, struct str shard_id, int64_t until_us,
                                   struct arena *scratch, struct diag *d);

#endif

/* landing.h -- One shard into raw objects, exactly once, with no coordinator
 * (docs/design/0001-landing.md): the key is a function of the object's first record, it is written
 * only if absent, and the position to go on from is read from S3. Whoever finds the key taken reads
 * what is there and carries on behind it. */
#ifndef AFORO_PIPELINE_LANDING_H
#define AFORO_PIPELINE_LANDING_H

#include "pipeline/pipeline.h"

/* Metadata of a raw object: "<since>-<until>", milliseconds. What arrived at its shard in between,
 * behind what had landed before, had passed the stream's retention when it was to be read: it may
 * have been nothing, and nobody can tell any more. A shard that somebody watched is none of these:
 * a lander notes that it was idle (shard_note.h). */
#define LANDING_META_GAP "gap-ms"

struct landing;
struct landing *landing_new(struct arena *a, struct pipeline *p, struct str shard_id);
/* One turn: finds the position when it is not known, reads what has come, and lands an object when
 * one is full or old enough. *ret_idle_us: how long to wait before the next turn; 0: there is more.
 * Transient failures are logged and become a wait; ERR_NOT_FOUND: the shard is closed and drained;
 * other errors need a person. */
MUST_USE enum err landing_turn(struct landing *l, int64_t *ret_idle_us, struct diag *d);
bool landing_is_drained(const struct landing *l); /* its closed shard is landed to the end */
/* For one who does not land the shard but waits for whoever does: whether it is closed and all of
 * it has landed. Asks S3 and the shard, reads on from where it was at the last call. */
MUST_USE enum err landing_probe(struct landing *l, bool *ret_drained, struct diag *d);
bool landing_has_batch(const struct landing *l); /* records were read that are in no object yet */

#endif

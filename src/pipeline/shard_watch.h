/* shard_watch.h -- Which shards of the stream a worker lands, and when each may begin: a child only
 * once its parents are drained and landed, so that raw is written in each key's order across a
 * reshard. Not here: landing a shard (landing.h). */
#ifndef AFORO_PIPELINE_SHARD_WATCH_H
#define AFORO_PIPELINE_SHARD_WATCH_H

#include "pipeline/pipeline.h"

struct shard_watch;
/* The share `index` of `count` (0 of 1: all). Calls go through `p`. */
struct shard_watch *shard_watch_new(struct arena *a, struct pipeline *p, unsigned index,
                                    unsigned count);
struct shard_look {
    struct str *ids; /* of our shards: those to begin now, each told once */
    size_t count;
    size_t waiting; /* of our shards: how many wait for a parent */
    size_t listed;  /* all shards of the stream */
};
/* Lists the stream's shards. What it returns lives in `a`. Errors are kinesis_list_shards'. */
MUST_USE enum err shard_watch_look(struct shard_watch *w, struct arena *a,
                                   struct shard_look *ret_look, struct diag *d);
/* A shard that was told has been landed to its end. */
void shard_watch_drained(struct shard_watch *w, struct str id);

#endif

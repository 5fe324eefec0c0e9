/* player.h -- A source through the production code: record, validate, transform, load; the same
 * calls as the loader's. */
#ifndef AFORO_REPLAY_PLAYER_H
#define AFORO_REPLAY_PLAYER_H

#include "pipeline/definition.h"
#include "pipeline/loading.h"
#include "replay/pace.h"
#include "replay/reader.h"
#include "replay/selection.h"
#include "replay/source.h"

#define PLAYER_OBJECT_BYTES_MAX (4 * GIB) /* what one object may become in memory, but its rows */

struct player_problem { /* an object that is missing, cut, or not what the manifest says */
    struct str object, text;
    bool counted; /* it could be read: its records are in the result all the same */
};
struct player_result {
    uint64_t objects, bytes, raw_bytes; /* loaded; as stored; after decompression */
    /* of the objects: found in the warehouse with the same content, not read again */
    uint64_t loaded_before;
    struct loaded_counts counts; /* of all objects; those loaded before as they were then */
    /* Not asked for: objects, of which nothing is in the warehouse, and records of those that were
     * read in this run. In none of the counts above. */
    uint64_t objects_passed, records_passed;
    struct player_problem *problems; /* in the objects' order */
    size_t problem_count;
    int64_t elapsed_us;
};
struct player_options {
    struct reader_form format;
    void (*progress)(void *ctx, const struct player_result *so_far); /* NULL: silent */
    void *progress_ctx;
    int64_t (*now_us)(void *ctx);
    void *now_ctx;
    /* a second task reads and decodes ahead; NULL: one object after the other. Same result */
    struct rt *rt;
    /* A table that is missing is made in one go (build.h); merge: never. Same result */
    bool merge;
    /* A part of the records, NULL: all. An object is then loaded in part, which its line tells; it
     * is a problem where it was loaded as another part before. */
    const struct selection *selection;
    struct pace pace;        /* TIMED waits by rt, which is needed; VIRTUAL stamps with arrivals */
    struct str spill_folder; /* for what memory has no room for; empty: /tmp */
};
/* Loads every object that is not loaded yet, each in one transaction; missing tables are created.
 * An object that cannot be read becomes a problem, and the others go on; one that can be read and
 * is not what the manifest says is a problem too, and is loaded, so that sums show by how much.
 * Fails when the warehouse or the source as a whole does. */
MUST_USE enum err player_run(struct arena *a, const struct definition *def,
                             const struct source *source, struct warehouse *w,
                             const struct player_options *options, struct player_result *ret_result,
                             struct diag *d);

#endif

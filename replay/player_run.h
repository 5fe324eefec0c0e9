/* player_run.h -- A run of the player, and the object that it is loading. Private to the player. */
#ifndef AFORO_REPLAY_PLAYER_RUN_H
#define AFORO_REPLAY_PLAYER_RUN_H

#include "build.h"
#include "player_parts.h"
#include "seam/rt.h"

struct run {
    struct arena *arena; /* the caller's */
    struct player player;
    struct warehouse *warehouse;
    struct build *build; /* NULL: rows are merged */
    bool *counted;       /* by object: it is in the result */
    struct player_result result;
    size_t problem_cap;
    /* the object that is loading */
    struct arena *object_arena;
    struct loading_object loading;
    struct load *load;   /* NULL: none is open */
    struct batch head;   /* of its first batch: what it is */
    struct diag failure; /* ERR_OK: good so far; else its other batches are passed over */
    struct pace_run pace;
    struct str etag; /* of every object: of a part, what is asked for; else empty */
};
void player_counts_add(struct loaded_counts *to, const struct loaded_counts *more);
/* One batch; with the last one its object is in the result. Errors are those of the whole run. */
MUST_USE enum err player_take(struct run *run, const struct batch *batch, struct diag *d);
/* At the end of the run: an object may be open. */
void player_abandon(struct run *run);

#endif

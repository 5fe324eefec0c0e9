/* replaying.c -- The end of a run, loaded once more: an empty database beside the run's own. */
#include "world.h"

#include "base/limits.h"

#define REPLAY_SEED UINT64_C(0x7265706c6179) /* another name than the run's database has */

static enum err empty_open(void *ctx, struct arena *a, struct warehouse **ret_warehouse,
                           struct diag *d)
{
    return database_session(ctx, a, ret_warehouse, d);
}

enum err world_replay(struct world *w, struct oracle_finding *f, struct diag *d)
{
    struct arena *a = arena_child(w->arena, "replay", ARENA_PROCESS_BYTES_MAX);
    struct database *empty = NULL;
    struct database_options options = {
        .seed = w->seed ^ REPLAY_SEED, .real = w->speed > 0, .conninfo = w->conninfo};
    enum err err = database_open(a, &options, w->scenario->pipeline, &empty, d);
    if (err == ERR_OK) {
        struct oracle_replay replay = {.seed = w->seed, .open = empty_open, .ctx = empty};
        err = oracle_check_replay(w->oracle, &replay, f, d);
    }
    database_close(empty);
    arena_free(a);
    return err;
}

/* player.c -- Objects in their order into the warehouse (player_load.c), read ahead by another
 * task.
 *
 * 1. Objects are committed in the source's order (paced: by arrival) by the calling task alone, so
 * which record of two with one event id is the row does not depend on how fast anything is read.
 * 2. What is loaded is asked of the warehouse: before the run, and after each commit whose outcome
 * is in doubt.
 * 3. Memory is some batches and one object as it is stored, whatever the capture's size. An object
 * whose load was rolled back is read again by the calling task. */
#include "pace_order.h"
#include "player_run.h"

#include "base/instant.h"
#include "base/limits.h"

#define BATCHES 3 /* filled, waiting or loading */

/* Once more, after the build has told duplicates from rows. */
static enum err recount(struct run *run, struct diag *d)
{
    const struct source *source = run->player.source;
    run->result.counts = (struct loaded_counts){0};
    TRY(player_known_read(&run->player, run->warehouse, run->arena, d));
    for (size_t i = 0; i < source->count; i++) {
        const struct known_object *known = map_get(run->player.known, source->objects[i].key);
        if (run->counted[i] && known != NULL) {
            player_counts_add(&run->result.counts, &known->counts);
        }
    }
    return ERR_OK;
}

/* ---- all of them ---- */

static enum err run_in_turn(struct run *run, struct diag *d)
{
    struct batch_reader reader;
    struct batch batch = {.arena = arena_new("replay batch", ARENA_PROCESS_BYTES_MAX)};
    enum err err = ERR_OK;
    batch_reader_init(&reader, &run->player, 0, run->player.source->count);
    while (err == ERR_OK && batch_read(&reader, &batch)) {
        err = player_take(run, &batch, d);
    }
    player_abandon(run);
    arena_free(batch.arena);
    batch_reader_done(&reader);
    return err;
}

struct ahead {
    const struct player *player;
    struct rt_queue *empty, *full;
};

static void read_ahead(struct rt *rt, void *arg)
{
    struct ahead *ahead = arg;
    struct batch_reader reader;
    void *item;
    batch_reader_init(&reader, ahead->player, 0, ahead->player->source->count);
    while (!rt_cancelled(rt) && rt_queue_take(rt, ahead->empty, INSTANT_NEVER, &item) == ERR_OK) {
        if (!batch_read(&reader, item) || rt_queue_put(rt, ahead->full, item) != ERR_OK) {
            break;
        }
    }
    rt_queue_close(rt, ahead->full);
    batch_reader_done(&reader);
}

/* Takes batches until there are none; gives back each for the next. */
static enum err take_all(struct run *run, struct rt *rt, struct ahead *ahead, struct diag *d)
{
    void *item;
    size_t count = 0;
    while (rt_queue_take(rt, ahead->full, INSTANT_NEVER, &item) == ERR_OK) {
        struct batch *batch = item;
        TRY(player_take(run, batch, d));
        count += batch->last;
        if (rt_queue_put(rt, ahead->empty, batch) != ERR_OK) {
            break;
        }
    }
    return count == run->player.source->count
               ? ERR_OK
               : fail(d, ERR_CANCELLED, "cancelled after %zu objects", count);
}

static enum err run_ahead(struct run *run, struct rt *rt, struct diag *d)
{
    struct batch batches[BATCHES];
    struct ahead ahead = {.player = &run->player,
                          .empty = rt_queue_new(rt, run->arena, BATCHES),
                          .full = rt_queue_new(rt, run->arena, BATCHES)};
    run->player.turn = rt_queue_new(rt, run->arena, 1);
    enum err err = rt_queue_put(rt, run->player.turn, run);
    for (size_t i = 0; i < BATCHES; i++) {
        batches[i] = (struct batch){.arena = arena_new("replay batch", ARENA_PROCESS_BYTES_MAX)};
        err = err == ERR_OK ? rt_queue_put(rt, ahead.empty, &batches[i]) : err;
    }
    if (err == ERR_OK) {
        struct rt_task *task = rt_spawn(rt, "replay reader", read_ahead, &ahead);
        err = take_all(run, rt, &ahead, d);
        rt_queue_close(rt, ahead.full); /* the reader must not wait for us */
        rt_queue_close(rt, ahead.empty);
        rt_join(rt, task);
        player_abandon(run);
    } else {
        err = fail(d, ERR_CANCELLED, "cancelled");
    }
    for (size_t i = 0; i < BATCHES; i++) {
        arena_free(batches[i].arena);
    }
    return err;
}

static enum err tables_ready(struct run *run, struct diag *d)
{
    const struct player_options *o = run->player.options;
    struct str folder = o->spill_folder.len == 0 ? STR("/tmp") : o->spill_folder;
    return o->merge
               ? loading_tables(run->warehouse, run->player.def, run->arena, d)
               : build_open(run->arena, run->warehouse, run->player.def, folder, &run->build, d);
}

static enum err run_all(struct run *run, struct diag *d)
{
    const struct player_options *o = run->player.options;
    TRY(player_known_read(&run->player, run->warehouse, run->arena, d));
    bool copies = warehouse_dialect(run->warehouse) == WAREHOUSE_POSTGRES;
    run->player.batch_records = run->build == NULL ? BATCH_RECORDS_MERGE
                                : copies           ? BATCH_RECORDS_COPY
                                                   : BATCH_RECORDS_APPEND;
    TRY(o->rt == NULL ? run_in_turn(run, d) : run_ahead(run, o->rt, d));
    if (run->build == NULL) {
        return ERR_OK;
    }
    TRY(build_end(run->build, d));
    return recount(run, d);
}

enum err player_run(struct arena *a, const struct definition *def, const struct source *source,
                    struct warehouse *w, const struct player_options *options,
                    struct player_result *ret_result, struct diag *d)
{
    int64_t begun_us = options->now_us(options->now_ctx);
    struct run run = {.arena = a,
                      .player = {.def = def,
                                 .source = source,
                                 .options = options,
                                 .decoder = record_decoder_new(a, def),
                                 .part = STR_EMPTY},
                      .warehouse = w,
                      .etag = STR_EMPTY,
                      .failure = DIAG_INIT};
    struct source paced;
    if (options->pace.kind != PACE_FLAT) {
        TRY(pace_order(a, source, options->format.kind, &paced, d));
        run.player.source = &paced;
    }
    run.object_arena = arena_child(a, "replay load", ARENA_TASK_BYTES_MAX);
    run.counted = NEW_ARRAY(a, bool, source->count);
    run.result.objects_passed = source->passed_over;
    if (options->selection != NULL && selection_of_records(options->selection)) {
        run.player.selection = options->selection;
        run.player.part = selection_name(options->selection, a);
        run.etag = str_join(a, PLAYER_PART, run.player.part);
    }
    TRY(tables_ready(&run, d));
    enum err err = run_all(&run, d);
    build_close(run.build);
    TRY(err);
    run.result.elapsed_us = options->now_us(options->now_ctx) - begun_us;
    *ret_result = run.result;
    return ERR_OK;
}

/* player.c -- Objects in their order into the warehouse, one transaction each, batch by batch.
 *
 * 1. Objects are committed in the source's order by the calling task alone, so which record of two
 * with one event id is the row does not depend on how fast anything is read.
 * 2. What is loaded is asked of the warehouse: before the run, and after each commit whose outcome
 * is in doubt.
 * 3. Memory is some batches and one object as it is stored, whatever the capture's size. An object
 * whose load was rolled back is read again by the calling task. */
#include "player_parts.h"

#include "base/instant.h"
#include "base/limits.h"
#include "build.h"
#include "seam/rt.h"

#define BATCHES 3 /* filled, waiting or loading */
#define COMMIT_ATTEMPTS 3

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

/* The clock of what is loaded: ours, or the arrivals'. */
static int64_t stamp_us(const struct run *run, const struct batch *batch)
{
    const struct player_options *o = run->player.options;
    return o->pace.kind == PACE_VIRTUAL && batch->moment_us != INSTANT_NEVER
               ? batch->moment_us
               : o->now_us(o->now_ctx);
}

/* ---- one object ---- */

static void note_problem(struct run *run, const struct source_object *object, struct str text)
{
    struct player_result *r = &run->result;
    if (r->problem_count == run->problem_cap) {
        size_t cap = run->problem_cap == 0 ? 16 : 2 * run->problem_cap;
        r->problems = arena_grow(run->arena, r->problems, run->problem_cap * sizeof(r->problems[0]),
                                 cap * sizeof(r->problems[0]));
        run->problem_cap = cap;
    }
    r->problems[r->problem_count++] =
        (struct player_problem){.object = object->key, .text = str_copy(run->arena, text)};
}

static void counts_add(struct loaded_counts *to, const struct loaded_counts *more)
{
    to->records += more->records;
    to->rows += more->rows;
    to->duplicates += more->duplicates;
    to->quarantined += more->quarantined;
    to->filtered += more->filtered;
}

static void note_loaded(struct run *run, const struct loaded_counts *counts, uint64_t raw_bytes)
{
    struct player_result *r = &run->result;
    r->objects++;
    r->bytes += run->head.bytes;
    r->raw_bytes += raw_bytes;
    r->loaded_before += run->head.known != NULL;
    run->counted[run->head.object - run->player.source->objects] = true;
    counts_add(&r->counts, counts);
}

/* Once more, after the build has told duplicates from rows. */
static enum err recount(struct run *run, struct diag *d)
{
    const struct source *source = run->player.source;
    run->result.counts = (struct loaded_counts){0};
    TRY(player_known_read(&run->player, run->warehouse, run->arena, d));
    for (size_t i = 0; i < source->count; i++) {
        const struct known_object *known = map_get(run->player.known, source->objects[i].key);
        if (run->counted[i] && known != NULL) {
            counts_add(&run->result.counts, &known->counts);
        }
    }
    return ERR_OK;
}

/* After a commit that failed as another's, or whose answer was lost: what the warehouse says about
 * it. */
static enum err settle(struct run *run, struct loaded_counts *ret_counts, struct diag *d)
{
    struct known_object known;
    diag_clear(d);
    TRY(player_known_find(&run->player, run->warehouse, run->object_arena, run->head.object->key,
                          &known, d));
    if (known.checksum != run->head.checksum || !str_eq(known.part, run->player.part)) {
        return fail(d, ERR_INVALID, "loaded by another meanwhile, with other content");
    }
    *ret_counts = known.counts;
    return ERR_OK;
}

/* One batch of the object that is loading into its transaction; with the last one it commits. */
static enum err load_batch(struct run *run, const struct batch *batch,
                           struct loaded_counts *ret_counts, struct diag *d)
{
    if (batch->diag.code != ERR_OK) {
        *d = batch->diag;
        if (run->load != NULL) {
            loading_cancel(run->load);
        }
        return d->code;
    }
    if (batch->first) {
        arena_reset(run->object_arena);
        run->loading = (struct loading_object){.key = batch->object->key,
                                               .etag = run->etag,
                                               .checksum = batch->checksum,
                                               .append = run->build != NULL};
        if (run->build != NULL) {
            build_object_begin(run->build);
        }
        TRY(loading_begin(run->object_arena, run->warehouse, run->player.def, &run->loading,
                          stamp_us(run, batch), &run->load, d));
    }
    TRY(loading_add(run->load, batch->rows, batch->count, batch->arena, d));
    if (run->build != NULL && build_rows(run->build, batch->rows, batch->count, d) != ERR_OK) {
        loading_cancel(run->load);
        return d->code;
    }
    return batch->last ? loading_end(run->load, ret_counts, d) : ERR_OK;
}

/* The whole object once more, by this task. */
static enum err load_again(struct run *run, struct loaded_counts *ret_counts, uint64_t *ret_raw,
                           struct diag *d)
{
    size_t at = (size_t)(run->head.object - run->player.source->objects);
    struct batch_reader reader;
    struct batch batch = {.arena = arena_new("replay batch", ARENA_PROCESS_BYTES_MAX)};
    enum err err = ERR_OK;
    batch_reader_init(&reader, &run->player, at, at + 1);
    while (err == ERR_OK && batch_read(&reader, &batch)) {
        err = load_batch(run, &batch, ret_counts, d);
        run->load = err == ERR_OK && !batch.last ? run->load : NULL;
        *ret_raw = batch.raw_bytes;
    }
    arena_free(batch.arena);
    batch_reader_done(&reader);
    return err;
}

/* After an append that failed: has another replay come to its end with the table, so that rows are
 * merged from here on? */
static enum err merge_on(struct run *run, bool *ret_merge, struct diag *d)
{
    *ret_merge = false;
    if (run->build == NULL) {
        return ERR_OK;
    }
    TRY(build_is_over(run->build, ret_merge, d));
    if (*ret_merge) {
        build_close(run->build);
        run->build = NULL;
        TRY(loading_tables(run->warehouse, run->player.def, run->arena, d));
    }
    return ERR_OK;
}

/* `err` is what became of the first load. */
static enum err settle_or_again(struct run *run, enum err err, struct loaded_counts *ret_counts,
                                uint64_t *ret_raw, struct diag *d)
{
    for (int attempt = 1; attempt <= COMMIT_ATTEMPTS; attempt++) {
        if (err == ERR_CONFLICT || err == ERR_UNKNOWN) {
            err = settle(run, ret_counts, d);
        } else if (err == ERR_INVALID) {
            bool merge;
            struct diag why = *d;
            diag_clear(d);
            TRY(merge_on(run, &merge, d));
            if (merge) {
                err = load_again(run, ret_counts, ret_raw, d);
            } else {
                *d = why;
            }
        }
        if ((err != ERR_NOT_FOUND && !err_is_transient(err)) || attempt == COMMIT_ATTEMPTS) {
            break;
        }
        diag_clear(d);
        err = load_again(run, ret_counts, ret_raw, d);
    }
    return err == ERR_NOT_FOUND
               ? diag_context(d, "object %.*s: commits in doubt", STR_ARG(run->head.object->key))
               : err;
}

/* Whether an object's failure is the whole source's: no other object would fare better. */
static bool is_general(enum err err)
{
    return err_is_transient(err) || err == ERR_CANCELLED || err == ERR_INTERNAL;
}

/* The end of an object that could not be read. */
static enum err unreadable(struct run *run, const struct batch *batch, struct diag *d)
{
    if (is_general(batch->diag.code)) {
        return fail(d, batch->diag.code, "%.*s: %s", STR_ARG(batch->object->key), batch->diag.msg);
    }
    note_problem(run, batch->object, str_of(batch->diag.msg));
    return ERR_OK;
}

/* The end of an object that was loaded, or whose load failed. */
static enum err object_end(struct run *run, const struct batch *batch, enum err err,
                           struct loaded_counts *counts, struct diag *d)
{
    uint64_t raw_bytes = batch->raw_bytes;
    if (err != ERR_OK) {
        *d = run->failure;
        err = settle_or_again(run, err, counts, &raw_bytes, d);
    }
    if (err == ERR_INVALID || err == ERR_LIMIT) {
        note_problem(run, batch->object, str_of(d->msg));
        diag_clear(d);
        return ERR_OK;
    }
    TRY(err);
    if (run->build != NULL) {
        build_object_committed(run->build);
    }
    note_loaded(run, counts, raw_bytes);
    run->result.records_passed += batch->passed;
    if (batch->problem.len > 0) {
        note_problem(run, batch->object, batch->problem);
    }
    return ERR_OK;
}

static enum err take(struct run *run, const struct batch *batch, struct diag *d)
{
    struct loaded_counts counts = {0};
    if (batch->first) {
        run->head = *batch;
        run->load = NULL;
        diag_clear(&run->failure);
    }
    if (batch->passed_over) {
        run->result.objects_passed++;
        run->result.records_passed += batch->passed;
        return ERR_OK;
    }
    if (batch->first) {
        TRY(pace_wait(&run->player.options->pace, &run->pace, run->player.options->rt,
                      batch->from_us, batch->moment_us, d));
    }
    if (run->failure.code == ERR_OK && (batch->known == NULL || batch->diag.code != ERR_OK)) {
        (void)load_batch(run, batch, &counts, &run->failure);
    }
    if (!batch->last) {
        return ERR_OK;
    }
    run->load = NULL;
    const struct player_options *o = run->player.options;
    enum err err = ERR_OK;
    if (batch->diag.code != ERR_OK) {
        err = unreadable(run, batch, d);
    } else if (batch->known != NULL) {
        counts = batch->known->counts;
        note_loaded(run, &counts, 0);
    } else {
        err = object_end(run, batch, run->failure.code, &counts, d);
    }
    if (err == ERR_OK && o->progress != NULL) {
        o->progress(o->progress_ctx, &run->result);
    }
    return err;
}

/* An object that is open when the run ends. */
static void abandon(struct run *run)
{
    if (run->load != NULL && run->failure.code == ERR_OK) {
        loading_cancel(run->load);
    }
}

/* ---- all of them ---- */

static enum err run_in_turn(struct run *run, struct diag *d)
{
    struct batch_reader reader;
    struct batch batch = {.arena = arena_new("replay batch", ARENA_PROCESS_BYTES_MAX)};
    enum err err = ERR_OK;
    batch_reader_init(&reader, &run->player, 0, run->player.source->count);
    while (err == ERR_OK && batch_read(&reader, &batch)) {
        err = take(run, &batch, d);
    }
    abandon(run);
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
        TRY(take(run, batch, d));
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
    enum err err = ERR_OK;
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
        abandon(run);
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
    run->player.batch_records = run->build == NULL ? BATCH_RECORDS_MERGE : BATCH_RECORDS_APPEND;
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

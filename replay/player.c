/* player.c -- Objects in their order into the warehouse, one transaction each, batch by batch.
 *
 * 1. Objects are committed in the source's order by the calling task alone, so which record of two
 * with one event id is the row does not depend on how fast anything is read.
 * 2. What is loaded is asked of the warehouse: before the run, and after each commit whose outcome
 * is in doubt.
 * 3. Memory is some batches and one object as it is stored, whatever the capture's size. An object
 * whose load was rolled back is read again by the calling task. */
#include "player_parts.h"

#include "base/encode.h"
#include "base/instant.h"
#include "base/limits.h"
#include "seam/rt.h"

#define BATCHES 3 /* filled, waiting or loading */
#define COMMIT_ATTEMPTS 3

struct run {
    struct arena *arena; /* the caller's */
    struct player player;
    struct warehouse *warehouse;
    struct player_result result;
    size_t problem_cap;
    /* the object that is loading */
    struct arena *object_arena;
    struct loading_object loading;
    struct load *load;   /* NULL: none is open */
    struct batch head;   /* of its first batch: what it is */
    struct diag failure; /* ERR_OK: good so far; else its other batches are passed over */
};

/* ---- what the warehouse has ---- */

static enum err known_of(const struct warehouse_result *lines, size_t row,
                         struct known_object *ret_known, struct diag *d)
{
    struct buf bytes;
    char room[8] = {0};
    struct arena *a = arena_new("checksum", 64 * KIB);
    buf_init(&bytes, a, 64);
    enum err err = decode_hex(&bytes, warehouse_at(lines, row, 1)->text, d);
    if (err == ERR_OK && bytes.len != sizeof(room)) {
        err = fail(d, ERR_INVALID, "aforo_loaded_object: a checksum of %zu bytes", bytes.len);
    }
    uint64_t checksum = 0;
    for (size_t i = 0; err == ERR_OK && i < sizeof(room); i++) {
        checksum = checksum << 8 | (unsigned char)bytes.ptr[i];
    }
    arena_free(a);
    TRY(err);
    const struct warehouse_value *counts = warehouse_at(lines, row, 2);
    *ret_known = (struct known_object){.checksum = checksum,
                                       .counts = {.records = (uint64_t)counts[0].i64,
                                                  .rows = (uint64_t)counts[1].i64,
                                                  .duplicates = (uint64_t)counts[2].i64,
                                                  .quarantined = (uint64_t)counts[3].i64,
                                                  .filtered = (uint64_t)counts[4].i64}};
    return ERR_OK;
}

#define KNOWN_SQL                                                                                  \
    "select object_key, checksum, records, loaded, duplicates, quarantined, filtered from "        \
    "aforo_loaded_object where "                                                                   \
    "pipeline = $1"

static enum err read_known(struct run *run, struct diag *d)
{
    struct player *p = &run->player;
    struct warehouse_value params[] = {warehouse_text(p->def->name)};
    struct warehouse_result lines;
    TRY(warehouse_query(run->warehouse, STR(KNOWN_SQL " order by object_key"), params, 1,
                        run->arena, &lines, d));
    p->known = map_new(run->arena);
    for (size_t i = 0; i < lines.row_count; i++) {
        struct known_object *known = NEW(run->arena, struct known_object);
        TRY(known_of(&lines, i, known, d));
        map_put(p->known, warehouse_at(&lines, i, 0)->text, known);
    }
    return ERR_OK;
}

/* ERR_NOT_FOUND: not loaded. */
static enum err look_up(struct run *run, struct str key, struct known_object *ret_known,
                        struct diag *d)
{
    struct warehouse_value params[] = {warehouse_text(run->player.def->name), warehouse_text(key)};
    struct warehouse_result lines;
    TRY(warehouse_query(run->warehouse, STR(KNOWN_SQL " and object_key = $2"), params, 2,
                        run->object_arena, &lines, d));
    return lines.row_count == 0 ? fail(d, ERR_NOT_FOUND, "not loaded")
                                : known_of(&lines, 0, ret_known, d);
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

static void note_loaded(struct run *run, const struct loaded_counts *counts, uint64_t raw_bytes)
{
    struct player_result *r = &run->result;
    r->objects++;
    r->bytes += run->head.bytes;
    r->raw_bytes += raw_bytes;
    r->loaded_before += run->head.known != NULL;
    r->counts.records += counts->records;
    r->counts.rows += counts->rows;
    r->counts.duplicates += counts->duplicates;
    r->counts.quarantined += counts->quarantined;
    r->counts.filtered += counts->filtered;
}

/* After a commit that failed as another's, or whose answer was lost: what the warehouse says about
 * it. */
static enum err settle(struct run *run, struct loaded_counts *ret_counts, struct diag *d)
{
    struct known_object known;
    diag_clear(d);
    TRY(look_up(run, run->head.object->key, &known, d));
    if (known.checksum != run->head.checksum) {
        return fail(d, ERR_INVALID, "loaded by another meanwhile, with other content");
    }
    *ret_counts = known.counts;
    return ERR_OK;
}

/* One batch of the object that is loading into its transaction; with the last one it commits. */
static enum err load_batch(struct run *run, const struct batch *batch,
                           struct loaded_counts *ret_counts, struct diag *d)
{
    const struct player_options *o = run->player.options;
    if (batch->diag.code != ERR_OK) {
        *d = batch->diag;
        if (run->load != NULL) {
            loading_cancel(run->load);
        }
        return d->code;
    }
    if (batch->first) {
        arena_reset(run->object_arena);
        run->loading = (struct loading_object){
            .key = batch->object->key, .etag = STR_EMPTY, .checksum = batch->checksum};
        TRY(loading_begin(run->object_arena, run->warehouse, run->player.def, &run->loading,
                          o->now_us(o->now_ctx), &run->load, d));
    }
    TRY(loading_add(run->load, batch->rows, batch->count, batch->arena, d));
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

/* `err` is what became of the first load. */
static enum err settle_or_again(struct run *run, enum err err, struct loaded_counts *ret_counts,
                                uint64_t *ret_raw, struct diag *d)
{
    for (int attempt = 1; attempt <= COMMIT_ATTEMPTS; attempt++) {
        if (err == ERR_CONFLICT || err == ERR_UNKNOWN) {
            err = settle(run, ret_counts, d);
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
    note_loaded(run, counts, raw_bytes);
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

enum err player_run(struct arena *a, const struct definition *def, const struct source *source,
                    struct warehouse *w, const struct player_options *options,
                    struct player_result *ret_result, struct diag *d)
{
    int64_t begun_us = options->now_us(options->now_ctx);
    struct run run = {.arena = a,
                      .player = {.def = def,
                                 .source = source,
                                 .options = options,
                                 .decoder = record_decoder_new(a, def)},
                      .warehouse = w,
                      .failure = DIAG_INIT};
    TRY(loading_tables(w, def, a, d));
    TRY(read_known(&run, d));
    run.object_arena = arena_child(a, "replay load", ARENA_TASK_BYTES_MAX);
    TRY(options->rt == NULL ? run_in_turn(&run, d) : run_ahead(&run, options->rt, d));
    run.result.elapsed_us = options->now_us(options->now_ctx) - begun_us;
    *ret_result = run.result;
    return ERR_OK;
}

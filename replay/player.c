/* player.c -- Objects in their order into the warehouse, one transaction each.
 *
 * 1. Objects are committed in the source's order by the calling task alone, so which record of two
 * with one event id is the row does not depend on how fast anything is read.
 * 2. What is loaded is asked of the warehouse: before the run, and after each commit whose outcome
 * is in doubt. */
#include "player_parts.h"

#include "base/encode.h"
#include "base/instant.h"
#include "base/limits.h"
#include "seam/rt.h"

#define AHEAD 3 /* objects that wait, decoded */
#define COMMIT_ATTEMPTS 3

struct run {
    struct arena *arena; /* the caller's */
    struct player player;
    struct warehouse *warehouse;
    struct player_result result;
    size_t problem_cap;
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
static enum err look_up(struct run *run, const struct played_object *o,
                        struct known_object *ret_known, struct diag *d)
{
    struct warehouse_value params[] = {warehouse_text(run->player.def->name),
                                       warehouse_text(o->object->key)};
    struct warehouse_result lines;
    TRY(warehouse_query(run->warehouse, STR(KNOWN_SQL " and object_key = $2"), params, 2, o->arena,
                        &lines, d));
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

static void note_loaded(struct run *run, const struct played_object *o,
                        const struct loaded_counts *counts)
{
    struct player_result *r = &run->result;
    r->objects++;
    r->bytes += o->bytes;
    r->raw_bytes += o->raw_bytes;
    r->loaded_before += o->known != NULL;
    r->counts.records += counts->records;
    r->counts.rows += counts->rows;
    r->counts.duplicates += counts->duplicates;
    r->counts.quarantined += counts->quarantined;
    r->counts.filtered += counts->filtered;
}

/* After a commit that failed as another's, or whose answer was lost: what the warehouse says about
 * it. */
static enum err settle(struct run *run, const struct played_object *o,
                       struct loaded_counts *ret_counts, struct diag *d)
{
    struct known_object known;
    diag_clear(d);
    TRY(look_up(run, o, &known, d));
    if (known.checksum != o->checksum) {
        return fail(d, ERR_INVALID, "loaded by another meanwhile, with other content");
    }
    *ret_counts = known.counts;
    return ERR_OK;
}

static enum err commit(struct run *run, const struct played_object *o,
                       struct loaded_counts *ret_counts, struct diag *d)
{
    const struct player_options *options = run->player.options;
    struct loading_object loading = {.key = o->object->key,
                                     .etag = STR_EMPTY,
                                     .checksum = o->checksum,
                                     .decoded = o->rows,
                                     .count = o->count};
    enum err err = ERR_OK;
    for (int attempt = 0; attempt < COMMIT_ATTEMPTS; attempt++) {
        diag_clear(d);
        err = loading_commit(run->warehouse, run->player.def, &loading,
                             options->now_us(options->now_ctx), o->arena, ret_counts, d);
        if (err == ERR_CONFLICT || err == ERR_UNKNOWN) {
            err = settle(run, o, ret_counts, d);
        }
        if (err != ERR_NOT_FOUND && !err_is_transient(err)) {
            return err;
        }
    }
    return err == ERR_NOT_FOUND
               ? diag_context(d, "object %.*s: commits in doubt", STR_ARG(o->object->key))
               : err;
}

/* Whether an object's failure is the whole source's: no other object would fare better. */
static bool is_general(enum err err)
{
    return err_is_transient(err) || err == ERR_CANCELLED || err == ERR_INTERNAL;
}

static enum err take(struct run *run, const struct played_object *o, struct diag *d)
{
    struct loaded_counts counts;
    if (o->diag.code != ERR_OK) {
        if (is_general(o->diag.code)) {
            return fail(d, o->diag.code, "%.*s: %s", STR_ARG(o->object->key), o->diag.msg);
        }
        note_problem(run, o->object, str_of(o->diag.msg));
        return ERR_OK;
    }
    if (o->known != NULL) {
        note_loaded(run, o, &o->known->counts);
        return ERR_OK;
    }
    enum err err = commit(run, o, &counts, d);
    if (err == ERR_INVALID || err == ERR_LIMIT) {
        note_problem(run, o->object, str_of(d->msg));
        diag_clear(d);
        return ERR_OK;
    }
    TRY(err);
    note_loaded(run, o, &counts);
    if (o->problem.len > 0) {
        note_problem(run, o->object, o->problem);
    }
    return ERR_OK;
}

static enum err take_and_free(struct run *run, struct played_object *o, struct diag *d)
{
    const struct player_options *options = run->player.options;
    enum err err = take(run, o, d);
    arena_free(o->arena);
    if (err == ERR_OK && options->progress != NULL) {
        options->progress(options->progress_ctx, run->result.objects, run->result.counts.records);
    }
    return err;
}

/* ---- all of them ---- */

static enum err run_in_turn(struct run *run, struct diag *d)
{
    const struct source *source = run->player.source;
    for (size_t i = 0; i < source->count; i++) {
        TRY(take_and_free(run, object_play(&run->player, &source->objects[i]), d));
    }
    return ERR_OK;
}

struct ahead {
    const struct player *player;
    struct rt_queue *queue;
};

static void read_ahead(struct rt *rt, void *arg)
{
    struct ahead *ahead = arg;
    const struct source *source = ahead->player->source;
    for (size_t i = 0; i < source->count && !rt_cancelled(rt); i++) {
        struct played_object *o = object_play(ahead->player, &source->objects[i]);
        if (rt_queue_put(rt, ahead->queue, o) != ERR_OK) {
            arena_free(o->arena);
            break;
        }
    }
    rt_queue_close(rt, ahead->queue);
}

static enum err run_ahead(struct run *run, struct rt *rt, struct diag *d)
{
    struct ahead ahead = {.player = &run->player, .queue = rt_queue_new(rt, run->arena, AHEAD)};
    struct rt_task *task = rt_spawn(rt, "replay reader", read_ahead, &ahead);
    void *item;
    enum err err = ERR_OK;
    size_t count = 0;
    while (rt_queue_take(rt, ahead.queue, INSTANT_NEVER, &item) == ERR_OK) {
        struct played_object *o = item;
        if (err == ERR_OK) {
            err = take_and_free(run, o, d);
            count++;
        } else {
            arena_free(o->arena);
        }
        if (err != ERR_OK) {
            rt_queue_close(rt, ahead.queue); /* what is in it is still taken */
        }
    }
    rt_queue_close(rt, ahead.queue); /* cancelled: the reader must not wait for us */
    rt_join(rt, task);
    TRY(err);
    return count == run->player.source->count
               ? ERR_OK
               : fail(d, ERR_CANCELLED, "cancelled after %zu objects", count);
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
                      .warehouse = w};
    TRY(loading_tables(w, def, a, d));
    TRY(read_known(&run, d));
    TRY(options->rt == NULL ? run_in_turn(&run, d) : run_ahead(&run, options->rt, d));
    run.result.elapsed_us = options->now_us(options->now_ctx) - begun_us;
    *ret_result = run.result;
    return ERR_OK;
}

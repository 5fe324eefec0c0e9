/* player_load.c -- One object into the warehouse, batch by batch, in one transaction; and what
 * becomes of it when that fails: another replay's, in doubt, or read and loaded again. */
#include "player_run.h"

#include "base/instant.h"
#include "base/limits.h"

#define COMMIT_ATTEMPTS 3

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

void player_counts_add(struct loaded_counts *to, const struct loaded_counts *more)
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
    player_counts_add(&r->counts, counts);
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
                                               .code_version = STR("replay " AFORO_VERSION),
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

enum err player_take(struct run *run, const struct batch *batch, struct diag *d)
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

void player_abandon(struct run *run)
{
    if (run->load != NULL && run->failure.code == ERR_OK) {
        loading_cancel(run->load);
    }
}

/* aggregate_run.c -- One task lists and, from S3, fetches ahead; the others take one object each,
 * decode it frame by frame and add to an aggregate of their own. The aggregates are one in the end.
 *
 *  1. Tasks share two queues, `todo` and `done`, and nothing else; at most `ahead` objects are
 *     between them, so neither queue is ever full.
 *  2. A task's memory is a window of an object as it is stored, one frame of it or view of it, and
 *     its share for distinct values: all of it is used again for the next object, since fresh pages
 *     cost more than decoding. */
#include "replay/aggregate_run.h"

#include <stdlib.h>
#include "base/instant.h"
#include "base/limits.h"
#include "base/map.h"
#include "pipeline/aggregated.h"
#include "stored.h"

struct job { /* one object on its way */
    const struct source_object *object;
    struct arena *arena; /* of what was fetched; NULL: the worker opens the file */
    struct stored stored;
    uint64_t size, raw_bytes, records;
    struct diag diag; /* ERR_OK: counted; `fatal`: the run ends */
    bool fatal;
    bool torn;             /* some of it was counted, and the rest cannot be read */
    bool whole, all_bytes; /* all records, all unpacked bytes are in the sums above */
};
struct worker {
    const struct aggregate_run_options *options;
    const struct source *source;
    struct rt_queue *todo, *done;
    struct rt_task *task;
    struct arena *arena, *object_arena, *frame, *scratch;
    struct record_decoder *decoder;
    struct aggregate **aggregates; /* one a plan */
    struct buf room;               /* of a window of an object's bytes */
};

/* ---- one record ---- */

static enum err count_row(struct worker *w, const struct row *row, struct diag *d)
{
    if (!selection_row(w->options->selection, row, w->scratch)) {
        return ERR_OK;
    }
    for (size_t i = 0; i <= w->options->more_count; i++) {
        TRY(aggregate_add(w->aggregates[i], row, d));
    }
    return ERR_OK;
}

/* `record`: data, partition key and arrival. */
static enum err count_json(struct worker *w, struct job *job, const struct capture_record *record,
                           uint64_t ordinal, struct diag *d)
{
    bool meant;
    job->records++;
    job->raw_bytes += record->data.len + 1;
    TRY(selection_record(w->options->selection, record->partition_key, record->arrived_us, &meant,
                         d));
    if (!meant) {
        return ERR_OK;
    }
    struct arena_mark mark = arena_mark(w->scratch);
    struct row row = record_decode(w->decoder, record->data,
                                   (struct record_origin){job->object->key, ordinal}, w->scratch);
    enum err err = count_row(w, &row, d);
    arena_rewind(w->scratch, mark);
    return err;
}

/* ---- one object ---- */

/* By the index: nothing in it arrived when asked for, so that nothing need be decompressed. */
static enum err has_none(struct worker *w, struct job *job, struct capture_cursor *cursor,
                         bool *ret_none, struct diag *d)
{
    const struct selection *s = w->options->selection;
    int64_t first_us, last_us;
    *ret_none = false;
    if (!selection_of_arrivals(s)) {
        return ERR_OK;
    }
    TRY(capture_cursor_arrivals(cursor, w->frame, &first_us, &last_us, d));
    *ret_none = last_us < s->arrived_from_us || first_us >= s->arrived_to_us;
    job->records += *ret_none ? capture_cursor_records(cursor) : 0;
    return ERR_OK;
}

static enum err count_capture(struct worker *w, struct job *job, struct diag *d)
{
    struct capture_input input = stored_parts(&job->stored);
    struct capture_cursor *cursor;
    const struct capture_record *records;
    size_t count;
    uint64_t ordinal = 0;
    enum err err = capture_cursor_open_input(w->object_arena, &input, &cursor, d);
    if (err != ERR_OK) {
        return err;
    }
    bool passed_over;
    TRY(has_none(w, job, cursor, &passed_over, d));
    if (passed_over) {
        return ERR_OK;
    }
    job->fatal = true; /* from here on some of it may be counted */
    while ((err = capture_cursor_next(cursor, w->frame, &records, &count, d)) == ERR_OK) {
        aggregated_expand(w->frame, &records, &count);
        for (size_t i = 0; i < count; i++) {
            TRY(count_json(w, job, &records[i], ordinal++, d));
        }
        arena_reset(w->frame);
    }
    job->fatal = false;
    job->torn = err != ERR_NOT_FOUND;
    job->whole = err == ERR_NOT_FOUND;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err count_other_record(struct worker *w, struct job *job,
                                   const struct reader_record *record, struct diag *d)
{
    struct record_origin origin = {job->object->key, record->ordinal};
    int64_t arrived_us =
        record->arrived_us == INSTANT_NEVER ? job->object->arrived_us : record->arrived_us;
    if (record->problem.len == 0 && record->names == NULL) {
        struct capture_record bare = {
            .data = record->data, .partition_key = record->partition_key, .arrived_us = arrived_us};
        return count_json(w, job, &bare, record->ordinal, d);
    }
    struct row row = {.fate = RECORD_REJECTED,
                      .event_id = STR_EMPTY,
                      .event_us = INSTANT_NEVER,
                      .reason = record->problem};
    bool meant;
    TRY(selection_record(w->options->selection, record->partition_key, arrived_us, &meant, d));
    struct arena_mark mark = arena_mark(w->scratch);
    if (record->problem.len == 0) {
        row = record_decode_fields(w->decoder, record->names, record->fields, record->field_count,
                                   origin, w->scratch);
    }
    job->records++;
    enum err err = meant ? count_row(w, &row, d) : ERR_OK;
    arena_rewind(w->scratch, mark);
    return err;
}

static enum err count_other(struct worker *w, struct job *job, struct diag *d)
{
    struct reader_input input = stored_pieces(&job->stored);
    struct reader *r;
    struct reader_record record;
    enum err err = reader_open_input(w->object_arena, &input, &w->options->format, &r, d);
    if (err != ERR_OK) {
        return err;
    }
    job->fatal = true; /* from here on some of it may be counted */
    while ((err = reader_next(r, w->frame, &record, d)) == ERR_OK) {
        TRY(count_other_record(w, job, &record, d));
        arena_reset(w->frame);
    }
    job->fatal = false;
    job->torn = err != ERR_NOT_FOUND && job->records > 0;
    job->raw_bytes = reader_raw_bytes(r);
    job->whole = job->all_bytes = err == ERR_NOT_FOUND;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err count_object(struct worker *w, struct job *job, struct diag *d)
{
    bool capture = w->options->format.kind == READER_CAPTURE;
    enum reader_format format = w->options->format.kind;
    arena_reset(w->object_arena);
    arena_reset(w->frame);
    if (job->arena == NULL) {
        TRY(stored_open(w->object_arena, w->source, job->object, STR_EMPTY, &job->stored, d));
    }
    job->stored.room = &w->room;
    job->size = job->stored.size;
    if (format == READER_DETECT) {
        struct capture_input input = stored_parts(&job->stored);
        TRY(capture_input_is(&input, &capture, d));
    }
    for (size_t i = 0; i <= w->options->more_count; i++) {
        aggregate_object(w->aggregates[i], job->object->place);
    }
    TRY(capture ? count_capture(w, job, d) : count_other(w, job, d));
    aggregate_counts(w->aggregates[0])->objects++;
    return ERR_OK;
}

/* ---- tasks ---- */

static void work(struct rt *rt, void *arg)
{
    struct worker *w = arg;
    void *item;
    bool ended = false; /* nobody waits for what is left; its memory must be given back */
    while (rt_queue_take(rt, w->todo, INSTANT_NEVER, &item) == ERR_OK) {
        struct job *job = item;
        if (job->diag.code == ERR_OK && !ended) {
            enum err err = count_object(w, job, &job->diag);
            ASSERT(err == job->diag.code);
        }
        if (job->arena != NULL) {
            arena_free(job->arena);
        }
        ended = ended || rt_queue_put(rt, w->done, job) != ERR_OK;
    }
}

static void worker_init(struct worker *w, const struct definition *def,
                        const struct aggregate_plan *plan)
{
    struct aggregate_options o = w->options->aggregate;
    size_t more = w->options->more_count;
    o.distinct_bytes_max /= w->options->threads * (1 + more);
    w->arena = arena_new("tally worker", ARENA_PROCESS_BYTES_MAX);
    w->object_arena = arena_child(w->arena, "tally object", ARENA_TASK_BYTES_MAX);
    w->frame = arena_child(w->arena, "tally frame", ARENA_TASK_BYTES_MAX);
    w->scratch = arena_child(w->arena, "tally record", ARENA_TASK_BYTES_MAX);
    w->decoder = record_decoder_new(w->arena, def);
    w->aggregates = NEW_ARRAY(w->arena, struct aggregate *, 1 + more);
    w->aggregates[0] = aggregate_new(w->arena, plan, def, &o);
    for (size_t i = 0; i < more; i++) {
        w->aggregates[1 + i] = aggregate_new(w->arena, &w->options->more[i], def, &o);
    }
    buf_init(&w->room, w->arena, CAPTURE_BYTES_MAX + MIB);
}

/* ---- the run ---- */

struct run {
    const struct source *source;
    const struct aggregate_run_options *options;
    struct rt_queue *todo, *done;
    struct aggregate_run_result *result;
    struct arena *arena;
    size_t under_way, problem_cap, torn;
    bool again; /* the second pass */
};

static void note_problem(struct run *run, const struct job *job, struct str text, bool counted)
{
    struct aggregate_run_result *r = run->result;
    if (r->problem_count == run->problem_cap) {
        size_t cap = run->problem_cap == 0 ? 16 : 2 * run->problem_cap;
        r->problems = arena_grow(run->arena, r->problems, run->problem_cap * sizeof(r->problems[0]),
                                 cap * sizeof(r->problems[0]));
        run->problem_cap = cap;
    }
    r->problems[r->problem_count++] = (struct player_problem){
        .object = job->object->key, .text = str_copy(run->arena, text), .counted = counted};
}

/* What the manifest says otherwise. */
static void hold_against_manifest(struct run *run, const struct job *job)
{
    const struct source_object *o = job->object;
    struct buf text;
    buf_init(&text, run->arena, 4 * KIB);
    if (job->whole && o->records >= 0 && (uint64_t)o->records != job->records) {
        buf_addf(&text, "%llu records, the manifest says %lld", (unsigned long long)job->records,
                 (long long)o->records);
    }
    if (job->all_bytes && o->raw_bytes >= 0 && (uint64_t)o->raw_bytes != job->raw_bytes) {
        buf_addf(&text, "%s%llu bytes after decompression, the manifest says %lld",
                 text.len == 0 ? "" : "; ", (unsigned long long)job->raw_bytes,
                 (long long)o->raw_bytes);
    }
    if (text.len > 0) {
        note_problem(run, job, buf_str(&text), true);
    }
}

static bool ends_the_run(const struct run *run, const struct job *job)
{
    enum err code = job->diag.code;
    return run->options->strict || job->fatal || err_is_transient(code) || code == ERR_CANCELLED ||
           code == ERR_INTERNAL;
}

/* Takes one finished object. */
static enum err settle(struct run *run, struct diag *d)
{
    const struct aggregate_run_options *o = run->options;
    struct aggregate_progress *done = &run->result->done;
    void *item;
    if (rt_queue_take(o->rt, run->done, INSTANT_NEVER, &item) != ERR_OK) {
        return fail(d, ERR_CANCELLED, "cancelled after %llu objects",
                    (unsigned long long)done->objects);
    }
    struct job *job = item;
    run->under_way--;
    if (job->diag.code != ERR_OK) {
        if (ends_the_run(run, job)) {
            return fail(d, job->diag.code, "%.*s: %s", STR_ARG(job->object->key), job->diag.msg);
        }
        note_problem(run, job, str_of(job->diag.msg), false);
        run->torn += job->torn;
    } else if (!run->again) {
        hold_against_manifest(run, job);
    }
    done->objects++;
    done->bytes += job->size;
    done->raw_bytes += job->raw_bytes;
    done->records += job->records;
    if (o->progress != NULL) {
        o->progress(o->progress_ctx, done);
    }
    return ERR_OK;
}

static enum err hand_out(struct run *run, struct job *job, const struct source_object *object,
                         struct diag *d)
{
    *job = (struct job){.object = object, .diag = DIAG_INIT};
    if (run->source->bucket.len > 0) { /* one connection, this task's: read ahead of the workers */
        job->arena = arena_new("tally fetch", ARENA_TASK_BYTES_MAX);
        enum err err = stored_open(job->arena, run->source, object, run->options->aggregate.folder,
                                   &job->stored, &job->diag);
        ASSERT(err == job->diag.code);
    }
    run->under_way++;
    return rt_queue_put(run->options->rt, run->todo, job) == ERR_OK
               ? ERR_OK
               : fail(d, ERR_CANCELLED, "cancelled");
}

static enum err run_all(struct run *run, size_t ahead, struct diag *d)
{
    struct job *jobs = NEW_ARRAY(run->arena, struct job, run->source->count);
    for (size_t i = 0; i < run->source->count; i++) {
        while (run->under_way >= ahead) {
            TRY(settle(run, d));
        }
        TRY(hand_out(run, &jobs[i], &run->source->objects[i], d));
    }
    while (run->under_way > 0) {
        TRY(settle(run, d));
    }
    return ERR_OK;
}

static int problem_cmp(const void *a, const void *b)
{
    const struct player_problem *x = a, *y = b;
    return str_cmp(x->object, y->object);
}

/* What all tasks have by one plan. */
static enum err plan_end(struct run *run, struct worker *workers, size_t plan,
                         struct aggregate_result *ret_result, struct diag *d)
{
    unsigned count = run->options->threads;
    struct aggregate **parts = NEW_ARRAY(run->arena, struct aggregate *, count);
    for (unsigned i = 0; i < count; i++) {
        parts[i] = workers[i].aggregates[plan];
    }
    return aggregate_end(run->arena, parts, count, ret_result, d);
}

static enum err run_end(struct run *run, struct worker *workers, struct diag *d)
{
    size_t more = run->options->more_count;
    aggregate_counts(workers[0].aggregates[0])->problems = run->result->problem_count;
    if (run->result->problem_count > 0) {
        qsort(run->result->problems, run->result->problem_count, sizeof(struct player_problem),
              problem_cmp);
    }
    run->result->more = NEW_ARRAY(run->arena, struct aggregate_result, more);
    for (size_t i = 0; i < more; i++) {
        TRY(plan_end(run, workers, 1 + i, &run->result->more[i], d));
    }
    return plan_end(run, workers, 0, &run->result->result, d);
}

static void worker_free(void *arena)
{
    arena_free(arena);
}

/* One pass over the source; its aggregates are not joined yet. */
static enum err pass(struct run *run, const struct definition *def,
                     const struct aggregate_plan *plan, struct worker **ret_workers, struct diag *d)
{
    const struct aggregate_run_options *o = run->options;
    size_t ahead = o->threads + 1;
    struct worker *workers = NEW_ARRAY(run->arena, struct worker, o->threads);
    run->todo = rt_queue_new(o->rt, run->arena, ahead);
    run->done = rt_queue_new(o->rt, run->arena, ahead);
    for (unsigned i = 0; i < o->threads; i++) {
        workers[i] = (struct worker){
            .options = o, .source = run->source, .todo = run->todo, .done = run->done};
        worker_init(&workers[i], def, plan);
        arena_defer(run->arena, worker_free, workers[i].arena);
        workers[i].task = rt_spawn(o->rt, "tally", work, &workers[i]);
    }
    enum err err = run_all(run, ahead, d);
    rt_queue_close(o->rt, run->todo);
    rt_queue_close(o->rt, run->done);
    for (unsigned i = 0; i < o->threads; i++) {
        rt_join(o->rt, workers[i].task);
    }
    *ret_workers = workers;
    return err;
}

/* The objects that could be read. */
static struct source *readable(struct run *run)
{
    struct source *rest = arena_copy(run->arena, run->source, sizeof(*run->source));
    struct map *bad = map_new(run->arena);
    for (size_t i = 0; i < run->result->problem_count; i++) {
        if (!run->result->problems[i].counted) {
            map_put(bad, run->result->problems[i].object, &run->result->problems[i]);
        }
    }
    rest->objects = NEW_ARRAY(run->arena, struct source_object, run->source->count);
    rest->count = 0;
    for (size_t i = 0; i < run->source->count; i++) {
        if (map_get(bad, run->source->objects[i].key) == NULL) {
            rest->objects[rest->count++] = run->source->objects[i];
        }
    }
    return rest;
}

enum err aggregate_run(struct arena *a, const struct definition *def,
                       const struct aggregate_plan *plan, const struct source *source,
                       const struct aggregate_run_options *options,
                       struct aggregate_run_result *ret_result, struct diag *d)
{
    struct run run = {.source = source, .options = options, .result = ret_result, .arena = a};
    struct worker *workers;
    *ret_result = (struct aggregate_run_result){0};
    TRY(pass(&run, def, plan, &workers, d));
    if (run.torn > 0) {
        struct aggregate_progress done = ret_result->done;
        run.source = readable(&run);
        run.torn = 0;
        run.again = true;
        ret_result->done = (struct aggregate_progress){0};
        TRY(pass(&run, def, plan, &workers, d));
        ret_result->done = done;
        if (run.torn > 0) {
            return fail(d, ERR_CONFLICT, "objects change while they are read");
        }
    }
    return run_end(&run, workers, d);
}

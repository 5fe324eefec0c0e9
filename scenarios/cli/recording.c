/* recording.c -- Shards are read in turn by one task, since a recording is for minutes and
 * megabytes; an object is written when it is large enough, when its shard ends, and at the end. */
#include "recording_parts.h"

#include "base/limits.h"

#define OBJECT_RECORDS 10000
#define OBJECT_BYTES (8 * MIB)
#define ROUND_US (250 * US_PER_MS) /* five reads a second and shard are allowed */

/* ---- one shard ---- */

static enum err keep(struct recording *r, struct recorded_shard *s,
                     const struct kinesis_record *record, struct diag *d)
{
    if (s->count == OBJECT_RECORDS || s->bytes + record->data.len > OBJECT_BYTES) {
        TRY(recording_folder_put(r, s, d));
    }
    if (s->records == NULL) {
        s->records = NEW_ARRAY(s->arena, struct capture_record, OBJECT_RECORDS);
    }
    s->records[s->count++] = (struct capture_record){
        .sequence_number = str_copy(s->arena, record->sequence_number),
        .partition_key = str_copy(s->arena, record->partition_key),
        .arrived_us = record->arrived_us,
        .data = str_copy(s->arena, record->data),
    };
    s->bytes += record->data.len;
    return ERR_OK;
}

static enum err iterator_take(struct recording *r, struct recorded_shard *s, struct diag *d)
{
    const struct recording_options *o = r->options;
    bool behind = s->last_sequence.len > 0;
    return kinesis_iterator(o->client, o->stream, s->id,
                            behind ? KINESIS_AFTER_SEQUENCE : s->position, s->last_sequence,
                            o->from_us, r->arena, &s->iterator, d);
}

static enum err read_once(struct recording *r, struct recorded_shard *s, struct arena *task,
                          struct diag *d)
{
    struct kinesis_batch batch;
    enum err err = kinesis_get(r->options->client, s->iterator, 0, task, &batch, d);
    if (err == ERR_CONFLICT && str_eq(str_of(d->name), STR("ExpiredIteratorException"))) {
        diag_clear(d);
        return iterator_take(r, s, d);
    }
    TRY(err);
    for (size_t i = 0; i < batch.count; i++) {
        TRY(keep(r, s, &batch.records[i], d));
    }
    if (batch.count > 0) {
        s->last_sequence = str_copy(r->arena, batch.records[batch.count - 1].sequence_number);
    }
    s->ended = batch.next_iterator.len == 0;
    s->caught_up = batch.count == 0 && batch.behind_ms == 0;
    s->iterator = str_copy(r->arena, batch.next_iterator);
    return s->ended ? recording_folder_put(r, s, d) : ERR_OK;
}

/* ---- all of them ---- */

static bool is_following(const struct recording *r)
{
    return r->options->follow && r->stops == 0;
}

/* Where following ends, each shard is read to the present once more. */
static void take_stop(struct recording *r)
{
    if (r->options->stop == NULL || !r->options->stop(r->options->stop_ctx)) {
        return;
    }
    for (size_t i = 0; is_following(r) && i < r->shard_count; i++) {
        r->shards[i].caught_up = false;
    }
    r->stops++;
}

static bool is_cut(struct recording *r)
{
    take_stop(r);
    return r->stops > (r->options->follow ? 1 : 0);
}

static bool is_read(const struct recording *r, const struct recorded_shard *s)
{
    return s->ended || (s->caught_up && !is_following(r));
}

static bool is_done(const struct recording *r)
{
    bool done = !is_following(r);
    for (size_t i = 0; i < r->shard_count; i++) {
        done = done && is_read(r, &r->shards[i]);
    }
    return done;
}

static bool is_known(const struct recording *r, struct str id)
{
    for (size_t i = 0; i < r->shard_count; i++) {
        if (str_eq(r->shards[i].id, id)) {
            return true;
        }
    }
    return false;
}

/* Of a shard that was not there at first even the oldest record is to come. */
static enum kinesis_position position_of(const struct recording *r, bool first)
{
    bool all = !first && r->options->position == KINESIS_LATEST;
    return all ? KINESIS_TRIM_HORIZON : r->options->position;
}

static enum err shard_open(struct recording *r, struct str id, bool first, struct diag *d)
{
    const struct str *last = map_get(r->recorded, id);
    struct recorded_shard *s = &r->shards[r->shard_count];
    *s = (struct recorded_shard){.id = id, .last_sequence = last == NULL ? STR_EMPTY : *last};
    s->position = position_of(r, first);
    s->arena = arena_child(r->arena, "record object", GIB);
    r->result.shards = ++r->shard_count;
    return iterator_take(r, s, d);
}

/* Those that are not known yet: all at first, later the children of a split or a merge. */
static enum err shards_open(struct recording *r, struct diag *d)
{
    struct kinesis_shard *listed;
    size_t count;
    bool first = r->shard_count == 0;
    TRY(kinesis_list_shards(r->options->client, r->options->stream, r->arena, &listed, &count, d));
    struct recorded_shard *shards =
        NEW_ARRAY(r->arena, struct recorded_shard, r->shard_count + count);
    for (size_t i = 0; i < r->shard_count; i++) {
        shards[i] = r->shards[i];
    }
    r->shards = shards;
    for (size_t i = 0; i < count; i++) {
        if (!is_known(r, listed[i].id)) {
            TRY(shard_open(r, listed[i].id, first, d));
        }
    }
    return ERR_OK;
}

static enum err read_shard(struct recording *r, struct recorded_shard *s, bool *ret_ended,
                           struct diag *d)
{
    struct arena *task = arena_new("record batch", ARENA_TASK_BYTES_MAX);
    enum err err = read_once(r, s, task, d);
    arena_free(task);
    *ret_ended = s->ended;
    return err == ERR_OK ? ERR_OK : diag_context(d, "shard %.*s", STR_ARG(s->id));
}

/* A shard that ends has children, which did not stand in the list before. */
static enum err read_round(struct recording *r, struct diag *d)
{
    bool any_ended = false;
    for (size_t i = 0; i < r->shard_count && !is_cut(r); i++) {
        bool ended = false;
        if (!is_read(r, &r->shards[i])) {
            TRY(read_shard(r, &r->shards[i], &ended, d));
        }
        any_ended = any_ended || ended;
    }
    return any_ended ? shards_open(r, d) : ERR_OK;
}

static enum err record_all(struct recording *r, struct diag *d)
{
    while (!is_cut(r)) {
        TRY(read_round(r, d));
        if (is_done(r)) {
            return ERR_OK;
        }
        TRY(rt_sleep(r->options->client->rt, ROUND_US));
    }
    return ERR_OK;
}

static enum err finish(struct recording *r, struct diag *d)
{
    for (size_t i = 0; i < r->shard_count; i++) {
        TRY(recording_folder_put(r, &r->shards[i], d));
    }
    return recording_folder_end(r, d);
}

enum err recording_run(struct arena *a, const struct recording_options *options,
                       struct recording_result *ret_result, struct diag *d)
{
    struct recording r = {.arena = a, .options = options, .recorded = map_new(a)};
    struct diag later = DIAG_INIT;
    TRY(recording_folder_open(&r, d));
    TRY(shards_open(&r, d));
    TRY(recording_folder_begin(&r, d));
    enum err err = record_all(&r, d);
    enum err end = finish(&r, err == ERR_OK ? d : &later);
    *ret_result = r.result;
    return err == ERR_OK ? end : err;
}

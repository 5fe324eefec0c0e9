/* raw_view.c -- The stream and the raw objects as the emulator has them, against the ledger. Each
 * record is read once, and each object as often as it is written. Invariants of a right pipeline,
 * checked as soon as an object is seen:
 * 1. A raw object never changes: one key, one ETag.
 * 2. Its records are records of its shard, with the bytes that were sent, each in one object alone.
 * 3. What has landed of a shard has no gap: a record that was passed over will never land. None but
 * those that the stream did not keep any more (conservation.c: somebody must have been told).
 * 4. Nothing of a shard is written before all of its parents' records are: across a reshard, too,
 * raw is written in the order of each key. */
#include "oracle_parts.h"

#include "pipeline/capture_codec.h"

/* ---- the stream ---- */

static struct stored_shard *shard_named(struct oracle *o, struct str id)
{
    struct stored_shard *shard = map_get(o->shards, id);
    if (shard == NULL) {
        shard = NEW(o->arena, struct stored_shard);
        *shard =
            (struct stored_shard){.id = str_copy(o->arena, id), .first_written_us = INSTANT_NEVER};
        map_put(o->shards, id, shard);
    }
    return shard;
}

static struct str stored_key(struct oracle *o, struct str shard, struct str sequence)
{
    return str_printf(o->scratch, "%.*s/%.*s", STR_ARG(shard), STR_ARG(sequence));
}

static void shard_add(struct oracle *o, struct stored_shard *shard, const struct emulator_record *r,
                      struct oracle_finding *f)
{
    if (shard->count == shard->cap) {
        size_t cap = shard->cap == 0 ? 64 : 2 * shard->cap;
        size_t item = sizeof(struct stored_record *);
        shard->records = arena_grow(o->arena, shard->records, shard->cap * item, cap * item);
        shard->cap = cap;
    }
    struct stored_record *record = NEW(o->arena, struct stored_record);
    record->event = map_get(o->by_payload, r->data);
    record->arrived_us = r->arrived_us;
    shard->records[shard->count++] = record;
    map_put(o->stored, stored_key(o, shard->id, r->sequence_number), record);
    o->stored_count++;
    o->unlanded++;
    if (record->event == NULL) {
        finding_add(o, f, ROW_UNEXPECTED, "the stream holds a record that nobody sent: %.*s",
                    STR_ARG(str_slice(r->data, 0, 80)));
        return;
    }
    record->event->stored++;
    o->deliveries_twice += record->event->stored == record->event->intended + 1 ? 1 : 0;
}

/* Records come shard by shard; in a shard that is known the reading goes on where it ended. */
static void stream_read(struct oracle *o, struct oracle_finding *f)
{
    struct emulator_record r;
    struct stored_shard *shard = NULL;
    for (uint64_t cursor = 0; emulator_record_next(o->in.emulator, &cursor, &r);) {
        if (!str_eq(r.stream, o->in.def->stream)) {
            continue;
        }
        if (shard == NULL || !str_eq(shard->id, r.shard_id)) {
            shard = shard_named(o, r.shard_id);
            if (shard->count == 0) {
                shard->parents[0] = str_copy(o->arena, r.parent_id);
                shard->parents[1] = str_copy(o->arena, r.adjacent_parent_id);
            }
        }
        if (cursor > shard->cursor) {
            shard_add(o, shard, &r, f);
            shard->cursor = cursor;
        }
        cursor = shard->cursor;
    }
}

/* ---- raw objects ---- */

/* raw/<name>/dt=.../hh=../<shard>-<first sequence number>.ndjson.zst */
static struct str key_shard(struct str key)
{
    struct str name = str_from(key, str_find_last(key, '/') + 1);
    return str_slice(name, 0, str_find_last(name, '-'));
}

static void record_landed(struct oracle *o, struct raw_object *object, size_t ordinal,
                          const struct capture_record *r, struct oracle_finding *f)
{
    struct str shard = key_shard(object->key);
    struct stored_record *stored = map_get(o->stored, stored_key(o, shard, r->sequence_number));
    if (stored == NULL) {
        finding_add(o, f, ROW_UNEXPECTED, "%.*s holds sequence number %.*s, which %.*s never had",
                    STR_ARG(object->key), STR_ARG(r->sequence_number), STR_ARG(shard));
        return;
    }
    struct oracle_event *event = stored->event;
    object->events[ordinal] = event;
    if (event != NULL && !str_eq(event->payload, r->data)) {
        finding_add(o, f, ROW_CORRUPTED, "event %.*s has other bytes in %.*s than were sent",
                    STR_ARG(event_name(event)), STR_ARG(object->key));
    }
    if (stored->raw != NULL) {
        finding_add(o, f, ROW_DUPLICATED,
                    "sequence number %.*s has landed twice: in %.*s and in %.*s",
                    STR_ARG(r->sequence_number), STR_ARG(stored->raw->key), STR_ARG(object->key));
        return;
    }
    stored->raw = object;
    o->unlanded--;
    if (event != NULL) {
        event->landed++;
    }
}

static void written_note(struct stored_shard *shard, int64_t at_us)
{
    shard->first_written_us = at_us < shard->first_written_us ? at_us : shard->first_written_us;
    shard->last_written_us = at_us > shard->last_written_us ? at_us : shard->last_written_us;
}

static void object_read(struct oracle *o, const struct emulator_object *from,
                        struct oracle_finding *f)
{
    struct capture_record *records;
    size_t count = 0;
    struct diag why = DIAG_INIT;
    struct raw_object *object = NEW(o->arena, struct raw_object);
    *object = (struct raw_object){.key = str_copy(o->arena, from->key),
                                  .etag = str_copy(o->arena, from->etag),
                                  .modified_us = from->modified_us};
    map_put(o->raw, object->key, object);
    *o->raw_end = object;
    o->raw_end = &object->next;
    if (capture_codec_read(o->captures, o->scratch, from->body, &records, &count, &why) != ERR_OK) {
        finding_add(o, f, ROW_CORRUPTED, "%.*s cannot be read: %s", STR_ARG(object->key), why.msg);
        return;
    }
    written_note(shard_named(o, key_shard(object->key)), from->modified_us);
    object->count = count;
    object->events = NEW_ARRAY(o->arena, struct oracle_event *, count);
    object->places = NEW_ARRAY(o->arena, uint8_t, count);
    o->raw_records += count;
    for (size_t i = 0; i < count; i++) {
        record_landed(o, object, i, &records[i], f);
    }
}

static bool object_is_known(struct oracle *o, const struct emulator_object *from,
                            struct oracle_finding *f)
{
    const struct raw_object *known = map_get(o->raw, from->key);
    if (known != NULL && !str_eq(known->etag, from->etag)) {
        finding_add(o, f, ROW_CORRUPTED, "raw object %.*s was written again with other content",
                    STR_ARG(known->key));
    }
    return known != NULL;
}

/* A record of a shard that was passed over by what landed behind it: lawful when the stream had
 * let go of it by then. */
static bool has_expired(struct oracle *o, struct stored_shard *shard, size_t index)
{
    struct stored_record *r = shard->records[index];
    size_t behind = index + 1;
    while (shard->records[behind]->raw == NULL) {
        behind++;
    }
    if (!r->expired && r->arrived_us + RETENTION_US <= shard->records[behind]->raw->modified_us) {
        r->expired = true;
        shard->expired++;
        o->expired++;
        o->unlanded--;
        if (r->event != NULL) {
            r->event->expired++;
        }
    }
    return r->expired;
}

/* No gap: whatever stands before a landed record of its shard has landed too. */
static void gaps_check(struct oracle *o, struct oracle_finding *f)
{
    struct str id;
    void *value;
    for (size_t at = 0; map_next(o->shards, &at, &id, &value);) {
        struct stored_shard *shard = value;
        size_t last = shard->count;
        while (shard->landed < shard->count && (shard->records[shard->landed]->raw != NULL ||
                                                shard->records[shard->landed]->expired)) {
            shard->landed++;
        }
        while (last > shard->landed && shard->records[last - 1]->raw == NULL) {
            last--;
        }
        for (size_t i = shard->landed; i < last; i++) {
            if (shard->records[i]->raw == NULL && shard->records[i]->event != NULL &&
                !has_expired(o, shard, i)) {
                finding_add(o, f, ROW_LOST, "event %.*s was passed over: %.*s has landed past it",
                            STR_ARG(event_name(shard->records[i]->event)), STR_ARG(shard->id));
            }
        }
    }
}

static void parent_check(struct oracle *o, const struct stored_shard *shard, struct str parent_id,
                         struct oracle_finding *f)
{
    const struct stored_shard *parent = map_get(o->shards, parent_id);
    if (parent != NULL &&
        (parent->landed < parent->count || parent->last_written_us > shard->first_written_us)) {
        finding_add(o, f, ROW_OVERTAKEN, "%.*s began to land before its parent %.*s had",
                    STR_ARG(shard->id), STR_ARG(parent->id));
    }
}

/* After gaps_check: how far each shard has landed. */
static void parents_check(struct oracle *o, struct oracle_finding *f)
{
    struct str id;
    void *value;
    for (size_t at = 0; map_next(o->shards, &at, &id, &value);) {
        const struct stored_shard *shard = value;
        for (size_t i = 0; i < 2 && shard->first_written_us != INSTANT_NEVER; i++) {
            parent_check(o, shard, shard->parents[i], f);
        }
    }
}

/* Acknowledged is stored, whatever else happens. What has been seen stored stays so: the look
 * begins behind the events that all are. */
static void acknowledged_check(struct oracle *o, struct oracle_finding *f)
{
    const struct oracle_event *e = o->settled == NULL ? o->first : o->settled->next;
    for (; e != NULL && e->stored > 0; e = e->next) {
        o->settled = e;
    }
    for (; e != NULL; e = e->next) {
        if (e->stored == 0 && e->acknowledged > 0) {
            finding_add(o, f, ROW_LOST,
                        "event %.*s was acknowledged, and the stream does not have it",
                        STR_ARG(event_name(e)));
        }
    }
}

enum err oracle_check_raw(struct oracle *o, struct oracle_finding *f, struct diag *d)
{
    (void)d;
    arena_reset(o->scratch);
    stream_read(o, f);
    if (o->in.foreign) {
        acknowledged_check(o, f);
        return ERR_OK;
    }
    struct str prefix = str_printf(o->scratch, "raw/%.*s/", STR_ARG(o->in.def->name));
    struct emulator_object object;
    while (emulator_object_written_next(o->in.emulator, o->in.def->bucket, &o->raw_cursor,
                                        o->scratch, &object)) {
        if (str_starts(object.key, prefix) && !object_is_known(o, &object, f)) {
            object_read(o, &object, f);
        }
    }
    gaps_check(o, f);
    parents_check(o, f);
    acknowledged_check(o, f);
    return ERR_OK;
}

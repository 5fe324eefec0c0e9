/* capture_feed.c -- Reads one captured object at a time and keeps this producer's events of it.
 * Every producer numbers the records of the whole capture alike, so their shares are disjoint.
 *
 * An event is due at its own time, and never before the one in front of it. Malformed ones are
 * extra: after an event, half of its text with a number, so that the capture itself arrives whole.
 */
#include "capture_feed.h"

#include "base/instant.h"
#include "base/limits.h"
#include "base/rng.h"
#include "pipeline/record.h"
#include "replay/reader.h"

#define STREAM_CAPTURE UINT64_C(0x63617074)
#define OBJECT_BYTES_MAX ((size_t)2 * GIB) /* of one object's events in memory */

struct captured {
    struct str payload, partition_key;
    int64_t due_us;
};
struct capture_feed {
    struct feed_options in;
    unsigned producers;
    struct record_decoder *decoder;
    struct arena *object_arena; /* of the events of one object */
    size_t next_object;
    uint64_t numbered; /* records of the capture so far, of all producers */
    struct captured *events;
    size_t count, at;
    int64_t due_us;     /* of the last one read */
    bool extra_is_next; /* a malformed one, made of the event before `at` */
    uint64_t number;    /* events given out */
};

/* ---- one record ---- */

static bool is_mine(struct capture_feed *f)
{
    return f->numbered++ % f->producers == f->in.producer;
}

/* The field that the id column is read from. */
static struct str id_path(const struct definition *def)
{
    const struct column *c = &def->columns[def->id_column];
    return c->from.len > 0 ? c->from : c->name;
}

static struct str row_as_json(const struct capture_feed *f, const struct source_object *object,
                              const struct reader_record *record)
{
    struct buf text;
    struct json_out out;
    struct arena *a = f->object_arena;
    buf_init(&text, a, RECORD_BYTES_MAX);
    json_out_init(&out, &text);
    json_out_object(&out);
    json_out_key_str(&out, id_path(f->in.scenario->pipeline));
    json_out_str(&out, str_printf(a, "%.*s#%llu", STR_ARG(object->key),
                                  (unsigned long long)record->ordinal));
    for (size_t i = 0; i < record->field_count; i++) {
        if (record->fields[i].len > 0) {
            json_out_key_str(&out, record->names[i]);
            json_out_str(&out, record->fields[i]);
        }
    }
    json_out_object_end(&out);
    return buf_str(&text);
}

static struct str key_of(const struct capture_feed *f, struct str payload, const struct row *row)
{
    struct str field = f->in.scenario->source.key_field;
    struct json *tree;
    struct diag ignored = DIAG_INIT;
    struct str key = row->event_id;
    if (field.len > 0 && json_parse(f->object_arena, payload, &tree, &ignored) == ERR_OK) {
        key = json_str(json_get(tree, field));
    }
    return key.len > 0 ? key : STR("none"); /* Kinesis wants one */
}

static void event_keep(struct capture_feed *f, const struct source_object *object,
                       const struct reader_record *record)
{
    bool csv = record->field_count > 0;
    struct str payload =
        csv ? row_as_json(f, object, record) : str_copy(f->object_arena, record->data);
    struct record_origin origin = {.object = object->key, .ordinal = record->ordinal};
    struct row row = record_decode(f->decoder, payload, origin, f->object_arena);
    if (row.event_us != INSTANT_NEVER && row.event_us > f->due_us) {
        f->due_us = row.event_us;
    }
    f->events[f->count++] = (struct captured){
        .payload = payload, .partition_key = key_of(f, payload, &row), .due_us = f->due_us};
}

/* ---- one object ---- */

static void events_reserve(struct capture_feed *f, size_t *cap)
{
    if (f->count == *cap) {
        size_t larger = *cap * 2;
        f->events = arena_grow(f->object_arena, f->events, *cap * sizeof(*f->events),
                               larger * sizeof(*f->events));
        *cap = larger;
    }
}

static enum err records_keep(struct capture_feed *f, const struct source_object *object,
                             struct reader *reader, struct diag *d)
{
    struct arena *scratch = arena_child(f->object_arena, "record", ARENA_TASK_BYTES_MAX);
    size_t cap = 256;
    f->events = NEW_ARRAY(f->object_arena, struct captured, cap);
    for (;;) {
        struct reader_record record;
        arena_reset(scratch);
        enum err err = reader_next(reader, scratch, &record, d);
        if (err == ERR_NOT_FOUND) {
            break;
        }
        TRY(err);
        if (record.problem.len > 0) {
            return fail(d, ERR_INVALID, "record %llu: %.*s", (unsigned long long)record.ordinal,
                        STR_ARG(record.problem));
        }
        if (is_mine(f)) {
            events_reserve(f, &cap);
            event_keep(f, object, &record);
        }
    }
    arena_free(scratch);
    return ERR_OK;
}

static enum err object_read(struct capture_feed *f, const struct source_object *object,
                            struct diag *d)
{
    struct str bytes;
    struct reader *reader;
    TRY(source_fetch(f->in.capture, object, f->object_arena, &bytes, d));
    TRY(reader_open(f->object_arena, bytes, &(struct reader_form){0}, &reader, d));
    return records_keep(f, object, reader, d);
}

/* Until there is an event in memory, or nothing is left. */
static void objects_read(struct capture_feed *f)
{
    while (f->at == f->count && !f->extra_is_next && f->next_object < f->in.capture->count) {
        const struct source_object *object = &f->in.capture->objects[f->next_object++];
        f->at = f->count = 0;
        arena_reset(f->object_arena);
        if (object_read(f, object, f->in.trouble) != ERR_OK) {
            diag_context(f->in.trouble, "%.*s/%.*s", STR_ARG(f->in.capture->where),
                         STR_ARG(object->key));
            f->count = 0;
            f->next_object = f->in.capture->count;
        }
    }
}

/* ---- the feed ---- */

struct capture_feed *capture_feed_new(struct arena *durable, const struct feed_options *options)
{
    struct capture_feed *f = NEW(durable, struct capture_feed);
    f->in = *options;
    f->producers = options->scenario->actors.producers;
    f->decoder = record_decoder_new(durable, options->scenario->pipeline);
    f->object_arena = arena_child(durable, "captured object", OBJECT_BYTES_MAX);
    f->due_us = options->scenario->start_us;
    objects_read(f);
    return f;
}

int64_t capture_feed_due_us(const struct capture_feed *f)
{
    if (f->extra_is_next) {
        return f->events[f->at - 1].due_us;
    }
    return f->at < f->count ? f->events[f->at].due_us : INSTANT_NEVER;
}

static struct str half_of(const struct capture_feed *f, struct str payload, struct arena *a)
{
    return str_printf(a, "%.*s~%u-%llu", (int)(payload.len / 2), payload.ptr, f->in.producer,
                      (unsigned long long)f->number);
}

static bool draw(const struct capture_feed *f, uint64_t site, struct ratio probability)
{
    return probability.den > 0 &&
           rng_hits(rng_u64(f->in.seed, STREAM_CAPTURE + site, f->in.producer, f->number),
                    probability);
}

bool capture_feed_next(struct capture_feed *f, int64_t now_us, struct arena *a,
                       struct feed_event *ret_event)
{
    if (capture_feed_due_us(f) > now_us) {
        return false;
    }
    const struct scenario_source *source = &f->in.scenario->source;
    f->number++;
    if (f->extra_is_next) {
        const struct captured *before = &f->events[f->at - 1];
        *ret_event = (struct feed_event){.payload = half_of(f, before->payload, a),
                                         .partition_key = str_copy(a, before->partition_key),
                                         .malformed = true};
        f->extra_is_next = false;
    } else {
        const struct captured *event = &f->events[f->at++];
        *ret_event = (struct feed_event){.payload = str_copy(a, event->payload),
                                         .partition_key = str_copy(a, event->partition_key),
                                         .copied = draw(f, 1, source->duplicate)};
        f->extra_is_next = draw(f, 2, source->malformed);
    }
    objects_read(f);
    return true;
}

/* player_object.c -- From the source to decoded rows: what can be done ahead, without the
 * warehouse. */
#include "player_parts.h"

#include "base/hash.h"
#include "base/instant.h"
#include "base/limits.h"

struct row_list {
    struct row *items;
    size_t count, cap;
};

static struct row *row_add(struct row_list *rows, struct arena *a)
{
    if (rows->count == rows->cap) {
        size_t cap = rows->cap == 0 ? 256 : 2 * rows->cap;
        rows->items =
            arena_grow(a, rows->items, rows->cap * sizeof(struct row), cap * sizeof(struct row));
        rows->cap = cap;
    }
    return &rows->items[rows->count++];
}

static struct row decode(const struct player *p, struct arena *a, struct str key,
                         const struct reader_record *record)
{
    struct record_origin origin = {.object = key, .ordinal = record->ordinal};
    if (record->problem.len > 0) {
        return (struct row){.fate = RECORD_REJECTED,
                            .event_id = STR_EMPTY,
                            .event_us = INSTANT_NEVER,
                            .reason = record->problem};
    }
    return record->names == NULL ? record_decode(p->decoder, record->data, origin, a)
                                 : record_decode_fields(p->decoder, record->names, record->fields,
                                                        record->field_count, origin, a);
}

static enum err decode_all(const struct player *p, struct reader *r, struct played_object *o,
                           struct diag *d)
{
    struct row_list rows = {0};
    struct reader_record record;
    enum err err;
    while ((err = reader_next(r, o->arena, &record, d)) == ERR_OK) {
        if (rows.count >= CAPTURE_RECORDS_MAX || arena_used(o->arena) > PLAYER_OBJECT_BYTES_MAX) {
            return fail(d, ERR_LIMIT, "over %d records, or over %zu bytes in memory: split it",
                        CAPTURE_RECORDS_MAX, PLAYER_OBJECT_BYTES_MAX);
        }
        *row_add(&rows, o->arena) = decode(p, o->arena, o->object->key, &record);
    }
    o->rows = rows.items;
    o->count = rows.count;
    return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* ---- what the manifest says ---- */

static void note_count(struct buf *problem, const char *what, int64_t promised, uint64_t found)
{
    if (promised >= 0 && (uint64_t)promised != found) {
        buf_addf(problem, "%s%llu %s, the manifest says %lld", problem->len == 0 ? "" : "; ",
                 (unsigned long long)found, what, (long long)promised);
    }
}

static struct str compare(const struct played_object *o, const struct reader *r)
{
    struct buf problem;
    buf_init(&problem, o->arena, 4 * KIB);
    note_count(&problem, "records", o->object->records, o->count);
    note_count(&problem, "bytes after decompression", o->object->raw_bytes, o->raw_bytes);
    if (o->object->sha256_of_raw.len > 0) {
        struct str found = reader_raw_sha256(r, o->arena);
        if (!str_eq(found, o->object->sha256_of_raw)) {
            buf_addf(&problem,
                     "%sits content is not what the manifest says: sha256 %.12s..., not %.12s...",
                     problem.len == 0 ? "" : "; ", found.ptr, o->object->sha256_of_raw.ptr);
        }
    }
    return buf_str(&problem);
}

/* ---- the whole ---- */

static enum err play(const struct player *p, struct played_object *o, struct diag *d)
{
    struct str bytes;
    struct reader *r;
    TRY(source_fetch(p->source, o->object, o->arena, &bytes, d));
    o->bytes = bytes.len;
    o->checksum = hash64(0, bytes);
    const struct known_object *known = map_get(p->known, o->object->key);
    if (known != NULL) {
        o->known = known;
        return known->checksum == o->checksum
                   ? ERR_OK
                   : fail(d, ERR_CONFLICT, "loaded before, and its content was another one then");
    }
    TRY(reader_open(o->arena, bytes, p->options->format, &r, d));
    o->raw_bytes = reader_raw_bytes(r);
    TRY(decode_all(p, r, o, d));
    o->problem = compare(o, r);
    return ERR_OK;
}

struct played_object *object_play(const struct player *p, const struct source_object *object)
{
    struct arena *a = arena_new("replay object", ARENA_PROCESS_BYTES_MAX);
    struct played_object *o = NEW(a, struct played_object);
    *o = (struct played_object){.object = object, .arena = a, .diag = DIAG_INIT};
    enum err err = play(p, o, &o->diag);
    ASSERT(err == o->diag.code);
    return o;
}

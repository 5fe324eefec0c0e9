/* player_object.c -- From the source to decoded rows: what can be done ahead, without the
 * warehouse. Captures are read frame by frame, other formats a view at a time. */
#include "player_parts.h"

#include "base/encode.h"
#include "base/hash.h"
#include "base/instant.h"
#include "base/limits.h"
#include "pipeline/aggregated.h"

struct row_list {
    struct row *items;
    size_t count, cap;
};

static struct row *row_add(struct row_list *rows, struct arena *a)
{
    if (rows->count == rows->cap) {
        size_t cap = rows->cap == 0 ? 1024 : 2 * rows->cap;
        rows->items =
            arena_grow(a, rows->items, rows->cap * sizeof(struct row), cap * sizeof(struct row));
        rows->cap = cap;
    }
    return &rows->items[rows->count++];
}

static bool is_full(const struct batch_reader *r, const struct row_list *rows,
                    const struct batch *batch)
{
    return rows->count >= r->player->batch_records || arena_used(batch->arena) >= BATCH_BYTES;
}

/* ---- what is asked for ---- */

/* A record that is not keeps its place, since ordinals are counted by rows. */
static struct row passed(struct batch_reader *r)
{
    r->passed++;
    return (struct row){.fate = RECORD_PASSED, .event_id = STR_EMPTY, .event_us = INSTANT_NEVER};
}

static struct row chosen(struct batch_reader *r, struct row row, struct arena *a)
{
    const struct selection *s = r->player->selection;
    return s == NULL || selection_row(s, &row, a) ? row : passed(r);
}

static enum err is_meant(const struct batch_reader *r, struct str partition_key, int64_t arrived_us,
                         bool *ret_meant, struct diag *d)
{
    const struct selection *s = r->player->selection;
    *ret_meant = true;
    return s == NULL ? ERR_OK : selection_record(s, partition_key, arrived_us, ret_meant, d);
}

/* ---- records ---- */

static enum err add_frame(struct batch_reader *r, struct batch *batch, struct row_list *rows,
                          struct diag *d)
{
    const struct capture_record *records;
    size_t count;
    enum err err = capture_cursor_next(r->cursor, batch->arena, &records, &count, d);
    if (err != ERR_OK) {
        return err;
    }
    for (size_t i = 0; i < count; i++) {
        size_t parts;
        const struct capture_record *part = aggregated_of(batch->arena, &records[i], &parts);
        for (; parts > 0; parts--, part++) {
            struct record_origin origin = {.object = r->object->key, .ordinal = r->records++};
            bool meant;
            TRY(is_meant(r, part->partition_key, part->arrived_us, &meant, d));
            *row_add(rows, batch->arena) =
                meant
                    ? chosen(r, record_decode(r->player->decoder, part->data, origin, batch->arena),
                             batch->arena)
                    : passed(r);
        }
        r->raw_bytes += records[i].data.len + 1;
        if (r->digest != NULL) {
            digest_add(r->digest, records[i].data);
            digest_add(r->digest, STR("\n"));
        }
    }
    return ERR_OK;
}

/* Rows borrow what they are read from, and the reader may be at the next object before they are
 * loaded. */
static void keep(struct arena *a, struct reader_record *record)
{
    record->data = str_copy(a, record->data);
    struct str *fields = NEW_ARRAY(a, struct str, record->field_count);
    for (size_t i = 0; i < record->field_count; i++) {
        fields[i] = str_copy(a, record->fields[i]);
    }
    record->fields = fields;
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

static enum err add_record(struct batch_reader *r, struct batch *batch, struct row_list *rows,
                           struct diag *d)
{
    struct reader_record record;
    enum err err = reader_next(r->reader, batch->arena, &record, d);
    if (err != ERR_OK) {
        return err;
    }
    if (++r->records > CAPTURE_RECORDS_MAX) {
        return fail(d, ERR_LIMIT, "over %d records: split it", CAPTURE_RECORDS_MAX);
    }
    bool meant;
    int64_t arrived_us =
        record.arrived_us == INSTANT_NEVER ? r->object->arrived_us : record.arrived_us;
    TRY(is_meant(r, record.partition_key, arrived_us, &meant, d));
    if (meant) {
        keep(batch->arena, &record);
        struct row row = decode(r->player, batch->arena, r->object->key, &record);
        *row_add(rows, batch->arena) = chosen(r, row, batch->arena);
    } else {
        *row_add(rows, batch->arena) = passed(r);
    }
    return ERR_OK;
}

/* ERR_NOT_FOUND: with these rows the object ends. */
static enum err fill(struct batch_reader *r, struct batch *batch, struct diag *d)
{
    struct row_list rows = {0};
    enum err err = ERR_OK;
    while (err == ERR_OK && !is_full(r, &rows, batch)) {
        err = r->cursor != NULL ? add_frame(r, batch, &rows, d) : add_record(r, batch, &rows, d);
    }
    batch->rows = rows.items;
    batch->count = rows.count;
    return err;
}

/* ---- what the manifest says ---- */

static void note_count(struct buf *problem, const char *what, int64_t promised, uint64_t found)
{
    if (promised >= 0 && (uint64_t)promised != found) {
        buf_addf(problem, "%s%llu %s, the manifest says %lld", problem->len == 0 ? "" : "; ",
                 (unsigned long long)found, what, (long long)promised);
    }
}

static struct str digest_hex(struct batch_reader *r, struct arena *a)
{
    if (r->digest == NULL) {
        return reader_raw_sha256(r->reader, a);
    }
    uint8_t bytes[DIGEST_BYTES_MAX];
    struct buf hex;
    digest_end(r->digest, bytes);
    buf_init(&hex, a, (size_t)2 * DIGEST_BYTES_MAX);
    encode_hex(&hex, str_n((const char *)bytes, digest_bytes(DIGEST_SHA256)));
    return buf_str(&hex);
}

static struct str compare(struct batch_reader *r, struct batch *batch)
{
    const struct source_object *object = r->object;
    struct buf problem;
    buf_init(&problem, batch->arena, 4 * KIB);
    note_count(&problem, "records", object->records, r->records);
    note_count(&problem, "bytes after decompression", object->raw_bytes, batch->raw_bytes);
    if (object->sha256_of_raw.len > 0) {
        struct str found = digest_hex(r, batch->arena);
        if (!str_eq(found, object->sha256_of_raw)) {
            buf_addf(&problem,
                     "%sits content is not what the manifest says: sha256 %.12s..., not %.12s...",
                     problem.len == 0 ? "" : "; ", found.ptr, object->sha256_of_raw.ptr);
        }
    }
    return buf_str(&problem);
}

/* ---- objects ---- */

static enum err open_bytes(struct batch_reader *r, struct diag *d)
{
    const struct reader_form *form = &r->player->options->format;
    struct capture_input parts = stored_parts(&r->stored);
    bool capture = form->kind == READER_CAPTURE;
    if (form->kind == READER_DETECT) {
        TRY(capture_input_is(&parts, &capture, d));
    }
    if (capture) {
        TRY(capture_cursor_open_input(r->arena, &parts, &r->cursor, d));
        r->digest = r->object->sha256_of_raw.len > 0 ? digest_new(r->arena, DIGEST_SHA256) : NULL;
        return ERR_OK;
    }
    struct reader_form with_digest = *form;
    with_digest.digest = r->object->sha256_of_raw.len > 0;
    struct reader_input pieces = stored_pieces(&r->stored);
    return reader_open_input(r->arena, &pieces, &with_digest, &r->reader, d);
}

/* What the object's line in the warehouse must say. */
static enum err check_known(const struct player *p, const struct batch *batch, struct diag *d)
{
    if (batch->known->checksum != batch->checksum) {
        return fail(d, ERR_CONFLICT, "loaded before, and its content was another one then");
    }
    return str_eq(batch->known->part, p->part)
               ? ERR_OK
               : fail(d, ERR_CONFLICT, "loaded before, and then %s%.*s was asked for",
                      batch->known->part.len == 0 ? "all of it" : "", STR_ARG(batch->known->part));
}

/* When a capture's records arrived, and whether any of them is asked for. */
static enum err look_at_arrivals(struct batch_reader *r, struct batch *batch, struct diag *d)
{
    const struct selection *s = r->player->selection;
    bool timed = s != NULL && selection_of_arrivals(s);
    if (r->cursor == NULL || (!timed && r->player->options->pace.kind == PACE_FLAT)) {
        return ERR_OK;
    }
    TRY(capture_cursor_arrivals(r->cursor, batch->arena, &batch->from_us, &batch->moment_us, d));
    if (timed && (batch->moment_us < s->arrived_from_us || batch->from_us >= s->arrived_to_us)) {
        batch->passed = capture_cursor_records(r->cursor);
        batch->passed_over = batch->last = true;
        r->open = false;
    }
    return ERR_OK;
}

static enum err fetch(struct batch_reader *r, struct diag *d)
{
    const struct player *p = r->player;
    struct str folder = p->options->spill_folder;
    void *turn = NULL;
    if (p->turn != NULL && rt_queue_take(p->options->rt, p->turn, INSTANT_NEVER, &turn) != ERR_OK) {
        return fail(d, ERR_CANCELLED, "cancelled");
    }
    enum err err = stored_open(r->arena, p->source, r->object,
                               folder.len == 0 ? STR("/tmp") : folder, &r->stored, d);
    if (p->turn != NULL && rt_queue_put(p->options->rt, p->turn, turn) != ERR_OK && err == ERR_OK) {
        err = fail(d, ERR_CANCELLED, "cancelled");
    }
    return err;
}

/* The head of the next object's first batch. */
static enum err open_next(struct batch_reader *r, struct batch *batch, struct diag *d)
{
    const struct source *source = r->player->source;
    r->object = batch->object = &source->objects[r->next++];
    r->reader = NULL;
    r->cursor = NULL;
    r->digest = NULL;
    r->records = r->raw_bytes = r->passed = 0;
    batch->first = true;
    arena_reset(r->arena);
    TRY(fetch(r, d));
    r->stored.room = &r->room;
    batch->bytes = r->stored.size;
    TRY(stored_hash(&r->stored, &batch->checksum, d));
    const struct known_object *known = map_get(r->player->known, r->object->key);
    if (known != NULL) {
        batch->known = known;
        batch->last = true;
        return check_known(r->player, batch, d);
    }
    TRY(open_bytes(r, d));
    r->open = true;
    batch->from_us = batch->moment_us = r->object->arrived_us;
    return look_at_arrivals(r, batch, d);
}

/* Arrival is not known: the first and the last event instead. */
static void events_span(struct batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        int64_t us = batch->rows[i].event_us;
        if (batch->rows[i].fate == RECORD_ROW) {
            bool none = batch->moment_us == INSTANT_NEVER;
            batch->from_us = none || us < batch->from_us ? us : batch->from_us;
            batch->moment_us = none || us > batch->moment_us ? us : batch->moment_us;
        }
    }
}

static enum err read_on(struct batch_reader *r, struct batch *batch, struct diag *d)
{
    if (!r->open) {
        TRY(open_next(r, batch, d));
        if (!r->open) {
            return ERR_OK;
        }
    }
    batch->object = r->object;
    enum err err = fill(r, batch, d);
    if (batch->first && batch->moment_us == INSTANT_NEVER) {
        events_span(batch);
    }
    batch->passed = r->passed;
    if (err != ERR_NOT_FOUND) {
        return err;
    }
    batch->last = true;
    batch->raw_bytes = r->reader != NULL ? reader_raw_bytes(r->reader) : r->raw_bytes;
    batch->problem = compare(r, batch);
    r->open = false;
    return ERR_OK;
}

void batch_reader_init(struct batch_reader *r, const struct player *p, size_t from, size_t to)
{
    *r = (struct batch_reader){.player = p, .next = from, .to = to};
    r->arena = arena_new("replay object", PLAYER_OBJECT_BYTES_MAX);
    r->home = arena_new("replay window", GIB);
    buf_init(&r->room, r->home, CAPTURE_BYTES_MAX + MIB);
}

void batch_reader_done(struct batch_reader *r)
{
    arena_free(r->arena);
    arena_free(r->home);
}

bool batch_read(struct batch_reader *r, struct batch *batch)
{
    if (!r->open && r->next == r->to) {
        return false;
    }
    arena_reset(batch->arena);
    *batch = (struct batch){.arena = batch->arena,
                            .diag = DIAG_INIT,
                            .problem = STR_EMPTY,
                            .from_us = INSTANT_NEVER,
                            .moment_us = INSTANT_NEVER};
    enum err err = read_on(r, batch, &batch->diag);
    if (err != ERR_OK) {
        batch->last = true;
        r->open = false;
    }
    ASSERT(err == batch->diag.code);
    return true;
}

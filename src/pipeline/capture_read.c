/* capture_read.c -- An object back into records, trusting nothing: the seek table is found from the
 * end and checked, then frame by frame what it promised; last the checksum over everything that is
 * stored, which sees the bits that the parts before it do not look at. */
#include "pipeline/capture_codec.h"

#include "base/hash.h"
#include "capture_layout.h"
#include "zstd_arena.h"

#define ROOM_BYTES (320 * MIB) /* for everything that one object becomes in memory */
#define INDEX_ENTRY_BYTES_MIN ((size_t)16)

struct table { /* the seek table, checked */
    struct capture_summary summary;
    uint32_t frames;
    uint64_t stored;    /* checksum of the bytes before the seek table */
    size_t at;          /* where its skippable frame begins */
    struct str entries; /* LAYOUT_SEEK_ENTRY each */
};
struct frame { /* one seek table entry */
    uint32_t number, records, bytes, data_size, index_size;
    uint64_t checksum;
    size_t at;
};
struct capture_reading {
    struct arena *arena, *scratch;
    struct zstd_reader *zstd;
    struct str object;
    struct table table;
    struct capture_record *records;
    size_t count;
    size_t room; /* bytes that may still be allocated */
};

/* ---- the seek table ---- */

bool capture_is(struct str object)
{
    if (object.len < LAYOUT_SKIPPABLE_HEAD + LAYOUT_SEEK_HEAD + LAYOUT_SEEK_TAIL ||
        layout_get(object, 0, 4) != LAYOUT_ZSTD_MAGIC || !str_ends(object, STR(LAYOUT_END_MARK))) {
        return false;
    }
    uint64_t size = layout_get(object, object.len - 8, 4);
    if (size + LAYOUT_SKIPPABLE_HEAD > object.len ||
        size < LAYOUT_SEEK_HEAD + 4 + LAYOUT_SEEK_TAIL) {
        return false;
    }
    size_t at = object.len - (size_t)size - LAYOUT_SKIPPABLE_HEAD;
    return layout_get(object, at, 4) == LAYOUT_SKIPPABLE_MAGIC &&
           layout_get(object, at + 4, 4) == size &&
           str_starts(str_from(object, at + LAYOUT_SKIPPABLE_HEAD), STR(LAYOUT_SEEK_MARK));
}

bool capture_was(struct str object)
{
    struct str rest = object;
    for (size_t at; (at = str_find_str(rest, STR(LAYOUT_INDEX_MARK))) != STR_NONE;
         rest = str_from(rest, at + 1)) {
        if (at >= LAYOUT_SKIPPABLE_HEAD &&
            layout_get(rest, at - LAYOUT_SKIPPABLE_HEAD, 4) == LAYOUT_SKIPPABLE_MAGIC) {
            return true;
        }
    }
    return capture_is(object);
}

/* A length of two bytes and so much text; false when it does not fit. */
static bool get_text(struct str from, size_t *at, struct str *ret_text)
{
    if (from.len - *at < 2) {
        return false;
    }
    size_t len = (size_t)layout_get(from, *at, 2);
    if (from.len - *at - 2 < len) {
        return false;
    }
    *ret_text = str_slice(from, *at + 2, *at + 2 + len);
    *at += 2 + len;
    return true;
}

/* The parts of a payload whose checksum is right. */
static bool read_payload(struct str payload, struct table *t)
{
    size_t at = LAYOUT_SEEK_HEAD;
    struct str body = str_slice(payload, 0, payload.len - LAYOUT_SEEK_TAIL);
    t->frames = (uint32_t)layout_get(payload, 4, 4);
    t->summary.records = layout_get(payload, 8, 8);
    t->summary.bytes = layout_get(payload, 16, 8);
    t->summary.first_arrived_us = (int64_t)layout_get(payload, 24, 8);
    t->summary.last_arrived_us = (int64_t)layout_get(payload, 32, 8);
    t->summary.checksum = layout_get(payload, 40, 8);
    t->stored = layout_get(payload, 48, 8);
    if (!get_text(body, &at, &t->summary.first_sequence_number) ||
        !get_text(body, &at, &t->summary.last_sequence_number)) {
        return false;
    }
    t->entries = str_from(body, at);
    return t->frames > 0 && t->entries.len / LAYOUT_SEEK_ENTRY == t->frames &&
           t->entries.len % LAYOUT_SEEK_ENTRY == 0;
}

static enum err read_table(struct str object, struct table *ret_table, struct diag *d)
{
    if (!capture_is(object)) {
        return fail(d, ERR_CORRUPT, "no seek table at the end of the %zu bytes: cut, or no capture",
                    object.len);
    }
    size_t size = (size_t)layout_get(object, object.len - 8, 4);
    struct table t = {.at = object.len - size - LAYOUT_SKIPPABLE_HEAD};
    struct str payload = str_slice(object, object.len - size, object.len);
    struct str checked = str_slice(payload, 0, size - LAYOUT_SEEK_TAIL);
    if (hash_crc64nvme(0, checked) != layout_get(payload, checked.len, 8)) {
        return fail(d, ERR_CORRUPT, "seek table at byte %zu: the checksum differs", t.at);
    }
    if (!read_payload(payload, &t)) {
        return fail(d, ERR_CORRUPT, "seek table at byte %zu: its parts do not fit", t.at);
    }
    if (t.summary.bytes > CAPTURE_BYTES_MAX || t.summary.records > CAPTURE_RECORDS_MAX) {
        return fail(d, ERR_LIMIT, "%llu records of %llu bytes: over %d or %zu",
                    (unsigned long long)t.summary.records, (unsigned long long)t.summary.bytes,
                    CAPTURE_RECORDS_MAX, CAPTURE_BYTES_MAX);
    }
    *ret_table = t;
    return ERR_OK;
}

enum err capture_summarize(struct arena *a, struct str object, struct capture_summary *ret_summary,
                           struct diag *d)
{
    (void)a;
    struct table t;
    TRY(read_table(object, &t, d));
    *ret_summary = t.summary;
    return ERR_OK;
}

/* ---- one frame ---- */

static enum err take(struct capture_reading *r, size_t size, char **ret_bytes, struct diag *d)
{
    if (size > r->room) {
        return fail(d, ERR_LIMIT, "the object needs more than %zu bytes of memory", ROOM_BYTES);
    }
    r->room -= size;
    *ret_bytes = arena_alloc_raw(r->arena, size);
    return ERR_OK;
}

#define fail_frame(f, at, d, why)                                                                  \
    fail((d), ERR_CORRUPT, "frame %u at byte %zu: %s", (f)->number, (size_t)(at), (why))

/* The index's entries, uncompressed. */
static enum err read_index(struct capture_reading *r, const struct frame *f,
                           struct str *ret_entries, struct diag *d)
{
    size_t at = f->at + f->data_size;
    struct str index = str_slice(r->object, at, at + f->index_size);
    const size_t least = LAYOUT_SKIPPABLE_HEAD + LAYOUT_INDEX_HEAD + 8;
    if (index.len < least || layout_get(index, 0, 4) != LAYOUT_SKIPPABLE_MAGIC ||
        layout_get(index, 4, 4) != index.len - LAYOUT_SKIPPABLE_HEAD) {
        return fail_frame(f, at, d, "no index behind it");
    }
    struct str payload = str_from(index, LAYOUT_SKIPPABLE_HEAD);
    struct str checked = str_slice(payload, 0, payload.len - 8);
    if (hash_crc64nvme(0, checked) != layout_get(payload, checked.len, 8)) {
        return fail_frame(f, at, d, "the checksum of its index differs");
    }
    bool agrees =
        str_starts(payload, STR(LAYOUT_INDEX_MARK)) && layout_get(payload, 4, 4) == f->records &&
        layout_get(payload, 8, 8) == f->bytes && layout_get(payload, 16, 8) == f->checksum;
    if (!agrees) {
        return fail_frame(f, at, d, "its index and the seek table differ");
    }
    uint64_t encoding = layout_get(payload, 24, 4);
    size_t size = (size_t)layout_get(payload, 28, 4);
    struct str stored = str_from(checked, LAYOUT_INDEX_HEAD);
    if (encoding == LAYOUT_ENTRIES_PLAIN && size == stored.len) {
        *ret_entries = stored;
        return ERR_OK;
    }
    if (encoding != LAYOUT_ENTRIES_ZSTD) {
        return fail_frame(f, at, d, "entries of an unknown kind in its index");
    }
    char *entries;
    TRY(take(r, size, &entries, d));
    enum err err = zstd_read(r->zstd, stored, entries, size, d);
    if (err != ERR_OK) {
        diag_context(d, "frame %u at byte %zu: index", f->number, at);
        return err;
    }
    *ret_entries = str_n(entries, size);
    return ERR_OK;
}

static enum err read_data(struct capture_reading *r, const struct frame *f, struct str *ret_raw,
                          struct diag *d)
{
    struct str data = str_slice(r->object, f->at, f->at + f->data_size);
    char *raw;
    TRY(take(r, f->bytes, &raw, d));
    enum err err = zstd_read(r->zstd, data, raw, f->bytes, d);
    if (err != ERR_OK) {
        diag_context(d, "frame %u at byte %zu", f->number, f->at);
        return err;
    }
    *ret_raw = str_n(raw, f->bytes);
    if (hash_crc64nvme(0, *ret_raw) != f->checksum) {
        return fail_frame(f, f->at, d, "the checksum of its records differs");
    }
    return ERR_OK;
}

/* Takes one record off both; false when the index and the bytes do not fit. */
static bool take_record(struct str entries, size_t *entry_at, struct str raw, size_t *raw_at,
                        struct capture_record *ret_record)
{
    struct capture_record record;
    if (entries.len - *entry_at < INDEX_ENTRY_BYTES_MIN) {
        return false;
    }
    size_t len = (size_t)layout_get(entries, *entry_at, 4);
    record.arrived_us = (int64_t)layout_get(entries, *entry_at + 4, 8);
    *entry_at += 12;
    if (!get_text(entries, entry_at, &record.sequence_number) ||
        !get_text(entries, entry_at, &record.partition_key)) {
        return false;
    }
    if (raw.len - *raw_at <= len || raw.ptr[*raw_at + len] != '\n') {
        return false;
    }
    record.data = str_slice(raw, *raw_at, *raw_at + len);
    *raw_at += len + 1;
    *ret_record = record;
    return true;
}

static enum err read_frame(struct capture_reading *r, const struct frame *f, struct diag *d)
{
    struct str entries, raw;
    size_t entry_at = 0, raw_at = 0;
    TRY(read_index(r, f, &entries, d));
    if (entries.len / INDEX_ENTRY_BYTES_MIN < f->records) {
        return fail_frame(f, f->at, d, "its index has too few entries");
    }
    TRY(read_data(r, f, &raw, d));
    for (uint32_t i = 0; i < f->records; i++) {
        if (!take_record(entries, &entry_at, raw, &raw_at, &r->records[r->count])) {
            return fail_frame(f, f->at, d, "its index and its records differ");
        }
        r->count++;
    }
    if (entry_at != entries.len || raw_at != raw.len) {
        return fail_frame(f, f->at, d, "more in it than its index says");
    }
    return ERR_OK;
}

/* ---- the whole ---- */

static struct frame frame_of(const struct table *t, uint32_t number, size_t at)
{
    size_t entry = (size_t)number * LAYOUT_SEEK_ENTRY;
    return (struct frame){.number = number,
                          .records = (uint32_t)layout_get(t->entries, entry, 4),
                          .bytes = (uint32_t)layout_get(t->entries, entry + 4, 4),
                          .data_size = (uint32_t)layout_get(t->entries, entry + 8, 4),
                          .index_size = (uint32_t)layout_get(t->entries, entry + 12, 4),
                          .checksum = layout_get(t->entries, entry + 16, 8),
                          .at = at};
}

/* That the frames add up to the object, before anything is allocated for them. */
static enum err check_sums(const struct table *t, struct diag *d)
{
    uint64_t records = 0, bytes = 0, stored = 0, checksum = 0;
    for (uint32_t i = 0; i < t->frames; i++) {
        struct frame f = frame_of(t, i, 0);
        records += f.records;
        bytes += f.bytes;
        stored += (uint64_t)f.data_size + f.index_size;
        checksum =
            hash_crc64nvme(checksum, str_slice(t->entries, (i + (size_t)1) * LAYOUT_SEEK_ENTRY - 8,
                                               (i + (size_t)1) * LAYOUT_SEEK_ENTRY));
    }
    if (records != t->summary.records || bytes != t->summary.bytes || stored != t->at ||
        checksum != t->summary.checksum) {
        return fail(d, ERR_CORRUPT, "seek table at byte %zu: the frames do not add up", t->at);
    }
    return ERR_OK;
}

static bool is_edge(const struct capture_record *record, struct str sequence_number,
                    int64_t arrived_us)
{
    return str_eq(record->sequence_number, sequence_number) && record->arrived_us == arrived_us;
}

/* That the first and the last record are those which the summary names. `from`: the frame's first
 * in r->records. */
static enum err check_edges(const struct capture_reading *r, uint32_t number, size_t from,
                            struct diag *d)
{
    const struct capture_summary *s = &r->table.summary;
    bool first =
        number > 0 || (r->count > from &&
                       is_edge(&r->records[from], s->first_sequence_number, s->first_arrived_us));
    bool last = number + 1 < r->table.frames ||
                (r->count > from &&
                 is_edge(&r->records[r->count - 1], s->last_sequence_number, s->last_arrived_us));
    return first && last ? ERR_OK
                         : fail(d, ERR_CORRUPT, "seek table at byte %zu: it names other records",
                                r->table.at);
}

static enum err check_stored(const struct capture_reading *r, struct diag *d)
{
    if (hash_crc64nvme(0, str_slice(r->object, 0, r->table.at)) != r->table.stored) {
        return fail(d, ERR_CORRUPT, "the %zu bytes before the seek table are not those written",
                    r->table.at);
    }
    return ERR_OK;
}

static enum err read_head(struct capture_reading *r, struct diag *d)
{
    TRY(read_table(r->object, &r->table, d));
    TRY(check_sums(&r->table, d));
    return r->table.summary.records > 0
               ? ERR_OK
               : fail(d, ERR_CORRUPT, "seek table at byte %zu: no records", r->table.at);
}

static enum err read_all(struct capture_reading *r, struct diag *d)
{
    size_t at = 0;
    char *records;
    TRY(read_head(r, d));
    TRY(take(r, (size_t)r->table.summary.records * sizeof(struct capture_record), &records, d));
    r->records = (struct capture_record *)(void *)records;
    for (uint32_t i = 0; i < r->table.frames; i++) {
        struct frame f = frame_of(&r->table, i, at);
        size_t from = r->count;
        TRY(read_frame(r, &f, d));
        TRY(check_edges(r, i, from, d));
        at += (size_t)f.data_size + f.index_size;
    }
    return check_stored(r, d);
}

struct capture_codec *capture_codec_new(struct arena *a)
{
    struct capture_codec *c = NEW(a, struct capture_codec);
    c->home = a;
    c->scratch = arena_child(a, "capture", ARENA_TASK_BYTES_MAX);
    return c;
}

enum err capture_read(struct arena *a, struct str object, struct capture_record **ret_records,
                      size_t *ret_count, struct diag *d)
{
    struct arena *home = arena_new("capture read", ARENA_TASK_BYTES_MAX);
    enum err err =
        capture_codec_read(capture_codec_new(home), a, object, ret_records, ret_count, d);
    arena_free(home);
    return err;
}

enum err capture_codec_read(struct capture_codec *c, struct arena *a, struct str object,
                            struct capture_record **ret_records, size_t *ret_count, struct diag *d)
{
    struct capture_reading r = {.arena = a, .object = object, .room = ROOM_BYTES};
    c->reader = c->reader == NULL ? zstd_reader_new(c->home) : c->reader;
    r.scratch = c->scratch;
    r.zstd = c->reader;
    enum err err = read_all(&r, d);
    arena_reset(c->scratch);
    TRY(err);
    *ret_records = r.records;
    *ret_count = r.count;
    return ERR_OK;
}

/* ---- frame by frame ---- */

struct capture_cursor {
    struct capture_reading reading;
    uint32_t number; /* of the next frame */
    size_t at;
};

enum err capture_cursor_open(struct arena *a, struct str object, struct capture_cursor **ret_cursor,
                             struct diag *d)
{
    struct capture_cursor *c = NEW(a, struct capture_cursor);
    c->reading = (struct capture_reading){.object = object};
    TRY(read_head(&c->reading, d));
    TRY(check_stored(&c->reading, d));
    c->reading.zstd = zstd_reader_new(a);
    *ret_cursor = c;
    return ERR_OK;
}

enum err capture_cursor_next(struct capture_cursor *c, struct arena *a,
                             const struct capture_record **ret_records, size_t *ret_count,
                             struct diag *d)
{
    struct capture_reading *r = &c->reading;
    if (c->number == r->table.frames) {
        return ERR_NOT_FOUND;
    }
    struct frame f = frame_of(&r->table, c->number, c->at);
    char *records;
    r->arena = a;
    r->room = ROOM_BYTES;
    r->count = 0;
    TRY(take(r, f.records * sizeof(struct capture_record), &records, d));
    r->records = (struct capture_record *)(void *)records;
    TRY(read_frame(r, &f, d));
    TRY(check_edges(r, c->number, 0, d));
    c->number++;
    c->at += (size_t)f.data_size + f.index_size;
    *ret_records = r->records;
    *ret_count = r->count;
    return ERR_OK;
}

uint64_t capture_cursor_records(const struct capture_cursor *c)
{
    return c->reading.table.summary.records;
}

/* Widens the span by one frame's entries. */
static enum err frame_arrivals(struct capture_reading *r, const struct frame *f, int64_t *first_us,
                               int64_t *last_us, struct diag *d)
{
    struct str entries, skipped;
    TRY(read_index(r, f, &entries, d));
    for (size_t at = 0; at < entries.len;) {
        if (entries.len - at < INDEX_ENTRY_BYTES_MIN) {
            return fail_frame(f, f->at, d, "its index is cut");
        }
        int64_t arrived_us = (int64_t)layout_get(entries, at + 4, 8);
        at += 12;
        if (!get_text(entries, &at, &skipped) || !get_text(entries, &at, &skipped)) {
            return fail_frame(f, f->at, d, "its index is cut");
        }
        *first_us = arrived_us < *first_us ? arrived_us : *first_us;
        *last_us = arrived_us > *last_us ? arrived_us : *last_us;
    }
    return ERR_OK;
}

enum err capture_cursor_arrivals(struct capture_cursor *c, struct arena *scratch,
                                 int64_t *ret_first_us, int64_t *ret_last_us, struct diag *d)
{
    struct capture_reading *r = &c->reading;
    struct arena_mark mark = arena_mark(scratch);
    int64_t first_us = INT64_MAX, last_us = INT64_MIN;
    size_t at = 0;
    enum err err = ERR_OK;
    for (uint32_t i = 0; err == ERR_OK && i < r->table.frames; i++) {
        struct frame f = frame_of(&r->table, i, at);
        r->arena = scratch;
        r->room = ROOM_BYTES;
        err = frame_arrivals(r, &f, &first_us, &last_us, d);
        at += (size_t)f.data_size + f.index_size;
        arena_rewind(scratch, mark);
    }
    TRY(err);
    *ret_first_us = first_us;
    *ret_last_us = last_us;
    return ERR_OK;
}

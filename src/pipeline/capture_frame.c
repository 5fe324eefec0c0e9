/* capture_frame.c -- One frame of a raw object back into records, trusting nothing: its index, its
 * bytes, and that the two fit each other and the seek table. */
#include <string.h>
#include "base/hash.h"
#include "capture_layout.h"
#include "capture_reading.h"

enum err capture_take(struct capture_reading *r, size_t size, char **ret_bytes, struct diag *d)
{
    if (size > r->room) {
        return fail(d, ERR_LIMIT, "the object needs more than %zu bytes of memory",
                    CAPTURE_ROOM_BYTES);
    }
    r->room -= size;
    *ret_bytes = arena_alloc_raw(r->arena, size);
    return ERR_OK;
}

enum err capture_index_read(struct capture_reading *r, const struct capture_frame *f,
                            struct str index, struct str *ret_entries, struct diag *d)
{
    size_t at = f->at + f->data_size;
    const size_t least = LAYOUT_SKIPPABLE_HEAD + LAYOUT_INDEX_HEAD + 8;
    if (index.len < least || layout_get(index, 0, 4) != LAYOUT_SKIPPABLE_MAGIC ||
        layout_get(index, 4, 4) != index.len - LAYOUT_SKIPPABLE_HEAD) {
        return capture_fail(f, at, d, "no index behind it");
    }
    struct str payload = str_from(index, LAYOUT_SKIPPABLE_HEAD);
    struct str checked = str_slice(payload, 0, payload.len - 8);
    if (hash_crc64nvme(0, checked) != layout_get(payload, checked.len, 8)) {
        return capture_fail(f, at, d, "the checksum of its index differs");
    }
    bool agrees =
        str_starts(payload, STR(LAYOUT_INDEX_MARK)) && layout_get(payload, 4, 4) == f->records &&
        layout_get(payload, 8, 8) == f->bytes && layout_get(payload, 16, 8) == f->checksum;
    if (!agrees) {
        return capture_fail(f, at, d, "its index and the seek table differ");
    }
    uint64_t encoding = layout_get(payload, 24, 4);
    size_t size = (size_t)layout_get(payload, 28, 4);
    struct str stored = str_from(checked, LAYOUT_INDEX_HEAD);
    bool plain = encoding == LAYOUT_ENTRIES_PLAIN && size == stored.len;
    if (!plain && encoding != LAYOUT_ENTRIES_ZSTD) {
        return capture_fail(f, at, d, "entries of an unknown kind in its index");
    }
    char *entries;
    TRY(capture_take(r, size, &entries, d));
    *ret_entries = str_n(entries, size);
    if (plain) {
        memcpy(entries, stored.ptr, size);
        return ERR_OK;
    }
    enum err err = zstd_read(r->zstd, stored, entries, size, d);
    return err == ERR_OK ? ERR_OK : diag_context(d, "frame %u at byte %zu: index", f->number, at);
}

static enum err read_data(struct capture_reading *r, const struct capture_frame *f, struct str data,
                          struct str *ret_raw, struct diag *d)
{
    char *raw;
    TRY(capture_take(r, f->bytes, &raw, d));
    enum err err = zstd_read(r->zstd, data, raw, f->bytes, d);
    if (err != ERR_OK) {
        diag_context(d, "frame %u at byte %zu", f->number, f->at);
        return err;
    }
    *ret_raw = str_n(raw, f->bytes);
    if (hash_crc64nvme(0, *ret_raw) != f->checksum) {
        return capture_fail(f, f->at, d, "the checksum of its records differs");
    }
    return ERR_OK;
}

/* Takes one record off both; false when the index and the bytes do not fit. */
static bool take_record(struct str entries, size_t *entry_at, struct str raw, size_t *raw_at,
                        struct capture_record *ret_record)
{
    struct capture_record *record = ret_record; /* in place: a copy of it would stall */
    if (entries.len - *entry_at < CAPTURE_INDEX_ENTRY_LEAST) {
        return false;
    }
    size_t len = (size_t)layout_get(entries, *entry_at, 4);
    record->arrived_us = (int64_t)layout_get(entries, *entry_at + 4, 8);
    *entry_at += 12;
    if (!capture_text(entries, entry_at, &record->sequence_number) ||
        !capture_text(entries, entry_at, &record->partition_key)) {
        return false;
    }
    if (raw.len - *raw_at <= len || raw.ptr[*raw_at + len] != '\n') {
        return false;
    }
    record->data = str_slice(raw, *raw_at, *raw_at + len);
    *raw_at += len + 1;
    return true;
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

enum err capture_frame_read(struct capture_reading *r, const struct capture_frame *f,
                            struct str stored, struct diag *d)
{
    struct str entries, raw;
    size_t entry_at = 0, raw_at = 0, from = r->count;
    TRY(capture_index_read(r, f, str_from(stored, f->data_size), &entries, d));
    if (entries.len / CAPTURE_INDEX_ENTRY_LEAST < f->records) {
        return capture_fail(f, f->at, d, "its index has too few entries");
    }
    TRY(read_data(r, f, str_slice(stored, 0, f->data_size), &raw, d));
    for (uint32_t i = 0; i < f->records; i++) {
        if (!take_record(entries, &entry_at, raw, &raw_at, &r->records[r->count])) {
            return capture_fail(f, f->at, d, "its index and its records differ");
        }
        r->count++;
    }
    if (entry_at != entries.len || raw_at != raw.len) {
        return capture_fail(f, f->at, d, "more in it than its index says");
    }
    return check_edges(r, f->number, from, d);
}

/* ---- the whole ---- */

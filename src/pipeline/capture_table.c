/* capture_table.c -- The seek table at the end of a raw object: found, checked, and whether its
 * frames add up to the object. */
#include "base/hash.h"
#include "capture_layout.h"
#include "capture_reading.h"

size_t capture_tail_bytes(struct str tail)
{
    const size_t head = LAYOUT_SKIPPABLE_HEAD;
    if (tail.len < CAPTURE_TAIL_LEAST || !str_ends(tail, STR(LAYOUT_END_MARK))) {
        return 0;
    }
    size_t size = (size_t)layout_get(tail, tail.len - 8, 4);
    return size < LAYOUT_SEEK_HEAD + 4 + LAYOUT_SEEK_TAIL ? 0 : size + head;
}

/* Whether the tail has its whole seek table, as capture_tail_bytes has found it. */
static bool is_table(struct str tail)
{
    size_t size = capture_tail_bytes(tail);
    if (size == 0 || size > tail.len) {
        return false;
    }
    size_t at = tail.len - size;
    return layout_get(tail, at, 4) == LAYOUT_SKIPPABLE_MAGIC &&
           layout_get(tail, at + 4, 4) == size - LAYOUT_SKIPPABLE_HEAD &&
           str_starts(str_from(tail, at + LAYOUT_SKIPPABLE_HEAD), STR(LAYOUT_SEEK_MARK));
}

bool capture_is(struct str object)
{
    return object.len >= LAYOUT_SKIPPABLE_HEAD + LAYOUT_SEEK_HEAD + LAYOUT_SEEK_TAIL &&
           layout_get(object, 0, 4) == LAYOUT_ZSTD_MAGIC && is_table(object);
}

bool capture_index_is(struct str head)
{
    return head.len >= CAPTURE_INDEX_HEAD && layout_get(head, 0, 4) == LAYOUT_SKIPPABLE_MAGIC &&
           str_starts(str_from(head, LAYOUT_SKIPPABLE_HEAD), STR(LAYOUT_INDEX_MARK));
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

bool capture_text(struct str from, size_t *at, struct str *ret_text)
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
static bool read_payload(struct str payload, struct capture_table *t)
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
    if (!capture_text(body, &at, &t->summary.first_sequence_number) ||
        !capture_text(body, &at, &t->summary.last_sequence_number)) {
        return false;
    }
    t->entries = str_from(body, at);
    return t->frames > 0 && t->entries.len / LAYOUT_SEEK_ENTRY == t->frames &&
           t->entries.len % LAYOUT_SEEK_ENTRY == 0;
}

enum err capture_table_read(struct str tail, size_t from, struct capture_table *ret_table,
                            struct diag *d)
{
    if (!is_table(tail)) {
        return fail(d, ERR_CORRUPT, "no seek table at the end of the %zu bytes: cut, or no capture",
                    from + tail.len);
    }
    size_t size = capture_tail_bytes(tail);
    struct capture_table t = {.at = from + tail.len - size};
    struct str payload = str_from(tail, tail.len - size + LAYOUT_SKIPPABLE_HEAD);
    struct str checked = str_slice(payload, 0, payload.len - LAYOUT_SEEK_TAIL);
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
    struct capture_table t;
    if (!capture_is(object)) {
        return fail(d, ERR_CORRUPT, "no seek table at the end of the %zu bytes: cut, or no capture",
                    object.len);
    }
    TRY(capture_table_read(object, 0, &t, d));
    *ret_summary = t.summary;
    return ERR_OK;
}

/* ---- its frames ---- */

struct capture_frame capture_frame_of(const struct capture_table *t, uint32_t number, size_t at)
{
    size_t entry = (size_t)number * LAYOUT_SEEK_ENTRY;
    return (struct capture_frame){.number = number,
                                  .records = (uint32_t)layout_get(t->entries, entry, 4),
                                  .bytes = (uint32_t)layout_get(t->entries, entry + 4, 4),
                                  .data_size = (uint32_t)layout_get(t->entries, entry + 8, 4),
                                  .index_size = (uint32_t)layout_get(t->entries, entry + 12, 4),
                                  .checksum = layout_get(t->entries, entry + 16, 8),
                                  .at = at};
}

enum err capture_table_check(const struct capture_table *t, struct diag *d)
{
    uint64_t records = 0, bytes = 0, stored = 0, checksum = 0;
    for (uint32_t i = 0; i < t->frames; i++) {
        struct capture_frame f = capture_frame_of(t, i, 0);
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
    return records > 0 ? ERR_OK : fail(d, ERR_CORRUPT, "seek table at byte %zu: no records", t->at);
}

enum err capture_stored_check(const struct capture_table *t, uint64_t checksum, struct diag *d)
{
    return checksum == t->stored
               ? ERR_OK
               : fail(d, ERR_CORRUPT, "the %zu bytes before the seek table are not those written",
                      t->at);
}

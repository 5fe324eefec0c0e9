/* capture_cursor.c -- A raw object frame by frame, wherever its bytes are: the seek table is read
 * from the end, then each frame by itself. The checksum over everything that is stored grows with
 * the frames, and is compared behind the last one. */
#include "base/hash.h"
#include "capture_layout.h"
#include "capture_reading.h"

#define TAIL_BYTES (64 * KIB) /* has most seek tables: 2,600 frames */

struct capture_cursor {
    struct capture_input input;
    struct capture_reading reading;
    uint32_t number; /* of the next frame */
    size_t at;
    uint64_t stored; /* checksum of the bytes before it */
};

/* ---- opening ---- */

static enum err part_of(void *ctx, uint64_t at, size_t size, struct str *ret_bytes, struct diag *d)
{
    const struct str *object = ctx;
    (void)d;
    *ret_bytes = str_slice(*object, (size_t)at, (size_t)at + size);
    return ERR_OK;
}

static enum err read_part(const struct capture_input *in, uint64_t at, size_t size,
                          struct str *ret_bytes, struct diag *d)
{
    ASSERT(at <= in->size && size <= in->size - at);
    return in->at(in->ctx, at, size, ret_bytes, d);
}

/* The end of the object with its whole seek table, or with none. */
static enum err read_tail(const struct capture_input *in, struct str *ret_tail, struct diag *d)
{
    size_t size = in->size < TAIL_BYTES ? (size_t)in->size : TAIL_BYTES;
    TRY(read_part(in, in->size - size, size, ret_tail, d));
    size_t wanted = capture_tail_bytes(*ret_tail);
    return wanted <= size || wanted > in->size
               ? ERR_OK
               : read_part(in, in->size - wanted, wanted, ret_tail, d);
}

enum err capture_input_is(const struct capture_input *in, bool *ret_is, struct diag *d)
{
    struct str head, tail;
    *ret_is = false;
    if (in->size < CAPTURE_TAIL_LEAST) {
        return ERR_OK;
    }
    TRY(read_part(in, 0, 4, &head, d));
    bool zstd = layout_get(head, 0, 4) == LAYOUT_ZSTD_MAGIC;
    TRY(read_part(in, in->size - CAPTURE_TAIL_LEAST, CAPTURE_TAIL_LEAST, &tail, d));
    *ret_is = zstd && capture_tail_bytes(tail) > 0;
    return ERR_OK;
}

static enum err no_table(const struct capture_input *in, struct diag *d)
{
    return fail(d, ERR_CORRUPT, "no seek table at the end of the %llu bytes: cut, or no capture",
                (unsigned long long)in->size);
}

static enum err open_cursor(struct capture_cursor *c, struct arena *a, struct diag *d)
{
    const struct capture_input *in = &c->input;
    struct str head, tail;
    if (in->size < CAPTURE_TAIL_LEAST) {
        return no_table(in, d);
    }
    TRY(read_part(in, 0, 4, &head, d));
    if (layout_get(head, 0, 4) != LAYOUT_ZSTD_MAGIC) {
        return no_table(in, d);
    }
    TRY(read_tail(in, &tail, d));
    size_t wanted = capture_tail_bytes(tail), from = (size_t)in->size - tail.len;
    if (wanted > 0 && wanted < tail.len) {
        from += tail.len - wanted;
        tail = str_from(tail, tail.len - wanted);
    }
    TRY(capture_table_read(str_copy(a, tail), from, &c->reading.table, d));
    TRY(capture_table_check(&c->reading.table, d));
    c->reading.zstd = zstd_reader_new(a);
    return ERR_OK;
}

enum err capture_cursor_open_input(struct arena *a, const struct capture_input *input,
                                   struct capture_cursor **ret_cursor, struct diag *d)
{
    struct capture_cursor *c = NEW(a, struct capture_cursor);
    c->input = *input;
    *ret_cursor = c;
    return open_cursor(c, a, d);
}

enum err capture_cursor_open(struct arena *a, struct str object, struct capture_cursor **ret_cursor,
                             struct diag *d)
{
    struct str *kept = arena_copy(a, &object, sizeof(object));
    struct capture_input input = {.size = object.len, .at = part_of, .ctx = kept};
    return capture_cursor_open_input(a, &input, ret_cursor, d);
}

/* ---- frames ---- */

static enum err next_frame(struct capture_cursor *c, struct diag *d)
{
    struct capture_reading *r = &c->reading;
    struct capture_frame f = capture_frame_of(&r->table, c->number, c->at);
    size_t size = (size_t)f.data_size + f.index_size;
    struct str stored;
    char *records;
    TRY(capture_take(r, f.records * sizeof(struct capture_record), &records, d));
    r->records = (struct capture_record *)(void *)records;
    TRY(read_part(&c->input, c->at, size, &stored, d));
    TRY(capture_frame_read(r, &f, stored, d));
    c->stored = hash_crc64nvme(c->stored, stored);
    c->number++;
    c->at += size;
    return c->number < r->table.frames ? ERR_OK : capture_stored_check(&r->table, c->stored, d);
}

enum err capture_cursor_next(struct capture_cursor *c, struct arena *a,
                             const struct capture_record **ret_records, size_t *ret_count,
                             struct diag *d)
{
    struct capture_reading *r = &c->reading;
    if (c->number == r->table.frames) {
        return ERR_NOT_FOUND;
    }
    r->arena = a;
    r->room = CAPTURE_ROOM_BYTES;
    r->count = 0;
    TRY(next_frame(c, d));
    *ret_records = r->records;
    *ret_count = r->count;
    return ERR_OK;
}

uint64_t capture_cursor_records(const struct capture_cursor *c)
{
    return c->reading.table.summary.records;
}

/* ---- arrivals ---- */

/* Widens the span by one frame's entries. */
static enum err frame_arrivals(struct capture_cursor *c, const struct capture_frame *f,
                               int64_t *first_us, int64_t *last_us, struct diag *d)
{
    struct str index, entries, skipped;
    TRY(read_part(&c->input, f->at + f->data_size, f->index_size, &index, d));
    TRY(capture_index_read(&c->reading, f, index, &entries, d));
    for (size_t at = 0; at < entries.len;) {
        if (entries.len - at < CAPTURE_INDEX_ENTRY_LEAST) {
            return capture_fail(f, f->at, d, "its index is cut");
        }
        int64_t arrived_us = (int64_t)layout_get(entries, at + 4, 8);
        at += 12;
        if (!capture_text(entries, &at, &skipped) || !capture_text(entries, &at, &skipped)) {
            return capture_fail(f, f->at, d, "its index is cut");
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
        struct capture_frame f = capture_frame_of(&r->table, i, at);
        r->arena = scratch;
        r->room = CAPTURE_ROOM_BYTES;
        err = frame_arrivals(c, &f, &first_us, &last_us, d);
        at += (size_t)f.data_size + f.index_size;
        arena_rewind(scratch, mark);
    }
    TRY(err);
    *ret_first_us = first_us;
    *ret_last_us = last_us;
    return ERR_OK;
}

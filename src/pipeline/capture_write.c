/* capture_write.c -- Records into an object, frame by frame. The layout is in
 * docs/capture-format.md. */
#include "pipeline/capture_codec.h"

#include "base/hash.h"
#include "capture_layout.h"
#include "zstd_arena.h"

#define SMALL_INDEX ((size_t)1024) /* compressing less than this is not worth the time */

struct writing {
    struct arena *scratch;
    struct zstd_writer *zstd;
    struct buf object;
    struct buf raw;     /* of the frame that is being filled */
    struct buf entries; /* of its index */
    struct buf seeks;   /* seek table entries of the frames before */
    uint32_t frames;
    uint64_t bytes, checksum;
    const struct capture_record *records;
    size_t count;
};

/* Index entries as they are stored: compressed when that makes them smaller. */
static struct str stored_entries(struct writing *w, uint32_t *ret_encoding)
{
    struct str plain = buf_str(&w->entries);
    *ret_encoding = LAYOUT_ENTRIES_PLAIN;
    if (plain.len < SMALL_INDEX) {
        return plain;
    }
    struct buf packed;
    buf_init(&packed, w->scratch, 2 * plain.len + 64 * KIB);
    zstd_write(w->zstd, plain, &packed);
    if (packed.len >= plain.len) {
        return plain;
    }
    *ret_encoding = LAYOUT_ENTRIES_ZSTD;
    return buf_str(&packed);
}

static void add_index(struct writing *w, uint32_t records, uint64_t checksum)
{
    uint32_t encoding;
    struct str stored = stored_entries(w, &encoding);
    layout_put(&w->object, LAYOUT_SKIPPABLE_MAGIC, 4);
    layout_put(&w->object, LAYOUT_INDEX_HEAD + stored.len + 8, 4);
    size_t from = w->object.len;
    buf_add_z(&w->object, LAYOUT_INDEX_MARK);
    layout_put(&w->object, records, 4);
    layout_put(&w->object, w->raw.len, 8);
    layout_put(&w->object, checksum, 8);
    layout_put(&w->object, encoding, 4);
    layout_put(&w->object, w->entries.len, 4);
    buf_add(&w->object, stored);
    struct str payload = str_from(buf_str(&w->object), from);
    layout_put(&w->object, hash_crc64nvme(0, payload), 8);
}

static uint64_t add_checksum(uint64_t over, uint64_t checksum)
{
    char le[8];
    for (size_t i = 0; i < 8; i++) {
        le[i] = (char)(unsigned char)(checksum >> (8 * i));
    }
    return hash_crc64nvme(over, str_n(le, 8));
}

static void end_frame(struct writing *w, uint32_t records)
{
    uint64_t checksum = hash_crc64nvme(0, buf_str(&w->raw));
    size_t from = w->object.len;
    zstd_write(w->zstd, buf_str(&w->raw), &w->object);
    size_t index_from = w->object.len;
    add_index(w, records, checksum);
    layout_put(&w->seeks, records, 4);
    layout_put(&w->seeks, w->raw.len, 4);
    layout_put(&w->seeks, index_from - from, 4);
    layout_put(&w->seeks, w->object.len - index_from, 4);
    layout_put(&w->seeks, checksum, 8);
    w->frames++;
    w->bytes += w->raw.len;
    w->checksum = add_checksum(w->checksum, checksum);
    buf_truncate(&w->raw, 0);
    buf_truncate(&w->entries, 0);
}

static void add_text(struct buf *out, struct str text)
{
    ASSERT(text.len <= UINT16_MAX);
    layout_put(out, text.len, 2);
    buf_add(out, text);
}

static void add_record(struct writing *w, const struct capture_record *record)
{
    ASSERT(record->data.len <= RECORD_BYTES_MAX);
    layout_put(&w->entries, record->data.len, 4);
    layout_put(&w->entries, (uint64_t)record->arrived_us, 8);
    add_text(&w->entries, record->sequence_number);
    add_text(&w->entries, record->partition_key);
    buf_add(&w->raw, record->data);
    buf_add_char(&w->raw, '\n');
}

static void add_frames(struct writing *w)
{
    uint32_t records = 0;
    for (size_t i = 0; i < w->count; i++) {
        if (records > 0 && w->raw.len + w->records[i].data.len + 1 > CAPTURE_FRAME_BYTES) {
            end_frame(w, records);
            records = 0;
        }
        add_record(w, &w->records[i]);
        records++;
    }
    end_frame(w, records);
}

static void add_seek_table(struct writing *w)
{
    const struct capture_record *first = &w->records[0], *last = &w->records[w->count - 1];
    size_t size = LAYOUT_SEEK_HEAD + 4 + first->sequence_number.len + last->sequence_number.len +
                  w->seeks.len + LAYOUT_SEEK_TAIL;
    uint64_t stored = hash_crc64nvme(0, buf_str(&w->object));
    layout_put(&w->object, LAYOUT_SKIPPABLE_MAGIC, 4);
    layout_put(&w->object, size, 4);
    size_t from = w->object.len;
    buf_add_z(&w->object, LAYOUT_SEEK_MARK);
    layout_put(&w->object, w->frames, 4);
    layout_put(&w->object, w->count, 8);
    layout_put(&w->object, w->bytes, 8);
    layout_put(&w->object, (uint64_t)first->arrived_us, 8);
    layout_put(&w->object, (uint64_t)last->arrived_us, 8);
    layout_put(&w->object, w->checksum, 8);
    layout_put(&w->object, stored, 8);
    add_text(&w->object, first->sequence_number);
    add_text(&w->object, last->sequence_number);
    buf_add(&w->object, buf_str(&w->seeks));
    layout_put(&w->object, hash_crc64nvme(0, str_from(buf_str(&w->object), from)), 8);
    layout_put(&w->object, size, 4);
    buf_add_z(&w->object, LAYOUT_END_MARK);
}

struct str capture_write(struct arena *a, const struct capture_record *records, size_t count)
{
    struct arena *home = arena_new("capture write", ARENA_TASK_BYTES_MAX);
    struct str object = capture_codec_write(capture_codec_new(home), a, records, count);
    arena_free(home);
    return object;
}

struct str capture_codec_write(struct capture_codec *c, struct arena *a,
                               const struct capture_record *records, size_t count)
{
    ASSERT(count > 0);
    struct writing w = {.records = records, .count = count};
    c->writer = c->writer == NULL ? zstd_writer_new(c->home) : c->writer;
    w.scratch = c->scratch;
    w.zstd = c->writer;
    buf_init(&w.object, a, 2 * CAPTURE_BYTES_MAX);
    buf_init(&w.raw, w.scratch, CAPTURE_BYTES_MAX);
    buf_init(&w.entries, w.scratch, CAPTURE_BYTES_MAX);
    buf_init(&w.seeks, w.scratch, CAPTURE_BYTES_MAX);
    add_frames(&w);
    add_seek_table(&w);
    arena_reset(c->scratch);
    return buf_str(&w.object);
}

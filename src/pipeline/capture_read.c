/* capture_read.c -- A whole object back into records: the seek table is found from the end and
 * checked (capture_table.c), then frame by frame what it promised (capture_frame.c); last the
 * checksum over everything that is stored, which sees the bits that the parts before it do not look
 * at. */
#include "pipeline/capture_codec.h"

#include "base/hash.h"
#include "capture_reading.h"

static enum err read_all(struct capture_reading *r, struct str object, struct diag *d)
{
    struct capture_summary summary;
    const struct capture_table *t = &r->table;
    size_t at = 0;
    char *records;
    TRY(capture_summarize(r->arena, object, &summary, d));
    TRY(capture_table_read(object, 0, &r->table, d));
    TRY(capture_table_check(t, d));
    TRY(capture_take(r, (size_t)summary.records * sizeof(struct capture_record), &records, d));
    r->records = (struct capture_record *)(void *)records;
    for (uint32_t i = 0; i < t->frames; i++) {
        struct capture_frame f = capture_frame_of(t, i, at);
        size_t end = at + f.data_size + f.index_size;
        TRY(capture_frame_read(r, &f, str_slice(object, at, end), d));
        at = end;
    }
    return capture_stored_check(t, hash_crc64nvme(0, str_slice(object, 0, t->at)), d);
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
    c->reader = c->reader == NULL ? zstd_reader_new(c->home) : c->reader;
    struct capture_reading r = {.arena = a, .zstd = c->reader, .room = CAPTURE_ROOM_BYTES};
    TRY(read_all(&r, object, d));
    *ret_records = r.records;
    *ret_count = r.count;
    return ERR_OK;
}

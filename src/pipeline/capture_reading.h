/* capture_reading.h -- What the readers of a raw object share: its seek table, one frame. Private
 * to the pipeline. */
#ifndef AFORO_PIPELINE_CAPTURE_READING_H
#define AFORO_PIPELINE_CAPTURE_READING_H

#include "pipeline/capture.h"
#include "zstd_arena.h"

#define CAPTURE_ROOM_BYTES (320 * MIB) /* for everything that one object becomes in memory */

struct capture_table { /* checked */
    struct capture_summary summary;
    uint32_t frames;
    uint64_t stored;    /* checksum of the bytes before the seek table */
    size_t at;          /* where its skippable frame begins */
    struct str entries; /* LAYOUT_SEEK_ENTRY each */
};
struct capture_frame { /* one seek table entry */
    uint32_t number, records, bytes, data_size, index_size;
    uint64_t checksum;
    size_t at;
};
struct capture_reading {
    struct arena *arena;
    struct zstd_reader *zstd;
    struct capture_table table;
    struct capture_record *records;
    size_t count;
    size_t room; /* bytes that may still be allocated */
};

#define CAPTURE_INDEX_ENTRY_LEAST ((size_t)16)
/* A length of two bytes and so much text; false when it does not fit. */
bool capture_text(struct str from, size_t *at, struct str *ret_text);

/* How long the seek table at the end of `tail` is, which ends where the object ends and has at
 * least its last CAPTURE_TAIL_LEAST bytes: 0: there is none. */
#define CAPTURE_TAIL_LEAST ((size_t)16)
size_t capture_tail_bytes(struct str tail);
/* `tail` has the whole seek table; it begins at byte `from` of the object. The table borrows it. */
MUST_USE enum err capture_table_read(struct str tail, size_t from, struct capture_table *ret_table,
                                     struct diag *d);
/* That the frames add up to the object, before anything is allocated for them. */
MUST_USE enum err capture_table_check(const struct capture_table *t, struct diag *d);
/* `checksum`: of all bytes before the seek table. */
MUST_USE enum err capture_stored_check(const struct capture_table *t, uint64_t checksum,
                                       struct diag *d);
struct capture_frame capture_frame_of(const struct capture_table *t, uint32_t number, size_t at);

/* ERR_CORRUPT: frame (a struct capture_frame *) and byte. */
#define capture_fail(f, at, d, why)                                                                \
    fail((d), ERR_CORRUPT, "frame %u at byte %zu: %s", (f)->number, (size_t)(at), (why))

/* A part of r->room, or ERR_LIMIT. */
MUST_USE enum err capture_take(struct capture_reading *r, size_t size, char **ret_bytes,
                               struct diag *d);
/* The index's entries, uncompressed, in the arena. `index`: as it is stored. */
MUST_USE enum err capture_index_read(struct capture_reading *r, const struct capture_frame *f,
                                     struct str index, struct str *ret_entries, struct diag *d);
/* Adds the frame's records to r->records, of which there are so many more to come. `stored`: its
 * data and its index. Nothing borrows it. */
MUST_USE enum err capture_frame_read(struct capture_reading *r, const struct capture_frame *f,
                                     struct str stored, struct diag *d);

#endif

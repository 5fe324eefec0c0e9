/* zstd_arena.h -- zstd contexts whose memory is an arena's: nothing to free, nothing that a crash
 * leaks. Private to the pipeline. */
#ifndef AFORO_PIPELINE_ZSTD_ARENA_H
#define AFORO_PIPELINE_ZSTD_ARENA_H

#include "base/buf.h"

struct zstd_writer;
struct zstd_writer *zstd_writer_new(struct arena *a);
/* Appends one frame at level 3, with its content's size and checksum in it. */
void zstd_write(struct zstd_writer *w, struct str bytes, struct buf *out);

struct zstd_reader;
struct zstd_reader *zstd_reader_new(struct arena *a);
/* `frame` is exactly one frame with exactly ret.len bytes, which go to ret.ptr. */
MUST_USE enum err zstd_read(struct zstd_reader *r, struct str frame, char *ret_bytes, size_t size,
                            struct diag *d);
/* What a capture_codec keeps. */
struct capture_codec {
    struct arena *home;    /* of the contexts, each made by its first use */
    struct arena *scratch; /* of one object */
    struct zstd_reader *reader;
    struct zstd_writer *writer;
};

#endif

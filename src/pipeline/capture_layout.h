/* capture_layout.h -- The bytes of docs/capture-format.md: magics, offsets, little-endian numbers.
 * Private to the pipeline. */
#ifndef AFORO_PIPELINE_CAPTURE_LAYOUT_H
#define AFORO_PIPELINE_CAPTURE_LAYOUT_H

#include <endian.h>
#include <string.h>
#include "base/buf.h"

#define LAYOUT_ZSTD_MAGIC 0xFD2FB528u
#define LAYOUT_SKIPPABLE_MAGIC 0x184D2A5Au
#define LAYOUT_SKIPPABLE_HEAD ((size_t)8) /* magic, size */
#define LAYOUT_INDEX_MARK "AFI1"
#define LAYOUT_INDEX_HEAD ((size_t)32) /* before the entries */
#define LAYOUT_SEEK_MARK "AFS1"
#define LAYOUT_SEEK_HEAD ((size_t)56)  /* before the sequence numbers */
#define LAYOUT_SEEK_ENTRY ((size_t)24) /* one a frame */
#define LAYOUT_SEEK_TAIL ((size_t)16)  /* checksum, size, mark */
#define LAYOUT_END_MARK "AFO1"
enum { LAYOUT_ENTRIES_PLAIN, LAYOUT_ENTRIES_ZSTD };

static inline void layout_put(struct buf *out, uint64_t value, size_t bytes)
{
    char le[8];
    for (size_t i = 0; i < bytes; i++) {
        le[i] = (char)(unsigned char)(value >> (8 * i));
    }
    buf_add_bytes(out, le, bytes);
}

/* The caller has checked that at + bytes <= from.len. */
static inline uint64_t layout_get(struct str from, size_t at, size_t bytes)
{
    uint64_t value = 0;
    memcpy(&value, from.ptr + at, bytes);
    return le64toh(value);
}

#endif

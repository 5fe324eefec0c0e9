/* capture.h -- The raw object: records' bytes kept exactly, in zstd, readable by every other tool as NDJSON.
 * Layout: one or more independent zstd frames of records (each record's bytes, then '\n'), each followed by one
 * skippable frame (magic 0x184D2A50 + 0xA) with that frame's index: per record sequence number, partition key, arrival
 * time, length; count, checksum (XXH64-like hash64 of the uncompressed bytes); and at the end a skippable seek table.
 * Boundaries come from the index, never from newlines. Specification: docs/capture-format.md. */
#ifndef AFORO_PIPELINE_CAPTURE_H
#define AFORO_PIPELINE_CAPTURE_H

#include "base/str.h"

struct capture_record {
    struct str sequence_number, partition_key;  /* may be empty: captures of files */
    int64_t arrived_us;
    struct str data;
};
/* The whole object, in `a`: a pure function of the records (one zstd version). count > 0. */
struct str capture_write(struct arena *a, const struct capture_record *records, size_t count);
/* Verifies every frame's checksum and count. ERR_CORRUPT names frame and byte; ERR_LIMIT: CAPTURE_BYTES_MAX. */
MUST_USE enum err capture_read(struct arena *a, struct str object, struct capture_record **ret_records, size_t *ret_count,
                               struct diag *d);
bool capture_is(struct str object);     /* begins like one of ours: a zstd frame, and a seek table at the end */
struct capture_summary {                /* from the seek table alone */
    uint64_t records, bytes;
    struct str first_sequence_number, last_sequence_number;
    int64_t first_arrived_us, last_arrived_us;
    uint64_t checksum;                  /* over all frames' checksums */
};
MUST_USE enum err capture_summarize(struct arena *a, struct str object, struct capture_summary *ret_summary, struct diag *d);

#endif

/* capture.h -- The raw object: records' bytes kept exactly, in zstd, readable by every other tool
 * as NDJSON. Layout: one or more independent zstd frames of records (each record's bytes, then
 * '\n'), each followed by one skippable frame with that frame's index: per record sequence number,
 * partition key, arrival time, length; count and CRC-64/NVME of the uncompressed bytes; and at the
 * end a skippable frame with the seek table and the object's summary. Boundaries come from the
 * index, never from newlines. Specification: docs/capture-format.md. */
#ifndef AFORO_PIPELINE_CAPTURE_H
#define AFORO_PIPELINE_CAPTURE_H

#include "base/limits.h"
#include "base/str.h"

#define CAPTURE_FRAME_BYTES                                                                        \
    (256 * KIB) /* of records in a frame; one larger record has a frame for itself */

struct capture_record {
    /* may be empty: captures of files; at most 65535 bytes */
    struct str sequence_number, partition_key;
    int64_t arrived_us;
    struct str data; /* at most RECORD_BYTES_MAX */
};
/* The whole object, in `a`: a pure function of the records (one zstd version). count > 0; together
 * they stay within CAPTURE_BYTES_MAX and CAPTURE_RECORDS_MAX. */
struct str capture_write(struct arena *a, const struct capture_record *records, size_t count);
/* Verifies every checksum, count and length; one changed byte anywhere is noticed. ERR_CORRUPT
 * names frame and byte; ERR_LIMIT: CAPTURE_BYTES_MAX, CAPTURE_RECORDS_MAX. Records live in `a`. */
MUST_USE enum err capture_read(struct arena *a, struct str object,
                               struct capture_record **ret_records, size_t *ret_count,
                               struct diag *d);
/* The same, frame by frame, for memory that does not grow with the object. What capture_read
 * refuses is refused at the latest instead of the last frame's records. `object` and `a` outlive
 * the cursor. */
struct capture_cursor;
MUST_USE enum err capture_cursor_open(struct arena *a, struct str object,
                                      struct capture_cursor **ret_cursor, struct diag *d);
struct capture_input { /* an object's stored bytes, wherever they are */
    uint64_t size;
    /* `size` bytes from `at`, which are there; valid until the next call */
    enum err (*at)(void *ctx, uint64_t at, size_t size, struct str *ret_bytes, struct diag *d);
    void *ctx;
};
MUST_USE enum err capture_cursor_open_input(struct arena *a, const struct capture_input *input,
                                            struct capture_cursor **ret_cursor, struct diag *d);
/* As capture_is; but an index somewhere in it (capture_was) is not looked for. */
MUST_USE enum err capture_input_is(const struct capture_input *input, bool *ret_is, struct diag *d);
/* The next frame's records, in `a`. ERR_NOT_FOUND at the end (d untouched); ERR_CORRUPT, ERR_LIMIT.
 */
MUST_USE enum err capture_cursor_next(struct capture_cursor *c, struct arena *a,
                                      const struct capture_record **ret_records, size_t *ret_count,
                                      struct diag *d);
/* The earliest and the latest arrival, by the frames' indexes: no record is decompressed. Before
 * the first capture_cursor_next; `scratch` is used and given back. ERR_CORRUPT, ERR_LIMIT. */
MUST_USE enum err capture_cursor_arrivals(struct capture_cursor *c, struct arena *scratch,
                                          int64_t *ret_first_us, int64_t *ret_last_us,
                                          struct diag *d);
uint64_t capture_cursor_records(const struct capture_cursor *c); /* of the whole object */
/* begins like one of ours: a zstd frame, and a seek table at the end */
bool capture_is(struct str object);
/* Has marks of one of ours, whole or not: a damaged one must not pass for another writer's zstd. */
bool capture_was(struct str object);
struct capture_summary {     /* from the seek table alone; its texts borrow the object */
    uint64_t records, bytes; /* bytes: uncompressed, newlines included */
    struct str first_sequence_number, last_sequence_number;
    int64_t first_arrived_us, last_arrived_us;
    uint64_t checksum; /* over all frames' checksums */
};
MUST_USE enum err capture_summarize(struct arena *a, struct str object,
                                    struct capture_summary *ret_summary, struct diag *d);

/* How a skippable frame of zstd with an index begins: as many bytes as CAPTURE_INDEX_HEAD. */
#define CAPTURE_INDEX_HEAD ((size_t)12)
bool capture_index_is(struct str head);

#endif

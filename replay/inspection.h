/* inspection.h -- What one captured object is, whether or not it is whole: how it is packed, its
 * parts one behind the other, its format, its records, and what does not fit. Needs no definition.
 */
#ifndef AFORO_REPLAY_INSPECTION_H
#define AFORO_REPLAY_INSPECTION_H

#include "replay/reader.h"
#include "replay/source.h"

struct inspected_part { /* a gzip member, a zstd frame, a skippable frame; or what is none */
    enum inspected_kind {
        PART_GZIP,
        PART_FRAME,
        PART_INDEX,
        PART_SEEK,
        PART_SKIPPABLE,
        PART_REST
    } kind;
    uint64_t at, size, raw_bytes; /* in the object; unpacked, of GZIP and FRAME */
    uint64_t records;             /* INDEX, SEEK: as it says */
    struct str note;              /* a gzip member's file name */
    struct str problem;           /* empty: whole, and as its checksum says */
};
struct inspection {
    struct str key;
    uint64_t stored_bytes;
    const char *packing; /* "gzip", "zstd", "plain" */
    struct inspected_part *parts;
    size_t part_count;
    struct str format;             /* empty: it could not be told */
    uint64_t records, bad_records; /* read; of them no records: they go to quarantine */
    uint64_t raw_bytes;            /* unpacked */
    uint64_t longest_record;       /* bytes */
    int64_t first_us, last_us;     /* arrival, least and greatest; INSTANT_NEVER: not known */
    struct str sha256; /* of all unpacked bytes, hex; empty: neither the form nor a manifest asks */
    struct str first_sequence_number, last_sequence_number; /* captures */
    struct str
        problem; /* why it cannot be read, or what the manifest says otherwise; empty: well */
};
/* form->digest: with its sha256. Fails only where the object cannot be fetched. Lives in `a`;
 * memory: the object, packed and unpacked. */
MUST_USE enum err inspection_make(struct arena *a, const struct source *source,
                                  const struct source_object *object,
                                  const struct reader_form *form, struct inspection *ret_inspection,
                                  struct diag *d);
const char *inspected_kind_name(enum inspected_kind kind);

struct inspection_total {
    uint64_t objects, problems, records, bad_records, stored_bytes, raw_bytes;
};
void inspection_add(struct inspection_total *total, const struct inspection *i);

struct json_out;
void inspection_json(struct json_out *w, const struct inspection *i);
void inspection_total_json(struct json_out *w, const struct inspection_total *total);
/* For people: a table of objects and their sum; the parts of one object. */
void inspection_table(struct buf *out, const struct inspection *all, size_t count,
                      const struct inspection_total *total);
void inspection_parts_table(struct buf *out, const struct inspection *i);

#endif

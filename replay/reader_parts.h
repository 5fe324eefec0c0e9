/* reader_parts.h -- What the reader's files share: telling formats apart, and one CSV. Private to
 * replay. */
#ifndef AFORO_REPLAY_READER_PARTS_H
#define AFORO_REPLAY_READER_PARTS_H

#include "base/csv.h"
#include "replay/reader.h"

/* By the first bytes of a text that is not compressed. ERR_INVALID: nothing that we read;
 * ERR_UNSUPPORTED by name. */
MUST_USE enum err format_detect(struct str text, struct arena *a, enum reader_format *ret_format,
                                struct diag *d);

struct csv_records {
    struct csv_reader csv;
    struct str *names, *fields; /* name_count each */
    size_t name_count;
};
/* Reads the header. ERR_INVALID: it has none. */
MUST_USE enum err csv_records_open(struct csv_records *c, struct arena *a, struct str text,
                                   struct diag *d);
/* ERR_NOT_FOUND at the end. A bad row has its `problem`. */
MUST_USE enum err csv_records_next(struct csv_records *c, struct arena *a,
                                   struct reader_record *ret_record);

#endif

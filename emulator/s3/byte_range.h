/* byte_range.h -- The Range header of a read: one range of bytes, or none.
 * Source: RFC 9110 section 14; S3 answers only single ranges and ignores what it cannot read. */
#ifndef AFORO_EMULATOR_S3_BYTE_RANGE_H
#define AFORO_EMULATOR_S3_BYTE_RANGE_H

#include <stdint.h>
#include "base/str.h"

enum byte_range_kind {
    RANGE_NONE, /* absent or not understood: the whole object */
    RANGE_OK,
    RANGE_UNSATISFIABLE
};
struct byte_range {
    uint64_t first, count;
};
/* "bytes=0-9", "bytes=10-", "bytes=-5" of an object of `size` bytes. *ret_range is set with
 * RANGE_OK only. */
enum byte_range_kind byte_range_parse(struct str header, uint64_t size,
                                      struct byte_range *ret_range);

/* "bytes=first-last" with both numbers, first <= last, whatever the size; false: it is not that. */
bool byte_range_exact(struct str header, struct byte_range *ret_range);

#endif

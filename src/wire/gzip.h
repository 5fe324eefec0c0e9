/* gzip.h -- Content-Encoding: gzip undone: what SDKs do to large bodies of operations that have the
 * requestcompression trait (CloudWatch PutMetricData), and some clients to any. RFC 1952. */
#ifndef AFORO_WIRE_GZIP_H
#define AFORO_WIRE_GZIP_H

#include <stdint.h>
#include "base/str.h"

/* One or more members, whole, with their checksums, into `a`. ERR_CORRUPT: not gzip, cut off, or of
 * another checksum. ERR_LIMIT: more than `bytes_max` come out. */
MUST_USE enum err gzip_undo(struct str packed, uint64_t bytes_max, struct arena *a,
                            struct str *ret_bytes, struct diag *d);

#endif
